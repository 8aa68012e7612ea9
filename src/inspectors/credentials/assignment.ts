// A value beside its name: `password = "…"`, `"apiKey": "…"`, `<token>…</token>`, `set("token", "…")`, `--token …`. The name is
// read backwards from the sign between them and may have left long ago; only the value is covered.
import { chars, type Chars, has, WORD } from './chars.ts'
import type { ClassifyName, NameClass } from './name.ts'
import type { Format, Found, Reading, Verdict } from './reading.ts'
import { nameBefore } from './name-before.ts'
import { judge } from './value.ts'
import { readValue } from './read-value.ts'

export function assignments(classify: ClassifyName): readonly Format[] {
  const at = (anchor: string, nameEnd: (reading: Reading, at: number) => number, rule: Rule = {}): Format => ({
    anchor,
    ...(rule.after ? { after: rule.after } : {}),
    named: rule.words ?? MOST_WORDS,
    lead: anchor.length,
    rank: 6,
    verify(reading, at) {
      if (rule.quoted === true && rule.opened !== true && !quoteFollows(reading, at + 1)) return 'no'
      const end = nameEnd(reading, at)
      if (end < 0) return end === AWAIT ? 'more' : 'no'
      const written = nameBefore(reading.text, end, rule.words ?? MOST_WORDS)
      const name = written === '' ? undefined : classify(written)
      return !name || name.strength === 'none' ? 'no' : valueAt(reading, at + anchor.length, name, rule)
    },
  })
  return [
    at('=', signEnd),
    at(':', signEnd),
    at('>', tagEnd, { breaks: true, after: TAG_END }),
    at(',', (_, at) => at - 1, { words: 1, quoted: true, after: QUOTE }),
    at('(', (_, at) => at, { words: 1, quoted: true, after: WORD }),
    at(' "', wordEnd, { words: 1, opened: true, quoted: true, after: WORD }),
    at(" '", wordEnd, { words: 1, opened: true, quoted: true, after: WORD }),
    at(' is ', wordEnd, { words: 2, spoken: true, after: WORD }),
    flag(classify),
  ]
}

interface Rule {
  readonly after?: Chars
  /** Of the name, at most. */
  readonly words?: number
  /** Line ends may stand before the value. */
  readonly breaks?: boolean
  readonly quoted?: boolean
  /** The anchor holds the quote already. */
  readonly opened?: boolean
  /** Prose: only what is no word at all. */
  readonly spoken?: boolean
}

/** Of a name, unless its rule says otherwise. */
const MOST_WORDS = 3

/** Not yet to be told. */
const AWAIT = -2

const QUOTE = chars('"\'')
const TAG_END = chars('A-Z', 'a-z', '0-9', '_"=')
const SIGN = chars('=:!.?|+')
const CLOSER = chars(' \t"\'`[])\\')

const OPENING = chars('"\'`@\\')

/** A quote, perhaps behind one space; or nothing is here yet. */
function quoteFollows({ text, end }: Reading, at: number): boolean {
  const quote = at < end && text.charCodeAt(at) === 32 ? at + 1 : at
  return quote >= end || has(OPENING, text.charCodeAt(quote))
}

/** Behind `=`, `:`, `:=`, `=>`, `===`: the last sign counts. */
function signEnd({ text, end, final }: Reading, at: number): number {
  if (at + 1 >= end) return final ? -1 : AWAIT
  const next = text.charCodeAt(at + 1)
  if (next === 61 || next === 58 || next === 126 || next === 62) return -1
  if (next === 47 && text.charCodeAt(at) === 58) return -1
  let index = at
  while (index > 0 && at - index < 5 && has(SIGN, text.charCodeAt(index - 1))) index -= 1
  return closersBefore(text, index)
}

function tagEnd({ text }: Reading, at: number): number {
  return closersBefore(text, text.charCodeAt(at - 1) === 61 ? at - 1 : at)
}

const wordEnd = ({ text }: Reading, at: number): number => (at > 0 && has(WORD, text.charCodeAt(at - 1)) ? at : -1)

/** Over spaces, quotes and brackets that close a name, escaped or not. */
function closersBefore(text: string, from: number): number {
  let at = from
  const least = Math.max(0, from - 12)
  while (at > least && has(CLOSER, text.charCodeAt(at - 1))) at -= 1
  return at
}

function valueAt(reading: Reading, from: number, name: NameClass, rule: Rule): Verdict {
  const value = readValue(reading, from, rule)
  if (typeof value === 'string') return value
  const score = judge(name, { text: value.text, quoted: value.quoted })
  const spoken = rule.spoken === true && !/\d/.test(value.text)
  if (score < 0.5 || spoken) {
    reading.weigh(Math.min(score, 0.45))
    return 'no'
  }
  reading.weigh(score)
  return { start: value.start, end: value.end, kind: kindOf(name, value.text) } satisfies Found
}

function kindOf({ strength, service }: NameClass, value: string): string {
  if (strength === 'password') return 'password'
  if (service === undefined) return 'generic-secret'
  return service === 'aws' && value.length === 40 ? 'aws-secret-key' : `${service}-secret`
}

/** `--token VALUE`: with `=` it is an assignment like any other. */
function flag(classify: ClassifyName): Format {
  return {
    anchor: '--',
    lead: 2,
    rank: 6,
    verify(reading, at) {
      const { text } = reading
      if (at > 0 && !/[\s"'`]/.test(text[at - 1] ?? '')) return 'no'
      let end = at + 2
      while (end < reading.end && end < at + 34 && /[A-Za-z-]/.test(text[end] ?? '')) end += 1
      if (end >= reading.end) return reading.final ? 'no' : 'more'
      if (text.charCodeAt(end) !== 32 || end < at + 5) return 'no'
      const name = classify(text.slice(at + 2, end))
      return name.strength === 'none' ? 'no' : valueAt(reading, end, name, {})
    },
  }
}
