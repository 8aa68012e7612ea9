// Nothing passes unrecorded: what comes out of here is the only thing from which a permit can be made.
import { principalRecord } from '#access/principal-record.ts'
import { printTarget } from '#access/target.ts'
import type { DecisionEntry, PrincipalRecord, Stamp } from '#access/trail.ts'
import { recordOfTrace } from '#telemetry/trace-context.ts'
import type { Allowed, Asked, Decided, Denied } from './decide.ts'
import type { Seen } from './examine.ts'
import type { Exchange, Intent } from './exchange.ts'
import type { Gate } from './gate.ts'
import { reserve } from './reserve.ts'
import { countCall } from './session-call.ts'

declare const recorded: unique symbol

interface Stamped<D> {
  readonly [recorded]: true
  readonly stamp: Stamp
  readonly decision: D
  readonly seen: Seen
}

/** Proof that this decision about this wish stands in the trail. Made only here. */
export type Receipt =
  | (Stamped<Allowed> & { readonly effect: 'allow' })
  | (Stamped<Asked> & { readonly effect: 'ask' })
  | (Stamped<Denied> & { readonly effect: 'deny' })

/** Rejects with a Refusal `audit_unavailable` when the entry cannot be written; then nothing may happen. */
export async function record(seen: Seen, decision: Decided, gate: Gate): Promise<Receipt> {
  const { exchange, principal } = seen.wish
  const { intent } = exchange.account
  if (seen.wish.kind === 'send' && decision.effect === 'allow') {
    reserve(seen.wish, gate)
    countCall(exchange.account, gate)
  }
  if (!intent) throw new Error('a wish without an intent')
  const entry = decisionEntry(exchange, principalRecord(principal), intent, {
    decision: decision.effect,
    ...(decision.effect === 'deny' ? { reason: 'not_permitted' } : {}),
    policies: decision.by.policies.map(({ id }) => id),
    grounds: decision.by,
    ...(decision.effect === 'allow' && decision.targets.length > 0
      ? { targets: decision.targets.map(printTarget) }
      : {}),
    findings: seen.findings,
  })
  const stamp = await gate.trail.append(entry, intent.tier === 3 ? 'machine' : 'process')
  exchange.account.decided = true
  return { effect: decision.effect, stamp, decision, seen } as unknown as Receipt
}

type Verdict = Pick<DecisionEntry, 'decision' | 'policies' | 'findings'> & Partial<DecisionEntry>

/** The entry of a decision, whether policy made it or a step before policy refused. */
export function decisionEntry(
  exchange: Exchange,
  principal: PrincipalRecord,
  intent: Intent,
  verdict: Verdict,
): DecisionEntry {
  const { route, account } = exchange
  const { also, unknown, ...known } = intent
  const { source, via } = account.from ?? exchange
  return {
    kind: 'decision',
    exchange: exchange.id,
    principal,
    source,
    ...(via === undefined ? {} : { via }),
    ...(account.session && { session: account.session.session.id }),
    ...known,
    ...(also && also.length > 0 ? { also } : {}),
    ...(unknown && unknown.length > 0 ? { unknown: unknown.map(printable) } : {}),
    ...(route.kind === 'send' ? { protocol: route.protocol.name } : {}),
    ...verdict,
    bundle: account.bundle,
    checks: [...account.checks],
    ...(exchange.trace && { trace: recordOfTrace(exchange.trace) }),
  }
}

/** A field's name is the caller's text. What does not look like one is not recorded: it could be anything, a secret too. */
const printable = (field: string): string => (field.split('.').every(isName) ? field : '(other)')

// No digits but a place's in a list: secrets, and numbers of people and cards, have some.
const isName = (segment: string): boolean => /^[a-z_]{1,40}(?:\[[0-9]{1,6}\]){0,4}$/.test(segment)

/** Who was never identified. */
export const ANONYMOUS: PrincipalRecord = { type: 'Anonymous', id: 'anonymous', chain: [] }
