// `providers:`: where requests may go, and with whose credential.
import type { ProviderConfig, Speech } from './config.ts'
import { authoritiesOf, credentialOf, type Surroundings } from './credential.ts'
import {
  booleanOf,
  type Entry,
  entriesOf,
  fault,
  type Field,
  fieldsOf,
  isName,
  listOf,
  notServed,
  textOf,
  wordOf,
} from './field.ts'
import { quote } from './problem.ts'
import { addressOf, durationOf } from './units.ts'

type Kind = ProviderConfig['kind']

/** A server that speaks both is two providers, of the same address. */
export const SPEECH: Readonly<Record<Kind, Speech>> = {
  openai: 'openai',
  'openai-compatible': 'openai',
  anthropic: 'anthropic',
}

const KINDS = ['openai', 'openai-compatible', 'anthropic'] as const
const LATER_KINDS: ReadonlySet<string> = new Set(['bedrock', 'vertex', 'azure-openai', 'gemini'])
const DEFAULT_URLS: Partial<Readonly<Record<Kind, string>>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
}
// A model that reasons may be silent for minutes before its first byte, but not between two.
const DEFAULT_TIMEOUTS = { connect: 5_000, firstByte: 300_000, idle: 120_000 } as const

const PROVIDER_KEYS = {
  known: ['kind', 'url', 'credential', 'private', 'ca', 'identity', 'timeouts', 'accept', 'shared', 'trace'],
  required: ['kind'],
  later: ['region', 'regions', 'headers', 'limits', 'weight'],
} as const

export function readProviders(field: Field, around: Surroundings): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>()
  for (const entry of entriesOf(field, 'providers')) {
    const provider = isName(entry, 'a provider') ? readProvider(entry, around) : undefined
    if (provider) providers.set(entry.name, provider)
  }
  return providers
}

function readProvider({ name, field }: Entry, around: Surroundings): ProviderConfig | undefined {
  const fields = fieldsOf(field, PROVIDER_KEYS)
  if (!fields) return undefined
  const optional = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const kind = optional('kind', kindOf)
  const isPrivate = fields.has('private') ? optional('private', booleanOf) : false
  const url = fields.has('url')
    ? optional('url', (inside) => providerUrlOf(inside, isPrivate === true))
    : kind && DEFAULT_URLS[kind]
  const credential = optional('credential', (inside) => credentialOf(inside, around))
  const timeouts = optional('timeouts', timeoutsOf) ?? DEFAULT_TIMEOUTS
  const accept = optional('accept', (inside) => listOf(inside, 'body fields', (item) => textOf(item, 'a body field')))
  const ca = optional('ca', (inside) => authoritiesOf(inside, around))
  const identity = optional('identity', identityOf)
  const isTraced = optional('trace', booleanOf) === true
  const shared = new Set(optional('shared', (inside) => listOf(inside, 'ids', idOf)))
  if (kind === 'openai-compatible' && !fields.has('url')) {
    return fault(field, 'lacks `url`', 'Add the address that ends before /chat/completions: url: https://host/v1.')
  }
  // Whoever serves Anthropic's protocol elsewhere may ask for none.
  if ((kind === 'openai' || (kind === 'anthropic' && !fields.has('url'))) && !fields.has('credential')) {
    return fault(field, 'lacks `credential`', 'Add `credential: file:PATH` with the API key in that file.')
  }
  // Whoever looks at the sound half of a faulty bundle must not show a credential where it was not meant to go.
  const strays = isPrivate === undefined || (ca === undefined && fields.has('ca'))
  if (kind === undefined || url === undefined || strays) return undefined
  return {
    name,
    kind,
    url,
    private: isPrivate,
    timeouts,
    accept: accept ?? [],
    shared,
    ...(credential && { credential }),
    ...(ca !== undefined && { ca }),
    ...(identity && { identity }),
    ...(isTraced && { trace: true }),
  }
}

function kindOf(field: Field): Kind | undefined {
  if (field.node.kind === 'text' && LATER_KINDS.has(field.node.text)) return notServed(field, `kind ${field.node.text}`)
  return wordOf(field, KINDS)
}

function providerUrlOf(field: Field, isPrivate: boolean): string | undefined {
  const url = addressOf(field, {
    plain: isPrivate,
    plainHint: 'Use https, or say `private: true` if the provider stands in a network of your own.',
  })
  return url?.href.replace(/\/+$/, '')
}

/** What it checks the `aud` of its tokens against. */
function identityOf(field: Field): ProviderConfig['identity'] {
  const fields = fieldsOf(field, { known: ['audience'], required: ['audience'] })
  const inside = fields?.get('audience')
  const audience = inside && textOf(inside, 'the audience that it expects, such as its own address')
  return audience === undefined ? undefined : { audience }
}

function idOf(field: Field): string | undefined {
  const text = textOf(field, 'the id of something that the provider holds')
  if (text === undefined || /^[A-Za-z0-9_.:-]{1,200}$/.test(text)) return text
  return fault(
    field,
    `is not the id of something that a provider holds: ${quote(text)}`,
    'Copy it as the provider shows it, such as vs_68a1.',
  )
}

function timeoutsOf(field: Field): ProviderConfig['timeouts'] | undefined {
  const fields = fieldsOf(field, { known: ['connect', 'first-byte', 'idle'] })
  const read = (key: string): number | undefined => {
    const inside = fields?.get(key)
    return inside && durationOf(inside, 100, 3_600_000)
  }
  return {
    connect: read('connect') ?? DEFAULT_TIMEOUTS.connect,
    firstByte: read('first-byte') ?? DEFAULT_TIMEOUTS.firstByte,
    idle: read('idle') ?? DEFAULT_TIMEOUTS.idle,
  }
}
