// Whom a token exchange (RFC 8693) is for: a person or a workload by a token of an issuer of the bundle, a virtual key, or a session of
// ours, of which a child begins. What its subject token does not prove, an exchange does not add: no hop, and never without the person.
import { chainOf, originOf, type Principal } from '#access/principal.ts'
import type { Grant } from '#access/grant.ts'
import { mostTier } from '#access/proof-tier.ts'
import type { Session } from '#access/session.ts'
import type { ApplicationConfig, Config } from '#policy/bundle/config.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { applicationLink } from './client.ts'
import type { Asking, ClientProof } from './asking.ts'
import { ACCESS_TOKEN, ID_TOKEN, JWT, VIRTUAL_KEY } from './grant-types.ts'
import type { Bounded } from './grant-request.ts'
import { asOAuth, OAuthRefusal } from './oauth-refusal.ts'
import { isNamedOwn, type OwnToken } from './own-token.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { checkBinding } from './session-binding.ts'
import { endedBecause } from './session-standing.ts'
import type { Tokens } from './tokens.ts'

export interface Subject extends Bounded {
  readonly principal: Principal
  readonly parent?: Session
  /** Milliseconds since the epoch. */
  readonly endsBy?: number
}

export interface SubjectParts {
  readonly parts: AuthorizationParts
  readonly active: ActiveAuthorization
  readonly tokens: Pick<Tokens, 'access'>
}

/** Rejects with OAuthRefusal `invalid_request` for a subject token that is wrong or unacceptable (RFC 8693 section 2.2.2). */
export async function subjectOf(asking: Asking, subject: SubjectParts): Promise<Subject> {
  const text = asking.param('subject_token')
  const type = asking.param('subject_token_type')
  if (text === undefined || type === undefined) throw invalid('subject_token and subject_token_type are needed')
  switch (type) {
    case VIRTUAL_KEY:
      return ofKey(text, asking, subject)
    case ACCESS_TOKEN:
    case JWT: {
      const own = subject.tokens.access(text)
      return own ? ofSession(own, asking, subject) : ofToken(text, asking, subject)
    }
    case ID_TOKEN:
      return ofToken(text, asking, subject)
    default:
      throw invalid(`subject_token_type must be ${[ACCESS_TOKEN, ID_TOKEN, JWT, VIRTUAL_KEY].join(', ')}`)
  }
}

async function ofToken(text: string, { client, arrival, proof }: Asking, { active }: SubjectParts): Promise<Subject> {
  if (isNamedOwn(text, active.config.public)) {
    throw invalid('no session that goes on has this subject token: its session has ended, or it has expired')
  }
  const proven = await proofOf(active.tokens.identify({ credential: text, source: arrival.source }))
  if (proven.onBehalfOf || (proven.type !== 'User' && proven.type !== 'App')) {
    throw invalid('the subject token names neither a person nor an application')
  }
  if (client.kind !== 'application') {
    if (active.indirect.has(proven.proof.issuer)) {
      throw invalid(`tokens of ${proven.proof.issuer} are taken from an application that proves itself only`)
    }
    return { principal: proven, ceilings: [], networks: [], endsBy: endOf(proven) }
  }
  // An application that acts for another would be a hop that nobody has agreed to.
  if (proven.type !== 'User')
    throw invalid('an application asks for people only: the subject token names an application')
  return { ...actingFor(proven, client.application, { proof, config: active.config }), endsBy: endOf(proven) }
}

/** A chain of two: the application, for the person. */
export function actingFor(
  person: Principal,
  application: ApplicationConfig,
  { proof, config }: { readonly proof: ClientProof; readonly config: Pick<Config, 'teams'> },
): Subject {
  if (!application.users.includes(person.proof.issuer)) {
    throw invalid(`the application ${application.name} may not ask for people of ${person.proof.issuer}`)
  }
  const principal = applicationLink(application, config, { ...proof, onBehalfOf: person })
  return { principal, ceilings: grantsOf(principal), networks: application.networks }
}

