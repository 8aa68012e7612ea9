// Which path means what. The route is known before anyone is identified, so that even a 401 has the caller's own shape.
import type { Protocol } from '#access/protocol.ts'
import type { Refusal } from '#access/refusal.ts'
import { ulidTime } from '#lib/ulid.ts'
import { anthropicRefusal } from '#protocols/anthropic-errors.ts'
import { anthropicMessages } from '#protocols/anthropic-messages/anthropic-messages.ts'
import { anthropicCountTokens } from '#protocols/anthropic-messages/count-tokens.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import { openAiCompletions } from '#protocols/openai-completions/openai-completions.ts'
import { openAiEmbeddings } from '#protocols/openai-embeddings/openai-embeddings.ts'
import { openAiRefusal } from '#protocols/openai-errors.ts'
import { openAiModerations } from '#protocols/openai-moderations/openai-moderations.ts'
import { openAiCompact } from '#protocols/openai-responses/compact.ts'
import { openAiInputTokens } from '#protocols/openai-responses/input-tokens.ts'
import { openAiResponses } from '#protocols/openai-responses/openai-responses.ts'
import { STORED, type StoredOperation } from '#protocols/openai-responses/stored.ts'
import { problem } from '#protocols/problem.ts'
import { notServed } from './not-served.ts'

type Refuse = (refusal: Refusal, exchange: string) => Response

/** Whose shape answers have that no protocol makes. */
export type Shape = 'openai' | 'anthropic'

interface Named<Kind extends string, Method extends string> {
  readonly kind: Kind
  /** Never the path itself, which is the caller's text. */
  readonly name: string
  readonly action: string
  readonly method: Method
  readonly refuse: Refuse
}

export type SendRoute = Named<'send', 'POST'> & { readonly protocol: Protocol }
export type StoredRoute = Named<'stored', 'GET' | 'POST' | 'DELETE'> & {
  readonly operation: StoredOperation
  readonly id: string
}
export type ModelsRoute = Named<'models', 'GET'> & { readonly shape: Shape }
export type ModelRoute = Named<'model', 'GET'> & { readonly model: string; readonly shape: Shape }
export type ExchangeRoute = Named<'exchange', 'GET'> & { readonly exchange: string }
export type UnknownRoute = {
  readonly kind: 'unknown'
  readonly name: 'unknown'
  readonly action: 'unknown'
  readonly refuse: Refuse
  /** What to tell the caller, where the path is one that a client of a protocol knows. */
  readonly told?: string
}

export type Route = SendRoute | StoredRoute | ModelsRoute | ModelRoute | ExchangeRoute | UnknownRoute

const SENDS: ReadonlyMap<string, Protocol> = new Map([
  ['/v1/chat/completions', openAiChat],
  ['/v1/responses', openAiResponses],
  ['/v1/responses/input_tokens', openAiInputTokens],
  ['/v1/responses/compact', openAiCompact],
  ['/v1/completions', openAiCompletions],
  ['/v1/embeddings', openAiEmbeddings],
  ['/v1/moderations', openAiModerations],
  ['/v1/messages', anthropicMessages],
  ['/v1/messages/count_tokens', anthropicCountTokens],
  ['/anthropic/v1/messages', anthropicMessages],
  ['/anthropic/v1/messages/count_tokens', anthropicCountTokens],
])

/** The same routes as Bun's server matches them, against the path as it was sent. */
export const RAW_PATHS: readonly string[] = [
  ...SENDS.keys(),
  '/v1/responses/:id',
  '/v1/responses/:id/cancel',
  '/v1/responses/:id/input_items',
  '/v1/models',
  '/v1/models/:model',
  '/anthropic/v1/models',
  '/anthropic/v1/models/:model',
  '/v1/exchanges/:id',
]

/** What of a request chooses its route. */
export interface Asked {
  /** As it was sent, undecoded, without its query. */
  readonly path: string
  readonly method: string
  /** Whether it is marked as Anthropic's clients mark theirs: the list of models has one path and two shapes. */
  readonly anthropic: boolean
}

/**
 * The route of a request. Only exact matches count: whatever could be read as another path by somebody behind
 * (`//`, `..`, encoded slashes, `;`) is simply not in the table.
 */
export function routeOf(asked: Asked): Route {
  const { path } = asked
  return (
    SEND_ROUTES.get(path) ??
    storedRoute(asked) ??
    modelsRoute(asked) ??
    exchangeRoute(path) ??
    unknownRoute(path, asked.anthropic)
  )
}

const sendRoute = (path: string, protocol: Protocol): SendRoute => ({
  kind: 'send',
  name: path,
  action: protocol.action,
  method: 'POST',
  protocol,
  refuse: (refusal, exchange) => protocol.refuse(refusal, exchange),
})

const SEND_ROUTES: ReadonlyMap<string, SendRoute> = new Map(
  [...SENDS].map(([path, protocol]) => [path, sendRoute(path, protocol)]),
)

function storedRoute({ path, method }: Asked): StoredRoute | undefined {
  const [, id, rest] = /^\/v1\/responses\/([A-Za-z0-9_-]{1,200})(\/cancel|\/input_items)?$/.exec(path) ?? []
  if (id === undefined) return undefined
  const operation: StoredOperation =
    rest === '/cancel'
      ? 'cancel'
      : rest === '/input_items'
        ? 'input-items'
        : method === 'DELETE'
          ? 'delete'
          : 'retrieve'
  return {
    kind: 'stored',
    name: `/v1/responses/<id>${rest ?? ''}`,
    action: 'use-stored',
    method: STORED[operation].method,
    operation,
    id,
    refuse: openAiRefusal,
  }
}

function modelsRoute({ path, anthropic }: Asked): ModelsRoute | ModelRoute | undefined {
  const below = path.startsWith('/anthropic/') ? path.slice('/anthropic'.length) : path
  const shape = below !== path || anthropic ? 'anthropic' : 'openai'
  const refuse = shape === 'anthropic' ? anthropicRefusal : openAiRefusal
  const named = { action: 'list', method: 'GET', shape, refuse } as const
  if (below === '/v1/models') return { kind: 'models', name: '/v1/models', ...named }
  const model = lastPart(below, '/v1/models/')
  return model === undefined ? undefined : { kind: 'model', name: '/v1/models/<name>', model, ...named }
}

function exchangeRoute(path: string): ExchangeRoute | undefined {
  const exchange = lastPart(path, '/v1/exchanges/')
  if (exchange === undefined || ulidTime(exchange) === undefined) return undefined
  return { kind: 'exchange', name: '/v1/exchanges/<id>', action: 'read', method: 'GET', exchange, refuse: problem }
}

/** Of a path that nothing is served under. Whoever speaks to `/v1/` is answered in its protocol all the same. */
export function unknownRoute(path: string, anthropic = false): UnknownRoute {
  const told = notServed(path)
  return {
    kind: 'unknown',
    name: 'unknown',
    action: 'unknown',
    refuse: refusalOf(path, anthropic),
    ...(told === undefined ? {} : { told }),
  }
}

function refusalOf(path: string, anthropic: boolean): Refuse {
  if (anthropic || path.startsWith('/anthropic/') || path.startsWith('/v1/messages')) return anthropicRefusal
  return path.startsWith('/v1/') ? openAiRefusal : problem
}

/** Letters, digits and the punctuation of model names; a slash or an escape means another path. */
function lastPart(path: string, prefix: string): string | undefined {
  const part = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  return /^[A-Za-z0-9._:-]{1,200}$/.test(part) ? part : undefined
}
