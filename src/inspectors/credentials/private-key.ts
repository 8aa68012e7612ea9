// Private keys in PEM armour (RFC 7468, OpenSSH, PGP), with real line ends, escaped ones or spaces. A key whose end is missing
// ends where its lines do: at the first line that reads like prose.
import { BASE64_PADDED, chars, DIGIT, has } from './chars.ts'
import { isMasked } from './placeholder.ts'
import { type Format, type Reading, run, type Tail, WEAK } from './reading.ts'

const LABEL = chars('A-Z', '0-9', ' ')
const BODY = chars('A-Z', 'a-z', '0-9', '+/=:-', ' ')
const LINE = chars('A-Z', 'a-z', '0-9', '+/=:,.()"\'\\#@-', ' ', '\t\r\n')
/** Of the body: with them it is certain. */
const LEAST = 16

export const PRIVATE_KEY: Format = {
  anchor: '-----BEGIN ',
  inside: true,
  lead: 0,
  rank: 0,
  verify(reading, at) {
    const { text } = reading
    const label = run(reading, at + 11, LABEL, 60)
    if (label + 5 > reading.end && !reading.final) return 'more'
    if (!/PRIVATE KEY( BLOCK)?$/.test(text.slice(at + 11, label)) || !text.startsWith('-----', label)) return 'no'
    const from = skipBreaks(reading, label + 5)
    if (from + LEAST > reading.end) return reading.final ? 'no' : 'more'
    const first = text.slice(from, from + LEAST)
    const broken = from > label + 5 && /[\\\r\n]/.test(text.slice(label + 5, from))
    if (isBody(first) && !isMasked(first) && (broken || /[A-Z0-9+/]{4}/.test(first)))
      return { start: at, end: from, kind: 'private-key', tail: rest }
    reading.weigh(WEAK)
    return 'no'
  },
}

/** PuTTY's own form: the secret part stands behind a count of its lines. The name of the field that follows is covered, too. */
export const PUTTY_KEY: Format = {
  anchor: 'Private-Lines: ',
  inside: true,
  lead: 15,
  rank: 0,
  verify(reading, at) {
    const count = run(reading, at + 15, DIGIT, 4)
    const from = skipBreaks(reading, count)
    const end = run(reading, from, BASE64_PADDED, LEAST - 1)
    if (end - from >= LEAST && from > count) return { start: from, end: from + LEAST, kind: 'private-key', tail: lines }
    return end >= reading.end && !reading.final ? 'more' : 'no'
  },
}

const lines: Tail = (code) => (has(BASE64_PADDED, code) || code === 10 || code === 13 || code === 92 ? 0 : -1)

function skipBreaks({ text, end }: Reading, from: number): number {
  let at = from
  while (at < end && at < from + 32) {
    const code = text.charCodeAt(at)
    const escape = code === 92 && /[nrt\\"]/.test(text[at + 1] ?? 'n')
    if (escape) at += 2
    else if (code <= 32 || code === 34 || code === 39 || code === 43) at += 1
    else break
  }
  return Math.min(at, end)
}

const isBody = (text: string): boolean =>
  text.split('').every((letter) => has(BODY, letter.charCodeAt(0))) && !text.includes('---')

// The state: three bits of dashes, two of phase, then what the line is like so far, and its last word's length.
const DASHES = 7
const LABELLED = 8
const CLOSING = 16
const DONE = 24
const PHASE = 24
const LATER = 32
const HEADER = 64
const SPACED = 128
const WORD = 256
const LONG_WORD = 40 * WORD

const rest: Tail = (code, state) => {
  switch (state & PHASE) {
    case DONE:
      return -1
    case CLOSING:
      if (code !== 45) return -1
      return (state & DASHES) === 4 ? DONE : state + 1
    case LABELLED:
      if (code === 45) return CLOSING | 1
      return has(LABEL, code) ? state : -1
    default:
      return body(code, state)
  }
}

function body(code: number, state: number): number {
  if (!has(LINE, code)) return -1
  if (code === 45) return (state & DASHES) === 4 ? LABELLED : state + 1
  if (code === 10 || code === 13 || code === 92) return LATER
  const word = state & ~DASHES
  if (code === 32 || code === 9) {
    const inside = (word & LATER) !== 0 && (word & HEADER) === 0 && word >= WORD && word < LONG_WORD
    return (word & (LATER | HEADER)) | (inside ? SPACED : 0)
  }
  if ((word & SPACED) !== 0) return -1
  if (code === 58) return word | HEADER
  return word < LONG_WORD ? word + WORD : word
}
