// Generated Cedar for the differential tests: entities, requests and policies over every operator, without a schema.
// Expressions are directed by type, so that most evaluate; a few are of the wrong type on purpose, and attributes are
// often missing, so that errors are common too. Not used by the gate.
import * as fc from 'fast-check'
import type { EntityUid } from '#access/value.ts'

type Type = 'bool' | 'long' | 'string' | 'set' | 'record' | 'entity' | 'ip' | 'decimal' | 'datetime' | 'duration'
const TYPES: readonly Type[] = [
  'bool',
  'long',
  'string',
  'set',
  'record',
  'entity',
  'ip',
  'decimal',
  'datetime',
  'duration',
]

const USERS = ['a', 'b'].map((id) => ({ type: 'U', id }))
const GROUPS = ['1', '2', '3'].map((id) => ({ type: 'N::G', id }))
const RESOURCES = ['x', 'y'].map((id) => ({ type: 'R', id }))
const ACTIONS = ['read', 'write', 'all', 'some'].map((id) => ({ type: 'Action', id }))
const UIDS: readonly EntityUid[] = [...USERS, ...GROUPS, ...RESOURCES, ...ACTIONS]

const LONGS = ['0', '1', '-1', '2', '7', '1000', '9007199254740993', '9223372036854775807', '-9223372036854775808']
const STRINGS = ['', 'a', 'ab', 'aab', 'a*b', 'é😀', '1.2.3.4', '1.5', '1h', '2024-02-29', '__proto__']
const TEXTS = {
  ip: ['1.2.3.4', '1.2.3.0/24', '127.0.0.1', '224.0.0.1/4', '::1', 'ff00::/8', '10.0.0.1/8', '::/0', '0.0.0.0/0'],
  decimal: ['0.0', '1.5', '1.50', '-1.5', '922337203685477.5807', '-0.0001'],
  datetime: [
    '1970-01-01',
    '2024-02-29',
    '2024-02-29T12:30:00Z',
    '1969-12-31T23:59:59.999Z',
    '2024-01-01T00:00:00.5+0100',
    '2024-02-29T01:00:00.000+0100',
    '0000-01-01',
  ],
  duration: ['0ms', '1h', '60m', '-1d', '1d2h3m4s5ms', '9223372036854775807ms', '-9223372036854775808ms'],
}
const BAD = ['', 'x', '1.2.3.4/33', '1.23456', '2024-02-30', '1x', '01.1.1.1']

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
const print = ({ type, id }: EntityUid) => `${type}::${quote(id)}`
const text = (template: TemplateStringsArray, ...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((filled) => template.map((piece, at) => piece + (filled[at] ?? '')).join(''))
const choose = (options: readonly string[]) => fc.constantFrom(...options)
const uid = choose(UIDS.map(print))
const several = (member: fc.Arbitrary<string>) => fc.array(member, { maxLength: 3 }).map((list) => list.join(', '))

function leaf(type: Type): fc.Arbitrary<string> {
  switch (type) {
    case 'bool':
      return choose(['true', 'false'])
    case 'long':
      return choose(LONGS.map((digits) => (digits.startsWith('-') ? `(${digits})` : digits)))
    case 'string':
      return choose(STRINGS.map(quote))
    case 'set':
      return choose(['[]', '[1, 2]', '[2, 1, 1]', '["a"]', '[U::"a", N::G::"1"]', '[[1], [1, 1]]'])
    case 'record':
      return choose([
        '{}',
        'context',
        '{long: 1}',
        '{"long": 1, string: "a"}',
        '{record: {long: 1}}',
        '{"__proto__": 1}',
      ])
    case 'entity':
      return fc.oneof(choose(['principal', 'resource', 'action']), uid)
    default:
      return fc.oneof(
        { weight: 9, arbitrary: choose(TEXTS[type].map((value) => `${type}(${quote(value)})`)) },
        { weight: 1, arbitrary: choose(BAD.map((value) => `${type}(${quote(value)})`)) },
      )
  }
}

const known = new Map<string, fc.Arbitrary<string>>()

/** An expression of a type, nested at most `depth` deep; now and then of another type. */
export function expression(type: Type, depth: number): fc.Arbitrary<string> {
  const name = `${type}${depth}`
  const made = known.get(name)
  if (made !== undefined) return made
  const inner = (other: Type) => expression(other, depth - 1)
  const any = () => fc.oneof(...TYPES.map(inner))
  const arbitrary =
    depth <= 0
      ? leaf(type)
      : fc.oneof(
          { weight: 4, arbitrary: leaf(type) },
          { weight: 12, arbitrary: fc.oneof(...operations(type, inner, any)) },
          { weight: 3, arbitrary: read(type, inner) },
          { weight: 1, arbitrary: text`(if ${inner('bool')} then ${inner(type)} else ${inner(type)})` },
          { weight: 1, arbitrary: any() },
        )
  known.set(name, arbitrary)
  return arbitrary
}

/** Attributes are named for their types. */
function read(type: Type, inner: (type: Type) => fc.Arbitrary<string>): fc.Arbitrary<string> {
  const holder = fc.oneof(choose(['context', 'principal', 'resource']), inner('record'), inner('entity'))
  return fc.oneof(
    text`${holder}.${choose([type])}`,
    text`${holder}[${choose([quote(type)])}]`,
    text`context.record.${choose([type])}`,
    text`(if ${holder} has ${choose([type])} then ${holder}.${choose([type])} else ${inner(type)})`,
    text`${inner('entity')}.getTag(${fc.oneof(choose([quote(type)]), inner('string'))})`,
  )
}

function operations(type: Type, inner: (type: Type) => fc.Arbitrary<string>, any: () => fc.Arbitrary<string>) {
  const [bool, long, string, set] = [inner('bool'), inner('long'), inner('string'), inner('set')]
  const [record, entity, ip, decimal] = [inner('record'), inner('entity'), inner('ip'), inner('decimal')]
  const [datetime, duration] = [inner('datetime'), inner('duration')]
  const order = choose(['<', '<=', '>', '>='])
  switch (type) {
    case 'bool':
      return [
        text`(${bool} ${choose(['&&', '||', '==', '!='])} ${bool})`,
        text`!(${bool})`,
        text`(${long} ${order} ${long})`,
        text`(${datetime} ${order} ${datetime})`,
        text`(${duration} ${order} ${duration})`,
        ...TYPES.map((kind) => text`(${inner(kind)} ${choose(['==', '!='])} ${inner(kind)})`),
        text`(${any()} == ${any()})`,
        text`(${entity} in ${fc.oneof(entity, set, text`[${several(entity)}]`)})`,
        text`(${entity} is ${choose(['U', 'N::G', 'R', 'Action'])})`,
        text`(${entity} is ${choose(['U', 'N::G'])} in ${entity})`,
        text`(${fc.oneof(record, entity)} has ${choose([...TYPES, 'record.long', 'record.record.long', 'entity.bool', '"a b"'])})`,
        text`${entity}.hasTag(${string})`,
        text`(${string} like ${choose(['*', 'a*', '*b', 'a*b', '*a*b*', String.raw`a\*b`, '*😀', ''].map((p) => `"${p}"`))})`,
        text`(${set}).${choose(['containsAll', 'containsAny'])}(${set})`,
        text`(${set}).contains(${any()})`,
        text`(${set}).isEmpty()`,
        text`${ip}.${choose(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()`,
        text`${ip}.isInRange(${ip})`,
        text`${decimal}.${choose(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${decimal})`,
      ]
    case 'long':
      return [
        text`(${long} ${choose(['+', '-', '*'])} ${long})`,
        text`-(${long} + 0)`,
        text`${duration}.${choose(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`,
      ]
    case 'string':
      return [leaf('string')]
    case 'set':
      return [text`[${several(long)}]`, text`[${several(any())}]`, text`[${several(set)}]`, text`[${several(entity)}]`]
    case 'record':
      return [text`{long: ${long}, "string": ${string}}`, text`{record: ${record}, bool: ${bool}}`, text`{set: ${set}}`]
    case 'entity':
      return [uid]
    case 'datetime':
      return [text`${datetime}.offset(${duration})`, text`${datetime}.toDate()`, text`datetime(${string})`]
    case 'duration':
      return [text`${datetime}.durationSince(${datetime})`, text`${datetime}.toTime()`, text`duration(${string})`]
    case 'ip':
    case 'decimal':
      return [text`${choose([type])}(${string})`]
  }
}

const someUids = (uids: readonly EntityUid[]) => choose(uids.map(print))

function head(variable: 'principal' | 'resource', type: string, uids: readonly EntityUid[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<string>(variable) },
    text`${choose([variable])} == ${someUids(uids)}`,
    text`${choose([variable])} in ${someUids([...uids, ...GROUPS])}`,
    text`${choose([variable])} is ${choose([type, 'Z'])}`,
    text`${choose([variable])} is ${choose([type, 'Z'])} in ${someUids(GROUPS)}`,
  )
}

