// Tokens that their issuer marks with a prefix: the prefix, then parts of fixed characters and lengths, then no more of them.
import { ALNUM, type Chars, has, WORD } from './chars.ts'
import { isMasked } from './placeholder.ts'
import { type Format, isParted, opens, type Reading, run, type Tail, type Verdict, WEAK } from './reading.ts'

export interface Part {
  readonly set: Chars
  readonly least: number
  readonly most: number
}

export interface Rule {
  /** A checksum: where it holds, nothing is a placeholder. Where it does not, the token may be of an older kind. */
  readonly certain?: (token: string) => boolean
  readonly accept?: (token: string, reading: Reading, at: number) => boolean
  /** False where the prefix also occurs inside of words. */
  readonly opens?: false
  readonly rank?: number
}

export const part = (set: Chars, least: number, most: number = least): Part => ({ set, least, most })

/** Not even an underscore stands before it. */
export const notGlued = (_: string, { text, gap }: Reading, at: number): boolean =>
  !has(WORD, text.charCodeAt(at - 1)) || isParted(text, at, gap)

/** A part that is followed by another MUST be of fixed length, or without the first character of what follows. */
export function token(kind: string, anchor: string, parts: readonly (Part | string)[], rule: Rule = {}): Format {
  const verify = (reading: Reading, at: number): Verdict => {
    if (rule.opens !== false && !opens(reading.text, at, reading.gap)) return 'no'
    const end = walk(reading, at + anchor.length, parts)
    if (typeof end === 'string') return end
    const value = reading.text.slice(at, end)
    const body = value.slice(anchor.length)
    const good = rule.certain?.(value) || (!isMasked(body) && (rule.accept?.(value, reading, at) ?? true))
    if (good) return { start: at, end, kind }
    reading.weigh(WEAK)
    return 'no'
  }
  return { anchor, lead: 0, rank: rule.rank ?? 1, verify, inside: rule.opens === false }
}

/** The end behind the last part, where no letter or digit goes on, or only behind an escape or something unseen. */
export function walk(reading: Reading, from: number, parts: readonly (Part | string)[]): number | 'no' | 'more' {
  let at = from
  for (const each of parts) {
    if (typeof each === 'string') {
      for (let index = 0; index < each.length; index += 1, at += 1) {
        if (at >= reading.end) return reading.final ? 'no' : 'more'
        if (reading.text.charCodeAt(at) !== each.charCodeAt(index)) return 'no'
      }
      continue
    }
    const last = each === parts.at(-1)
    const end = run(reading, at, each.set, last ? each.most : Math.max(each.most - 1, 0))
    if (end >= reading.end && end - at <= each.most - (last ? 0 : 1) && !reading.final) return 'more'
    if (last && !closes(reading, end, at + each.most)) {
      const parted = reading.gap(at + each.least, Math.min(end, at + each.most))
      if (parted >= 0) return parted
    }
    if (end - at < each.least || end - at > each.most) {
      if (last && end - at >= 8) reading.weigh(WEAK)
      return 'no'
    }
    at = end
  }
  if (at >= reading.end) return reading.final ? at : 'more'
  return has(ALNUM, reading.text.charCodeAt(at)) && reading.gap(at, at) < 0 ? 'no' : at
}

/** Behind the last character: no letter or digit, and no more than may be. */
const closes = ({ text, end }: Reading, at: number, most: number): boolean =>
  at <= most && (at >= end || !has(ALNUM, text.charCodeAt(at)))

/** Long tokens: certain after `least` characters, then on and on. */
export function longToken(kind: string, anchor: string, set: Chars, least: number): Format {
  const step: Tail = (code) => (has(set, code) ? 0 : -1)
  const verify = (reading: Reading, at: number): Verdict => {
    if (!opens(reading.text, at, reading.gap)) return 'no'
    const from = at + anchor.length
    const end = run(reading, from, set, least - 1)
    if (end - from < least) return end >= reading.end && !reading.final ? 'more' : 'no'
    if (!isMasked(reading.text.slice(from, end))) return { start: at, end: from + least, kind, tail: step }
    reading.weigh(WEAK)
    return 'no'
  }
  return { anchor, lead: 0, rank: 1, verify }
}
