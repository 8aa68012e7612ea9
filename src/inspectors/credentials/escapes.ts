// Escapes as JSON and many languages write them: `\u0041`, `\x41`, `\/`, behind any run of backslashes, for JSON in JSON doubles
// them. Who reads the text as it is and who unescapes it see two texts: the view shows the second, and its gaps tell of the first.

/** Deeper nesting is not followed. */
const LONGEST_RUN = 64
/** More of a text's end than this never waits for what follows. */
export const LONGEST_ESCAPE = LONGEST_RUN + 6

const BACKSLASH = 92

export interface Escape {
  readonly code: number
  /** Units of the text, with all backslashes. */
  readonly length: number
}

/** The escape that begins with this backslash; a number tells how many units are none; `more` where the text ends too early. */
export function readEscape(text: string, from: number): Escape | number | 'more' {
  let at = from
  // An escaped backslash may begin the next escape.
  let backslash: Escape | undefined
  for (;;) {
    while (text.charCodeAt(at) === BACKSLASH && at - from < LONGEST_RUN) at += 1
    const unread = backslash ?? at - from
    if (at - from >= LONGEST_RUN) return unread
    if (at === text.length) return 'more'
    const length = lengthOf(text.charCodeAt(at))
    const code = length === 1 ? SLASH : hexadecimal(text, at + 1, length - 1)
    if (code === NONE) return unread
    if (code === MORE) return 'more'
    at += length
    if (code !== BACKSLASH) return { code, length: at - from }
    backslash = { code, length: at - from }
  }
}

const SLASH = 47
const NONE = -1
const MORE = -2

/** Of what stands behind the backslashes; 0 for no escape that is shown. */
const lengthOf = (code: number): number => (code === 117 ? 5 : code === 120 ? 3 : code === SLASH ? 1 : 0)

function hexadecimal(text: string, from: number, digits: number): number {
  if (digits < 0) return NONE
  let value = 0
  for (let at = from; at < from + digits; at += 1) {
    if (at >= text.length) return MORE
    const code = text.charCodeAt(at)
    const digit = code <= 57 ? code - 48 : (code | 32) - 87
    if (digit < 0 || digit > 15 || (code > 57 && digit < 10)) return NONE
    value = value * 16 + digit
  }
  return value
}

/** Whether an escape that the view leaves as it is, such as `\n` or `\u00e9`, ends before `at`. */
export function endsEscape(text: string, at: number): boolean {
  if (at >= 2 && text.charCodeAt(at - 2) === BACKSLASH) return LETTERS.includes(text[at - 1] ?? ' ')
  return (
    (at >= 4 && text.charCodeAt(at - 4) === BACKSLASH && text[at - 3] === 'x' && hexadecimal(text, at - 2, 2) >= 0) ||
    (at >= 6 && text.charCodeAt(at - 6) === BACKSLASH && text[at - 5] === 'u' && hexadecimal(text, at - 4, 4) >= 0)
  )
}

const LETTERS = 'bfnrtv0'
