// Where the gateway's own time went, by its own account: the mean of each step over every request of the run.
import type { BenchRow } from '../result.ts'
import type { Target } from './world.ts'

/** Wall time within the process: a step that waits (`understand`, for the body) counts what others did meanwhile. */
export async function stepRows({ name, port }: Target): Promise<readonly BenchRow[]> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const of = (part: 'sum' | 'count'): ReadonlyMap<string, number> =>
    new Map(
      [...page.matchAll(new RegExp(`^sallyport_step_seconds_${part}\\{([^}]*)\\} (\\S+)$`, 'gm'))].map(
        ([, labels = '', value]) => [/step="([^"]+)"/.exec(labels)?.[1] ?? '', Number(value)],
      ),
    )
  const counts = of('count')
  return [...of('sum')].map(([step, seconds]) => ({
    case: `step ${step}, all cases`,
    target: name,
    mean_us: (seconds / (counts.get(step) ?? Number.NaN)) * 1e6,
  }))
}
