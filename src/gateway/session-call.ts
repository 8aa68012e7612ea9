// What a call does to its session: it is counted before anything is sent, what it saw is written into the session before a byte
// of it leaves, and what it came to is settled with the outcome.
import { Refusal } from '#access/refusal.ts'
import { endedBecause } from '#access/session-ended.ts'
import type { OutcomeEntry } from '#access/trail.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import { addLater, settleLater } from './session-tally.ts'

/**
 * Throws a Refusal `session_ended` where a bound of the session is used up. Calls are exact, whoever else counts; those of an implicit
 * session, which has no bounds, are added a moment later.
 */
export function countCall(account: Account, gate: Pick<Gate, 'sessions' | 'clock' | 'log'>): void {
  const { session: state } = account
  if (!state) return
  const { id, kind } = state.session
  const now = gate.clock.now()
  if (kind === 'implicit') {
    const { sessions, log } = gate
    addLater({ id, calls: 1, usedAt: now, tokens: 0, toolCalls: 0, flags: 0 }, { sessions, log, soon: false })
  } else {
    const counted = gate.sessions.call(id, now)
    if (counted !== 'counted') throw endedBecause(counted)
  }
  account.called = true
}

/**
 * Resolves when the session has these labels, for every worker, and the trail says so. MUST be awaited before the first byte
 * that they describe leaves. Rejects with a Refusal where either cannot be written: then nothing leaves.
 */
export async function labelSession(
  of: { readonly exchange: string; readonly account: Account },
  labels: readonly string[],
  { sessions, trail }: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  const { session: state } = of.account
  if (!state) return
  const lacking = labels.filter((label) => !state.labels.includes(label))
  if (lacking.length === 0) return
  const { id } = state.session
  const added = sessions.label(id, lacking)
  of.account.session = { ...state, labels: [...new Set([...state.labels, ...lacking])].toSorted() }
  if (added.length === 0) return
  await trail.append({ kind: 'session', what: 'label', session: id, labels: added, exchange: of.exchange }, 'process')
}

/** What inspection found in an answer so far is written into its session. Cheap where it found nothing. */
export async function labelFound(
  of: { readonly exchange: string; readonly account: Account },
  gate: Pick<Gate, 'sessions' | 'trail'>,
): Promise<void> {
  const { session, answer } = of.account
  if (session && answer && answer.matches() > 0) await labelSession(of, [answer.inspector.name], gate)
}

/** Best effort: the call is over, and what cannot be added now is no reason to keep anything from its caller. */
export function settleCall(
  account: Account,
  outcome: Pick<OutcomeEntry, 'bytes' | 'usage'>,
  { sessions, log }: Pick<Gate, 'sessions' | 'log'>,
): void {
  const { session: state, called, request, answer } = account
  if (!state || called !== true) return
  account.called = false
  const { id, kind } = state.session
  const flagged = (request?.matches() ?? 0) + (answer?.matches() ?? 0) > 0
  const toolCalls = Object.values(outcome.usage?.tools ?? {}).reduce((sum, calls) => sum + calls, 0)
  const tokens = tokensOf(account, outcome)
  const soon = account.standing?.withdrawn?.aborted === true
  if (kind === 'implicit') {
    const came = { id, calls: 0, usedAt: state.usedAt, tokens, toolCalls, flags: flagged ? 1 : 0 }
    return addLater(came, { sessions, log, soon })
  }
  const spent = { tokens, toolCalls, flagged }
  if (soon) return settleLater([id, spent], { sessions, log })
  try {
    sessions.settle(id, spent)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    log(`what a call of session ${id} came to could not be added to it`, error)
  }
}

/** As the provider counts them; where it did not say and something was sent, what bytes come to. */
function tokensOf(
  { attempts, inputTokens = 0 }: Account,
  { bytes, usage }: Pick<OutcomeEntry, 'bytes' | 'usage'>,
): number {
  if (usage) return (usage.input ?? 0) + (usage.output ?? 0)
  return attempts.some(({ status }) => status >= 200 && status < 300) ? inputTokens + Math.ceil(bytes / 4) : 0
}