const actionHead = fc.oneof(
  { weight: 3, arbitrary: fc.constant('action') },
  text`action == ${someUids(ACTIONS)}`,
  text`action in ${someUids(ACTIONS)}`,
  text`action in [${several(someUids(ACTIONS))}]`,
)

const effect = choose(['permit', 'permit', 'forbid'])
const long = expression('long', 1)
const conjunct = fc.oneof(
  { weight: 6, arbitrary: expression('bool', 3) },
  { weight: 1, arbitrary: text`${long} ${choose(['+', '-', '*'])} ${long} > ${long}` },
)
const body = fc.oneof(
  conjunct,
  text`${conjunct} && ${conjunct}`,
  text`${conjunct} || ${conjunct} && ${conjunct}`,
  text`if ${conjunct} then ${conjunct} else ${conjunct} && ${conjunct}`,
)
const condition = text`${choose(['when', 'when', 'unless'])} { ${body} }`
const conditions = fc.array(condition, { maxLength: 2 }).map((list) => list.join('\n'))

/** One policy's text, without an id. */
export const policyText = text`${effect} (${head('principal', 'U', USERS)}, ${actionHead}, ${head('resource', 'R', RESOURCES)})
${conditions};`

export const templateText = text`${effect} (principal ${choose(['==', 'in', 'is U in'])} ?principal, ${actionHead}, resource in ?resource)
${conditions};`

