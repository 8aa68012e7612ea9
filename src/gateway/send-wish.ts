// A request that a model would answer, as a wish: from its bytes to the accesses that it asks for.
import { hash } from 'node:crypto'
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Act, ActAction, Reading } from '#access/protocol.ts'
import { mostTier } from '#access/proof-tier.ts'
import { Refusal } from '#access/refusal.ts'
import type { SessionState } from '#access/session.ts'
import { splice } from '#lib/splice.ts'
import type { ModelConfig, ModelTarget } from '#policy/bundle/config.ts'
import { asksFor } from './ask.ts'
import type { Exchange, Intent } from './exchange.ts'
import { isMixed, isOwn } from './ownership.ts'
import { type AskedOf, contextOf } from './request-context.ts'
import type { SendRoute } from './routes.ts'
import type { Asking, SendWish } from './wish.ts'

export interface SendParts {
  readonly exchange: Exchange
  readonly principal: Principal
  readonly session?: SessionState | undefined
  readonly route: SendRoute
  /** Of the body. */
  readonly reading: Reading
  readonly body: Uint8Array
  /** SHA-256 of the body as it arrived, hex. */
  readonly request: string
  /** And of this body, where something was taken out of that one. */
  readonly redacted?: string
  readonly headers: Readonly<Record<string, string>>
  readonly unknownHeaders: readonly string[]
}

/** Throws a Refusal that names the field. Notes in the account what is asked for, also where it is refused. */
export function sendWish(parts: SendParts): SendWish {
  const { exchange, principal, session, route, reading, body, request } = parts
  const { config } = exchange.active.bundle
  const model = config.models.get(reading.model)
  if (!model) throw noSuchModel()
  const { protocol } = route
  const asked = reading.acts.length === 0 ? NOTHING : reading.acts.filter(({ unasked }) => unasked !== true)
  const acts = actionsOf(asked)
  const unknown = parts.unknownHeaders.length === 0 ? reading.unknown : [...parts.unknownHeaders, ...reading.unknown]
  const resource = { type: 'Model', id: model.name }
  const intent: Intent = {
    action: protocol.action,
    resource,
    also: acts.length === 0 ? NOTHING : acts.map((action) => ({ action, resource })),
    system: model.system.name,
    tier: model.system.tier,
    request,
    unknown,
  }
  exchange.account.intent = parts.redacted === undefined ? intent : { ...intent, redacted: parts.redacted }
  refuseOtherProtocol(model, route)
  refuseAbove(model, session)
  // Tier 1 passes what it does not know, and records it.
  if (unknown.length > 0 && model.system.tier > 1) refuseUnknownFields(unknown, model)
  refuseOthers(reading, model, parts)
  const namesNothing = asked.length === 0
  const targets = namesNothing ? model.targets : holding(model, asked, exchange, principal)
  const elsewhere = namesNothing ? NOTHING : otherModels(model, asked, exchange)
  const of: AskedOf = { exchange, principal, session, reading, model, protocol }
  /** The accesses where nothing is found, by the target's place: they are asked about before inspection, and most often after it. */
  const unfound: (Asking | undefined)[] = []
  return {
    kind: 'send',
    exchange,
    principal,
    reading,
    model,
    protocol,
    method: 'POST',
    path: protocol.path,
    headers: parts.headers,
    targets,
    accessesFor(target, found) {
      const place = found.length === 0 ? targets.indexOf(target) : -1
      const before = place < 0 ? undefined : unfound[place]
      if (before) return before
      const context = contextOf(of, target, found)
      const accesses: Access[] = [{ principal, action: protocol.action, resource, context }]
      for (const action of acts) accesses.push({ principal, action, resource, context })
      // What another model's answer holds is no less its system's for being gone on from here.
      for (const id of elsewhere)
        accesses.push({ principal, action: 'use-stored', resource: { id, type: 'Model' }, context })
      const asking = asksFor(accesses)
      if (place >= 0) unfound[place] = asking
      return asking
    },
    unaskedFor(target, found) {
      if (asked.length === reading.acts.length) return []
      const context = contextOf(of, target, found)
      const unasked = actionsOf(reading.acts.filter((act) => act.unasked === true))
      return unasked.map((action) => ({ principal, action, resource, context }))
    },
    redacted(edits) {
      const without = splice(body, edits)
      const read = protocol.read(without, config.body.depth)
      return sendWish({ ...parts, body: without, reading: read, redacted: digestOf(without) })
    },
  }
}

const NOTHING: readonly never[] = []

const actionsOf = (acts: readonly Act[]): readonly ActAction[] =>
  acts.length === 0 ? NOTHING : [...new Set(acts.map(({ action }) => action))]

const digestOf = (body: Uint8Array): string => hash('sha256', body, 'hex')

