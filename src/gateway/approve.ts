// Must a person agree? A permit comes only from the receipt of an allow; everything else ends here.
import type { Grounds } from '#access/decision.ts'
import { type Act, ACT_ACTIONS } from '#access/protocol.ts'
import { chainOf, originOf } from '#access/principal.ts'
import type { MadeBy } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'
import type { UpstreamTokens } from '#identity/upstream-token.ts'
import { printTraceparent } from '#telemetry/trace-context.ts'
import type { Asked, Decided, DecidedTarget, Denied } from './decide.ts'
import type { Seen } from './examine.ts'
import type { Gate } from './gate.ts'
import type { Receipt } from './record.ts'
import type { Account } from './exchange.ts'
import type { InspectionRules } from './inspection.ts'
import { sessionMark } from './ownership.ts'
import { labelSession } from './session-call.ts'
import type { Standing } from './standing.ts'
import type { OwnWish, SendWish } from './wish.ts'

declare const permitted: unique symbol

/** A request as it will leave, and where it may go. What `forward` gets to see, whole. Made only here. */
export interface SendPermit {
  readonly [permitted]: true
  readonly kind: 'send'
  readonly exchange: string
  /** In the order in which they are tried. Never empty. */
  readonly targets: readonly DecidedTarget[]
  readonly protocol: SendWish['protocol']
  readonly method: SendWish['method']
  readonly path: string
  readonly headers: SendWish['headers']
  /** For providers that are told of traces. */
  readonly traceparent: string | undefined
  readonly streaming: boolean
  /** The name that the caller used: an answer's `model` is this again. */
  readonly model: string
  /** Aborted when the caller hangs up. */
  readonly hungUp: AbortSignal
  /** Whether their proof still stands. */
  readonly standing: Standing
  readonly account: Account
  /** For whom what the provider makes is kept. */
  readonly maker: MadeBy['principal']
  /** And in which session, as `sessionMark` says it. */
  readonly session: string | undefined
  /** What its session is from the first byte of an answer on. */
  readonly labels: readonly string[]
  /** Of the answer's inspection. */
  readonly rules: InspectionRules
  readonly deletes: string | undefined
  /** Whether it was allowed to make the provider act or remember: otherwise what it names is nobody's, and it may be sent again. */
  readonly acts: boolean
  /** Undefined where the request has none. */
  bodyFor(target: DecidedTarget): Uint8Array | undefined
  /** Who is behind the request, for a provider that asks; undefined for any other. */
  identityFor(target: DecidedTarget, body: Uint8Array | undefined): ReturnType<UpstreamTokens['sign']> | undefined
}

export interface OwnPermit {
  readonly [permitted]: true
  readonly kind: 'own'
  readonly exchange: string
  readonly account: Account
  /** The answer's JSON. */
  answer(): unknown
}

export type Permit = SendPermit | OwnPermit

export async function approve(seen: Seen, decision: Decided, receipt: Receipt, gate: Gate): Promise<Permit> {
  // A receipt for another request, or for another decision about this one, is nobody's permission.
  if (receipt.seen !== seen || receipt.decision !== decision) throw new Error('the receipt is not of this decision')
  const { wish, facts } = seen
  switch (receipt.effect) {
    case 'allow':
      if (wish.kind === 'own') return ownPermit(wish, receipt)
      // What leaves for a provider describes what the session has seen.
      if (facts.length > 0) await labelSession(exchangeOf(wish), labelsOf(facts), gate)
      return sendPermit(wish, receipt, gate)
    case 'ask':
    case 'deny':
      throw refused(seen, receipt)
  }
}

const exchangeOf = ({ exchange }: SendWish) => ({ exchange: exchange.id, account: exchange.account })

/** Names of inspectors that found something: their kinds are for policy about this one request. */
const labelsOf = (facts: readonly string[]): readonly string[] => facts.filter((fact) => !fact.includes(':'))

const ACTS: ReadonlySet<string> = new Set(ACT_ACTIONS)

const isAct = ({ action }: { readonly action: string }): boolean => ACTS.has(action)

type AllowReceipt = Extract<Receipt, { effect: 'allow' }>