/** JSON as the official engine takes it; a long is a bigint until it is written. */
function valueJson(type: Type, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'long':
      return fc.oneof(choose(LONGS).map(BigInt), fc.bigInt(-3n, 3n))
    case 'string':
      return choose(STRINGS)
    case 'set':
      return fc.array(depth > 0 ? anyJson(depth - 1) : valueJson('long', 0), { maxLength: 3 })
    case 'record':
      return depth > 0 ? recordJson(depth - 1) : fc.constant({})
    case 'entity':
      return fc.constantFrom(...UIDS).map((entity) => ({ __entity: entity }))
    default:
      return choose(TEXTS[type].filter((value) => !value.includes('.5+'))).map((arg) => ({ __extn: { fn: type, arg } }))
  }
}

function anyJson(depth: number): fc.Arbitrary<unknown> {
  return fc.oneof(...TYPES.map((type) => valueJson(type, depth)))
}

export function recordJson(depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(
    TYPES.map((type) => [
      type,
      fc.oneof({ weight: 15, arbitrary: valueJson(type, depth) }, { weight: 1, arbitrary: anyJson(0) }),
    ]),
  )
  return fc.record(fields, { requiredKeys: [] })
}

/** Acyclic: an entity's parents stand after it. Now and then an entity is not there at all. */
const ORDER = [...USERS, ...RESOURCES, ...GROUPS, ACTIONS[0], ACTIONS[1], ACTIONS[2], ACTIONS[3]].filter(
  (one) => one !== undefined,
)

export const entitiesJson = fc
  .tuple(
    ...ORDER.map((entity, at) => {
      const isAction = entity.type === 'Action'
      const above = ORDER.slice(at + 1).filter(({ type }) => (type === 'Action') === isAction)
      const attrs = isAction ? fc.constant<Record<string, unknown>>({}) : recordJson(1)
      const tags = isAction ? fc.constant<Record<string, unknown>>({}) : recordJson(0)
      return fc.record({
        uid: fc.constant(entity),
        attrs,
        tags,
        parents: fc.subarray(above),
        there: fc.integer({ min: 0, max: 9 }),
      })
    }),
  )
  .map((all) =>
    all
      .filter(({ there }) => there > 0)
      .map(({ uid: name, attrs, tags, parents }) => ({ uid: name, attrs, tags, parents })),
  )

export const requestJson = fc.record({
  principal: fc.constantFrom(...USERS, ...GROUPS),
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom(...RESOURCES),
  context: recordJson(1),
})

export const slotsJson = fc.record({
  '?principal': fc.constantFrom(...USERS, ...GROUPS),
  '?resource': fc.constantFrom(...RESOURCES, ...GROUPS),
})
