// The values of a case: attributes and context, typed as the schema has them. What a case leaves out is as below: a plain
// request of a moment that never changes, so that a case means the same on every day and machine.
import type { EntityUid, RecordValue, Value } from '#access/value.ts'
import { type InferContext, KEY_ATTRIBUTES, PARAMETERS, type SessionContext } from '#policy/schema.ts'
import { sessionOf } from './case-session.ts'
import type { AttributeType, Config } from './config.ts'
import { booleanOf, type Entry, entriesOf, fault, type Field, fieldsOf, integerOf, listOf, textOf } from './field.ts'
import { suggest } from './nearest.ts'
import { quote } from './problem.ts'

/** A Monday at noon, UTC. */
const CASE_TIME = '2026-01-05T12:00:00.000Z'
export const CASE_TIME_SECONDS = Date.parse(CASE_TIME) / 1000

export function attributesOf(field: Field, config: Config | undefined): RecordValue {
  if (!config) return {}
  const types = new Map<string, AttributeType>(KEY_ATTRIBUTES.map((name) => [name, 'string']))
  for (const { attributes } of config.issuers.values()) {
    for (const [name, { type }] of Object.entries(attributes)) types.set(name, type)
  }
  return recordOf(field, 'attributes', [...types.keys()], (entry) => valueOf(entry.field, types.get(entry.name)))
}

const KEYS = {
  known: [
    'now',
    'source',
    'protocol',
    'identity',
    'certificate',
    'parameters',
    'input_tokens',
    'streaming',
    'findings',
    'claimed',
    'target',
    'session',
    'approvals',
  ],
} as const

/** What a case asks, as far as it could be read. */
export interface AskedOf {
  readonly action: string | undefined
  readonly resource: EntityUid | undefined
}

/** Undefined where something is wrong, or the bundle's own settings are. */
export function contextOf(
  field: Field | undefined,
  asked: AskedOf,
  config: Config | undefined,
): InferContext | undefined {
  const plain = usualContext(asked, config)
  if (!field) return config && plain
  const fields = fieldsOf(field, KEYS)
  if (!fields || !config) return undefined
  const sessionField = fields.get('session')
  const session = sessionField && sessionOf(sessionField, config, config.models.get(plain.model)?.system.tier ?? 1)
  if (sessionField && !session) return undefined
  const usual = session ? inSession(plain, session) : plain
  const given = [...fields].map(([key, inside]) => [key, readers[key]?.(inside, config, usual)] as const)
  const sound = given.filter((pair): pair is readonly [string, Value] => pair[1] !== undefined)
  return sound.length === given.length ? { ...usual, ...Object.fromEntries(sound) } : undefined
}

/** Who shows the token of a declared session is proven by it. */
function inSession(plain: InferContext, session: SessionContext): InferContext {
  if (session.record.kind === 'implicit') return { ...plain, session }
  const identity = { record: { ...plain.identity.record, issuer: 'sallyport', method: 'session' } }
  return { ...plain, identity, session }
}

function usualContext({ action, resource }: AskedOf, config: Config | undefined): InferContext {
  const name = resource?.id ?? ''
  const model = config?.models.get(name)
  const target = model?.targets[0]
  const chat = model?.speaks === 'anthropic' ? 'anthropic-messages' : 'openai-chat'
  return {
    now: { extension: { fn: 'datetime', arg: CASE_TIME } },
    source: { extension: { fn: 'ip', arg: '127.0.0.1' } },
    protocol: action === 'embed' ? 'openai-embeddings' : chat,
    model: name,
    identity: { record: { issuer: [...(config?.issuers.keys() ?? [])][0] ?? 'none', method: 'jwt', age_seconds: 60n } },
    parameters: { record: { tools: 0n, logprobs: false } },
    input_tokens: 100n,
    streaming: false,
    findings: [],
    claimed: { record: { headers: { record: {} }, metadata: { record: {} } } },
    target: { record: { provider: target?.provider ?? 'none', model: target?.model ?? 'none' } },
    link: 'origin',
    direct: true,
    approvals: [],
  }
}

type Reader = (field: Field, config: Config, usual: InferContext) => Value | undefined

