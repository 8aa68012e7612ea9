// The words of OpenTelemetry's GenAI conventions for what stands in the log in ours.
import type { Provider } from '#access/provider.ts'
import { type Fields, textOf } from './logged.ts'
import { splitTarget } from './ocsf-decision.ts'

/** The bundle's provider of a name; undefined where the bundle in force has none. */
export type ProviderOf = (name: string) => Pick<Provider, 'kind' | 'url'> | undefined

const BY_PROTOCOL: Readonly<Record<string, string>> = {
  'openai-chat': 'chat',
  'openai-responses': 'chat',
  'anthropic-messages': 'chat',
  'openai-completions': 'text_completion',
  'openai-embeddings': 'embeddings',
}

const BY_ACTION: Readonly<Record<string, string>> = {
  infer: 'chat',
  embed: 'embeddings',
  call: 'execute_tool',
  retrieve: 'retrieval',
}

/** `gen_ai.operation.name`; what the conventions have no word for keeps ours, as they allow. */
export function operationOf({ protocol, action }: Fields): string {
  const [spoken = '', asked = ''] = [textOf(protocol), textOf(action)]
  if (Object.hasOwn(BY_PROTOCOL, spoken)) return BY_PROTOCOL[spoken] ?? asked
  return Object.hasOwn(BY_ACTION, asked) ? (BY_ACTION[asked] ?? asked) : asked || 'unknown'
}

/** `gen_ai.provider.name`: whose flavour of API it is; of one that is only compatible, the bundle's name for it. */
export function providerName(
  { protocol }: Fields,
  target: string | undefined,
  provider: ProviderOf,
): string | undefined {
  const [name] = splitTarget(target)
  const kind = name === undefined ? undefined : provider(name)?.kind
  if (kind === 'openai-compatible') return name
  if (kind !== undefined) return kind
  return name ?? /^(?:openai|anthropic)/.exec(textOf(protocol) ?? '')?.[0]
}

/** `server.address` and `server.port` of the provider as the bundle in force has it. */
export function serverOf(target: string | undefined, provider: ProviderOf): Fields {
  const [name] = splitTarget(target)
  const found = name === undefined ? undefined : provider(name)
  if (!found || !URL.canParse(found.url)) return {}
  const { hostname, port, protocol } = new URL(found.url)
  return { 'server.address': hostname, 'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}
