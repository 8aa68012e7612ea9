// Every route that is served, as data: what a right request to it is, and in which shape it says no.
/** In every request: it stands in no entry, line of the log or refusal. */
export const PLANT = 'plum-pudding-4471'

export type Shape = 'openai' | 'anthropic' | 'problem'

export interface SendRoute {
  readonly path: string
  readonly method: 'POST'
  readonly shape: 'openai' | 'anthropic'
  /** One of the rig's that alice may use here. */
  readonly model: string
  /** One that is hers too, and speaks the other protocol. */
  readonly elsewhere: string
  /** The field that holds what is said. */
  readonly says: 'messages' | 'input' | 'prompt'
  readonly body: Readonly<Record<string, unknown>>
  readonly streams: boolean
}

/** Of what the gate or a provider keeps. No body, so nothing to be wrong with one. */
export interface ReadRoute {
  readonly name: string
  readonly method: 'GET' | 'DELETE'
  readonly shape: Shape
  /** `path` of what alice owns. */
  readonly path: (owned: Owned) => string
}

export interface Owned {
  readonly response: string
  readonly exchange: string
}

const messages = [{ role: 'user', content: `hello ${PLANT}` }]
const said = `hello ${PLANT}`

const openai = { method: 'POST', shape: 'openai', model: 'clinic-small', elsewhere: 'claude-clinic' } as const
const anthropic = { method: 'POST', shape: 'anthropic', model: 'claude-clinic', elsewhere: 'clinic-small' } as const
const message = { ...anthropic, says: 'messages', body: { max_tokens: 9, messages }, streams: true } as const
const counted = { ...anthropic, says: 'messages', body: { messages }, streams: false } as const

export const SENDS: readonly SendRoute[] = [
  { ...openai, path: '/v1/chat/completions', says: 'messages', body: { messages }, streams: true },
  { ...openai, path: '/v1/responses', says: 'input', body: { input: said, store: false }, streams: true },
  { ...openai, path: '/v1/responses/input_tokens', says: 'input', body: { input: said }, streams: false },
  { ...openai, path: '/v1/responses/compact', says: 'input', body: { input: said }, streams: false },
  { ...openai, path: '/v1/completions', says: 'prompt', body: { prompt: said }, streams: true },
  { ...openai, path: '/v1/embeddings', model: 'clinic-embed', says: 'input', body: { input: said }, streams: false },
  { ...openai, path: '/v1/moderations', says: 'input', body: { input: said }, streams: false },
  { ...message, path: '/v1/messages' },
  { ...message, path: '/anthropic/v1/messages' },
  { ...counted, path: '/v1/messages/count_tokens' },
  { ...counted, path: '/anthropic/v1/messages/count_tokens' },
]

export const STREAMING: readonly SendRoute[] = SENDS.filter(({ streams }) => streams)

export const READS: readonly ReadRoute[] = [
  { name: '/v1/models', method: 'GET', shape: 'openai', path: () => '/v1/models' },
  { name: '/anthropic/v1/models', method: 'GET', shape: 'anthropic', path: () => '/anthropic/v1/models' },
  { name: '/v1/models/NAME', method: 'GET', shape: 'openai', path: () => '/v1/models/clinic-small' },
  {
    name: '/anthropic/v1/models/NAME',
    method: 'GET',
    shape: 'anthropic',
    path: () => '/anthropic/v1/models/claude-clinic',
  },
  { name: '/v1/responses/ID', method: 'GET', shape: 'openai', path: ({ response }) => `/v1/responses/${response}` },
  { name: '/v1/responses/ID', method: 'DELETE', shape: 'openai', path: ({ response }) => `/v1/responses/${response}` },
  {
    name: '/v1/responses/ID/input_items',
    method: 'GET',
    shape: 'openai',
    path: ({ response }) => `/v1/responses/${response}/input_items`,
  },
  { name: '/v1/exchanges/ID', method: 'GET', shape: 'problem', path: ({ exchange }) => `/v1/exchanges/${exchange}` },
]

/** A right request: `{"model":"clinic-small",` and the rest. */
export const goodText = (route: SendRoute, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ model: route.model, ...route.body, ...more })
