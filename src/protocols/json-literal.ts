// Where a string or a number of JSON ends, in a text that was UTF-8. Quick, and no reader: what is odd is nobody's here.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

/** Behind the string that begins here; -1 where none does. Its escapes are not looked at. */
export function afterString(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) return -1
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code < SPACE) return -1
    if (code === BACKSLASH) at += 1
  }
  return -1
}

const ZERO = 0x30
const NINE = 0x39
const MOST_DIGITS = 15

/** Behind the whole number, not below zero, that begins here; -1 where none does, or a long one. */
export function afterNumber(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at += 1
  const digits = at - start
  if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && text.charCodeAt(start) === ZERO)) return -1
  return at
}

/** What the string between these two says; undefined where its escapes are none, or stand for half a character. */
export function wordsOf(data: string, start: number, end: number): string | undefined {
  const plain = data.slice(start + 1, end - 1)
  if (!plain.includes('\\')) return plain
  try {
    const value = JSON.parse(data.slice(start, end)) as string
    // Half of a pair is refused where it is read in full.
    return value.isWellFormed() ? value : undefined
  } catch {
    return undefined
  }
}
