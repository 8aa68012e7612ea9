// What would happen: one or more accesses, each exactly a Cedar request. Nothing here decides, and nothing is sent.
import { createHash } from 'node:crypto'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { readBody } from './body.ts'
import { type Exchange, timed } from './exchange.ts'
import { identifyAgain } from './identify.ts'
import { listModels, readExchange, retrieveModel } from './own-records.ts'
import type { SendRoute } from './routes.ts'
import { sendWish } from './send-wish.ts'
import { understandStored } from './stored.ts'
import type { SendWish, Wish } from './wish.ts'

export async function understand(exchange: Exchange, principal: Principal): Promise<Wish> {
  return timed(exchange, 'understand', async () => {
    const { route } = exchange
    switch (route.kind) {
      case 'send':
        return understandSend(exchange, principal, route)
      case 'stored':
        return understandStored(exchange, principal, route)
      case 'models':
        return listModels(exchange, principal, route)
      case 'model':
        return retrieveModel(exchange, principal, route)
      case 'exchange':
        return readExchange(exchange, principal, route.exchange)
      case 'unknown':
        throw new Refusal('not_found', { message: 'Nothing is served here.' })
    }
  })
}

async function understandSend(arrived: Exchange, caller: Principal, route: SendRoute): Promise<SendWish> {
  const { protocol } = route
  const asked = { action: protocol.action, resource: { type: 'Route', id: route.name } }
  arrived.account.intent = asked
  const body = await readBody(arrived.request, { ...arrived.limits, bytes: arrived.active.bundle.config.body.max })
  const request = createHash('sha256').update(body).digest('hex')
  const { exchange, principal } = await identifyAgain(arrived, caller)
  exchange.account.intent = { ...asked, request }
  const { pass, unknown } = protocol.requestHeaders?.(exchange.request.headers) ?? { pass: {}, unknown: [] }
  return sendWish({ exchange, principal, route, body, request, headers: pass, unknownHeaders: unknown })
}
