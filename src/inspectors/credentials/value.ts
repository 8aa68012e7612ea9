// How much a value looks like a credential, given what its name says.
import type { NameClass } from './name.ts'
import { isPlaceholder } from './placeholder.ts'
import { entropy, isUuid, randomness } from './random.ts'

export interface Value {
  readonly text: string
  /** In code and data, quotes make a text; without them it may be an expression. */
  readonly quoted: boolean
}

/** 0..1; reported from a half on. */
export function judge(name: NameClass, value: Value): number {
  const score = judgeAs(name, value)
  return name.denied === true ? Math.min(score, isStrong(value.text) ? 0.5 : 0.1) : score
}

/** A hundred bits and more where all of it is random. */
const STRONG = 20
const isStrong = (text: string): boolean => text.length >= STRONG && randomness(text) >= 0.5

function judgeAs({ strength, service }: NameClass, value: Value): number {
  const { text, quoted } = value
  if (strength === 'none' || text.length < 4) return 0
  // Most values in code are plain words and need no closer look.
  if (text.length < 8 && strength !== 'password') return 0.1
  if (!quoted && /^[a-z]{4,24}$/.test(text)) return 0.1
  if (isPlaceholder(text)) return 0.1
  if (isCode(value)) return 0.15
  if (/\s/.test(text)) return 0.35
  if (isComplex(text)) return quoted ? 0.6 : 0.52
  if (strength === 'password') return password(text)
  if (isReference(text)) return 0.2
  if (service !== undefined) return Math.max(ofService(text), generated(text))
  return strength === 'key' ? 0.2 : generated(text)
}

function password(text: string): number {
  if (/^\d+$/.test(text)) return text.length > 5 ? 0.5 : 0.3
  if (/^[A-Za-z_.-]+$/.test(text)) return randomness(text) >= 0.5 && text.length >= 10 ? 0.6 : 0.3
  if (!/[A-Za-z0-9]/.test(text) || text.length < 6) return 0.3
  return 0.7
}

function generated(text: string): number {
  if (text.length < 8 || /^\d+$/.test(text)) return 0.2
  const score = randomness(text)
  if (text.length < 12) return score >= 0.75 ? 0.6 : 0.3
  // Long, with letters and digits throughout: what is left beside keys is a name with a number.
  if (text.length >= 16 && /^[A-Za-z0-9+/=_.-]+$/.test(text) && mixes(text) && entropy(text) > 3)
    return Math.max(score, 0.6)
  return score
}

const mixes = (text: string): boolean =>
  !/^#?[a-z]*(?:[A-Z]+[a-z]{2,}|[A-Z]{1,4}\d{1,4}(?!\d))*$/.test(text) &&
  (text.match(/\d[A-Za-z]|[A-Za-z]\d/g)?.length ?? 0) >= 3

function ofService(text: string): number {
  if (isUuid(text)) return 0.8
  if (/^\d{15,}$/.test(text) || /^[0-9a-f]{8}:[0-9a-f]{8}$/.test(text)) return /(\d)\1{7}/.test(text) ? 0.2 : 0.7
  return text.length >= 12 && /\d/.test(text) && /[A-Za-z]/.test(text) && entropy(text) > 2.5 && !isWordy(text)
    ? 0.7
    : 0.2
}

/** Names of hosts, files and versions: pieces that are each a word, or a number. */
const isWordy = (text: string): boolean =>
  text.split(/[-_./:]/).every((part) => /^(?:[A-Za-z]+\d{0,3}|\d+)?$/.test(part))

const isReference = (text: string): boolean => /^\.{0,2}\//.test(text) && !/[+=]/.test(text) && isWordy(text)

/** Signs such as nobody uses in names: three kinds of them, with a letter or digit among them. */
function isComplex(text: string): boolean {
  if (text.length < 8 || !/[A-Za-z0-9]/.test(text)) return false
  return new Set(text.replace(/[A-Za-z0-9\s_.,:/'"+=-]/g, '')).size >= 3
}

const NAME = '[A-Za-z_$@][A-Za-z0-9_$]{0,63}'
const CHAIN = new RegExp(`^[!&*]?${NAME}(?:(?:\\.|->|::|\\?\\.)${NAME})+$`)

/** An expression of a program: a call, a chain of names, a type. Brackets that do not match are no expression. */
function isCode({ text, quoted }: Value): boolean {
  if (/\$\{[A-Za-z_][A-Za-z0-9_.]*\}/.test(text)) return true
  if (/^[A-Za-z_$.]+\(.*\)?;?$/.test(text)) return true
  if (CHAIN.test(text)) return text.split(/[.>:]/).every((part) => randomness(part) < 0.5)
  if (quoted) return false
  if (/[()[\]{}]/.test(text)) return bracketsMatch(text)
  if (/^[A-Za-z0-9_]+(?:\|[A-Za-z0-9_]+)+$/.test(text)) return true
  return (
    /^(?:true|false|null|none|nil|string|str|String|int|any|bool|Buffer|bytes)$/i.test(text) || /^[<>=!&|?]/.test(text)
  )
}

/** True where no bracket closes another kind; what is left open may go on in the next line. */
function bracketsMatch(text: string): boolean {
  const open: string[] = []
  for (const letter of text) {
    if ('([{'.includes(letter)) open.push(letter)
    else if (')]}'.includes(letter)) {
      const before = open.pop()
      if (before !== undefined && '([{'.indexOf(before) !== ')]}'.indexOf(letter)) return false
    }
  }
  return true
}
