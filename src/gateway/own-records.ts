// What the gate answers from its own: the models a caller may use, and the explanation of a caller's own exchange.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { anthropicModel, anthropicModelList, anthropicPage } from '#protocols/anthropic-messages/models.ts'
import { exchangeEntity } from '#policy/schema.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'
import { contextOf, NO_FACTS } from './request-context.ts'
import type { ModelRoute, ModelsRoute } from './routes.ts'
import type { OwnWish } from './wish.ts'

/** The list is decided model by model: it holds those which this caller may use, and no others. */
export function listModels(exchange: Exchange, principal: Principal, route: ModelsRoute): OwnWish {
  const models = [...exchange.active.bundle.config.models.values()]
  exchange.account.intent = { action: 'list', resource: { type: 'Catalog', id: 'models' } }
  const page = route.shape === 'anthropic' ? anthropicPage(exchange.query) : undefined
  return {
    kind: 'own',
    exchange,
    principal,
    asked: models.map((model) => useOf(model, exchange, principal)),
    need: 'some',
    denied: 'not_found',
    answer(allowed) {
      const names = [...new Set(allowed.map(({ resource }) => resource.id))]
      if (page) return anthropicModelList(names, page)
      return { object: 'list', data: names.map((name) => openAiModel(name, exchange)) }
    },
  }
}

export function retrieveModel(exchange: Exchange, principal: Principal, { model: name, shape }: ModelRoute): OwnWish {
  exchange.account.intent = { action: 'list', resource: { type: 'Catalog', id: 'models' } }
  const model = exchange.active.bundle.config.models.get(name)
  return {
    kind: 'own',
    exchange,
    principal,
    asked: model ? [useOf(model, exchange, principal)] : [],
    need: 'every',
    denied: 'model_not_found',
    answer: () => (shape === 'anthropic' ? anthropicModel(name) : openAiModel(name, exchange)),
  }
}

/** As for the plainest request that could be sent to it, at each of its targets: for an answer, or for an embedding. */
function useOf(model: ModelConfig, exchange: Exchange, principal: Principal): readonly Access[] {
  const resource = { type: 'Model', id: model.name }
  const uses = [
    { action: 'infer', protocol: model.speaks === 'anthropic' ? 'anthropic-messages' : 'openai-chat' },
    { action: 'embed', protocol: 'openai-embeddings' },
  ]
  return model.targets.flatMap((target) =>
    uses.map(({ action, protocol }) => {
      const { session } = exchange.account
      const asked = { exchange, principal, session, reading: NO_FACTS, model, protocol: { name: protocol } }
      const context = contextOf(asked, target, [])
      return { principal, action, resource, context }
    }),
  )
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
    asked: [[{ principal, action: 'read', resource, context: {}, entities: [exchangeEntity(id, found.owners)] }]],
    need: 'every',
    denied: 'not_found',
    answer: () => ({ exchange: id, decision: found.decision, ...(found.outcome ? { outcome: found.outcome } : {}) }),
  }
}
