// What a verifier sees: the text that has come so far, and whether more may come. A verifier reads forward from its anchor
// and a bounded way back, and MUST say `more` where a character that is not here yet could change its answer: so the
// answer never depends on where the text was cut.
import { ALNUM, type Chars, has } from './chars.ts'
import { endsEscape } from './escapes.ts'

/** How far back before its anchor a verifier may look. */
export const LOOK_BACK = 512

/** The last index in `from..to` before which something unseen or an escape stands, or where an escape is; or -1. */
export type Gap = (from: number, to: number) => number

export interface Reading {
  text: string
  /** Characters from here on are not here yet, or not for this candidate. */
  end: number
  /** Nothing follows `end`. */
  final: boolean
  /** Where runs of a set were seen last: what overlapping candidates read, and read again, is walked once. */
  readonly runs: Map<Chars, { start: number; end: number }>
  /** Where an escape or something unseen parts what seems to stand together. */
  readonly gap: Gap
  /** Whether the character was escaped. */
  readonly escaped: (index: number) => boolean
  /** Evidence in 0..1 that was too weak to report. */
  weigh(score: number): void
}

/** A credential that is longer than what is held back goes on while the next state is not negative. States are 0 first. */
export type Tail = (code: number, state: number) => number

export interface Found {
  readonly start: number
  readonly end: number
  readonly kind: string
  readonly tail?: Tail
}

export type Verdict = Found | 'no' | 'more'

export interface Format {
  /** The characters that give a candidate away. */
  readonly anchor: string
  /** What must stand before the anchor, or else the text's beginning or something beyond ASCII. */
  readonly after?: Chars
  /**
   * It says nothing without a name before it that `mayBeNamed`, of so many words at most. MUST be one character, or have
   * a space between that name and the pair by which it is found.
   */
  readonly named?: number
  /** It may stand in the middle of a word. */
  readonly inside?: boolean
  /** Where a match begins at the earliest, counted from the anchor's first character. 0: the anchor is part of it. */
  readonly lead: number
  /** Of matches that begin together, the lower rank names the kind. */
  readonly rank: number
  /** MUST hold that the anchor stands complete at `at`. */
  readonly verify: (reading: Reading, at: number) => Verdict
}

/** The end of the run of `set` from `from` on; `from + most + 1` where it is longer than `most`. */
export function run(reading: Reading, from: number, set: Chars, most: number): number {
  const { text } = reading
  const stop = Math.min(reading.end, from + most + 1)
  let seen = reading.runs.get(set)
  if (!seen) {
    seen = { start: -1, end: -1 }
    reading.runs.set(set, seen)
  }
  let at = from
  if (seen.start <= from && from <= seen.end) {
    if (seen.end >= stop) return stop
    at = seen.end
  } else seen.start = from
  while (at < stop && has(set, text.charCodeAt(at))) at += 1
  seen.end = at
  return at
}

/** Whether a token may begin here: not in the middle of a word, but right behind an escape such as `\n` or `%20`. */
export function opens(text: string, at: number, gap: Gap): boolean {
  if (at === 0 || !has(ALNUM, text.charCodeAt(at - 1))) return true
  return (at >= 3 && text.charCodeAt(at - 3) === 37) || isParted(text, at, gap)
}

/** Whether what stands before is an escape or unseen: one of those who read the text sees no word go on here. */
export const isParted = (text: string, at: number, gap: Gap): boolean => endsEscape(text, at) || gap(at, at) >= 0

/** The evidence that a placeholder, a broken checksum or a wrong length leaves. */
export const WEAK = 0.3
