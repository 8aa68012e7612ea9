// An answer can hold millions of numbers in lists, and a node for each would take seconds and hundreds of megabytes. So
// lists of nothing but numbers are checked here and emptied in a copy, which is then read by the strict reader: every
// other byte stands where it stood. A list that is called `bytes` spells a text: in the copy, that is a string.
import { Buffer } from 'node:buffer'
import { type JsonNode, textOf } from '#lib/json-node.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const SPACE = 0x20

/**
 * The same bytes, with spaces in place of what stands in lists of numbers alone, and a string as `packedBytes` reads it in
 * place of those called `bytes`. What is no sound JSON number stays.
 */
export function withoutNumberLists(bytes: Uint8Array): Uint8Array {
  // Not `slice`: of a Buffer, that is no copy.
  const copy = new Uint8Array(bytes)
  let before = { start: 0, end: 0 }
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      before = { start: at, end: behindString(bytes, at) }
      at = before.end
    } else if (byte === OPEN) {
      const end = endOfNumbers(bytes, at + 1)
      if (end > at + 1 && isOfBytes(bytes, before, at)) pack(copy, at, end + 1)
      else if (end > at + 1) copy.fill(SPACE, at + 1, end)
      at = end > at + 1 ? end + 1 : at + 1
    } else at++
  }
  return copy
}

/** Looked for so often: whoever has more brackets is read as if one of them began a list of numbers. */
const MOST_BRACKETS = 64

/** Whether any bracket of all, in strings too, may begin such a list. Quick, and never wrong with a no. */
export function mayHoldNumberLists(bytes: Uint8Array): boolean {
  let looks = 0
  for (let at = bytes.indexOf(OPEN); at >= 0; at = bytes.indexOf(OPEN, at + 1)) {
    if (++looks > MOST_BRACKETS || behindNumber(bytes, behindSpace(bytes, at + 1)) >= 0) return true
  }
  return false
}

/** Whether the list at a place is the value of `bytes`, which can be spelled with escapes. */
function isOfBytes(bytes: Uint8Array, { start, end }: { readonly start: number; readonly end: number }, list: number) {
  const colon = behindSpace(bytes, end)
  if (bytes[colon] !== COLON || behindSpace(bytes, colon + 1) !== list || end - start > LONGEST_KEY) return false
  const key = Buffer.from(bytes.subarray(start, end)).toString('latin1')
  return key === '"bytes"' || (key.includes('\\') && unescaped(key) === 'bytes')
}

// Each letter of `bytes` as `\u0062`.
const LONGEST_KEY = 32

function unescaped(key: string): unknown {
  try {
    return JSON.parse(key)
  } catch {
    // The strict reader refuses it.
    return undefined
  }
}

// Behind the text, as much of it as the list was longer.
const FILLER = 0x7f
const ENDS_OF_LINES: ReadonlyMap<number, number> = new Map([
  [0x0a, 0x6e],
  [0x0d, 0x72],
])

/**
 * A string as long as the list. It fits: a byte takes as many places in the list as digits and a comma, of which even two
 * digits are more than the two places that it takes here at most. Control characters take the place of a space.
 */
function pack(copy: Uint8Array, start: number, end: number): void {
  const list = Buffer.from(copy.subarray(start + 1, end - 1)).toString('latin1')
  const text: number[] = []
  // As clients make bytes of numbers that are none.
  for (const byte of Uint8Array.from(list.split(','), Number)) {
    const line = ENDS_OF_LINES.get(byte)
    if (line !== undefined) text.push(BACKSLASH, line)
    else if (byte === QUOTE || byte === BACKSLASH) text.push(BACKSLASH, byte)
    else if (byte < SPACE) text.push(SPACE)
    else if (byte < 0x80) text.push(byte)
    else text.push(0xc0 | (byte >> 6), 0x80 | (byte & 0x3f))
  }
  copy.fill(FILLER, start + 1, end - 1)
  copy[start] = QUOTE
  copy.set(text, start + 1)
  copy[end - 1] = QUOTE
}

/** The bytes that a list spells, as it came or as a string that stands for it. Undefined for anything else. */
export function packedBytes(node: JsonNode | undefined): Uint8Array | undefined {
  if (node?.kind === 'string') return Buffer.from(textOf(node).replaceAll('\x7f', ''), 'latin1')
  if (node?.kind !== 'array' || node.items.length === 0) return undefined
  const numbers = node.items.map((item) => (item.kind === 'number' ? Number(textOf(item)) : Number.NaN))
  return numbers.some(Number.isNaN) ? undefined : Uint8Array.from(numbers)
}

function behindString(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; ; at++) {
    at = bytes.indexOf(QUOTE, at)
    if (at < 0) return bytes.length
    let slashes = at
    while (bytes[slashes - 1] === BACKSLASH) slashes--
    if ((at - slashes) % 2 === 0) return at + 1
  }
}

/** Where the list closes whose numbers begin at `from`; -1 where anything else stands in it. */
function endOfNumbers(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = behindNumber(bytes, behindSpace(bytes, at))
    if (at < 0) return -1
    at = behindSpace(bytes, at)
    if (bytes[at] === CLOSE) return at
    if (bytes[at] !== COMMA) return -1
  }
}

function behindSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;) byte = bytes[++at]
  return at
}

// Longer ones, and exponents of three digits, could be beyond a double: the strict reader judges those.
const LONGEST = 64

/** RFC 8259, section 6; -1 where no such number stands. */
function behindNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  at = bytes[at] === 0x30 ? at + 1 : behindDigits(bytes, at)
  if (at > 0 && bytes[at] === 0x2e) at = behindDigits(bytes, at + 1)
  if (at > 0 && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    const sign = bytes[at + 1]
    const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    at = behindDigits(bytes, digits)
    if (at - digits > 2) return -1
  }
  return at - from > LONGEST ? -1 : at
}

/** -1 where there is none. */
function behindDigits(bytes: Uint8Array, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte !== undefined && byte >= 0x30 && byte <= 0x39;) byte = bytes[++at]
  return at === from ? -1 : at
}
