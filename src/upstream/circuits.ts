// A circuit per target: whoever fails again and again is asked last, and whoever cannot be reached is not asked for a while.
import { printTarget, type Target } from '#access/target.ts'

/**
 * How an attempt came out. `failing` (429, 5xx, no answer in time) is something that a caller may bring about, so it only
 * moves a target behind the others: it never closes the last one to everybody. `unreachable` (no connection) is not.
 */
export type AttemptResult = 'answered' | 'failing' | 'unreachable' | 'unknown'

/** Where it leads counts as much as what it is called: a bundle may correct an address. */
type Place = Target & { readonly at?: { readonly url: string } }

export interface Circuits {
  /** Those that may be tried now, in the order in which to try them. */
  order<T extends Place>(targets: readonly T[]): readonly T[]
  /** MUST be asked just before one is tried; false where it was out, and somebody else is on the way to see whether it is back. */
  begin(target: Place): boolean
  /** MUST be called once for each target that was tried; `unknown` (the caller left, no secret was to be had) changes nothing. */
  report(target: Place, result: AttemptResult): void
  /** Seconds until one of these may be tried again; at least 1. */
  retryAfter(targets: readonly Place[]): number
  /** Those that are not in order: `out` are not tried, `failing` are tried last. */
  standing(): readonly CircuitStanding[]
}

export interface CircuitStanding {
  readonly provider: string
  readonly model: string
  readonly state: 'out' | 'failing'
}

export interface CircuitsOptions {
  /** Milliseconds of a clock that never steps back: it would keep a target out for as long. */
  readonly now: () => number
}

interface Circuit {
  /** When the latest failures in a row came in, of any kind; the oldest first, at most five. */
  readonly failures: number[]
  readonly target: Target
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
/** A probe of which nobody hears, by some fault of ours, keeps others away no longer than this. */
const PROBE_MS = 10_000
/** Only targets that fail are remembered. */
const MOST_TARGETS = 1_024

const keyOf = (target: Place): string => `${printTarget(target)} ${target.at?.url ?? ''}`

/** One worker's: nothing is learnt from another's. */
export function makeCircuits({ now }: CircuitsOptions): Circuits {
  const circuits = new Map<string, Circuit>()

  /** When it may be tried: 0 where nothing is against it. */
  const openAt = ({ closedFor, closedUntil, probedAt }: Circuit): number =>
    closedFor === 0 ? 0 : Math.max(closedUntil, probedAt === undefined ? 0 : probedAt + PROBE_MS)

  const isFailing = ({ failures }: Circuit): boolean =>
    failures.length === FAILURES && now() - (failures[0] ?? 0) < WITHIN_MS

  return {
    order(targets) {
      if (circuits.size === 0) return targets
      const [first, behind]: [(typeof targets)[number][], (typeof targets)[number][]] = [[], []]
      for (const target of targets) {
        const circuit = circuits.get(keyOf(target))
        if (circuit && openAt(circuit) > now()) continue
        if (circuit && isFailing(circuit)) behind.push(target)
        else first.push(target)
      }
      return [...first, ...behind]
    },
    begin(target) {
      if (circuits.size === 0) return true
      const circuit = circuits.get(keyOf(target))
      if (!circuit || circuit.closedFor === 0) return true
      if (openAt(circuit) > now()) return false
      circuit.probedAt = now()
      return true
    },
    report(target, result) {
      if (circuits.size === 0 && result === 'answered') return
      const key = keyOf(target)
      if (result === 'answered') return void circuits.delete(key)
      const held = circuits.get(key)
      // Whoever was sent to see has seen nothing: the next may go.
      if (result === 'unknown') {
        if (held) held.probedAt = undefined
        return
      }
      const circuit = held ?? {
        target: { provider: target.provider, model: target.model },
        failures: [],
        misses: 0,
        closedUntil: 0,
        closedFor: 0,
        probedAt: undefined,
      }
      circuits.delete(key)
      circuits.set(key, circuit)
      for (const oldest of circuits.keys()) {
        if (circuits.size <= MOST_TARGETS) break
        circuits.delete(oldest)
      }
      circuit.failures.push(now())
      if (circuit.failures.length > FAILURES) circuit.failures.shift()
      if (result === 'unreachable') missed(circuit, now())
      else Object.assign(circuit, { misses: 0, closedUntil: 0, closedFor: 0, probedAt: undefined })
    },
    retryAfter(targets) {
      const waits = targets.map((target) => {
        const circuit = circuits.get(keyOf(target))
        return circuit ? openAt(circuit) - now() : 0
      })
      return Math.max(1, Math.ceil(Math.min(...waits) / 1_000))
    },
    standing: () =>
      [...circuits.values()].flatMap((circuit): CircuitStanding[] => {
        const { provider, model } = circuit.target
        if (circuit.closedFor > 0) return [{ provider, model, state: 'out' }]
        return isFailing(circuit) ? [{ provider, model, state: 'failing' }] : []
      }),
  }
}

function missed(circuit: Circuit, now: number): void {
  circuit.misses += 1
  const wasOut = circuit.closedFor > 0
  // Those who were on their way when it closed say nothing new: only a probe's miss closes it for longer.
  if (wasOut ? circuit.probedAt === undefined : circuit.misses < MISSES) return
  circuit.closedFor = wasOut ? Math.min(circuit.closedFor * 2, LONGEST_MS) : SHORTEST_MS
  circuit.closedUntil = now + circuit.closedFor
  circuit.probedAt = undefined
}
