// Nothing passes unrecorded: what comes out of here is the only thing from which a permit can be made.
import type { PolicyRef } from '#access/decision.ts'
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
  const entry = decisionEntry(exchange, principalRecord(principal), intent, verdictOf(decision, seen))
  const stamp = await gate.trail.append(entry, intent.tier === 3 ? 'machine' : 'process')
  exchange.account.decided = true
  return { effect: decision.effect, stamp, decision, seen } as unknown as Receipt
}

type Told = 'reason' | 'indicator' | 'subject' | 'session' | 'limit' | 'grounds' | 'targets'
type Verdict = Pick<DecisionEntry, 'decision' | 'policies' | 'findings'> & Partial<Pick<DecisionEntry, Told>>

/** Of what is filled in before anybody else has it. */
type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

function verdictOf(decision: Decided, { findings }: Seen): Verdict {
  const verdict: Writable<Verdict> = {
    decision: decision.effect,
    policies: decision.by.policies.map(idOf),
    grounds: decision.by,
    findings,
  }
  if (decision.effect === 'deny') verdict.reason = 'not_permitted'
  if (decision.effect === 'allow' && decision.targets.length > 0) verdict.targets = decision.targets.map(printTarget)
  return verdict
}

const idOf = ({ id }: PolicyRef): string => id

/** The entry of a decision, whether policy made it or a step before policy refused. */
export function decisionEntry(
  exchange: Exchange,
  principal: PrincipalRecord,
  intent: Intent,
  verdict: Verdict,
): DecisionEntry {
  const { route, account, trace } = exchange
  const { also, unknown, system, tier, request, redacted } = intent
  const { source, via } = account.from ?? exchange
  const entry: Writable<DecisionEntry> = {
    kind: 'decision',
    exchange: exchange.id,
    principal,
    source,
    action: intent.action,
    resource: intent.resource,
    bundle: account.bundle,
    checks: account.checks.slice(),
    ...verdict,
  }
  if (via !== undefined) entry.via = via
  // What was shown may name another session than the one that it acts in.
  if (account.session && verdict.session === undefined) entry.session = account.session.session.id
  if (system !== undefined) entry.system = system
  if (tier !== undefined) entry.tier = tier
  if (request !== undefined) entry.request = request
  if (redacted !== undefined) entry.redacted = redacted
  if (also && also.length > 0) entry.also = also
  if (unknown && unknown.length > 0) entry.unknown = unknown.map(printable)
  if (route.kind === 'send') entry.protocol = route.protocol.name
  if (trace) entry.trace = recordOfTrace(trace)
  return entry
}

/** A field's name is the caller's text. What does not look like one is not recorded: it could be anything, a secret too. */
const printable = (field: string): string => (field.split('.').every(isName) ? field : '(other)')

// No digits but a place's in a list: secrets, and numbers of people and cards, have some.
const isName = (segment: string): boolean => /^[a-z_]{1,40}(?:\[[0-9]{1,6}\]){0,4}$/.test(segment)

/** Who was never identified. */
export const ANONYMOUS: PrincipalRecord = { type: 'Anonymous', id: 'anonymous', chain: [] }