function sendPermit(wish: SendWish, receipt: AllowReceipt, gate: Gate): SendPermit {
  const { exchange, principal, reading, model, protocol, method, path, headers, deletes } = wish
  const { type, id } = originOf(principal)
  const maker = { type, id }
  const user = gate.pseudonym(maker)
  const { limits, system } = model
  const standing = gate.standings.of(principal, exchange.account)
  exchange.account.standing = standing
  return {
    kind: 'send',
    exchange: exchange.id,
    targets: receipt.decision.targets,
    protocol,
    method,
    path,
    headers,
    traceparent: exchange.trace && printTraceparent(exchange.trace),
    maker,
    session: sessionMark(principal),
    labels: system.labels,
    rules: {
      inspector: gate.inspector,
      direction: 'answer',
      action: exchange.active.bundle.config.inspectors.credentials.answer[system.tier],
    },
    deletes,
    acts: receipt.decision.accesses.some(isAct),
    streaming: reading.streaming,
    model: reading.model,
    hungUp: exchange.hungUp,
    standing,
    account: exchange.account,
    identityFor: (target: DecidedTarget, body: Uint8Array | undefined) => identityFor(wish, target, body),
    bodyFor: ({ model: name, at, without }: DecidedTarget) =>
      wish.bodiless !== true ? reading.compose({ model: name, user, limits, without, provider: at.kind }) : undefined,
  } as unknown as SendPermit
}

function identityFor(wish: SendWish, { at }: DecidedTarget, body: Uint8Array | undefined) {
  if (!at.identity) return undefined
  const { exchange, principal, method, path } = wish
  return exchange.active.identityTokens.sign({
    audience: at.identity.audience,
    chain: chainOf(principal),
    proof: principal.proof.method,
    exchange: exchange.id,
    method,
    url: `${at.url}${path.split('?', 1)[0]}`,
    body,
  })
}

function ownPermit(wish: OwnWish, receipt: AllowReceipt): OwnPermit {
  const { exchange } = wish
  return {
    kind: 'own',
    exchange: exchange.id,
    account: exchange.account,
    answer: () => wish.answer(receipt.decision.accesses),
  } as unknown as OwnPermit
}

/** What asks for the act that was denied: the caller's own body, so no secret to them. */
function deniedAct(wish: SendWish | OwnWish, decision: Asked | Denied): Act | undefined {
  if (wish.kind === 'own' || decision.effect === 'ask') return undefined
  return wish.reading.acts.find(({ action }) => action === decision.action)
}

/** Whoever holds a credential may know what it is for. */
function beyondWords(
  { grant, lacks }: NonNullable<Grounds['beyond']>,
  wish: SendWish | OwnWish,
  decision: Asked | Denied,
): string | undefined {
  if (wish.kind === 'own') return undefined
  if (lacks === 'model') return `${grant} is not for \`${wish.model.name}\`.`
  const { action = wish.protocol.action } = decision.effect === 'deny' ? decision : {}
  return `${grant} is not for ${action}.`
}

/** What a person may be told comes from the policy's author, never from the check that failed. */
function refused({ wish }: Seen, receipt: Exclude<Receipt, AllowReceipt>): Refusal {
  if (wish.kind === 'own' && wish.denied !== 'not_permitted') {
    return new Refusal(wish.denied, {
      message:
        wish.denied === 'model_not_found' ? 'No model of this name that you may use.' : 'Nothing of yours is here.',
    })
  }
  const { tell, beyond } = receipt.decision.by
  const why = tell ?? (beyond && beyondWords(beyond, wish, receipt.decision))
  const { action, field } = deniedAct(wish, receipt.decision) ?? {}
  const act = field === undefined ? '' : ` (\`${field}\`: ${action})`
  const { session } = wish.principal
  const isOutOfScope = session !== undefined && beyond?.grant === `session ${session.id}`
  return new Refusal('not_permitted', {
    message: why === undefined ? `Not permitted${act}.` : `Not permitted${act}: ${why}`,
    ...(field === undefined ? {} : { field }),
    ...(isOutOfScope && { indicator: { indicator: 'session-out-of-scope', subject: session.id } as const }),
  })
}
