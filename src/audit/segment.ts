// One file of the journal, `journal/<sequence>`: a head frame, then one frame an entry. The head says the index of the
// first entry and which decisions were open then, so that a decision older than the whole journal is still closed.
import { frameAt, type Frame, makeFrame } from './frame.ts'

export interface SegmentHead {
  readonly log: string
  readonly first: number
  readonly open: readonly string[]
}

export interface Segment extends SegmentHead {
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

export function makeHead(head: SegmentHead): Buffer {
  return makeFrame(JSON.stringify({ journal: 1, log: head.log, first: head.first, open: head.open })).bytes
}

/**
 * Undefined for a segment whose head never became whole: its first entry was not written, since the head is synced
 * before any. Throws where bytes follow a head that is damaged, which no crash leaves behind.
 */
export function readSegment(bytes: Buffer): Segment | undefined {
  const headFrame = frameAt(bytes, 0)
  if (!headFrame) {
    const claimed = bytes.length >= 36 ? bytes.readUInt32BE(0) : 0
    if (claimed > 0 && bytes.length > 36 + claimed) throw new Error('the head of a journal segment is damaged')
    return undefined
  }
  const head = readHead(headFrame.entry)
  const entries: Frame[] = []
  let at = headFrame.bytes.length
  for (let frame = frameAt(bytes, at); frame; frame = frameAt(bytes, at)) {
    entries.push(frame)
    at += frame.bytes.length
  }
  return { ...head, entries, torn: bytes.length - at }
}

function readHead(bytes: Buffer): SegmentHead {
  const head: unknown = JSON.parse(bytes.toString())
  if (typeof head === 'object' && head !== null && 'journal' in head && head.journal === 1) {
    const { log, first, open } = head as { log?: unknown; first?: unknown; open?: unknown }
    if (typeof log === 'string' && Number.isSafeInteger(first) && Array.isArray(open)) {
      return { log, first: Number(first), open: open.map(String) }
    }
  }
  throw new Error('a journal segment has a head that this version cannot read')
}
