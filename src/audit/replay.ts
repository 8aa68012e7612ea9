// Reads the journal as the last writer left it: which entries stand in it, and which decisions no outcome has closed.
// It only reads. A journal that no crash could have left is refused, since going on would drop what was promised.
import { join } from 'node:path'
import type { Files } from './files.ts'
import type { Frame } from './frame.ts'
import { readSegment, segmentSequence } from './segment.ts'

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

/** `size` is the checkpoint's, or undefined where there is none yet. */
export async function replay(directory: string, log: string, size: number | undefined, files: Files): Promise<Replay> {
  const names = (await files.list(directory)).filter((name) => segmentSequence(name) !== undefined)
  const covered = size ?? 0
  const frames = new Map<number, Frame>()
  const ends: { name: string; first: number | undefined }[] = []
  let open = new Set<string>()
  let next: number | undefined
  let torn = 0
  for (const name of names) {
    const segment = readSegment((await files.read(join(directory, name))) ?? Buffer.alloc(0))
    ends.push({ name, first: segment?.first })
    if (!segment) continue
    if (segment.log !== log) throw new Error(`the journal belongs to the log ${segment.log}`)
    // What the checkpoint covers may be missing: of segments that were removed, a machine that died may bring some back. A
    // frame whose write failed may stand whole after all; the writer then gave its index to the next entry.
    const follows = segment.first <= covered || segment.first === next || segment.first + 1 === next
    if (!follows) throw new Error(`entries before ${segment.first} are missing from the journal`)
    open = new Set(segment.open)
    next = segment.first
    for (const frame of segment.entries) {
      noteOpen(open, frame.entry)
      frames.set(next++, frame)
    }
    torn += segment.torn
  }
  if (size !== undefined && (next === undefined || next < size)) {
    throw new Error(`the journal ends at entry ${next ?? 0}, before the checkpoint of ${size} entries`)
  }
  const waiting: Frame[] = []
  for (let index = covered; index < (next ?? 0); index++) {
    const frame = frames.get(index)
    if (frame) waiting.push(frame)
  }
  const sequence = 1 + Math.max(0, ...names.map((name) => segmentSequence(name) ?? 0))
  return { waiting, open, earlier: earlierSegments(ends, next ?? 0), sequence, torn }
}

/** Each segment ends where the next one that is readable begins. */
function earlierSegments(segments: readonly { name: string; first: number | undefined }[], end: number) {
  return segments.map(({ name }, at) => ({
    name,
    end: segments.slice(at + 1).find(({ first }) => first !== undefined)?.first ?? end,
  }))
}

/** Keeps the set of exchanges with a decision and no outcome since. */
export function noteOpen(open: Set<string>, entry: Buffer): void {
  const read = JSON.parse(entry.toString()) as { kind?: unknown; exchange?: unknown }
  if (typeof read.exchange !== 'string') return
  if (read.kind === 'decision') open.add(read.exchange)
  if (read.kind === 'outcome') open.delete(read.exchange)
}
