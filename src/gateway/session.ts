// The session of a request, read from the store once the request has arrived whole, so that it is decided by all that was
// said of the session before: its end, its labels, how far it is trusted. No worker remembers any of it.
import { principalRecord } from '#access/principal-record.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import { endedBecause } from '#access/session-ended.ts'
import type { Session, SessionState } from '#access/session.ts'
import type { SessionEntry } from '#access/trail.ts'
import { ulid } from '#lib/ulid.ts'
import type { SessionsConfig } from '#policy/bundle/config.ts'
import type { SessionContext } from '#policy/schema.ts'
import type { Gate } from './gate.ts'
import { labelFromBefore } from './session-call.ts'
import type { Conversation, SessionOf } from './session-of.ts'

type Kept = Pick<Gate, 'sessions' | 'trail' | 'clock' | 'random'>

/**
 * Resolves to undefined where a request has none: of an application's key, say. Rejects with a Refusal `session_ended`, or
 * `not_ready` where the store cannot be read: a session of which nothing is known allows nothing.
 */
export const sessionOf =
  (gate: Kept): SessionOf =>
  async (principal, conversation, config) => {
    if (principal.session?.kind === 'declared') return declared(principal.session.id, gate)
    if (!hasImplicit(principal)) return undefined
    const { state, begun } = implicit(principal, conversation, config, gate)
    if (begun?.id === state.session.id) await recordBeginning(begun, gate)
    return conversation.before ? labelFromBefore(state, conversation.before, gate) : state
  }

function declared(id: string, { sessions }: Kept): SessionState {
  const state = sessions.find(id)
  if (!state || state.ended) {
    throw new Refusal('session_ended', { ...endedBecause(state?.ended?.why).detail, session: id })
  }
  return state
}

/** A person's own token or key, alone: whoever acts for somebody else begins a session of their own. */
const hasImplicit = ({ type, proof, onBehalfOf }: Principal): boolean =>
  type === 'User' && (proof.method === 'jwt' || proof.method === 'personal-key') && onBehalfOf === undefined

interface Conversing {
  readonly state: SessionState
  /** What was begun for it just now, unless somebody else was quicker. */
  readonly begun: Session | undefined
}

/** Ids are the gate's: what the caller says only chooses among the sessions of this very subject. */
function implicit(principal: Principal, conversation: Conversation, config: SessionsConfig, gate: Kept): Conversing {
  const now = gate.clock.now()
  const subject = `${principal.proof.issuer} ${principal.type}::${principal.id}`
  const before = conversation.session === undefined ? undefined : gate.sessions.find(conversation.session)?.session
  const name = before?.kind === 'implicit' ? (before.conversation ?? '') : conversation.name
  let begun: Session | undefined
  const state = gate.sessions.converse(subject, name, now, (called) => {
    begun = implicitSession(principal, called, config, ulid(now, gate.random), now)
    return begun
  })
  return { state, begun }
}

const NEVER = Number.MAX_SAFE_INTEGER

function implicitSession(
  principal: Principal,
  conversation: string,
  { implicit: { duration, idle } }: SessionsConfig,
  id: string,
  now: number,
): Session {
  const bounds = {
    expires: now + duration,
    idle,
    tokens: NEVER,
    calls: NEVER,
    clean: 0,
    outOfScope: 0,
    misuse: 0,
  }
  const binding = { by: 'nothing' } as const
  return { id, kind: 'implicit', tier: 1, principal, binding, bounds, began: now, rules: '', conversation }
}

/** What has no record of its beginning is over, for whoever else has come into it meanwhile, too. */
async function recordBeginning(begun: Session, { sessions, trail, clock }: Kept): Promise<void> {
  try {
    await trail.append(beginEntry(begun), 'process')
  } catch (error) {
    sessions.end(begun.id, { at: clock.now(), why: 'revoked', by: 'gate' })
    throw error
  }
}

/** The name of a conversation is the caller's text, and stands in no log. */
function beginEntry({ id, principal, tier, binding, bounds }: Session): SessionEntry {
  return {
    kind: 'session',
    what: 'begin',
    session: id,
    principal: principalRecord(principal),
    tier,
    bound: binding.by,
    expires: new Date(bounds.expires).toISOString(),
  }
}

/** The same principal as it acts in this session. */
export function within(principal: Principal, state: SessionState | undefined): Principal {
  if (!state) return principal
  const { session, root, trust } = state
  const { id, kind, tier, binding, task } = session
  const ref = { id, root, kind, tier, trust, bound: binding.by }
  return { ...principal, session: task ? { ...ref, task } : ref }
}

/** What policy sees of it. */
export function sessionContext({ session, trust, labels, calls, tokens }: SessionState, now: number): SessionContext {
  const { kind, tier, binding, task, began } = session
  const record = {
    kind,
    tier: BigInt(tier),
    trust,
    bound: binding.by,
    labels,
    calls: BigInt(calls),
    tokens: BigInt(tokens),
    age_seconds: BigInt(Math.max(0, Math.floor((now - began) / 1000))),
  }
  if (!task) return { record }
  const { type, domain } = task
  return { record: { ...record, task: type, ...(domain !== undefined && { domain }) } }
}

/** The refusals that count against the session they name. */
const STRIKES: Partial<Readonly<Record<Sign['indicator'], 'outOfScope' | 'misuse'>>> = {
  'session-out-of-scope': 'outOfScope',
  'session-mixed': 'misuse',
}

/** Whoever keeps trying ends their session. A store that cannot be written changes nothing about the refusal itself. */
export function strike({ detail }: Refusal, { sessions, clock, log }: Pick<Gate, 'sessions' | 'clock' | 'log'>): void {
  const { indicator, subject } = detail.indicator ?? {}
  const what = indicator && STRIKES[indicator]
  if (!what || subject === undefined) return
  try {
    sessions.strike(subject, what, clock.now())
  } catch (error) {
    log(`an attempt in session ${subject} could not be counted`, error)
  }
}
