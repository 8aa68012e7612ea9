// One block of a server-sent event stream, from its bytes to its fields (WHATWG HTML, section 9.2.6). Knows no streams.
import type { Buffer } from 'node:buffer'

export interface SseBlock {
  /** Exactly the bytes of the block. They may share memory with a chunk that was fed, and MUST NOT be written to. */
  readonly raw: Uint8Array
  /** The `data:` lines, joined by newlines; undefined where there is none, and then clients dispatch nothing. */
  readonly data?: string
  readonly event?: string
  readonly id?: string
  /** Milliseconds. */
  readonly retry?: number
  /** Where `data` stands in `raw`, if it is one line: it can be replaced by bytes that hold no CR and no LF. */
  readonly dataSpan?: { readonly start: number; readonly end: number }
}

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20
const LONGEST_NAME = 'event'.length

/** `raw` is valid UTF-8; its text begins at `textStart`, behind a byte order mark. */
export function readSseBlock(raw: Buffer, textStart: number): SseBlock {
  const first = lineEnd(raw, textStart)
  // Most are one line of data, and a blank one.
  if (isData(raw, textStart, first) && isLastLine(raw, first)) {
    const start = valueAt(raw, textStart + 4, first)
    return { raw, data: raw.toString('utf8', start, first), dataSpan: { start, end: first } }
  }
  return readLines(raw, textStart)
}

/** `data:` */
const isData = (raw: Buffer, start: number, end: number): boolean =>
  end - start > 4 &&
  raw[start] === 0x64 &&
  raw[start + 1] === 0x61 &&
  raw[start + 2] === 0x74 &&
  raw[start + 3] === 0x61 &&
  raw[start + 4] === COLON

const isLastLine = (raw: Buffer, end: number): boolean =>
  end + 2 === raw.length && raw[end] === LF && raw[end + 1] === LF

/** Behind the colon, and one space. */
const valueAt = (raw: Buffer, colon: number, end: number): number =>
  Math.min(raw[colon + 1] === SPACE ? colon + 2 : colon + 1, end)

function readLines(raw: Buffer, textStart: number): SseBlock {
  const fields: { data?: string; event?: string; id?: string; retry?: number } = {}
  const more: string[] = []
  let dataSpan: SseBlock['dataSpan']
  for (let start = textStart; start < raw.length;) {
    const end = lineEnd(raw, start)
    const colon = colonIn(raw, start, end)
    // A name longer than any that is known, and a comment's empty one, are not worth decoding.
    const name = colon - start > LONGEST_NAME ? '' : raw.toString('latin1', start, colon)
    const valueStart = valueAt(raw, colon, end)
    if (name === 'data') {
      const line = raw.toString('utf8', valueStart, end)
      if (fields.data === undefined) {
        fields.data = line
        dataSpan = { start: valueStart, end }
      } else more.push(line)
    } else if (name === 'event') fields.event = raw.toString('utf8', valueStart, end)
    else if (name === 'id') setId(fields, raw.toString('utf8', valueStart, end))
    else if (name === 'retry') setRetry(fields, raw.toString('latin1', valueStart, end))
    start = end + (raw[end] === CR && raw[end + 1] === LF ? 2 : 1)
  }
  if (more.length > 0) return { raw, ...fields, data: [fields.data, ...more].join('\n') }
  return dataSpan ? { raw, ...fields, dataSpan } : { raw, ...fields }
}

function lineEnd(raw: Buffer, from: number): number {
  let at = from
  while (at < raw.length && raw[at] !== LF && raw[at] !== CR) at++
  return at
}

/** The colon of the line, or its end: a line without one is a name with an empty value. */
function colonIn(raw: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && raw[at] !== COLON) at++
  return at
}

function setId(fields: { id?: string }, text: string): void {
  if (!text.includes('\0')) fields.id = text
}

function setRetry(fields: { retry?: number }, text: string): void {
  if (/^[0-9]+$/.test(text)) fields.retry = Number(text)
}
