// What the gate answers from its own: the models a caller may use, and the explanation of a caller's own exchange.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { exchangeEntity } from '#policy/schema.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'
import { contextOf, NO_READING } from './request-context.ts'
import type { OwnWish } from './wish.ts'

/** The list is decided model by model: it holds those on which this caller may infer, and no others. */
export function listModels(exchange: Exchange, principal: Principal): OwnWish {
  const models = [...exchange.active.bundle.config.models.values()]
  exchange.account.intent = { action: 'list', resource: { type: 'Catalog', id: 'models' } }
  return {
    kind: 'own',
    exchange,
    principal,
    asked: models.map((model) => inferOn(model, exchange, principal)),
    need: 'some',
    denied: 'not_found',
    answer: (allowed) => ({ object: 'list', data: allowed.map(({ resource }) => openAiModel(resource.id, exchange)) }),
  }
}

export function retrieveModel(exchange: Exchange, principal: Principal, name: string): OwnWish {
  exchange.account.intent = { action: 'list', resource: { type: 'Catalog', id: 'models' } }
  const model = exchange.active.bundle.config.models.get(name)
  return {
    kind: 'own',
    exchange,
    principal,
    asked: model ? [inferOn(model, exchange, principal)] : [],
    need: 'every',
    denied: 'model_not_found',
    answer: () => openAiModel(name, exchange),
  }
}

/** As for the plainest request that could be sent to it, at each of its targets. */
function inferOn(model: ModelConfig, exchange: Exchange, principal: Principal): readonly Access[] {
  const resource = { type: 'Model', id: model.name }
  return model.targets.map((target) => ({
    principal,
    action: 'infer',
    resource,
    context: contextOf(exchange, principal, { ...NO_READING, model: model.name }, target),
  }))
}

// The API wants `created` to be a number; there is no such moment.
function openAiModel(name: string, exchange: Exchange): object {
  const model = exchange.active.bundle.config.models.get(name)
  return { id: name, object: 'model', created: 0, owned_by: model?.system.owner ?? 'sallyport' }
}

export async function readExchange(exchange: Exchange, principal: Principal, id: string): Promise<OwnWish> {
  exchange.account.intent = { action: 'read', resource: { type: 'Exchange', id } }
  const found = await exchange.findExchange(id)
  if (!found) throw new Refusal('not_found', { message: 'No exchange of yours has this id.' })
  const resource = { type: 'Exchange', id }
  return {
    kind: 'own',
    exchange,
    principal,
    asked: [[{ principal, action: 'read', resource, context: {}, entities: [exchangeEntity(id, found.owner)] }]],
    need: 'every',
    denied: 'not_found',
    answer: () => ({ exchange: id, decision: found.decision, ...(found.outcome ? { outcome: found.outcome } : {}) }),
  }
}
