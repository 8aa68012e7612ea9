// What would happen: one or more accesses, each exactly a Cedar request. Nothing here decides, and nothing is sent.
import { createHash } from 'node:crypto'
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { SessionState } from '#access/session.ts'
import { together } from '#lib/together.ts'
import { readBody } from './body.ts'
import { type Exchange, timed } from './exchange.ts'
import { goneOnFrom, isConversation } from './gone-on-from.ts'
import { identifyAgain } from './identify.ts'
import { implicitOf } from './ownership.ts'
import { listModels, readExchange, retrieveModel } from './own-records.ts'
import type { SendRoute } from './routes.ts'
import { sendWish } from './send-wish.ts'
import { within } from './session.ts'
import type { Conversation } from './session-of.ts'
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
        return listModels(exchange, await inDeclared(exchange, principal), route)
      case 'model':
        return retrieveModel(exchange, await inDeclared(exchange, principal), route)
      case 'exchange':
        return readExchange(exchange, await inDeclared(exchange, principal), route.exchange)
      case 'unknown':
        throw new Refusal('not_found', { message: 'Nothing is served here.' })
    }
  })
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
  const body = await readBody(arrived.request, { ...arrived.limits, bytes: arrived.active.bundle.config.body.max })
  await together()
  const request = createHash('sha256').update(body).digest('hex')
  const { exchange, principal } = await identifyAgain(arrived, caller)
  exchange.account.intent = { ...asked, request }
  const { pass, unknown } = protocol.requestHeaders?.(exchange.request.headers) ?? { pass: {}, unknown: [] }
  const { config } = exchange.active.bundle
  const reading = route.protocol.read(body, config.body.depth)
  const session = await sessionFor(exchange, principal, reading)
  const acting = within(principal, session)
  exchange.account.principal = acting
  return sendWish({
    exchange,
    principal: acting,
    ...(session && { session }),
    route,
    reading,
    body,
    request,
    headers: pass,
    unknownHeaders: unknown,
  })
}

/** A name that no model has begins no conversation: each is a row and an entry. */
async function sessionFor(
  exchange: Exchange,
  principal: Principal,
  reading: Reading,
): Promise<SessionState | undefined> {
  const { account, active, id, sessionOf } = exchange
  const { config } = active.bundle
  account.inputTokens = reading.inputTokens
  if (!config.models.has(reading.model) && principal.session?.kind !== 'declared') return undefined
  const before = { ...goneOnFrom(reading, principal, exchange), exchange: id }
  const conversation = { ...conversationOf(reading, exchange), before }
  const session = await sessionOf(principal, conversation, config.sessions)
  account.keeps = before.keeps
  if (session) account.session = session
  return session
}

/** Whatever names one: the conversation that a provider keeps, else what it goes on from, else the caller's own word for it. */
function conversationOf({ acts, metadata }: Reading, { active, madeBy }: Exchange): Conversation {
  const { sessions, providers } = active.bundle.config
  const kept = acts.find(({ field, id }) => id !== undefined && isConversation(field))?.id
  const before = acts.find(({ field, id }) => id !== undefined && field === 'previous_response_id')?.id
  const made =
    before === undefined ? undefined : [...providers.keys()].map((name) => madeBy(name, before)).find(Boolean)
  const session = made && implicitOf(made)
  const named = sessions.conversation.map((name) => metadata.get(name)).find((name) => name !== undefined)
  const name = kept === undefined ? (named === undefined ? '' : `named ${named}`) : `kept ${kept}`
  return { name: digestOf(name), ...(kept === undefined && session !== undefined && { session }) }
}

/** Of a fixed length, and nobody's text. */
const digestOf = (name: string): string => (name === '' ? '' : createHash('sha256').update(name).digest('base64url'))
