// What a call does to its session: it is counted before anything is sent, what it saw is written into the session before a byte
// of it leaves, and what it came to is settled with the outcome.
import { Refusal } from '#access/refusal.ts'
import { endedBecause } from '#access/session-ended.ts'
import type { SessionState } from '#access/session.ts'
import type { OutcomeEntry } from '#access/trail.ts'
import type { Usage } from '#access/usage.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import type { Before } from './session-of.ts'
import { addLater, settleLater } from './session-tally.ts'

/** What may be idle for less would be that, though it is in use, if its use were written a second late. */
const SHORT_IDLE_MS = 5_000

/**
 * Throws a Refusal `session_ended` where a bound of the session is used up. Calls are exact, whoever else counts; those of an implicit
 * session, which has no bounds, are added a moment later.
 */
export function countCall(account: Account, gate: Pick<Gate, 'sessions' | 'clock' | 'log'>): void {
  const { session: state } = account
  if (!state) return
  const { id, kind, bounds } = state.session
  const now = gate.clock.now()
  if (kind === 'implicit') {
    const soon = bounds.idle < SHORT_IDLE_MS
    addLater({ id, calls: 1, usedAt: now, tokens: 0, toolCalls: 0, flags: 0 }, soon, gate)
  } else {
    const counted = gate.sessions.call(id, now)
    if (counted !== 'counted') throw endedBecause(counted)
  }
  account.called = true
  const { forecast } = account.metered ?? {}
  account.earns = forecast !== undefined && forecast.charges === undefined && !forecast.isBackground
}

/**
 * Resolves when the session has these labels, for every worker, and the trail says so. MUST be awaited before the first byte
 * that they describe leaves. Rejects with a Refusal where either cannot be written: then nothing leaves.
 */
export async function labelSession(
  of: { readonly exchange: string; readonly account: Pick<Account, 'session' | 'keeps'> },
  labels: readonly string[],
  gate: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  const { session: state, keeps = [] } = of.account
  if (!state || labels.length === 0) return
  const lacking = labels.filter((label) => !state.labels.includes(label))
  if (lacking.length === 0) return
  const { id } = state.session
  const { exchange } = of
  await commitLabels({ session: id, labels: lacking, exchange }, gate)
  await labelKeeping(keeps, { labels: lacking, exchange }, gate)
  of.account.session = { ...state, labels: [...new Set([...state.labels, ...lacking])].toSorted() }
}

interface Labelled {
  readonly session: string
  readonly labels: readonly string[]
  readonly exchange: string
}

async function commitLabels(
  { session, labels, exchange }: Labelled,
  { sessions, trail }: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  const added = sessions.label(session, labels)
  if (added.length > 0)
    await trail.append({ kind: 'session', what: 'label', session, labels: added, exchange }, 'process')
}

/** One that is forgotten has labels no more; what it made still has those of the systems that made it. */
async function labelKeeping(
  keeps: readonly string[],
  of: Omit<Labelled, 'session'>,
  gate: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  for (const session of keeps) if (gate.sessions.find(session)) await commitLabels({ ...of, session }, gate)
}

/**
 * What a session has seen that goes on from others, also where they have ended. Those that keep what it writes to have seen in turn
 * what it has. Resolves when all that stands in the store and in the trail.
 */
export async function labelFromBefore(
  state: SessionState,
  { sessions: from, labels, keeps, exchange }: Before,
  gate: Pick<Gate, 'sessions' | 'trail'>,
): Promise<SessionState> {
  const others = from.filter((id) => id !== state.session.id).map((id) => gate.sessions.find(id)?.labels ?? [])
  const account: Pick<Account, 'session'> = { session: state }
  await labelSession({ exchange, account }, [labels, ...others].flat(), gate)
  const { session = state } = account
  if (session.labels.length > 0) await labelKeeping(keeps, { labels: session.labels, exchange }, gate)
  return session
}

/** What inspection found in an answer so far is written into its session. Cheap where it found nothing. */
export async function labelFound(
  of: { readonly exchange: string; readonly account: Account },
  gate: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  const { session, answer } = of.account
  if (session && answer && answer.matches() > 0) await labelSession(of, [answer.inspector.name], gate)
}

/** What was found in an answer that goes no further. Never rejects: it is a no already, and says why. */
export async function labelBlocked(
  of: Parameters<typeof labelFound>[0],
  gate: Pick<Gate, 'sessions' | 'trail' | 'log'>,
): Promise<void> {
  try {
    await labelFound(of, gate)
  } catch (error) {
    gate.log(`what was found in the answer of ${of.exchange} could not be written into its session`, error)
  }
}

type Settled = Pick<OutcomeEntry, 'bytes' | 'ended' | 'usage'>

/** Best effort: the call is over, and what cannot be added now is no reason to keep anything from its caller. */
export function settleCall(account: Account, outcome: Settled, gate: Pick<Gate, 'sessions' | 'log'>): void {
  const { session: state, called, request, answer, earns = false } = account
  const flagged = (request?.matches() ?? 0) + (answer?.matches() ?? 0) > 0
  // What was found in a request that was blocked is found, though it was never counted as a call.
  if (!state || called === false || (called === undefined && !flagged)) return
  account.called = false
  const { id, kind } = state.session
  const toolCalls = callsOf(outcome.usage)
  const tokens = tokensOf(account, outcome)
  const soon = account.standing?.withdrawn?.aborted === true
  if (kind === 'implicit') {
    return addLater({ id, calls: 0, usedAt: state.usedAt, tokens, toolCalls, flags: flagged ? 1 : 0 }, soon, gate)
  }
  const isWhole = outcome.ended === 'complete' && answer?.check().verdict === 'pass'
  const spent = { tokens, toolCalls, flagged, earns: earns && isWhole && !flagged }
  if (soon) return settleLater([id, spent], gate)
  try {
    gate.sessions.settle(id, spent)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    gate.log(`what a call of session ${id} came to could not be added to it`, error)
  }
}

function callsOf({ tools }: Usage = {}): number {
  let sum = 0
  if (tools) for (const calls of Object.values(tools)) sum += calls
  return sum
}

/** As the provider counts them; where it did not say and something was sent, what bytes come to. */
function tokensOf(
  { attempts, inputTokens = 0 }: Account,
  { bytes, usage }: Pick<OutcomeEntry, 'bytes' | 'usage'>,
): number {
  if (usage) return (usage.input ?? 0) + (usage.output ?? 0)
  return attempts.some(({ status }) => status >= 200 && status < 300) ? inputTokens + Math.ceil(bytes / 4) : 0
}
