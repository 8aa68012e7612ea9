// What a body may look like, as values: each shape reads one JSON node, throws a Refusal that names the field, or notes
// fields outside the allow-list. Known names in another case, or joined otherwise, are refused here, since lenient parsers
// read them as known.
import { Refusal } from '#access/refusal.ts'
import { foldKey, foldName } from '#lib/json-keys.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { shownKey } from '#lib/json-path.ts'
import { idsUnder, type NamedId } from './ids.ts'

export interface Notes {
  /** Paths of fields that no shape knows. */
  readonly unknown: string[]
  /** What `watched` read and no shape knows in full. */
  readonly obscure: Obscure[]
  /** Of what is being watched: the unknown in it, besides what is watched further inside. */
  odd?: Odd | undefined
}

interface Odd {
  readonly plainPasses: boolean
  /** In what is unknown; undefined as long as nothing is. */
  ids: NamedId[] | undefined
}

export interface Obscure {
  readonly at: string
  /** In what is unknown of it. */
  readonly ids: readonly NamedId[]
}

export type Shape = (node: JsonNode, at: string, notes: Notes) => void

const wrong = (at: string, expected: string): Refusal =>
  new Refusal('invalid_field', {
    message: at === '' ? `The body must be ${expected}.` : `\`${at}\` must be ${expected}.`,
    ...(at === '' ? {} : { field: at }),
  })

const MOST_UNKNOWN = 32

export function within(at: string, key: string): string {
  const shown = shownKey(key)
  return at === '' ? shown : `${at}.${shown}`
}

const ofKind =
  (kind: JsonNode['kind'], expected: string): Shape =>
  (node, at) => {
    if (node.kind !== kind) throw wrong(at, expected)
  }

export const anything: Shape = () => undefined
export const text: Shape = ofKind('string', 'a string')
export const boolean: Shape = ofKind('boolean', 'true or false')
export const anyObject: Shape = ofKind('object', 'an object')

/** A number from `least` to `most`, both included. */
export const number =
  (least: number, most: number): Shape =>
  (node, at) => {
    const value = node.kind === 'number' ? Number(textOf(node)) : Number.NaN
    if (!(value >= least && value <= most)) throw wrong(at, `a number from ${least} to ${most}`)
  }

/** An integer written as one: `1e3` and `1.0` are read as integers by some parsers and refused by others. */
export const integer =
  (least: number, most: number): Shape =>
  (node, at) => {
    const digits = node.kind === 'number' ? textOf(node) : ''
    const value = /^-?[0-9]+$/.test(digits) ? Number(digits) : Number.NaN
    if (!(value >= least && value <= most)) throw wrong(at, `an integer from ${least} to ${most}`)
  }

export const oneOf = (...words: readonly string[]): Shape => {
  const expected = `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`
  return (node, at) => {
    if (node.kind !== 'string' || !words.includes(textOf(node))) throw wrong(at, expected)
  }
}

export const nullable =
  (shape: Shape): Shape =>
  (node, at, notes) => {
    if (node.kind !== 'null') shape(node, at, notes)
  }

export const arrayOf =
  (shape: Shape, least = 0): Shape =>
  (node, at, notes) => {
    if (node.kind !== 'array') throw wrong(at, 'an array')
    if (node.items.length < least) throw wrong(at, `an array of at least ${least}`)
    let index = 0
    for (const item of node.items) shape(item, `${at}[${index++}]`, notes)
  }

/** A string of so many characters at most, each of one or two UTF-16 units. */
export const textOfAtMost =
  (most: number): Shape =>
  (node, at) => {
    const expected = `a string of at most ${most} characters`
    if (node.kind !== 'string' || isLonger(textOf(node), most)) throw wrong(at, expected)
  }

const isLonger = (value: string, most: number): boolean =>
  value.length > most && (value.length > 2 * most || Array.from(value).length > most)

/** Names and values of which nothing is known but how many there may be, and how long a name. */
export const mapOf =
  (shape: Shape, most: number, longestKey: number): Shape =>
  (node, at, notes) => {
    if (node.kind !== 'object') throw wrong(at, 'an object')
    if (node.members.length > most) throw wrong(at, `an object of at most ${most} names`)
    for (const { key, value } of node.members) {
      if (isLonger(key, longestKey)) throw wrong(at, `an object whose names have at most ${longestKey} characters`)
      shape(value, within(at, key), notes)
    }
  }

/** By the kind of JSON value: a message's content is a string or an array of parts. */
export const either =
  (expected: string, shapes: { readonly [kind in JsonNode['kind']]?: Shape }): Shape =>
  (node, at, notes) => {
    const shape = shapes[node.kind]
    if (!shape) throw wrong(at, expected)
    shape(node, at, notes)
  }

/** The known fields of an object. A name that ends in `!` is required. Others are noted, never dropped. */
export function object(fields: { readonly [name: string]: Shape }): Shape {
  const required = Object.keys(fields).flatMap((name) => (name.endsWith('!') ? [name.slice(0, -1)] : []))
  const known = new Map(Object.entries(fields).map(([name, shape]) => [name.replace(/!$/, ''), shape]))
  const disguised = disguises([...known.keys()])

  return (node, at, notes) => {
    if (node.kind !== 'object') throw wrong(at, 'an object')
    for (const { key, value } of node.members) {
      const shape = known.get(key)
      if (shape) shape(value, within(at, key), notes)
      else {
        refuseDisguise(key, disguised(key), at)
        const path = within(at, key)
        noteAs(path, notes)
        const { odd } = notes
        if (odd && !(odd.plainPasses && isPlain(key, value))) addIds(odd, idsUnder(key, value, path))
      }
    }
    for (const name of required) if (!member(node, name)) throw missing(within(at, name))
  }
}

