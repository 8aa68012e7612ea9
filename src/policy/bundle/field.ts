// Readers over a YAML tree. Each reports what is wrong (field, what was expected, what to do) and answers undefined, so
// that one run finds every fault; whoever calls drops what is undefined, since a bundle with a fault is never used.
import { nearest, suggest } from './nearest.ts'
import { printKey, quote, type Position, type Report } from './problem.ts'
import type { YamlNode } from './yaml.ts'

/** A value with the key path that leads to it. */
export interface Field {
  readonly node: YamlNode
  readonly path: string
  readonly file: string
  readonly report: Report
}

export interface Entry {
  readonly name: string
  /** Where the key stands. */
  readonly at: Position
  readonly field: Field
}

export function fault(field: Field, message: string, fix: string, at: Position = field.node.at): undefined {
  const { line, column } = at
  field.report({ severity: 'error', file: field.file, line, column, path: field.path, message, fix })
}

export function warn(field: Field, message: string, fix: string): void {
  const { line, column } = field.node.at
  field.report({ severity: 'warning', file: field.file, line, column, path: field.path, message, fix })
}

/** A map with names of the author's choosing. Empty where it is not a map, which was then reported. */
export function entriesOf(field: Field, what: string): readonly Entry[] {
  if (field.node.kind !== 'map') {
    fault(field, `must be a map of ${what}, but is ${kindOf(field.node)}`, `Write \`name: …\`, one for each.`)
    return []
  }
  return field.node.entries.map(({ key, at, value }) => ({
    name: key,
    at,
    field: { ...field, node: value, path: field.path === '' ? printKey(key) : `${field.path}.${printKey(key)}` },
  }))
}

export interface Keys {
  readonly known: readonly string[]
  readonly required?: readonly string[]
  /** Words of the design that this version does not serve: never ignored, and told apart from a typo. */
  readonly later?: readonly string[]
}

/** A map with given keys, by name. Undefined where it is not a map or a required key is missing. */
export function fieldsOf(field: Field, keys: Keys): ReadonlyMap<string, Field> | undefined {
  if (field.node.kind !== 'map') {
    return fault(
      field,
      `must be a map, but is ${kindOf(field.node)}`,
      `Write it as \`{ ${(keys.required ?? keys.known).map((key) => `${key}: …`).join(', ')} }\`.`,
    )
  }
  const found = new Map<string, Field>()
  const meant = new Set<string | undefined>()
  for (const { name, at, field: inside } of entriesOf(field, '')) {
    if (keys.known.includes(name)) found.set(name, inside)
    else if (keys.later?.includes(name)) notServed(inside, `\`${name}\``, at)
    else {
      meant.add(nearest(name, keys.known))
      fault(inside, 'is not a known key', suggest(name, keys.known), at)
    }
  }
  const missing = (keys.required ?? []).filter((name) => !found.has(name))
  for (const name of missing) {
    // Misspelt, it was named already: one fault for one typo.
    if (!meant.has(name)) fault(field, `lacks \`${name}\``, `Add \`${name}: …\`.`)
  }
  return missing.length === 0 ? found : undefined
}

export function notServed(field: Field, what: string, at?: Position): undefined {
  return fault(field, `${what} is not supported yet`, 'Remove it: this version would not do what it asks for.', at)
}

export function textOf(field: Field, expected = 'text'): string | undefined {
  const { node } = field
  if (node.kind === 'text' && node.text.trim() !== '') return node.text
  if (node.kind === 'text') return fault(field, `must be ${expected}, but is empty`, `Write ${expected}.`)
  const scalar = node.kind === 'number' || node.kind === 'boolean'
  return fault(
    field,
    `must be ${expected}, but is ${kindOf(node)}`,
    scalar ? 'Put it in quotes if it is meant as text.' : `Write ${expected}.`,
  )
}