// The name is not repeated: it is the caller's text, and a log or a page would show it.
const noSuchModel = (): Refusal =>
  new Refusal('model_not_found', {
    message: 'No model of this name. GET /v1/models lists those you may use.',
    field: 'model',
  })

/** Nothing is translated: who asks in another protocol than the model's is told where to go. */
function refuseOtherProtocol({ name, speaks }: ModelConfig, { protocol }: SendRoute): void {
  const spoken = protocol.name.startsWith('anthropic') ? 'anthropic' : 'openai'
  if (spoken === speaks) return
  const way =
    speaks === 'anthropic'
      ? 'It speaks the Anthropic protocol: POST /v1/messages.'
      : 'It speaks the OpenAI protocol: POST /v1/chat/completions or /v1/responses.'
  throw new Refusal('invalid_field', { message: `\`${name}\` is not served on this route. ${way}`, field: 'model' })
}

/**
 * A session was begun, and its token bound, for systems of its tier; a bundle may have raised one since. And it reaches no further
 * than what it was begun with, which its row holds: policies see that it is a session, and not of what.
 */
export function refuseAbove({ name, system }: ModelConfig, { session }: Partial<SessionState> = {}): void {
  if (session?.kind !== 'declared') return
  const most = Math.min(session.tier, mostTier(session.principal))
  if (system.tier <= most) return
  const reason =
    most < session.tier
      ? `what the session was begun with is proof enough in tier ${most} only`
      : `the session is of tier ${session.tier}: begin one for it`
  throw new Refusal('not_permitted', {
    message: `\`${name}\` belongs to a system of tier ${system.tier}, and ${reason}.`,
    field: 'model',
    indicator: { indicator: 'session-out-of-scope', subject: session.id },
  })
}

/** Above tier 1: an unknown field could be one that makes a provider act. */
function refuseUnknownFields(unknown: readonly string[], model: ModelConfig): void {
  const admitted = (field: string): boolean => model.accept.has(field.replaceAll(/\[\d+\]/g, ''))
  const refused = unknown.find((field) => !admitted(field))
  if (refused === undefined) return
  throw new Refusal('unknown_field', {
    message: `\`${refused}\` is not a field that is known here, and models of tier ${model.system.tier} take no others. Leave it out, or have \`accept\` of the provider admit it.`,
    field: refused,
  })
}

/** An id that merely stands there may be anybody's own invention, but not what a provider made for somebody else. */
function refuseOthers(
  { mentions = [] }: Reading,
  model: ModelConfig,
  { exchange, principal }: Pick<SendParts, 'exchange' | 'principal'>,
): void {
  for (const { id, field } of mentions) {
    for (const { provider } of model.targets) {
      const made = exchange.madeBy(provider, id)
      if (made && !isOwn(made, principal))
        throw notYours(field, model, isMixed(made, principal) ? principal : undefined)
    }
  }
}

/** The other models that made what is to be gone on from. */
function otherModels(model: ModelConfig, acts: readonly Act[], { madeBy }: Exchange): readonly string[] {
  const made = acts.flatMap(({ id }) =>
    id === undefined ? [] : model.targets.flatMap(({ provider }) => madeBy(provider, id)?.model ?? []),
  )
  return [...new Set(made)].filter((name) => name !== model.name)
}

/**
 * The targets that hold every id that the request names, made by this very caller or shared by the bundle. Another's id
 * and one that never was are the same here: nobody learns which exist.
 */
function holding(
  model: ModelConfig,
  acts: readonly Act[],
  exchange: Exchange,
  principal: Principal,
): readonly ModelTarget[] {
  const named = acts.filter((act): act is Act & { readonly id: string } => act.id !== undefined)
  if (named.length === 0) return model.targets
  const holds = (target: ModelTarget, id: string): boolean => {
    if (target.at.shared.has(id)) return true
    const made = exchange.madeBy(target.provider, id)
    return made !== undefined && isOwn(made, principal)
  }
  const targets = model.targets.filter((target) => named.every(({ id }) => holds(target, id)))
  if (targets.length > 0) return targets
  const lost = named.find(({ id }) => !model.targets.some((target) => holds(target, id))) ?? named[0]
  const mixes = model.targets.some(({ provider }) => {
    const made = lost && exchange.madeBy(provider, lost.id)
    return made !== undefined && isMixed(made, principal)
  })
  throw notYours(lost?.field ?? 'id', model, mixes ? principal : undefined)
}

/** `mixing`: it is this principal's, of another session than this one. They learn no more than anybody. */
const notYours = (field: string, { name }: ModelConfig, mixing: Principal | undefined): Refusal =>
  new Refusal('not_found', {
    message: `\`${field}\` names nothing that you made through this gate and that a provider of \`${name}\` holds. What was not stored cannot be referred to: send it along. What all may use, the bundle lists under \`shared\` of the provider.`,
    field,
    ...(mixing?.session && { indicator: { indicator: 'session-mixed', subject: mixing.session.id } }),
  })
