// Reads the value that stands behind a sign: quoted, or up to the next space or delimiter.
import { chars } from './chars.ts'
import { type Reading, run, WEAK } from './reading.ts'

export interface ReadValue {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

interface Rule {
  readonly breaks?: boolean
  readonly quoted?: boolean
  readonly opened?: boolean
}

export const LONGEST_VALUE = 1000
const LONGEST_GAP = 40
const QUOTES = '"\'`'
const SCHEME = /^(?:(?:api-)?token|api-?key|splunk|geniekey|ssws|flyv1|pat|key|secret)\s+/i

export function readValue(reading: Reading, from: number, rule: Rule): ReadValue | 'no' | 'more' {
  const open =
    rule.opened === true ? { start: from, quote: reading.text[from - 1] ?? '' } : opening(reading, from, rule)
  if (typeof open === 'string') return open
  if (open.quote === '' && rule.quoted === true) return 'no'
  const { text } = reading
  const end = open.quote === '' ? bareEnd(reading, open.start) : quotedEnd(reading, open.start, open.quote)
  if (typeof end === 'string') return end
  let { start } = open
  let value = text.slice(start, end)
  const scheme = SCHEME.exec(value)
  if (scheme) {
    start += scheme[0].length
    value = text.slice(start, end)
  }
  if (/\.{3}$|…$/.test(value)) return 'no'
  if (open.quote === '') value = bare(value)
  if (/^(?:bearer|basic)\b/i.test(value)) return 'no'
  return { text: value, start, end: start + value.length, quoted: open.quote !== '' }
}

/** Over the gap and what marks a string literal. `quote` is empty for a bare value. */
function opening(
  { text, end, final }: Reading,
  from: number,
  rule: Rule,
): { start: number; quote: string } | 'no' | 'more' {
  let at = from
  while (at < end && at - from < LONGEST_GAP) {
    const code = text.charCodeAt(at)
    if (code !== 32 && code !== 9 && !(rule.breaks === true && (code === 10 || code === 13))) break
    at += 1
  }
  if (at + 3 > end && !final) return 'more'
  if (at >= end || at - from >= LONGEST_GAP) return 'no'
  let start = at
  if (/^[@bBrRuUfFL]$/.test(text[start] ?? '') && QUOTES.includes(text[start + 1] ?? ' ')) start += 1
  if (text[start] === '\\' && QUOTES.includes(text[start + 1] ?? ' ')) return { start: start + 2, quote: '\\' }
  const quote = text[start] ?? ''
  if (QUOTES.includes(quote)) return { start: start + 1, quote }
  return { start: at, quote: '' }
}

/** Up to the quote, which is no escaped one. No credential has a space in it, but behind the scheme. */
function quotedEnd(reading: Reading, from: number, quote: string): number | 'no' | 'more' {
  const { text, end, final } = reading
  const stop = Math.min(end, from + LONGEST_VALUE)
  const opened = reading.escaped(from - 1)
  for (let at = from; at < stop; at += 1) {
    const letter = text[at] ?? ''
    if (letter === quote && (opened || !reading.escaped(at))) return at
    if (letter <= ' ' && !(letter === ' ' && at - from < LONGEST_SCHEME && isScheme(text.slice(from, at + 1)))) {
      reading.weigh(WEAK)
      return 'no'
    }
  }
  if (stop < end || end - from >= LONGEST_VALUE) return 'no'
  return final ? end : 'more'
}

const LONGEST_SCHEME = 16
const isScheme = (text: string): boolean => SCHEME.exec(text)?.[0].length === text.length

const BARE = chars('!', '#-&', '(-;', '=-[', ']-_', 'a-~', '\x7f')

/** A bare value goes to a space or a quote; a backslash begins an escape such as `\n`. Of phrases the scheme is passed over. */
function bareEnd(reading: Reading, from: number): number | 'no' | 'more' {
  const { text, end, final } = reading
  const stop = Math.min(end, from + LONGEST_VALUE)
  let first = from
  for (let at = run(reading, from, BARE, stop - from - 1); at < stop; at = run(reading, at + 1, BARE, stop - at - 2)) {
    const code = text.charCodeAt(at)
    if (code === 32 && first === from && at - from < 10 && SCHEME.test(text.slice(from, at + 1))) first = at + 1
    else if (code < 128) return at
  }
  if (stop < end || end - from >= LONGEST_VALUE) return 'no'
  return final ? end : 'more'
}

/** Without the delimiters behind it, and up to the next parameter. */
function bare(value: string): string {
  const next = /[&;,](?=[A-Za-z_ -]{1,40}[=:])/.exec(value)
  return (next ? value.slice(0, next.index) : value).replace(/[,;)}\]>.]+$/, '')
}
