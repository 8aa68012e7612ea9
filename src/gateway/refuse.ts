// Saying no, in the caller's own protocol, and only after it is recorded: as a decision where none stands yet, and as an outcome.
import { Refusal } from '#access/refusal.ts'
import { close } from './close.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { ANONYMOUS, decisionEntry, recordOf } from './record.ts'

export async function refuse(error: unknown, exchange: Exchange, gate: Gate): Promise<Response> {
  const refusal = refusalOf(error, exchange, gate)
  const answered = await recordRefusal(refusal, exchange, gate)
  const response = exchange.route.refuse(answered, exchange.id)
  const { headers } = response
  if (answered.detail.retryAfter !== undefined) headers.set('retry-after', String(answered.detail.retryAfter))
  if (answered.reason === 'method_not_allowed' && exchange.route.kind !== 'unknown')
    headers.set('allow', exchange.route.method)
  if (answered.reason === 'unauthenticated') headers.set('www-authenticate', 'Bearer')
  // The rest of such a body is not read: kept open, the connection would go on swallowing it.
  if (answered.reason === 'body_too_large' || answered.reason === 'request_timeout') headers.set('connection', 'close')
  return response
}

function refusalOf(error: unknown, exchange: Exchange, gate: Gate): Refusal {
  if (error instanceof Refusal) return error
  if (!exchange.hungUp.aborted) gate.log(`exchange ${exchange.id} failed`, error)
  return new Refusal('internal', { message: 'Something went wrong inside the gate.', cause: error })
}

/** What is answered in the end: the refusal, or that it could not be recorded. */
async function recordRefusal(refusal: Refusal, exchange: Exchange, gate: Gate): Promise<Refusal> {
  try {
    await recordDecision(refusal, exchange, gate)
    const gone = exchange.hungUp.aborted
    await close({ exchange: exchange.id, account: exchange.account }, gate, {
      status: gone ? 0 : refusal.status,
      bytes: 0,
      ended: gone ? 'caller-gone' : endedBy(refusal),
      reason: refusal.reason,
    })
    return refusal
  } catch (error) {
    if (error instanceof Refusal) return error
    gate.log(`exchange ${exchange.id} could not be recorded`, error)
    return new Refusal('audit_unavailable', {
      message: 'The audit trail cannot be written.',
      retryAfter: 1,
      cause: error,
    })
  }
}

async function recordDecision(refusal: Refusal, exchange: Exchange, gate: Gate): Promise<void> {
  const { account, route } = exchange
  if (account.decided || refusal.reason === 'audit_unavailable') return
  const principal = account.principal ? recordOf(account.principal) : ANONYMOUS
  // The path itself is the caller's text and may hold anything, a credential too: only the route's name is recorded.
  const intent = account.intent ?? { action: route.action, resource: { type: 'Route', id: route.name } }
  await gate.trail.append(
    decisionEntry(exchange, principal, intent, {
      decision: 'deny',
      reason: refusal.reason,
      policies: [],
      findings: [],
    }),
    'process',
  )
  account.decided = true
}

const endedBy = (refusal: Refusal): 'refused' | 'upstream-failed' =>
  refusal.reason.startsWith('provider_') ? 'upstream-failed' : 'refused'
