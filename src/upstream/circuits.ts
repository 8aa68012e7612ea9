// A circuit per target: whoever fails again and again is asked last, and whoever cannot be reached is not asked for a while.
import { printTarget, type Target } from '#access/target.ts'

/**
 * How an attempt came out. `failing` (429, 5xx, no answer in time) is something that a caller may bring about, so it only
 * moves a target behind the others: it never closes the last one to everybody. `unreachable` (no connection) is not.
 */
export type AttemptResult = 'answered' | 'failing' | 'unreachable' | 'unknown'

export interface Circuits {
  /** Those that may be tried now, in the order in which to try them; at most one request at a time probes a target that was out. */
  order<T extends Target>(targets: readonly T[]): readonly T[]
  /** MUST be called once for each target that was tried; `unknown` (the caller left, no secret was to be had) changes nothing. */
  report(target: Target, result: AttemptResult): void
  /** Seconds until one of these may be tried again; at least 1. */
  retryAfter(targets: readonly Target[]): number
}

export interface CircuitsOptions {
  /** Milliseconds of a clock that never steps back: it would keep a target out for as long. */
  readonly now: () => number
}

interface Standing {
  /** When the latest failures in a row came in, of any kind; the oldest first, at most five. */
  readonly failures: number[]
  /** How many times in a row it could not be reached. */
  misses: number
  /** Not to be tried before. */
  closedUntil: number
  /** How long it was closed for the last time; 0 where it is not out. */
  closedFor: number
  /** When somebody was sent to see whether it is back; undefined where nobody is on the way. */
  probedAt: number | undefined
}

const [FAILURES, WITHIN_MS] = [5, 60_000] as const
const [MISSES, SHORTEST_MS, LONGEST_MS] = [3, 5_000, 60_000] as const
/** Nobody hears of a probe that was never made, because a target before it answered: the next may go then. */
const PROBE_MS = 10_000
/** Only targets that fail are remembered. */
const MOST_TARGETS = 1_024

/** One worker's: nothing is learnt from another's. */
export function makeCircuits({ now }: CircuitsOptions): Circuits {
  const standings = new Map<string, Standing>()

  /** When it may be tried: 0 where nothing is against it. */
  const openAt = ({ closedFor, closedUntil, probedAt }: Standing): number =>
    closedFor === 0 ? 0 : Math.max(closedUntil, probedAt === undefined ? 0 : probedAt + PROBE_MS)

  const isFailing = ({ failures }: Standing): boolean =>
    failures.length === FAILURES && now() - (failures[0] ?? 0) < WITHIN_MS

  return {
    order(targets) {
      if (standings.size === 0) return targets
      const [first, behind]: [(typeof targets)[number][], (typeof targets)[number][]] = [[], []]
      for (const target of targets) {
        const standing = standings.get(printTarget(target))
        if (standing && openAt(standing) > now()) continue
        if (standing && standing.closedFor > 0) standing.probedAt = now()
        if (standing && isFailing(standing)) behind.push(target)
        else first.push(target)
      }
      return [...first, ...behind]
    },
    report(target, result) {
      const key = printTarget(target)
      if (result === 'answered') return void standings.delete(key)
      const held = standings.get(key)
      // Whoever was sent to see has seen nothing: the next may go.
      if (result === 'unknown') return void (held && (held.probedAt = undefined))
      const standing = held ?? {
        failures: [],
        misses: 0,
        closedUntil: 0,
        closedFor: 0,
        probedAt: undefined,
      }
      standings.delete(key)
      standings.set(key, standing)
      for (const oldest of standings.keys()) {
        if (standings.size <= MOST_TARGETS) break
        standings.delete(oldest)
      }
      standing.failures.push(now())
      if (standing.failures.length > FAILURES) standing.failures.shift()
      if (result === 'unreachable') missed(standing, now())
      else Object.assign(standing, { misses: 0, closedUntil: 0, closedFor: 0, probedAt: undefined })
    },
    retryAfter(targets) {
      const waits = targets.map((target) => {
        const standing = standings.get(printTarget(target))
        return standing ? openAt(standing) - now() : 0
      })
      return Math.max(1, Math.ceil(Math.min(...waits) / 1_000))
    },
  }
}

function missed(standing: Standing, now: number): void {
  standing.misses += 1
  const wasOut = standing.closedFor > 0
  // Those who were on their way when it closed say nothing new: only a probe's miss closes it for longer.
  if (wasOut ? standing.probedAt === undefined : standing.misses < MISSES) return
  standing.closedFor = wasOut ? Math.min(standing.closedFor * 2, LONGEST_MS) : SHORTEST_MS
  standing.closedUntil = now + standing.closedFor
  standing.probedAt = undefined
}
