// What would happen: one or more accesses, each exactly a Cedar request. Nothing here decides, and nothing is sent.
import { createHash } from 'node:crypto'
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import { readBody } from './body.ts'
import { type Exchange, timed } from './exchange.ts'
import { identifyAgain } from './identify.ts'
import { listModels, readExchange, retrieveModel } from './own-records.ts'
import { contextOf } from './request-context.ts'
import type { SendRoute } from './routes.ts'
import type { SendWish, Wish } from './wish.ts'

export async function understand(exchange: Exchange, principal: Principal): Promise<Wish> {
  return timed(exchange, 'understand', async () => {
    const { route } = exchange
    switch (route.kind) {
      case 'send':
        return understandSend(exchange, route)
      case 'models':
        return listModels(exchange, principal)
      case 'model':
        return retrieveModel(exchange, principal, route.model)
      case 'exchange':
        return readExchange(exchange, principal, route.exchange)
      case 'unknown':
        throw new Refusal('not_found', { message: 'Nothing is served here.' })
    }
  })
}

async function understandSend(arrived: Exchange, route: SendRoute): Promise<SendWish> {
  const asked = { action: 'infer', resource: { type: 'Route', id: route.name } }
  arrived.account.intent = asked
  const body = await readBody(arrived.request, { ...arrived.limits, bytes: arrived.active.bundle.config.body.max })
  const request = createHash('sha256').update(body).digest('hex')
  const { exchange, principal } = await identifyAgain(arrived)
  const { bundle } = exchange.active
  exchange.account.intent = { ...asked, request }

  const reading = route.protocol.read(body, bundle.config.body.depth)
  const model = bundle.config.models.get(reading.model)
  if (!model) throw noSuchModel()
  const resource = { type: 'Model', id: model.name }
  const acts = [...new Set(reading.acts.map(({ action }) => action))]
  exchange.account.intent = {
    action: 'infer',
    resource,
    also: acts.map((action) => ({ action, resource })),
    system: model.system.name,
    tier: model.system.tier,
    request,
    unknown: reading.unknown,
  }
  refuseUnknownFields(reading, model)

  const actions = ['infer', ...acts]
  return {
    kind: 'send',
    exchange,
    principal,
    reading,
    model,
    route,
    accessesFor(target) {
      const context = contextOf(exchange, principal, reading, target)
      return actions.map((action) => ({ principal, action, resource, context }))
    },
  }
}

// The name is not repeated: it is the caller's text, and a log or a page would show it.
const noSuchModel = (): Refusal =>
  new Refusal('model_not_found', {
    message: 'No model of this name. GET /v1/models lists those you may use.',
    field: 'model',
  })

/** Tier 1 passes what it does not know, and records it; above, an unknown field could be one that makes a provider act. */
function refuseUnknownFields(reading: Reading, model: ModelConfig): void {
  if (reading.unknown.length === 0 || model.system.tier === 1) return
  const admitted = (field: string): boolean => model.accept.has(field.replaceAll(/\[\d+\]/g, ''))
  const refused = reading.unknown.find((field) => !admitted(field))
  if (refused === undefined) return
  throw new Refusal('unknown_field', {
    message: `\`${refused}\` is not a field that is known here, and models of tier ${model.system.tier} take no others. Leave it out, or have \`accept\` of the provider admit it.`,
    field: refused,
  })
}
