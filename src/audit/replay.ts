// Reads the journal as the last writer left it: which entries stand in it, and which decisions no outcome has closed.
// It only reads. A journal that no crash could have left is refused, since going on would drop what was promised, and
// one that holds anything that the writer of this log did not write, or wrote after another history: what is taken from here
// is signed.
import { join } from 'node:path'
import { canonicalJson } from '#lib/canonical-json.ts'
import { MOST_ENTRY_BYTES } from './entry.ts'
import type { Files } from './files.ts'
import { WHAT_NOW } from './foreign-journal.ts'
import type { Frame } from './frame.ts'
import { checkChain } from './journal-chain.ts'
import { knownHistory } from './known-history.ts'
import { MOST_AT_ONCE, readSegment, type Segment, segmentSequence } from './segment.ts'
import { signedTree } from './signed-tree.ts'
import type { Edge } from './tiles.ts'

export interface Replay {
  /** Entries from the checkpoint's size on. */
  readonly waiting: readonly Frame[]
  readonly open: ReadonlySet<string>
  readonly earlier: readonly { readonly name: string; readonly end: number }[]
  /** The first sequence number that no file has. */
  readonly sequence: number
  /** Bytes of frames that were cut off. */
  readonly torn: number
}

export interface ReplayPlace {
  /** The log's own. */
  readonly directory: string
  readonly files: Files
  readonly key: Uint8Array
}

/** `edge` is that of the checkpoint, whose signature was checked; the empty one where there is none yet. */
export async function replay({ directory, files, key }: ReplayPlace, edge: Edge): Promise<Replay> {
  const journal = join(directory, 'journal')
  const names = await segmentNames(journal, files)
  const history = knownHistory(signedTree(directory, files, edge), edge)
  const ends: { name: string; first: number | undefined }[] = []
  let open = new Set<string>()
  let next: number | undefined
  let torn = 0
  for (const name of names) {
    const segment = readSegment((await files.read(join(journal, name))) ?? Buffer.alloc(0))
    ends.push({ name, first: segment?.first })
    if (!segment) continue
    const entries = entriesOf(segment, name, key)
    // What the checkpoint covers may be missing: of segments that were removed, a machine that died may bring some back.
    // Frames whose write failed may stand whole after all; the writer then gave their indices to the next entries.
    const given = next === undefined ? -1 : next - segment.first
    const follows = segment.first <= edge.size || (given >= 0 && given <= MOST_AT_ONCE)
    if (!follows) throw new Error(`entries before ${segment.first} are missing from the journal`)
    await history.goOn(segment, name)
    open = new Set(segment.open)
    for (const entry of entries) noteOpen(open, entry)
    next = segment.first + entries.length
    torn += segment.torn
  }
  if (edge.size > 0 && (next === undefined || next < edge.size)) {
    throw new Error(`the journal ends at entry ${next ?? 0}, before the checkpoint of ${edge.size} entries`)
  }
  const waiting = history.waiting(next ?? 0)
  return { waiting, open, earlier: earlierSegments(ends, next ?? 0), sequence: sequenceAfter(names), torn }
}

async function segmentNames(directory: string, files: Files): Promise<readonly string[]> {
  return (await files.list(directory)).filter((name) => segmentSequence(name) !== undefined)
}

function sequenceAfter(names: readonly string[]): number {
  return 1 + Math.max(0, ...names.map((name) => segmentSequence(name) ?? 0))
}

/** Each segment ends where the next one that is readable begins. */
function earlierSegments(segments: readonly { name: string; first: number | undefined }[], end: number) {
  return segments.map(({ name }, at) => ({
    name,
    end: segments.slice(at + 1).find(({ first }) => first !== undefined)?.first ?? end,
  }))
}

interface Marked {
  readonly kind?: unknown
  readonly exchange?: unknown
}

/** The entries of a segment, each of which its writer wrote, at the place where it stands. */
function entriesOf(segment: Segment, name: string, key: Uint8Array): readonly Marked[] {
  const chain = checkChain(key)
  if (!chain.isHead(segment.head, segmentSequence(name) ?? 0)) {
    throw new Error(`the head of the journal segment ${name} was not written by the writer of this log; ${WHAT_NOW}`)
  }
  return segment.entries.map((frame, at) => {
    const index = segment.first + at
    const entry = chain.isNext(frame, index) ? ownEntry(frame.entry, index) : undefined
    if (entry) return entry
    const what = `the journal segment ${name} holds entry ${index}, which the writer of this log did not write`
    throw new Error(`${what}; ${WHAT_NOW}`)
  })
}

/** Undefined for what no writer writes: too long, not canonical (which has a greatest depth), or with another index. */
function ownEntry(bytes: Buffer, index: number): Marked | undefined {
  if (bytes.length > MOST_ENTRY_BYTES) return undefined
  try {
    const entry = JSON.parse(bytes.toString()) as Marked & { readonly index?: unknown }
    return entry.index === index && Buffer.from(canonicalJson(entry)).equals(bytes) ? entry : undefined
  } catch {
    return undefined
  }
}

/** Keeps the set of exchanges with a decision and no outcome since. */
function noteOpen(open: Set<string>, { kind, exchange }: Marked): void {
  if (typeof exchange !== 'string') return
  if (kind === 'decision') open.add(exchange)
  if (kind === 'outcome') open.delete(exchange)
}

/** For a log that never had a key: what a crash at birth leaves, heads without entries. Undefined where there is more. */
export async function unborn(directory: string, files: Files): Promise<Replay | undefined> {
  const names = await segmentNames(directory, files)
  for (const name of names) {
    const segment = readSegment((await files.read(join(directory, name))) ?? Buffer.alloc(0))
    if (segment && (segment.entries.length > 0 || segment.first > 0)) return undefined
  }
  const earlier = names.map((name) => ({ name, end: 0 }))
  return { waiting: [], open: new Set(), earlier, sequence: sequenceAfter(names), torn: 0 }
}
