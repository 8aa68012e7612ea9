// Which path means what. The route is known before anyone is identified, so that even a 401 has the caller's own shape.
import type { Protocol } from '#access/protocol.ts'
import type { Refusal } from '#access/refusal.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import { openAiRefusal } from '#protocols/openai-errors.ts'
import { ulidTime } from '#lib/ulid.ts'
import { problem } from '#protocols/problem.ts'

type Refuse = (refusal: Refusal, exchange: string) => Response

export type Route =
  | {
      readonly kind: 'send'
      readonly name: string
      readonly action: 'infer'
      readonly method: 'POST'
      readonly protocol: Protocol
      readonly refuse: Refuse
    }
  | {
      readonly kind: 'models'
      readonly name: string
      readonly action: 'list'
      readonly method: 'GET'
      readonly refuse: Refuse
    }
  | {
      readonly kind: 'model'
      readonly name: string
      readonly action: 'list'
      readonly method: 'GET'
      readonly model: string
      readonly refuse: Refuse
    }
  | {
      readonly kind: 'exchange'
      readonly name: string
      readonly action: 'read'
      readonly method: 'GET'
      readonly exchange: string
      readonly refuse: Refuse
    }
  | { readonly kind: 'unknown'; readonly name: string; readonly action: 'unknown'; readonly refuse: Refuse }

export type SendRoute = Extract<Route, { kind: 'send' }>

const FIXED: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    '/v1/chat/completions',
    {
      kind: 'send',
      name: '/v1/chat/completions',
      action: 'infer',
      method: 'POST',
      protocol: openAiChat,
      refuse: openAiRefusal,
    },
  ],
  ['/v1/models', { kind: 'models', name: '/v1/models', action: 'list', method: 'GET', refuse: openAiRefusal }],
])

/** The same routes as Bun's server matches them, against the path as it was sent. */
export const RAW_PATHS: readonly string[] = [...FIXED.keys(), '/v1/models/:model', '/v1/exchanges/:id']

/**
 * The route of a path. Only exact matches count: whatever could be read as another path by somebody behind
 * (`//`, `..`, encoded slashes, `;`) is simply not in the table.
 */
export function routeOf(path: string): Route {
  const fixed = FIXED.get(path)
  if (fixed) return fixed
  const exchange = lastPart(path, '/v1/exchanges/')
  if (exchange !== undefined && ulidTime(exchange) !== undefined) {
    return { kind: 'exchange', name: '/v1/exchanges/<id>', action: 'read', method: 'GET', exchange, refuse: problem }
  }
  const model = lastPart(path, '/v1/models/')
  if (model !== undefined) {
    return { kind: 'model', name: '/v1/models/<name>', action: 'list', method: 'GET', model, refuse: openAiRefusal }
  }
  return unknownRoute(path)
}

/** Of a path that nothing is served under. Whoever speaks to `/v1/` is answered in its protocol all the same. */
export function unknownRoute(path: string): Route {
  return {
    kind: 'unknown',
    name: 'unknown',
    action: 'unknown',
    refuse: path.startsWith('/v1/') ? openAiRefusal : problem,
  }
}

/** Letters, digits and the punctuation of model names; a slash or an escape means another path. */
function lastPart(path: string, prefix: string): string | undefined {
  const part = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  return /^[A-Za-z0-9._:-]{1,200}$/.test(part) ? part : undefined
}
