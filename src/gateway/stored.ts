// What a provider stored for a caller: read, cancelled or deleted by whoever made it, at the provider that made it.
import { chainOf } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { storedReading } from '#protocols/openai-responses/stored.ts'
import { readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { identifyAgain } from './identify.ts'
import { contextOf } from './request-context.ts'
import type { StoredRoute } from './routes.ts'
import type { SendWish } from './wish.ts'

export async function understandStored(arrived: Exchange, route: StoredRoute): Promise<SendWish> {
  arrived.account.intent = { action: 'use-stored', resource: { type: 'Route', id: route.name } }
  await refuseBody(arrived)
  const { exchange, principal } = await identifyAgain(arrived)
  const found = made(exchange, route.id)
  const origin = chainOf(principal).at(-1) ?? principal
  const { type, id } = found?.by.principal ?? {}
  if (!found || type !== origin.type || id !== origin.id) throw nothingOfYours()
  const { model, target } = found
  const reading = storedReading(route.operation, exchange.query, model.name)
  const resource = { type: 'Model', id: model.name }
  exchange.account.intent = {
    action: 'use-stored',
    resource,
    system: model.system.name,
    tier: model.system.tier,
  }
  const wish: SendWish = {
    kind: 'send',
    exchange,
    principal,
    reading,
    model,
    route: {
      kind: 'send',
      name: route.name,
      action: 'use-stored',
      method: 'POST',
      protocol: route.protocol,
      refuse: route.refuse,
    },
    method: route.method,
    path: route.protocol.path,
    headers: {},
    targets: [target],
    accessesFor: (to, facts) => [
      {
        principal,
        action: 'use-stored',
        resource,
        context: contextOf({ exchange, principal, reading, model, found: facts }, to),
      },
    ],
    unaskedFor: () => [],
    redacted: () => wish,
  }
  return wish
}
