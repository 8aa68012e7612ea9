// Whether the session of a token goes on, and whose it is by what is in force now. The row is the truth: a token that says anything
// else of its session counts for nothing, and neither does one whose session rests on what is there no more.
import { chainOf, type Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { endedBecause } from '#access/session-ended.ts'
import type { EndReason, Session, Sessions, SessionState } from '#access/session.ts'
import type { VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import { canonicalJson } from '#lib/canonical-json.ts'
import { type SessionClaims, sessionClaims } from './session-token-claims.ts'
import type { SessionToken } from './session-token-read.ts'

/** As much of an application of the bundle as its sessions live on. */
export interface ApplicationTerms {
  readonly team?: string
  readonly environment: string
  readonly use: string
  /** Names of issuers for whose people it acts. */
  readonly users: readonly string[]
  readonly models: readonly string[]
  readonly actions: readonly string[]
}

export interface StandingParts {
  readonly sessions: Pick<Sessions, 'find' | 'end' | 'isRevoked'>
  readonly keys: Pick<VirtualKeys, 'find'>
  /** Of the bundle in force, by their client id. */
  readonly applications: ReadonlyMap<string, ApplicationTerms>
  /** `signInRules` of the bundle in force, and since when it is. */
  readonly rules: string
  readonly since: number
  readonly now: () => number
}

/** The row of a token's session, which goes on. Throws a Refusal `session_ended`, `unauthenticated`, or `not_ready`. */
export function makeStandingOf(parts: StandingParts): (token: SessionToken) => SessionState {
  // What a session was begun with never changes: a token is compared once with each copy of it that the store hands out.
  const agreed = new WeakMap<SessionToken, Session>()
  return (token) => {
    const state = standingOf(token, parts)
    if (agreed.get(token) !== state.session) {
      refuseOther(token, state.session)
      agreed.set(token, state.session)
    }
    refuseOtherRules(state.session, parts)
    if (!rests(state.session, parts)) endNow(state.session, 'revoked', parts)
    return state
  }
}

function standingOf(token: SessionToken, { sessions, now }: StandingParts): SessionState {
  const state = sessions.find(token.sid)
  if (!state || state.session.kind !== 'declared') {
    throw new Refusal('unauthenticated', { message: 'No session has this token.', challenge: INVALID })
  }
  const ended = state.ended?.why ?? overdue(state, now())
  if (ended) throw sessionOver(ended, token.sid)
  if (sessions.isRevoked(token.jti)) {
    const message = 'The token was revoked; ask for a new one.'
    throw new Refusal('unauthenticated', { message, challenge: INVALID, session: token.sid })
  }
  return state
}

function refuseOther(token: SessionToken, session: Session): void {
  if (agrees(token, session)) return
  throw new Refusal('unauthenticated', {
    message: 'The token is not as its session has it; ask for a new one.',
    challenge: INVALID,
    indicator: { indicator: 'session-mixed', subject: session.id },
  })
}

const INVALID = 'Bearer error="invalid_token"'

/** Whoever ends sessions may not have come by yet. */
export function overdue({ session: { bounds }, usedAt }: SessionState, at: number): EndReason | undefined {
  if (at >= bounds.expires) return 'expired'
  return at >= usedAt + bounds.idle ? 'idle' : undefined
}

const NAMED = [
  'sub',
  'sid',
  'tier',
  'client_id',
  'act',
  'task',
  'cnf',
  'net',
] as const satisfies readonly (keyof SessionClaims)[]

/** Each member, the absent ones too: a token without `cnf` must not free its session from the key. */
function agrees({ claims }: SessionToken, session: Session): boolean {
  const kept: SessionClaims = sessionClaims(session)
  return NAMED.every((name) => {
    const [ours, theirs] = [kept[name], claims[name]]
    if (ours === undefined || theirs === undefined) return ours === theirs
    return canonicalJson(ours) === canonicalJson(theirs)
  })
}

/** For that long after a change the processes of a machine may not have the same bundle in force. */
const CHANGING_MS = 10_000

function refuseOtherRules(session: Session, parts: StandingParts): void {
  if (session.rules === parts.rules) return
  const at = parts.now()
  // Begun under a bundle that is newer than ours: it is ours that must change, not the session that must end.
  if (session.began >= parts.since && at - session.began < CHANGING_MS) {
    throw new Refusal('not_ready', { message: 'The bundle is changing just now; try again.', retryAfter: 1 })
  }
  endNow(session, 'rules-changed', parts)
}

/** Whether everybody in the chain still may be who they are there: the application, for whom it acts, the virtual key. */
export function rests(
  { principal, client }: Session,
  { applications, keys, now }: Pick<StandingParts, 'applications' | 'keys' | 'now'>,
): boolean {
  return chainOf(principal).every((link) => {
    if (link.proof.key !== undefined) return isGood(keys.find(link.proof.key), now())
    if (!isClientOf(client, link)) return true
    const application = applications.get(link.id)
    return application !== undefined && (!link.onBehalfOf || actsFor(application, link.onBehalfOf))
  })
}

/** The link that is the OAuth client itself: a confidential one, hence an application of the bundle. */
export const isClientOf = (client: string | undefined, { type, id, proof }: Principal): boolean =>
  type === 'App' && id === client && proof.key === undefined

const isGood = (key: VirtualKey | undefined, at: number): boolean =>
  key !== undefined && key.revoked === undefined && at >= key.notBefore && at < key.expires

/** Whom a virtual key proved is no person of an issuer: the key itself says who that is. */
const actsFor = ({ users }: ApplicationTerms, { type, proof }: Principal): boolean =>
  type !== 'User' || proof.key !== undefined || users.includes(proof.issuer)

function endNow({ id }: Session, why: EndReason, { sessions, now }: StandingParts): never {
  sessions.end(id, { at: now(), why, by: 'gate' })
  throw sessionOver(why, id)
}

export const sessionOver = (why: EndReason, session: string): Refusal =>
  new Refusal('session_ended', { ...endedBecause(why).detail, challenge: INVALID, session })
