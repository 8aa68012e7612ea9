// All that is built once at start, and handed to every step.
import type { Trail } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import type { Upstream } from '#upstream/upstream.ts'
import type { Active, FindExchange, Limits } from './exchange.ts'

export interface Gate {
  /** What is in force now. */
  active(): Active
  readonly trail: Trail
  /** Whether the trail can be written just now. */
  auditHealth(): { readonly ok: true } | { readonly ok: false; readonly why: string }
  readonly upstream: Upstream
  readonly findExchange: FindExchange
  readonly clock: Clock
  readonly limits: Limits
  readonly random: (bytes: number) => Uint8Array
  /** For what is a bug: one line to the operator's log, never content. */
  log(line: string, cause?: unknown): void
}
