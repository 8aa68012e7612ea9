// Why a body is not JSON that every parser reads alike. Names places and keys, never values.
import { printPath, type Step } from './json-path.ts'

export type JsonReason =
  | 'unexpected-end'
  | 'unexpected-byte'
  | 'trailing-bytes'
  | 'byte-order-mark'
  | 'invalid-utf8'
  | 'control-character'
  | 'bad-escape'
  | 'lone-surrogate'
  | 'bad-number'
  | 'number-range'
  | 'duplicate-key'
  | 'too-deep'
  | 'too-many-values'

export interface JsonFault {
  readonly reason: JsonReason
  /** What is wrong, in words that may be shown to the sender. */
  readonly what: string
  /** Of the byte at fault, from 0. */
  readonly offset: number
  /** The way to the value that was being read; empty at the top. */
  readonly steps: readonly Step[]
}

export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly reason: JsonReason
  readonly offset: number
  /** Such as `messages[2].role`; empty at the top. */
  readonly path: string

  constructor(fault: JsonFault, bytes: Uint8Array) {
    const path = printPath(fault.steps)
    super(`${fault.what}${path === '' ? '' : ` in ${path}`}, at ${placeOf(bytes, fault.offset)}`)
    this.reason = fault.reason
    this.offset = fault.offset
    this.path = path
  }
}

/** Lines and columns count from 1; a column is a character, not a byte. */
function placeOf(bytes: Uint8Array, offset: number): string {
  let line = 1
  let column = 1
  for (let at = 0; at < offset; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0x0a) {
      line++
      column = 1
    } else if ((byte & 0xc0) !== 0x80) column++
  }
  return `line ${line}, column ${column} (byte ${offset})`
}
