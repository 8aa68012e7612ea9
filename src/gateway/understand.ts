// What would happen: one or more accesses, each exactly a Cedar request. Nothing here decides, and nothing is sent.
import { hash } from 'node:crypto'
import type { Check } from '#access/finding.ts'
import type { Principal } from '#access/principal.ts'
import type { Protocol, Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { SessionState } from '#access/session.ts'
import { together } from '#lib/together.ts'
import { readBody } from './body.ts'
import { type Exchange, note } from './exchange.ts'
import { goneOnFrom, isConversation } from './gone-on-from.ts'
import { identifyAgain } from './identify.ts'
import { implicitOf } from './ownership.ts'
import { listModels, readExchange, retrieveModel } from './own-records.ts'
import type { Route, SendRoute } from './routes.ts'
import { sendWish } from './send-wish.ts'
import { within } from './session.ts'
import type { Before, Conversation } from './session-of.ts'
import { understandStored } from './stored.ts'
import type { SendWish, Wish } from './wish.ts'

export async function understand(exchange: Exchange, principal: Principal): Promise<Wish> {
  const began = performance.now()
  let verdict: Check['verdict'] = 'fail'
  try {
    const wish = await (exchange.route.kind === 'send'
      ? understandSend(exchange, principal, exchange.route)
      : understandOther(exchange, principal, exchange.route))
    verdict = 'pass'
    return wish
  } finally {
    note(exchange, 'understand', verdict, began)
  }
}

async function understandOther(
  exchange: Exchange,
  principal: Principal,
  route: Exclude<Route, SendRoute>,
): Promise<Wish> {
  switch (route.kind) {
    case 'stored':
      return understandStored(exchange, principal, route)
    case 'models':
      return listModels(exchange, await inDeclared(exchange, principal), route)
    case 'model':
      return retrieveModel(exchange, await inDeclared(exchange, principal), route)
    case 'exchange':
      return readExchange(exchange, await inDeclared(exchange, principal), route.exchange)
    case 'unknown':
      throw new Refusal('not_found', { message: 'Nothing is served here.' })
  }
}

/** To look at what the gate holds begins no session; who is in one sees what it sees. */
async function inDeclared(exchange: Exchange, principal: Principal): Promise<Principal> {
  if (principal.session?.kind !== 'declared') return principal
  const session = await exchange.sessionOf(principal, { name: '' }, exchange.active.bundle.config.sessions)
  if (session) exchange.account.session = session
  return within(principal, session)
}

async function understandSend(arrived: Exchange, caller: Principal, route: SendRoute): Promise<SendWish> {
  const { protocol } = route
  const asked = { action: protocol.action, resource: { type: 'Route', id: route.name } }
  arrived.account.intent = asked
  const { bodyIdle, bodyTotal } = arrived.limits
  const body = await readBody(arrived.request, { bodyIdle, bodyTotal, bytes: arrived.active.bundle.config.body.max })
  await together()
  const request = hash('sha256', body, 'hex')
  const { exchange, principal } = await identifyAgain(arrived, caller)
  exchange.account.intent = { action: asked.action, resource: asked.resource, request }
  const { pass, unknown } = protocol.requestHeaders?.(exchange.request.headers) ?? NO_HEADERS
  const { config } = exchange.active.bundle
  const reading = route.protocol.read(body, config.body.depth)
  const session = await sessionFor(exchange, principal, reading)
  if (session) exchange.account.session = session
  const acting = within(principal, session)
  exchange.account.principal = acting
  return sendWish({
    exchange,
    principal: acting,
    session,
    route,
    reading,
    body,
    request,
    headers: pass,
    unknownHeaders: unknown,
  })
}

/** What goes on of a caller's headers in a protocol that has none of its own. */
const NO_HEADERS: ReturnType<NonNullable<Protocol['requestHeaders']>> = { pass: {}, unknown: [] }

/** A name that no model has begins no conversation: each is a row and an entry. */
function sessionFor(
  exchange: Exchange,
  principal: Principal,
  reading: Reading,
): Promise<SessionState | undefined> | undefined {
  const { account, active, sessionOf } = exchange
  const { config } = active.bundle
  account.inputTokens = reading.inputTokens
  if (!config.models.has(reading.model) && principal.session?.kind !== 'declared') return undefined
  const before = goneOnFrom(reading, principal, exchange)
  if (before) account.keeps = before.keeps
  return sessionOf(principal, conversationOf(reading, before, exchange), config.sessions)
}

/** Whatever names one: the conversation that a provider keeps, else what it goes on from, else the caller's own word for it. */
function conversationOf({ acts, metadata }: Reading, before: Before | undefined, exchange: Exchange): Conversation {
  // Where nothing is named, none of its acts names anything.
  const kept = before && acts.find(({ field, id }) => id !== undefined && isConversation(field))?.id
  if (kept !== undefined) return { name: digestOf(`kept ${kept}`), before }
  const previous = before && acts.find(({ field, id }) => id !== undefined && field === 'previous_response_id')?.id
  const session = previous === undefined ? undefined : conversationBehind(previous, exchange)
  const named = nameIn(metadata, exchange.active.bundle.config.sessions.conversation)
  return { name: named === undefined ? '' : digestOf(`named ${named}`), session, before }
}

function conversationBehind(response: string, { active, madeBy }: Exchange): string | undefined {
  for (const provider of active.bundle.config.providers.keys()) {
    const made = madeBy(provider, response)
    if (made) return implicitOf(made)
  }
  return undefined
}

function nameIn(metadata: Reading['metadata'], names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = metadata.get(name)
    if (value !== undefined) return value
  }
  return undefined
}

/** Of a fixed length, and nobody's text. */
const digestOf = (name: string): string => hash('sha256', name, 'base64url')