export function wordOf<const Word extends string>(field: Field, words: readonly Word[]): Word | undefined {
  const text = textOf(field, `one of ${words.join(', ')}`)
  if (text === undefined) return undefined
  const word = words.find((known) => known === text)
  return word ?? fault(field, `must be one of ${words.join(', ')}, but is ${quote(text)}`, suggest(text, words))
}

export function booleanOf(field: Field): boolean | undefined {
  if (field.node.kind === 'boolean') return field.node.value
  return fault(field, `must be true or false, but is ${kindOf(field.node)}`, 'Write true or false, without quotes.')
}

export function integerOf(field: Field, least: number, most: number): number | undefined {
  const { node } = field
  const expected = `a whole number from ${least} to ${most}`
  if (node.kind !== 'number') return fault(field, `must be ${expected}, but is ${kindOf(node)}`, `Write ${expected}.`)
  // 0x10, 1e3 and 010 mean different things to different readers.
  if (/^-?(?:0|[1-9][0-9]*)$/.test(node.source) && node.value >= least && node.value <= most) return node.value
  return fault(field, `must be ${expected}, but is ${quote(node.source)}`, `Write ${expected}, in plain digits.`)
}

/** In plain decimals, at most four of them: as exact as Cedar's `decimal`, in which policies compare it. */
export function numberOf(field: Field, least: number, most: number): number | undefined {
  const { node } = field
  const expected = `a number from ${least} to ${most}`
  if (node.kind !== 'number') return fault(field, `must be ${expected}, but is ${kindOf(node)}`, `Write ${expected}.`)
  const plain = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,4})?$/.test(node.source)
  if (plain && node.value >= least && node.value <= most) return node.value
  return fault(
    field,
    `must be ${expected}, but is ${quote(node.source)}`,
    `Write ${expected}, with at most four decimals.`,
  )
}

/** Each item read by `read`; undefined where the list or any item is wrong, empty, or stands twice. */
export function listOf<T>(field: Field, what: string, read: (item: Field) => T | undefined): readonly T[] | undefined {
  const { node } = field
  if (node.kind !== 'list') {
    return fault(field, `must be a list of ${what}, but is ${kindOf(node)}`, `Write it in brackets: [${what}, …].`)
  }
  if (node.items.length === 0) {
    return fault(field, `must name at least one of: ${what}`, 'Add one, or remove the key.')
  }
  const seen = new Set<string>()
  const items = node.items.map((item, index) => {
    const place: Field = { ...field, node: item, path: `${field.path}[${index}]` }
    const twice = item.kind === 'text' && seen.has(item.text)
    if (item.kind === 'text') seen.add(item.text)
    if (twice) return fault(place, 'stands twice in the list', 'Remove one of the two.')
    return read(place)
  })
  const sound = items.filter((item) => item !== undefined)
  return sound.length === items.length ? sound : undefined
}

/** A name that policies, paths and logs can carry as it is. Reported at the key. */
export function isName(
  { name, at, field }: Entry,
  what: string,
  alphabet: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
): boolean {
  if (alphabet.test(name)) return true
  fault(
    field,
    `is not a name for ${what}`,
    'Use letters, digits, dot, dash and underscore, beginning with a letter or digit.',
    at,
  )
  return false
}

/** A section that others refer to: what of it could be read, and every name that stands there. */
export interface Known<T> {
  readonly sound: ReadonlyMap<string, T>
  readonly declared: readonly string[]
}

/** Silent where the name is there but its own entry is wrong: that was reported where it stands. */
export function referenceOf<T>(field: Field, what: string, known: Known<T>): T | undefined {
  const one = `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`
  const text = textOf(field, `the name of ${one}`)
  if (text === undefined) return undefined
  const found = known.sound.get(text)
  if (found !== undefined || known.declared.includes(text)) return found
  return fault(field, `names ${one} that does not exist: ${quote(text)}`, suggest(text, known.declared))
}

function kindOf(node: YamlNode): string {
  switch (node.kind) {
    case 'map':
      return 'a map'
    case 'list':
      return 'a list'
    case 'text':
      return 'text'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    case 'nothing':
      return 'empty'
  }
}