async function ofKey(
  text: string,
  { client, arrival, asked, ctx }: Asking,
  { parts, active }: SubjectParts,
): Promise<Subject> {
  const userToken = ctx.get('x-sallyport-user-token')
  const proven = await proofOf(
    active.keys.identify({ credential: text, source: arrival.source, ...(userToken === '' ? {} : { userToken }) }),
  )
  if (client.kind === 'application' && !(proven.type === 'App' && proven.id === client.id)) {
    throw invalid('an application that proves itself can only exchange a key of its own')
  }
  const key = proven.proof.key === undefined ? undefined : parts.findKey(proven.proof.key)
  if (!key) throw invalid('there is no such key')
  // Its tokens would go where the key itself does not: a proof says who holds them, and not from where.
  if (key.networks.length > 0 && asked.jkt !== undefined) {
    throw invalid('a key with networks begins sessions that are bound to them: send no DPoP proof')
  }
  const own =
    client.kind === 'application' ? grantsOf(applicationLink(client.application, active.config, proven.proof)) : []
  const principal = own.length === 0 ? proven : { ...proven, grants: [...(proven.grants ?? []), ...own] }
  return {
    principal,
    ceilings: [...grantsOf(principal), reachOf(principal, key.networks, active.config)],
    networks: key.networks,
    endsBy: endOf(proven),
  }
}

async function ofSession(own: OwnToken, asking: Asking, { parts, active }: SubjectParts): Promise<Subject> {
  const { session } = own.state
  const { client, asked, arrival } = asking
  if (session.client !== client.id) throw invalid('the subject token belongs to a session of another client')
  checkBinding(session, { jkt: asked.jkt, source: arrival.source }, 'invalid_request', parts)
  const ended = endedBecause(own.state, parts, active)
  if (ended !== undefined) throw invalid(ended)
  if (session.binding.by === 'network' && asked.jkt !== undefined) {
    throw invalid('a session that is bound to networks has children that are: send no DPoP proof')
  }
  const current =
    client.kind === 'application'
      ? grantsOf(applicationLink(client.application, active.config, session.principal.proof))
      : []
  const { principal, binding } = session
  const networks = binding.by === 'network' ? binding.networks : []
  const reach = reachOf(principal, networks, active.config)
  return {
    principal,
    ceilings: [...grantsOf(principal), ...current, ...taskGrant(session, own.scope), reach],
    networks,
    parent: session,
  }
}

/** No session reaches further than what it was begun with; and what is bound to networks cannot be bound to a key, as tier 3 is. */
function reachOf(principal: Principal, networks: readonly string[], { models }: Pick<Config, 'models'>): Grant {
  const most = Math.min(networks.length > 0 ? 2 : 3, mostTier(principal))
  const within = [...models.values()].filter(({ system }) => system.tier <= most)
  return { of: 'its proof', models: new Set(within.map(({ name }) => name)), actions: new Set(MODEL_ACTIONS) }
}

/** What was shown proves nobody for longer than it says: who wants a longer session shows something fresh. */
const endOf = (proven: Principal): number => Math.min(...chainOf(proven).map(({ proof }) => proof.expiresAt * 1000))

/** What its parent was declared for, and what of that the token says. */
function taskGrant({ id, task }: Session, scope: string): readonly Grant[] {
  if (!task) return []
  const models = new Set(task.models)
  return [
    { of: `session ${id}`, models, actions: new Set(task.actions) },
    { of: `the token of session ${id}`, models, actions: new Set(scope.split(' ')) },
  ]
}

const grantsOf = (principal: Principal): readonly Grant[] => {
  const origin = originOf(principal)
  return [...(principal.grants ?? []), ...(origin === principal ? [] : (origin.grants ?? []))]
}

async function proofOf(proving: Promise<Principal | undefined>): Promise<Principal> {
  let proven: Principal | undefined
  try {
    proven = await proving
  } catch (error) {
    throw asOAuth('invalid_request', error)
  }
  if (proven) return proven
  throw invalid('the subject token is of no kind that is taken here, or its type is another one')
}

const invalid = (description: string): OAuthRefusal => new OAuthRefusal('invalid_request', description)
