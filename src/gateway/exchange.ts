// One request's life: what arrived, by which bundle it is judged, and how far it has come. Steps read it; only `refuse`
// reads the account, so that a request that ends early is recorded with what was known by then.
import type { Authenticator } from '#access/authenticator.ts'
import type { Check } from '#access/finding.ts'
import type { Principal } from '#access/principal.ts'
import type { ProviderIds } from '#access/provider-ids.ts'
import type { Refusal } from '#access/refusal.ts'
import type { SessionState } from '#access/session.ts'
import type { ChainLink, DecisionEntry, OutcomeEntry } from '#access/trail.ts'
import type { UpstreamTokens } from '#identity/upstream-token.ts'
import type { Clock } from '#lib/clock.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { TraceContext } from '#telemetry/trace-context.ts'
import type { Inspection } from './inspection.ts'
import type { Metered } from './metered.ts'
import type { Route } from './routes.ts'
import type { SessionOf } from './session-of.ts'
import type { CallerOf } from './source.ts'
import type { ClientCertificate } from './source-certificate.ts'
import type { Standing } from './standing.ts'

/** What is in force: a reload swaps all of it or nothing. */
export interface Active {
  readonly bundle: Bundle
  readonly authenticators: readonly Authenticator[]
  /** For providers that ask who is behind a request. */
  readonly identityTokens: UpstreamTokens
}

/** What the trail says of an exchange. */
export interface Account {
  /** When the request arrived, as `performance.now()` says it. */
  readonly began: number
  principal?: Principal
  /** As it was when the request had arrived whole. */
  session?: SessionState
  /** Other sessions, in which was made what it writes to: what it sees, they see. */
  keeps?: readonly string[]
  /** Counted as a call of its session: it is settled with the outcome. */
  called?: boolean
  /** A whole answer to it counts towards the trust of its session: a model says something in it. */
  earns?: boolean
  /** An estimate of the request's tokens. */
  inputTokens?: number
  /** What it may take of limits and costs: settled with the outcome. */
  metered?: Metered
  /** The hash of the bundle by which it is judged just now. */
  bundle: string
  /** From where it comes under that bundle, where it was judged anew. */
  from?: Pick<Exchange, 'source' | 'via'>
  /** What would happen, as far as it is known. */
  intent?: Intent
  /** True once a decision stands in the trail: from then on only an outcome may follow. */
  decided: boolean
  /** True once an outcome stands: there is never a second one. */
  closed: boolean
  readonly attempts: NonNullable<OutcomeEntry['attempts']>[number][]
  readonly checks: Check[]
  /** What inspection of the request, and of the answer, has come to so far. */
  request?: Inspection
  /** Released with the outcome. */
  standing?: Standing
  /** Called with the outcome: nothing of its own keeps the connection open any more. */
  rest?: () => void
  answer?: Inspection
}

export interface Intent {
  readonly action: string
  readonly resource: ChainLink
  readonly also?: NonNullable<DecisionEntry['also']>
  readonly system?: string
  readonly tier?: 1 | 2 | 3
  readonly request?: string
  /** SHA-256 of the body without what was taken out of it, hex. */
  readonly redacted?: string
  readonly unknown?: readonly string[]
}

/** What the trail holds of one exchange. Entries are shown as they stand; only `owners` is relied on. */
export interface FoundExchange {
  /** The links of its chain, the actor first. */
  readonly owners: readonly ChainLink[]
  readonly decision: object
  readonly outcome?: object
}

/** Resolves to undefined where the trail knows of none. */
export type FindExchange = (exchange: string) => Promise<FoundExchange | undefined>

export interface Limits {
  /** Milliseconds without a byte of the body, and in all. */
  readonly bodyIdle: number
  readonly bodyTotal: number
  /** Milliseconds that a caller may leave a piece of a stream unread. */
  readonly unread: number
}

export const DEFAULT_LIMITS: Limits = { bodyIdle: 30_000, bodyTotal: 600_000, unread: 300_000 }

export interface Exchange {
  /** ULID; its time is when the request arrived. */
  readonly id: string
  readonly route: Route
  /** What stands behind the path's `?`, undecoded. */
  readonly query: string
  readonly request: Request
  /** Our place in the caller's trace, where they sent theirs. */
  readonly trace?: TraceContext | undefined
  /** The caller's address: the peer's, or what a trusted proxy says of its peer. */
  readonly source: string
  /** The trusted proxy that says so. */
  readonly via?: string | undefined
  /** The client certificate that a trusted proxy verified. */
  readonly certificate?: ClientCertificate | undefined
  /** What was wrong with it before anybody looked who calls. */
  readonly refused?: Refusal | undefined
  /** The address at the other end of the connection; undefined where that was gone already. */
  readonly peer: string | undefined
  /** The moment as of which it is judged, in epoch milliseconds: of its arrival, then of the arrival of its body. */
  readonly now: number
  readonly active: Active
  /** What is in force, and the time, at this very moment; and whose request something is under that. */
  readonly activeNow: () => Active
  readonly clock: Clock
  readonly callerOf: (active: Active) => CallerOf
  readonly sessionOf: SessionOf
  readonly findExchange: FindExchange
  /** Who made what a provider holds. */
  readonly madeBy: ProviderIds['find']
  readonly limits: Limits
  /** Aborted when the caller hangs up. */
  readonly hungUp: AbortSignal
  readonly account: Account
}

/** Notes in the account what a step said, and what it cost since `began`. */
export function note(exchange: Exchange, name: string, verdict: Check['verdict'], began: number): void {
  exchange.account.checks.push({ name, us: Math.round((performance.now() - began) * 1000), verdict })
}
