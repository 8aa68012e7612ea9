// A text as one byte a character: ASCII as it is, all else 127. Read from here, a text costs the same however the runtime keeps
// its string. The arrays are filled anew by each call, and belong to whoever called last.

/** Characters of a text that are encoded at once. */
export const BLOCK = 16_384
/** Room before the first character: as far as names are read back. One more is behind the last. */
export const AHEAD = 80
/** Of short texts, which are not worth more. */
export const NEAR = 2

/** Nothing stands here: an end of the text. */
const NONE = 0
/** Stands before a text's first character. */
export const START = 10
const BEYOND = 127
/** Shorter ones are not worth a call into the runtime. */
const SHORT = 48

const codes = new Uint8Array(NEAR + AHEAD + BLOCK + 1)
const bytes = Buffer.from(codes.buffer)
const units = new Uint16Array(AHEAD + BLOCK + 1)
const unitBytes = Buffer.from(units.buffer)

/** Of plain ASCII the two lengths are equal, and that is the fastest way to know. */
export const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

/** At `AHEAD + n` stands the character `from + n`, up to `to`; before it `ahead` more of the text, and one behind it. */
export function encode(text: string, from: number, to: number, ahead: number): Uint8Array {
  const first = Math.max(0, from - ahead)
  const last = Math.min(text.length, to + 1)
  const at = AHEAD - (from - first)
  if (first === 0) {
    codes[at - 2] = NONE
    codes[at - 1] = START
  }
  codes[at + last - first] = NONE
  if (last - first < SHORT) {
    for (let index = first; index < last; index += 1) {
      const code = text.charCodeAt(index)
      codes[at + index - first] = code < BEYOND ? code : BEYOND
    }
    return codes
  }
  const part = text.slice(first, last)
  if (isAscii(part)) bytes.write(part, at, 'latin1')
  else {
    unitBytes.write(part, 0, 'utf16le')
    for (let index = 0; index < part.length; index += 1) {
      const code = units[index] ?? 0
      codes[at + index] = code < BEYOND ? code : BEYOND
    }
  }
  return codes
}

/** Whether a character from 127 on is marked in the table, which has a byte for each unit of UTF-16. */
export function holdsMarked(text: string, marked: Uint8Array): boolean {
  for (let from = 0; from < text.length; from += BLOCK) {
    const part = text.length <= BLOCK ? text : text.slice(from, from + BLOCK)
    unitBytes.write(part, 0, 'utf16le')
    for (let index = 0; index < part.length; index += 1) {
      const code = units[index] ?? 0
      if (code >= BEYOND && marked[code] !== 0) return true
    }
  }
  return false
}
