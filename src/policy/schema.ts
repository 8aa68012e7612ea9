// The Cedar schema of a bundle: which entities, attributes, actions and context policy may speak of. Policies are checked
// against it strictly, and `InferContext` is the same context as a type: what policy may read, the gateway must fill in.
import { ACT_ACTIONS } from '#access/protocol.ts'
import type { Binding, Trust } from '#access/task.ts'
import type { EntityUid, RecordValue, Value } from '#access/value.ts'
import type { AttributeType, Config } from '#policy/bundle/config.ts'

/** What is asked of a Model: an answer, vectors, and whatever makes a provider act or remember. All with the same context. */
export const MODEL_ACTIONS = ['infer', 'embed', ...ACT_ACTIONS] as const

export const ACTIONS = [...MODEL_ACTIONS, 'read'] as const

export const PRINCIPAL_TYPES = ['User', 'App', 'Agent', 'Judge'] as const

export const ENTITY_TYPES = [...PRINCIPAL_TYPES, 'Team', 'System', 'Provider', 'Model', 'Exchange', 'Catalog'] as const

/** What of a request's parameters policy may compare. A name that ends in `?` may be absent. */
export const PARAMETERS = {
  'max_output_tokens?': 'Long',
  'temperature?': 'decimal',
  'top_p?': 'decimal',
  'n?': 'Long',
  tools: 'Long',
  'reasoning_effort?': 'String',
  'response_format?': 'String',
  logprobs: 'Bool',
} as const

/** The context of every action on a Model, as the gateway fills it in. `authorize` adds `via`, and sets `link` and `direct`. */
export type InferContext = {
  readonly now: { readonly extension: { readonly fn: 'datetime'; readonly arg: string } }
  /** The peer's address. */
  readonly source: { readonly extension: { readonly fn: 'ip'; readonly arg: string } }
  readonly protocol: string
  /** The name that the caller used. */
  readonly model: string
  readonly identity: {
    readonly record: { readonly issuer: string; readonly method: string; readonly age_seconds: bigint }
  }
  /** The client certificate that a trusted proxy verified. */
  readonly certificate?: { readonly record: { readonly sha256: string; readonly subject: string } }
  readonly parameters: { readonly record: RecordValue }
  /** An estimate. */
  readonly input_tokens: bigint
  readonly streaming: boolean
  /**
   * A set of what inspectors found in the request, by name: `credentials` where anything was found, `credentials:KIND` for
   * each kind of it (`credentials:aws-access-key`), `credentials:indeterminate` where something could not be read. Never
   * the text itself. Empty while it is asked whether a wish is denied whatever is found.
   */
  readonly findings: readonly string[]
  /** The caller's own word: headers and metadata that the bundle names. Proof of nothing. */
  readonly claimed: {
    readonly record: {
      readonly headers: { readonly record: Readonly<Record<string, string>> }
      readonly metadata: { readonly record: Readonly<Record<string, string>> }
    }
  }
  readonly target: { readonly record: { readonly provider: string; readonly model: string } }
  /** Absent where the request has none: an application's key, say, or a token that was not exchanged for one. */
  readonly session?: SessionContext
  readonly link: 'origin' | 'delegate' | 'actor'
  /** Nobody stands between the principal and the gate. */
  readonly direct: boolean
  readonly via?: string
  readonly approvals: readonly string[]
}

/** A session as policy sees it, as of the moment at which the request had arrived whole. */
export type SessionContext = {
  readonly record: {
    readonly kind: 'declared' | 'implicit'
    readonly tier: bigint
    readonly trust: Trust
    readonly bound: Binding['by']
    /** What kinds of data it has touched so far. They only grow. */
    readonly labels: readonly string[]
    /** Type and data domain of its task: `undeclared` where nobody said; an implicit one has none. */
    readonly task?: string
    readonly domain?: string
    /** Before this one. */
    readonly calls: bigint
    readonly tokens: bigint
    readonly age_seconds: bigint
  }
}

/** What `context.session.` can be followed by, as the schema writes it: a name that ends in `?` may be absent. */
export const SESSION_FACTS = {
  kind: 'String',
  tier: 'Long',
  trust: 'String',
  bound: 'String',
  labels: 'Set<String>',
  'task?': 'String',
  'domain?': 'String',
  calls: 'Long',
  tokens: 'Long',
  age_seconds: 'Long',
} as const

