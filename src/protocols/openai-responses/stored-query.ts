// The query of a request for what is stored: an allow-list, and what leaves is written anew from what was read.
import { Refusal } from '#access/refusal.ts'
import { shownKey } from '#lib/json-path.ts'

export type StoredOperation = 'retrieve' | 'cancel' | 'delete' | 'input-items'

export interface StoredQuery {
  /** Without its question mark; empty where nothing is asked. */
  readonly query: string
  readonly streaming: boolean
  /** The number of the last event that the caller has had. The provider is not told, see `behind`. */
  readonly startingAfter?: number
}

interface Parameter {
  readonly pattern: RegExp
  readonly expected: string
  readonly many?: true
}

const flag: Parameter = { pattern: /^(true|false)$/, expected: '`true` or `false`' }
const include: Parameter = { pattern: /^[a-z_.]{1,64}$/, expected: 'the name of what to include', many: true }

const PARAMETERS: Readonly<Record<StoredOperation, ReadonlyMap<string, Parameter>>> = {
  retrieve: new Map([
    ['include', include],
    ['include_obfuscation', flag],
    ['starting_after', { pattern: /^(0|[1-9][0-9]{0,8})$/, expected: 'the number of an event' }],
    ['stream', flag],
  ]),
  cancel: new Map(),
  delete: new Map(),
  'input-items': new Map<string, Parameter>([
    ['after', { pattern: /^[A-Za-z0-9_-]{1,200}$/, expected: 'the id of an item' }],
    ['include', include],
    ['limit', { pattern: /^([1-9][0-9]?|100)$/, expected: 'an integer from 1 to 100' }],
    ['order', { pattern: /^(asc|desc)$/, expected: '`asc` or `desc`' }],
  ]),
}

const MOST_VALUES = 16

/** Throws a Refusal that names the parameter. `query` is what stands behind the question mark, if anything. */
export function readStoredQuery(operation: StoredOperation, query: string): StoredQuery {
  const known = PARAMETERS[operation]
  const values = new Map<string, readonly string[]>()
  for (const [written, value] of new URLSearchParams(query)) {
    const name = written.replace(/\[\d{0,2}\]$/, '')
    const parameter = known.get(name)
    if (!parameter || (written !== name && !parameter.many)) throw unknown(written)
    const before = values.get(name) ?? []
    if (before.length >= (parameter.many ? MOST_VALUES : 1)) throw wrong(name, 'given once, or less often')
    if (!parameter.pattern.test(value)) throw wrong(name, parameter.expected)
    values.set(name, [...before, value])
  }
  const streaming = values.get('stream')?.[0] === 'true'
  const after = values.get('starting_after')?.[0]
  if (after !== undefined && !streaming) throw wrong('starting_after', 'left out where `stream` is not `true`')
  values.delete('starting_after')
  return { query: written(values, known), streaming, ...(after === undefined ? {} : { startingAfter: Number(after) }) }
}

const written = (values: ReadonlyMap<string, readonly string[]>, known: ReadonlyMap<string, Parameter>): string =>
  [...values]
    .flatMap(([name, all]) => all.map((value) => [known.get(name)?.many ? `${name}[]` : name, value] as const))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')

function unknown(name: string): Refusal {
  const shown = shownKey(name.toWellFormed())
  return new Refusal('unknown_field', {
    message: `\`${shown}\` is no parameter of this route; leave it out.`,
    field: shown,
  })
}

const wrong = (name: string, expected: string): Refusal =>
  new Refusal('invalid_field', { message: `\`${name}\` must be ${expected}.`, field: name })
