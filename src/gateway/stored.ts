// What a provider stored for a caller: read again, cancelled or deleted by whoever made it, at the provider that made it.
import type { Principal } from '#access/principal.ts'
import type { MadeBy } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'
import type { ModelConfig, ModelTarget } from '#policy/bundle/config.ts'
import { storedRequest } from '#protocols/openai-responses/stored.ts'
import { asksFor } from './ask.ts'
import { readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { goneOnFrom } from './gone-on-from.ts'
import { identifyAgain } from './identify.ts'
import { implicitOf, isMixed, isOwn } from './ownership.ts'
import { contextOf } from './request-context.ts'
import type { StoredRoute } from './routes.ts'
import { refuseAbove } from './send-wish.ts'
import { within } from './session.ts'
import type { SendWish } from './wish.ts'

export async function understandStored(arrived: Exchange, caller: Principal, route: StoredRoute): Promise<SendWish> {
  arrived.account.intent = { action: 'use-stored', resource: { type: 'Route', id: route.name } }
  await refuseBody(arrived)
  const { exchange, principal: proven } = await identifyAgain(arrived, caller)
  const { model, target, made } = holderOf(exchange, proven, route.id)
  const resource = { type: 'Model', id: model.name }
  exchange.account.intent = { action: 'use-stored', resource, system: model.system.name, tier: model.system.tier }
  const named = { acts: [{ action: 'use-stored', field: 'id', id: route.id }] } as const
  const before = goneOnFrom(named, proven, exchange)
  const conversation = { name: '', session: implicitOf(made), before }
  const session = await exchange.sessionOf(proven, conversation, exchange.active.bundle.config.sessions)
  const principal = within(proven, session)
  exchange.account.principal = principal
  if (session) exchange.account.session = session
  refuseAbove(model, session)
  const { id } = route
  const { method, reading, protocol } = storedRequest(route.operation, { id, query: exchange.query, model: model.name })
  const wish: SendWish = {
    kind: 'send',
    exchange,
    principal,
    reading,
    model,
    protocol,
    method,
    bodiless: true,
    path: protocol.path,
    headers: {},
    targets: [target],
    ...(route.operation === 'delete' ? { deletes: id } : {}),
    accessesFor(to, found) {
      const context = contextOf({ exchange, principal, session, reading, model, protocol }, to, found)
      return asksFor([{ principal, action: 'use-stored', resource, context }])
    },
    unaskedFor: () => [],
    redacted: () => wish,
  }
  return wish
}

/** Clients send none, or an empty object. */
const MOST_BYTES = 1024

async function refuseBody(exchange: Exchange): Promise<void> {
  const { request, limits } = exchange
  if (request.body === null) return
  const type = request.headers.get('content-type')
  const text = type === null ? '' : new TextDecoder().decode(await readBody(request, { ...limits, bytes: MOST_BYTES }))
  if (type !== null && /^\s*(?:\{\s*\})?\s*$/.test(text)) return
  throw new Refusal('malformed_request', { message: 'This route takes no body; leave it out.' })
}

interface Holder {
  readonly made: MadeBy
  readonly model: ModelConfig
  readonly target: ModelTarget
}

/** Another's response and one that never was are the same: nobody learns which ids exist. */
function holderOf({ active, madeBy }: Exchange, principal: Principal, id: string): Holder {
  const { config } = active.bundle
  let mixing: string | undefined
  for (const provider of config.providers.keys()) {
    const made = madeBy(provider, id)
    if (!made) continue
    if (isMixed(made, principal)) mixing = principal.session?.id
    if (!isOwn(made, principal)) continue
    const model = config.models.get(made.model)
    const target = model?.targets.find((each) => each.provider === provider && each.model === made.at)
    if (model && target) return { model, target, made }
  }
  throw new Refusal('not_found', {
    message: 'No response of yours has this id.',
    field: 'id',
    ...(mixing !== undefined && { indicator: { indicator: 'session-mixed', subject: mixing } as const }),
  })
}
