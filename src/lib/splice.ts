// Puts edits into bytes and leaves every other byte as it was. Without an edit, the same bytes come back, uncopied.

import { Buffer } from 'node:buffer'

/** The bytes from `start` up to `end`, not included, become `with`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly with: Uint8Array
}

/** Throws RangeError for edits that overlap, are out of order or reach beyond the bytes: such a caller is mistaken. */
export function splice(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return bytes
  const result = new Uint8Array(lengthAfter(bytes.length, edits))
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let from = 0
  let to = 0
  for (const edit of edits) {
    to += source.copy(result, to, from, edit.start)
    result.set(edit.with, to)
    to += edit.with.length
    from = edit.end
  }
  source.copy(result, to, from)
  return result
}

function lengthAfter(length: number, edits: readonly Edit[]): number {
  let after = length
  let behind = 0
  for (const { start, end, with: replacement } of edits) {
    const fits = Number.isInteger(start) && Number.isInteger(end) && behind <= start && start <= end && end <= length
    if (!fits) throw new RangeError(`the edit ${start}..${end} does not follow ${behind} within ${length} bytes`)
    after += replacement.length - (end - start)
    behind = end
  }
  return after
}