/** Which of the known names, if any, a lenient parser would read a key as. */
function disguises(known: readonly string[]): (key: string) => string | undefined {
  const folded = new Map(known.map((name) => [foldName(name), name]))
  // One mark between any two letters, and one on either side.
  const longest = 2 * Math.max(0, ...known.map((name) => name.length)) + 1
  return (key) => (key.length > longest ? undefined : folded.get(foldName(key)))
}

function refuseDisguise(key: string, meant: string | undefined, at: string): void {
  if (meant === undefined || meant === key) return
  throw new Refusal('invalid_field', {
    message: `\`${within(at, key)}\` ${difference(key, within(at, meant), meant)}: some parsers read them as one. Write \`${meant}\`.`,
    field: within(at, key),
  })
}

const difference = (key: string, path: string, meant: string): string =>
  foldKey(key) === foldKey(meant) ? `differs from \`${path}\` only in case` : `is another spelling of \`${path}\``

/**
 * Behind the most that are listed stands one `…`, which is no field that a bundle would admit: otherwise many admitted
 * fields in front would hide the one behind them.
 */
function noteAs(path: string, { unknown }: Notes): void {
  if (unknown.length <= MOST_UNKNOWN) unknown.push(unknown.length < MOST_UNKNOWN ? path : '…')
}

function addIds(odd: Odd, ids: readonly NamedId[]): void {
  odd.ids ??= []
  for (const id of ids) odd.ids.push(id)
}

/** A word, a number, true or false, under a name that is not of something kept or fetched: nothing that a provider could look up. */
function isPlain(key: string, value: JsonNode): boolean {
  if (/(?:^|[_-])(?:ids?|urls?|uris?|files?|paths?|container|images?|attachments?)$/i.test(key)) return false
  if (value.kind === 'string') return /^[^/:\\]*$/.test(textOf(value))
  return value.kind !== 'object' && value.kind !== 'array'
}

const missing = (field: string): Refusal =>
  new Refusal('invalid_field', { message: `\`${field}\` is required.`, field })

/** Objects told apart by a field: `{"type": "text", …}`. `otherwise` reads an object of a type not named here. */
export function tagged(tag: string, shapes: { readonly [type: string]: Shape }, otherwise?: Shape): Shape {
  const known = new Map(Object.entries(shapes))
  return (node, at, notes) => {
    if (node.kind !== 'object') throw wrong(at, 'an object')
    const value = member(node, tag)
    if (value?.kind !== 'string') throw wrong(within(at, tag), `one of ${quoted(known)}`)
    const shape = known.get(textOf(value)) ?? otherwise
    if (!shape) throw wrong(within(at, tag), `one of ${quoted(known)}`)
    shape(node, at, notes)
  }
}

const quoted = (known: ReadonlyMap<string, Shape>): string => [...known.keys()].map((type) => `"${type}"`).join(', ')

/**
 * Notes an object of an unknown type as one unknown field. Of its names, only those are looked at that some parser would
 * take for one of `known`, which objects of known types have; and so in those of them that are objects themselves.
 */
export function unknownType(known: { readonly [name: string]: readonly string[] }): Shape {
  const disguised = disguises(Object.keys(known))
  const inner = new Map(Object.entries(known).map(([name, names]) => [name, disguises(names)]))
  return (node, at, notes) => {
    for (const { key, value } of node.kind === 'object' ? node.members : []) {
      refuseDisguise(key, disguised(key), at)
      const disguisedInside = inner.get(key)
      if (!disguisedInside || value.kind !== 'object') continue
      for (const inside of value.members) refuseDisguise(inside.key, disguisedInside(inside.key), within(at, key))
    }
    noteAs(within(at, 'type'), notes)
    if (notes.odd) addIds(notes.odd, idsUnder('', node, at))
  }
}

/** Also notes the whole as obscure, where any of it is unknown: what nobody here knows could make a provider act. */
export const watched = (shape: Shape): Shape => watching(shape, false)

/** The same, but for what is unknown and plain: messages carry such marks, and no provider acts on them. */
export const watchedUnlessPlain = (shape: Shape): Shape => watching(shape, true)

const watching =
  (shape: Shape, plainPasses: boolean): Shape =>
  (node, at, notes) => {
    const around = notes.odd
    const odd: Odd = { plainPasses, ids: undefined }
    // What throws ends the reading, and its notes with it.
    notes.odd = odd
    shape(node, at, notes)
    notes.odd = around
    if (odd.ids) notes.obscure.push({ at, ids: odd.ids })
  }

/** A field that is known and not served, whatever its value. `because` ends the sentence "`name` …". */
export const notServed =
  (because: string): Shape =>
  (_node, at) => {
    throw new Refusal('unknown_field', {
      message: `\`${at}\` ${because}, and is not served here; leave it out.`,
      field: at,
    })
  }
