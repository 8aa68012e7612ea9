// All that is built once at start, and handed to every step.
import type { Inspector } from '#access/inspector.ts'
import type { ProviderIds } from '#access/provider-ids.ts'
import type { Sessions } from '#access/session.ts'
import type { Trail } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import type { UpstreamTokens } from '#identity/upstream-token.ts'
import type { Circuits } from '#upstream/circuits.ts'
import type { Upstream } from '#upstream/upstream.ts'
import type { Authorization } from './authorization-pass.ts'
import type { Active, FindExchange, Limits } from './exchange.ts'
import type { UsageLimits } from './limits.ts'
import type { Standings } from './standing.ts'

export interface Gate {
  /** What is in force now. */
  active(): Active
  readonly trail: Trail
  /** Whether the trail can be written just now. */
  auditHealth(): { readonly ok: true } | { readonly ok: false; readonly why: string }
  /** Why a store cannot be read just now, by its name; empty where all can. In words that hold no secret. */
  storeFaults?(): Readonly<Record<string, string>>
  /** What `/metrics` answers, in Prometheus' text format. Absent: it is not served. */
  metrics?(): Promise<string>
  /** Resolves once the trail has room for what nobody in particular did. */
  room(): Promise<void>
  /** Behind `/oauth/*`. Absent: there is none. */
  readonly authorization?: Authorization
  readonly upstream: Upstream
  readonly circuits: Circuits
  readonly standings: Standings
  /** For whoever verifies `x-sallyport-identity`. */
  readonly identityTokens: Pick<UpstreamTokens, 'keys'>
  /** A key in PEM that must never pass in a text from now on. */
  hold(pem: string): void
  /** Sees every text that passes, either way. */
  readonly inspector: Inspector
  /** For whoever makes the next DPoP proof. */
  dpopNonce?(): string
  readonly providerIds: ProviderIds
  readonly sessions: Sessions
  readonly usageLimits: UsageLimits
  /** What providers are told of a principal: the same each time, and nothing that names it. */
  pseudonym(principal: { readonly type: string; readonly id: string }): string
  readonly findExchange: FindExchange
  readonly clock: Clock
  readonly limits: Limits
  readonly random: (bytes: number) => Uint8Array
  /** For what is a bug: one line to the operator's log, never content. */
  log(line: string, cause?: unknown): void
}