const readers: Readonly<Record<string, Reader>> = {
  now: (field) => {
    const text = textOf(field, 'a moment such as 2026-01-05T12:00:00Z')
    if (text === undefined) return undefined
    const sound = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
    if (sound) return { extension: { fn: 'datetime', arg: text } }
    return fault(field, `is not a moment: ${quote(text)}`, 'Write it in UTC: 2026-01-05T12:00:00Z.')
  },
  source: (field) => {
    const text = textOf(field, 'an address such as 10.0.0.1')
    if (text === undefined) return undefined
    if (/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$/.test(text)) return { extension: { fn: 'ip', arg: text } }
    return fault(field, `is not an address: ${quote(text)}`, 'Write 10.0.0.1 or ::1.')
  },
  protocol: (field) => textOf(field, 'the name of a protocol'),
  identity: (field, _config, usual) => {
    const types = new Map<string, AttributeType>([
      ['issuer', 'string'],
      ['method', 'string'],
      ['age_seconds', 'long'],
    ])
    const given = recordOf(field, 'fields', [...types.keys()], ({ name, field: inside }) =>
      valueOf(inside, types.get(name)),
    )
    return { record: { ...usual.identity.record, ...given } }
  },
  certificate: certificateOf,
  parameters: (field, _config, usual) => {
    const types = new Map<string, string>(
      Object.entries(PARAMETERS).map(([name, type]) => [name.replace('?', ''), type]),
    )
    const given = recordOf(field, 'parameters', [...types.keys()], ({ name, field: inside }) =>
      parameterOf(inside, types.get(name)),
    )
    return { record: { ...usual.parameters.record, ...given } }
  },
  input_tokens: (field) => valueOf(field, 'long'),
  streaming: (field) => valueOf(field, 'boolean'),
  findings: findingsOf,
  claimed: (field, { claimed }) => {
    const fields = fieldsOf(field, { known: ['headers', 'metadata'] })
    const texts = (key: 'headers' | 'metadata'): Value => {
      const inside = fields?.get(key)
      return { record: inside ? recordOf(inside, key, claimed[key], (entry) => valueOf(entry.field, 'string')) : {} }
    }
    return { record: { headers: texts('headers'), metadata: texts('metadata') } }
  },
  target: (field) => {
    const text = textOf(field, 'a target as provider/model')
    const [, provider, model] = /^([^/]+)\/(.+)$/.exec(text ?? '') ?? []
    if (provider !== undefined && model !== undefined) return { record: { provider, model } }
    return text === undefined
      ? undefined
      : fault(field, `must be provider/model, but is ${quote(text)}`, 'Write demo/small.')
  },
  session: (_field, _config, usual) => usual.session,
  approvals: (field) => valueOf(field, 'strings'),
}

/** What a case leaves out of it fits nothing that a policy would name. */
function certificateOf(field: Field): Value | undefined {
  const given = recordOf(field, 'fields', ['sha256', 'subject'], ({ name, field: inside }) => {
    const text = textOf(inside)
    if (name !== 'sha256' || text === undefined || /^[0-9a-f]{64}$/.test(text)) return text
    return fault(inside, `is not a SHA-256: ${quote(text)}`, 'Write 64 hexadecimal digits, in lower case.')
  })
  return { record: { sha256: '0'.repeat(64), subject: '', ...given } }
}

function recordOf(
  field: Field,
  what: string,
  known: readonly string[],
  read: (entry: Entry) => Value | undefined,
): Record<string, Value> {
  const found: [string, Value][] = []
  for (const entry of entriesOf(field, what)) {
    if (!known.includes(entry.name)) {
      fault(entry.field, 'is not a known key', suggest(entry.name, known), entry.at)
      continue
    }
    const value = read(entry)
    if (value !== undefined) found.push([entry.name, value])
  }
  return Object.fromEntries(found)
}

function valueOf(field: Field, type: AttributeType | undefined): Value | undefined {
  switch (type) {
    case 'long': {
      const value = integerOf(field, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      return value === undefined ? undefined : BigInt(value)
    }
    case 'boolean':
      return booleanOf(field)
    case 'strings':
      return textsOf(field)
    case 'string':
    case undefined:
      return textOf(field)
  }
}

/** An empty list is fine here: nothing was found. A name that no inspector gives would test nothing. */
function findingsOf(field: Field): readonly string[] | undefined {
  if (field.node.kind === 'list' && field.node.items.length === 0) return []
  return listOf(field, 'findings', (item) => {
    const text = textOf(item, 'a finding such as credentials')
    if (text === undefined || /^credentials(?::[a-z0-9][a-z0-9-]*)?$/.test(text)) return text
    return fault(item, `is not a finding: ${quote(text)}`, suggest(text, ['credentials', 'credentials:indeterminate']))
  })
}

function textsOf(field: Field): readonly string[] | undefined {
  const { node } = field
  if (node.kind !== 'list') return fault(field, 'must be a list of texts', 'Write it in brackets: [one, two].')
  const texts = node.items.map((item, index) => textOf({ ...field, node: item, path: `${field.path}[${index}]` }))
  const sound = texts.filter((text) => text !== undefined)
  return sound.length === texts.length ? sound : undefined
}

function parameterOf(field: Field, type: string | undefined): Value | undefined {
  if (type === 'Long') return valueOf(field, 'long')
  if (type === 'Bool') return valueOf(field, 'boolean')
  if (type !== 'decimal') return valueOf(field, 'string')
  const { node } = field
  if (node.kind === 'number' && Math.abs(node.value) < 1e9)
    return { extension: { fn: 'decimal', arg: node.value.toFixed(4) } }
  return fault(field, 'must be a number', 'Write a number such as 0.7.')
}
