// One file of the journal, `journal/<sequence>`: a head frame, then one frame an entry. The head says the index of the
// first entry and which decisions were open then, so that a decision older than the whole journal is still closed.
// Reading one says which frames are whole, and not who wrote them: readers have no key. Who has one asks journal-chain.ts.
import { frameAt, type Frame, makeFrame } from './frame.ts'

export interface SegmentHead {
  readonly log: string
  readonly first: number
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
export function makeHead(head: SegmentHead): Buffer {
  return makeFrame(JSON.stringify({ journal: 2, log: head.log, first: head.first, open: head.open })).bytes
}

/**
 * Undefined for a segment whose head never became whole: its first entry was not written, since the head is synced
 * before any. Throws where bytes follow a head that is damaged, which no crash leaves behind.
 */
export function readSegment(bytes: Buffer): Segment | undefined {
  const head = frameAt(bytes, 0)
  if (!head) {
    if (bytes.subarray(36, 48).toString('latin1') === '{"journal":1') throw new Error(UNAUTHENTICATED)
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

const UNAUTHENTICATED =
  'this journal segment was written by an earlier version, which did not authenticate it: move the log and its key away ' +
  'together and begin a new log; what is signed of the old one can still be verified'

function readHead(bytes: Buffer): SegmentHead {
  const { journal, log, first, open } = membersOf(bytes)
  const isPlace = typeof first === 'number' && Number.isSafeInteger(first) && first >= 0
  if (journal === 2 && typeof log === 'string' && isPlace && Array.isArray(open)) {
    return { log, first, open: open.map(String) }
  }
  throw new Error('a journal segment has a head that this version cannot read')
}

function membersOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(bytes.toString()))
  } catch {
    return {}
  }
}
