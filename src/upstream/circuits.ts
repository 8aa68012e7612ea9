// A circuit per target: whoever fails again and again is asked last, and whoever cannot be reached is not asked for a while.
import type { Target } from '#access/target.ts'

/**
 * How an attempt came out. `failing` (429, 5xx, no answer in time) is something that a caller may bring about, so it only
 * moves a target behind the others: it never closes the last one to everybody. `unreachable` (no connection) is not.
 */
export type AttemptResult = 'answered' | 'failing' | 'unreachable'

export interface Circuits {
  /** Those that may be tried now, in the order in which to try them; at most one request at a time probes a target that was out. */
  order<T extends Target>(targets: readonly T[]): readonly T[]
  /** MUST be called once for each target that was tried, also when the caller hung up (as `answered`: it says nothing). */
  report(target: Target, result: AttemptResult): void
  /** Seconds until one of these may be tried again; at least 1. */
  retryAfter(targets: readonly Target[]): number
}
