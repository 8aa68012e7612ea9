// What a fuzz target is, and the loop that runs them. Every `test/fuzz/*.ts` that is no test exports one as `target`.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface FuzzTarget {
  readonly name: string
  /**
   * Tries some cases, about 20 ms' worth, chosen by the seed alone; answers how many. Throws where one fails.
   * With fast-check: `fc.assert(property, { seed, numRuns })`, which also makes the failing case small.
   */
  run(seed: number): number | Promise<number>
}

export interface FuzzFailure {
  readonly target: string
  readonly seed: number
  readonly error: unknown
}

export interface FuzzOutcome {
  readonly cases: ReadonlyMap<string, number>
  readonly failures: readonly FuzzFailure[]
}

export interface FuzzPlan {
  /** Of the first round; each further round takes the next. */
  readonly seed: number
  /** So many rounds, or as many as fit into a time: at least one, however short that is. */
  readonly until: { readonly rounds: number } | Timed
}

export interface Timed {
  readonly milliseconds: number
  /** Milliseconds from some fixed moment. */
  readonly now: () => number
}

export async function loadTargets(): Promise<readonly FuzzTarget[]> {
  const folder = join(import.meta.dirname, '..')
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  return Promise.all(
    files.sort().map(async (file) => {
      const loaded = (await import(join(folder, file))) as { readonly target?: FuzzTarget }
      if (loaded.target === undefined) throw new Error(`test/fuzz/${file} exports no target`)
      return loaded.target
    }),
  )
}

/** Round after round, one run of every target that has not failed yet. */
export async function fuzz(targets: readonly FuzzTarget[], plan: FuzzPlan): Promise<FuzzOutcome> {
  const cases = new Map(targets.map((target) => [target.name, 0]))
  const failures: FuzzFailure[] = []
  const hasMore = moreOf(plan.until)
  let sound = targets
  let seed = plan.seed
  do {
    const broken = new Set<FuzzTarget>()
    for (const target of sound) {
      try {
        cases.set(target.name, (cases.get(target.name) ?? 0) + (await target.run(seed)))
      } catch (error) {
        failures.push({ target: target.name, seed, error })
        broken.add(target)
      }
    }
    sound = sound.filter((target) => !broken.has(target))
    seed = (seed + 1) | 0
  } while (sound.length > 0 && hasMore())
  return { cases, failures }
}

/** Asked after each round. */
function moreOf(until: FuzzPlan['until']): () => boolean {
  if ('rounds' in until) {
    let left = until.rounds
    return () => (left -= 1) > 0
  }
  const end = until.now() + until.milliseconds
  return () => until.now() < end
}
