// Targets measured in turn, several rounds, and of every figure the median: what else the machine does meanwhile meets all alike.
// Each is warmed up first until it is no longer getting faster: compilers need a while, and some targets longer than others.
import type { BenchRow } from '../result.ts'
import type { Figures } from './load.ts'
import { cpuOf, rssOf } from './processes.ts'
import type { Target } from './world.ts'

export interface Plan {
  readonly rounds: number
  /** Milliseconds: of one run, and of one step of the warming up. */
  readonly run: number
  readonly step: number
  /** At most so many steps. */
  readonly steps: number
}

export interface Case {
  readonly name: string
  readonly targets: readonly Target[]
  readonly run: (target: Target, ms: number) => Promise<Figures>
}

type Measured = Omit<Figures, 'requests'> & {
  /** Processor time of the target's process, a request. */
  readonly cpu_us: number
  /** The share of one core that it used: near 1, or above, it is what limits. */
  readonly cores: number
  readonly rss_mb: number
  /** Processor time of this process, which makes the load, a request. */
  readonly load_cpu_us: number
}

export interface Outcome {
  readonly rows: readonly BenchRow[]
  /** Of a target, by its name. */
  of(target: Target): Measured
  /** Requests sent in all, warming up included. */
  sent(target: Target): number
}

export async function inTurn({ name, targets, run }: Case, plan: Plan): Promise<Outcome> {
  const sent = new Map<Target, number>()
  const runs = new Map<Target, Measured[]>()
  const measured = async (target: Target, ms: number): Promise<Measured> => {
    const [cpu, ours, began] = [cpuOf(target.pid), process.cpuUsage(), performance.now()]
    const { requests, ...figures } = await run(target, ms).catch((cause: unknown) => {
      throw new Error(`${name}: ${target.name} failed: ${String(cause)}`, { cause })
    })
    const [used, took] = [cpuOf(target.pid) - cpu, performance.now() - began]
    sent.set(target, (sent.get(target) ?? 0) + requests)
    const { user, system } = process.cpuUsage(ours)
    return {
      ...figures,
      cpu_us: (used / requests) * 1000,
      cores: used / took,
      rss_mb: rssOf(target.pid),
      load_cpu_us: (user + system) / requests,
    }
  }
  for (const target of targets) {
    runs.set(target, [])
    await warmUp((ms) => measured(target, ms), plan)
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    // Backwards every other time: none always comes after the same one.
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
      runs.get(target)?.push(await measured(target, plan.run))
    }
  }
  const of = (target: Target): Measured => medians(runs.get(target) ?? [])
  return {
    rows: targets.map((target) => ({ case: name, target: target.name, ...of(target) })),
    of,
    sent: (target) => sent.get(target) ?? 0,
  }
}

/** Until three steps in a row cost no less processor time a request than the best before them, by a twentieth. */
async function warmUp(run: (ms: number) => Promise<Measured>, { step, steps }: Plan): Promise<void> {
  let best = Number.POSITIVE_INFINITY
  let still = 0
  for (let at = 0; at < steps && still < 3; at += 1) {
    const { cpu_us } = await run(step)
    still = cpu_us < best * 0.95 ? 0 : still + 1
    best = Math.min(best, cpu_us)
  }
}

function medians(runs: readonly Measured[]): Measured {
  const of = (name: keyof Measured): number => median(runs.map((figures) => figures[name]))
  return {
    rps: of('rps'),
    p50_us: of('p50_us'),
    p99_us: of('p99_us'),
    cpu_us: of('cpu_us'),
    cores: of('cores'),
    rss_mb: of('rss_mb'),
    load_cpu_us: of('load_cpu_us'),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
