// Saying no, in the caller's own protocol, and only after it is recorded: as a decision where none stands yet, and as an outcome.
import { principalRecord } from '#access/principal-record.ts'
import { Refusal } from '#access/refusal.ts'
import { bringsBody } from './body.ts'
import { challengeOf } from './challenge.ts'
import { close, type Outcome } from './close.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { inspectionOf } from './inspection.ts'
import { redactedText } from './redacted-text.ts'
import { recordSign } from './record-sign.ts'
import { ANONYMOUS, decisionEntry } from './record.ts'
import { forgo } from './reserve.ts'
import { strike } from './session.ts'

export async function refuse(error: unknown, exchange: Exchange, gate: Gate): Promise<Response> {
  const refusal = quotingNothing(refusalOf(error, exchange, gate), gate)
  strike(refusal, gate)
  const response = answerOf(refusal, exchange)
  const unrecorded = await recordRefusal(refusal, response, exchange, gate)
  return unrecorded ? answerOf(unrecorded, exchange) : response
}

function answerOf(refusal: Refusal, exchange: Exchange): Response {
  const response = exchange.route.refuse(refusal, exchange.id)
  const { headers } = response
  if (refusal.detail.retryAfter !== undefined) headers.set('retry-after', String(refusal.detail.retryAfter))
  if (refusal.reason === 'method_not_allowed' && exchange.route.kind !== 'unknown')
    headers.set('allow', exchange.route.method)
  const challenge = challengeOf(refusal, exchange)
  if (challenge !== undefined) headers.set('www-authenticate', challenge)
  if (leavesMuchUnread(refusal, exchange.request)) headers.set('connection', 'close')
  return response
}

/** Our own words name fields, and some fields are named by callers: a credential may stand there, too. */
function quotingNothing(refusal: Refusal, { inspector }: Gate): Refusal {
  const inspection = inspectionOf({ inspector, direction: 'answer', action: 'redact' })
  const { field, ...detail } = refusal.detail
  const message = redactedText(detail.message, '', inspection)
  const named = field === undefined ? undefined : redactedText(field, '', inspection)
  if (inspection.redacted().length === 0) return refusal
  return new Refusal(refusal.reason, { ...detail, message, ...(named === undefined ? {} : { field: named }) })
}

const LITTLE = 64 * 1024

/** Kept open, a connection would go on swallowing the rest of a body that nobody will read, for as long as it comes. */
function leavesMuchUnread({ reason }: Refusal, request: Request): boolean {
  if (reason === 'body_too_large' || reason === 'request_timeout') return true
  if (request.bodyUsed || !bringsBody(request)) return false
  const length = request.headers.get('content-length')
  return length === null || !(Number(length) <= LITTLE)
}

function refusalOf(error: unknown, exchange: Exchange, gate: Gate): Refusal {
  if (error instanceof Refusal) return error
  if (!exchange.hungUp.aborted) gate.log(`exchange ${exchange.id} failed`, error)
  return new Refusal('internal', { message: 'Something went wrong inside the gate.', cause: error })
}

/** What must be answered in its place where it could not be recorded. */
async function recordRefusal(
  refusal: Refusal,
  response: Response,
  exchange: Exchange,
  gate: Gate,
): Promise<Refusal | undefined> {
  try {
    // A flood of strangers must not use up what signing can do in a second: they wait, and those who are known do not.
    if (!exchange.account.principal) await gate.room()
    await recordSign(refusal, { exchange: exchange.id, source: (exchange.account.from ?? exchange).source }, gate)
    await recordDecision(refusal, exchange, gate)
    // What broke because the caller left is nobody's failure.
    const outcome: Outcome = exchange.hungUp.aborted
      ? { status: 0, bytes: 0, ended: 'caller-gone' }
      : { status: refusal.status, bytes: await sizeOf(response), ended: endedBy(refusal), reason: refusal.reason }
    await close({ exchange: exchange.id, account: exchange.account }, gate, outcome)
    return undefined
  } catch (error) {
    // Whatever could not be recorded: of a decision that stands the trail is to learn that nobody closed it.
    if (exchange.account.decided)
      await close({ exchange: exchange.id, account: exchange.account }, gate, UNRECORDED).catch(() => undefined)
    if (error instanceof Refusal) return error
    gate.log(`exchange ${exchange.id} could not be recorded`, error)
    return new Refusal('audit_unavailable', {
      message: 'The audit trail cannot be written.',
      retryAfter: 1,
      cause: error,
    })
  } finally {
    // Over, recorded or not.
    exchange.account.standing?.release()
    forgo(exchange.account, gate)
  }
}

const UNRECORDED: Outcome = { status: 503, bytes: 0, ended: 'refused', reason: 'audit_unavailable' }

const sizeOf = async (response: Response): Promise<number> => (await response.clone().arrayBuffer()).byteLength

async function recordDecision(refusal: Refusal, exchange: Exchange, gate: Gate): Promise<void> {
  const { account, route } = exchange
  if (account.decided) return
  const principal = account.principal ? principalRecord(account.principal) : ANONYMOUS
  // The path itself is the caller's text and may hold anything, a credential too: only the route's name is recorded.
  const { limit, session } = refusal.detail
  const intent = account.intent ?? { action: route.action, resource: { type: 'Route', id: route.name } }
  await gate.trail.append(
    decisionEntry(exchange, principal, intent, {
      decision: 'deny',
      reason: refusal.reason,
      ...refusal.detail.indicator,
      ...(session !== undefined && { session }),
      ...(limit && { limit: { name: limit.name, whose: limit.whose } }),
      policies: [],
      findings: account.request?.findings() ?? [],
    }),
    'process',
  )
  account.decided = true
}

export const endedBy = (refusal: Refusal): 'refused' | 'upstream-failed' =>
  refusal.reason.startsWith('provider_') ? 'upstream-failed' : 'refused'
