// An answer can hold millions of numbers in lists, and a node for each would take seconds and hundreds of megabytes. So
// lists of nothing but numbers are checked here and emptied in a copy, which is then read by the strict reader: every
// other byte stands where it stood.
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c
const SPACE = 0x20

/** The same bytes, with spaces in place of what stands in lists of numbers alone. What is no sound JSON number stays. */
export function withoutNumberLists(bytes: Uint8Array): Uint8Array {
  // Not `slice`: of a Buffer, that is no copy.
  const copy = new Uint8Array(bytes)
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]
    if (byte === QUOTE) at = behindString(bytes, at)
    else if (byte === OPEN) {
      const end = endOfNumbers(bytes, at + 1)
      if (end > at + 1) copy.fill(SPACE, at + 1, end)
      at = end > at + 1 ? end : at + 1
    } else at++
  }
  return copy
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