/**
 * An exchange as policy sees it. Its owners are the links of its chain; each type stands under a name of its own, since
 * Cedar has no "User or App". Of two links of one type the one nearer to the origin owns it.
 */
export function exchangeEntity(id: string, owners: readonly EntityUid[]) {
  const uid: EntityUid = { type: 'Exchange', id }
  const attributes: Record<string, Value> = {}
  for (const owner of owners) {
    const name = OWNER_ATTRIBUTES.get(owner.type)
    if (name !== undefined) attributes[name] = { entity: owner }
  }
  return { uid, attributes, parents: [] }
}

const OWNER_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['User', 'owner'],
  ['App', 'owner_app'],
  ['Agent', 'owner_agent'],
  ['Judge', 'owner_judge'],
])

const CEDAR_TYPES: Readonly<Record<AttributeType, string>> = {
  string: 'String',
  long: 'Long',
  boolean: 'Bool',
  strings: 'Set<String>',
}

/** The same bundle always gives the same text. */
export function printSchema(config: Pick<Config, 'issuers' | 'claimed'>): string {
  const owners = [...OWNER_ATTRIBUTES].map(([type, name]) => `${name}?: ${type}`).join(', ')
  const actions = MODEL_ACTIONS.map((action) => JSON.stringify(action)).join(', ')
  return `entity Team, Provider, Catalog;
${PRINCIPAL_TYPES.map((type) => `entity ${type} in [Team] { ${principalAttributes(config, type)} };`).join('\n')}
entity System { tier: Long, owner: String };
entity Model in [System] { system: System, tier: Long, owner: String };
entity Exchange { ${owners} };

type ModelContext = {
${modelContext(config.claimed)
  .map(([name, type]) => `  ${name}: ${type},`)
  .join('\n')}
};

action ${actions} appliesTo {
  principal: [${PRINCIPAL_TYPES.join(', ')}],
  resource: [Model],
  context: ModelContext,
};
action "read" appliesTo {
  principal: [${PRINCIPAL_TYPES.join(', ')}],
  resource: [Exchange],
  context: { link: String, direct: Bool, via?: String },
};
`
}

/** As the schema writes it: a name that ends in `?` may be absent. */
function modelContext(claimed: Config['claimed']): readonly (readonly [name: string, type: string])[] {
  const { headers, metadata } = claimed
  return [
    ['now', 'datetime'],
    ['source', 'ipaddr'],
    ['protocol', 'String'],
    ['model', 'String'],
    ['identity', '{ issuer: String, method: String, age_seconds: Long }'],
    ['certificate?', '{ sha256: String, subject: String }'],
    ['parameters', recordType(PARAMETERS)],
    ['input_tokens', 'Long'],
    ['streaming', 'Bool'],
    ['findings', 'Set<String>'],
    ['claimed', `{ headers: { ${optionalTexts(headers)} }, metadata: { ${optionalTexts(metadata)} } }`],
    ['target', '{ provider: String, model: String }'],
    ['session?', recordType(SESSION_FACTS)],
    ['link', 'String'],
    ['direct', 'Bool'],
    ['via?', 'String'],
    ['approvals', 'Set<String>'],
  ]
}

const recordType = (types: Readonly<Record<string, string>>): string =>
  `{ ${Object.entries(types)
    .map(([name, type]) => `${name}: ${type}`)
    .join(', ')} }`

const optionalTexts = (names: readonly string[]): string =>
  names.map((name) => `${JSON.stringify(name)}?: String`).join(', ')

/** Of an application that is known by a virtual key: for which environment the key is, and what for. */
export const KEY_ATTRIBUTES: readonly string[] = ['environment', 'use']

/** Optional, every one: a token may lack any claim. */
function principalAttributes({ issuers }: Pick<Config, 'issuers'>, type: string): string {
  const attributes = new Map<string, string>(type === 'App' ? KEY_ATTRIBUTES.map((name) => [name, 'String']) : [])
  for (const issuer of issuers.values()) {
    if (!issuer.as.startsWith(`${type}::`)) continue
    for (const [name, { type: kind }] of Object.entries(issuer.attributes)) attributes.set(name, CEDAR_TYPES[kind])
  }
  return [...attributes].map(([name, kind]) => `${JSON.stringify(name)}?: ${kind}`).join(', ')
}

/** What `context.` can be followed by, for actions on a Model. */
export const CONTEXT_NAMES: readonly string[] = modelContext({ headers: [], metadata: [] }).map(([name]) =>
  name.replace('?', ''),
)
