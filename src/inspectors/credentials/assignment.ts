// A value beside its name: `password = "…"`, `"apiKey": "…"`, `<token>…</token>`, `set("token", "…")`, `--token …`. The name is
// read backwards from the sign between them and may have left long ago; only the value is covered.
import { has, WORD } from './chars.ts'
import type { ClassifyName, NameClass } from './name.ts'
import type { Format, Found, Reading, Verdict } from './reading.ts'
import { judge } from './value.ts'
import { readValue } from './read-value.ts'

const LONGEST_NAME = 64
/** Types that stand between a name and its sign: `var token string = …`. */
const TYPE = /\s*:?\s*\b(?:string|str|String|text|char|const char\*?|&?str|varchar|std::string)\??\s*$/

export function assignments(classify: ClassifyName): readonly Format[] {
  const at = (anchor: string, nameEnd: (reading: Reading, at: number) => number, rule: Rule = {}): Format => ({
    anchor,
    lead: anchor.length,
    rank: 6,
    verify(reading, at) {
      const end = nameEnd(reading, at)
      if (end < 0) return end === AWAIT ? 'more' : 'no'
      const name = classify(nameBefore(reading.text, end))
      return name.strength === 'none' ? 'no' : valueAt(reading, at + anchor.length, name, rule)
    },
  })
  return [
    at('=', signEnd),
    at(':', signEnd),
    at('>', tagEnd, { breaks: true }),
    at(',', quotedEnd, { quoted: true }),
    at('(', wordEnd, { quoted: true }),
    at(' "', wordEnd, { opened: true, quoted: true }),
    at(" '", wordEnd, { opened: true, quoted: true }),
    at(' is ', wordEnd, { spoken: true }),
    flag(classify),
  ]
}

interface Rule {
  /** Line ends may stand before the value. */
  readonly breaks?: boolean
  readonly quoted?: boolean
  /** The anchor holds the quote already. */
  readonly opened?: boolean
  /** Prose: only what is no word at all. */
  readonly spoken?: boolean
}

/** Not yet to be told. */
const AWAIT = -2

/** Behind `=`, `:`, `:=`, `=>`, `===`: the last sign counts. */
function signEnd({ text, end, final }: Reading, at: number): number {
  if (at + 1 >= end) return final ? -1 : AWAIT
  const next = text.charCodeAt(at + 1)
  if (next === 61 || next === 58 || next === 126 || (next === 62 && text.charCodeAt(at) === 61) || (next === 47 && text[at] === ':')) return -1
  let index = at
  while (index > 0 && at - index < 5 && '=:!.?|+'.includes(text[index - 1] ?? '')) index -= 1
  return closersBefore(text, index)
}

function tagEnd({ text }: Reading, at: number): number {
  const before = text.charCodeAt(at - 1)
  if (before === 61) return closersBefore(text, at - 1)
  return has(WORD, before) || before === 34 ? closersBefore(text, at) : -1
}

const quotedEnd = ({ text }: Reading, at: number): number => (/["']/.test(text[at - 1] ?? '') ? at - 1 : -1)
const wordEnd = ({ text }: Reading, at: number): number => (at > 0 && has(WORD, text.charCodeAt(at - 1)) ? at : -1)

/** Over spaces, quotes and brackets that close a name, escaped or not. */
function closersBefore(text: string, from: number): number {
  let at = from
  const least = Math.max(0, from - 12)
  while (at > least && ' \t"\'`])\\'.includes(text[at - 1] ?? '')) at -= 1
  return at
}

/** `{"name": "API_KEY", "value": "…"}`, and the same in YAML and XML: the name stands in another place. */
const NAMED = /\b(?:name|key)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9_.-]{2,64})["']?[,;]?\s{0,16}["']?value$/i

/** The name that ends here: of one line, out of quotes and brackets, at most the words of a short phrase. */
function nameBefore(text: string, end: number): string {
  let at = end
  const least = Math.max(0, end - LONGEST_NAME)
  while (at > least) {
    const code = text.charCodeAt(at - 1)
    if (!has(WORD, code) && code !== 45 && code !== 46 && code !== 32 && code !== 36) break
    at -= 1
  }
  if (at === end) {
    const typed = text.slice(least, end)
    return TYPE.test(typed) ? typed.replace(TYPE, '') : ''
  }
  const name = text.slice(at, end)
  if (/(?:^|\s)value$/i.test(name)) return NAMED.exec(text.slice(Math.max(0, end - 140), end))?.[1] ?? ''
  const typed = TYPE.test(name) ? text.slice(least, end).replace(TYPE, '') : name
  const words = typed.trimEnd().split(/\s+/)
  return words.slice(-3).join(' ').replace(/^.*[^A-Za-z0-9_.$ -]/, '')
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
