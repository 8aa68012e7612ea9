// One file of the journal, `journal/<sequence>`: a head frame, then one frame an entry. The head says the index of the
// first entry, the root of the log before it, so that the segment goes on from that history and from no other, which life
// of the writer it is of, and which decisions were open then, so that one older than the whole journal is still closed.
// Reading one says which frames are whole, and not who wrote them: readers have no key. Who has one asks journal-chain.ts.
import { frameAt, type Frame, makeFrame } from './frame.ts'

/**
 * Frames that are written by one write at most. Where that fails, and cannot be taken back, so many may stand whole at the end of a
 * segment all the same: the next segment then begins at the index of the first of them.
 */
export const MOST_AT_ONCE = 64

export interface SegmentHead {
  readonly log: string
  readonly first: number
  /** Of the tree over the entries before `first`, hex. */
  readonly root: string
  /** 16 random bytes, hex: each opening of the log draws its own. */
  readonly life: string
  readonly open: readonly string[]
}

export interface Segment extends SegmentHead {
  readonly head: Frame
  readonly entries: readonly Frame[]
  /** Bytes after the last whole frame: a write that was cut off. */
  readonly torn: number
}

export function segmentName(sequence: number): string {
  return String(sequence).padStart(8, '0')
}

/** Undefined for a name that is not a segment's. */
export function segmentSequence(name: string): number | undefined {
  return /^[0-9]{8}$/.test(name) ? Number(name) : undefined
}

/** A frame without its MAC. */
export function makeHead({ log, first, root, life, open }: SegmentHead): Buffer {
  return makeFrame(JSON.stringify({ journal: 3, log, first, root, life, open })).bytes
}

/**
 * Undefined for a segment whose head never became whole: its first entry was not written, since the head is synced
 * before any. Throws where bytes follow a head that is damaged, which no crash leaves behind.
 */
export function readSegment(bytes: Buffer): Segment | undefined {
  const head = frameAt(bytes, 0)
  if (!head) {
    if (bytes.subarray(36, 48).toString('latin1') === '{"journal":1') throw new Error(OUTDATED)
    const claimed = bytes.length >= 36 ? bytes.readUInt32BE(0) : 0
    if (claimed > 0 && bytes.length > 36 + claimed) throw new Error('the head of a journal segment is damaged')
    return undefined
  }
  const read = readHead(head.entry)
  const entries: Frame[] = []
  let at = head.bytes.length
  for (let frame = frameAt(bytes, at); frame; frame = frameAt(bytes, at)) {
    entries.push(frame)
    at += frame.bytes.length
  }
  return { ...read, head, entries, torn: bytes.length - at }
}

const OUTDATED =
  'this journal segment was written by an earlier version, which did not authenticate it, or not what came before it: move ' +
  'the log and its key away together and begin a new log; what is signed of the old one can still be verified'

function readHead(bytes: Buffer): SegmentHead {
  const { journal, log, first, root, life, open } = membersOf(bytes)
  if (journal === 2) throw new Error(OUTDATED)
  const isPlace = typeof first === 'number' && Number.isSafeInteger(first) && first >= 0
  const isBound = isHex(root, 32) && isHex(life, 16)
  if (journal === 3 && typeof log === 'string' && isPlace && isBound && Array.isArray(open)) {
    return { log, first, root, life, open: open.map(String) }
  }
  throw new Error('a journal segment has a head that this version cannot read')
}

function isHex(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]*$/.test(value)
}

function membersOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(bytes.toString()))
  } catch {
    return {}
  }
}
