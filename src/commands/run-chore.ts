// Runs one chore for ever, in a loop of its own: at once while more waits, after a moment when not, and after a growing, uneven pause
// when it fails. What changes is told once: that it fails, that it works again, that it passed something over, and that it
// hangs: a turn that does not end is never helped along by another one, only told.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chore, ChoreStanding } from '#audit/follow/chore.ts'

export interface ChoreTeller {
  /** One line for whoever operates it. */
  report(line: string): void
  /** An entry in the log of the archive process. MUST NOT reject. */
  record(indicator: 'archive-failing' | 'archive-recovered' | 'archive-dropped', chore: string): Promise<void>
  /** Milliseconds; never steps back. */
  now(): number
  /** From 0 up to 1. */
  random(): number
  /** Milliseconds between turns with nothing to do, and after the first failure. */
  readonly pauses?: { readonly idle: number; readonly failed: number }
  /** Milliseconds that a turn may take before it counts as failing; two minutes unless given. */
  readonly longestTurn?: number
}

export interface RunningChore {
  readonly name: string
  standing(): ChoreStanding & { readonly failing: boolean }
  /** Ends the turn that runs, for at most `ms`, and closes the chore. */
  stop(ms: number): Promise<void>
}

const PAUSES = { idle: 200, failed: 500 } as const
const LONGEST_PAUSE_MS = 30_000
const LONGEST_TURN_MS = 120_000
/** A failure that lasts as long is more than a hiccup. */
const LASTING_MS = 60_000
/** No more than one entry about what was lost in this time. */
const LOST_EVERY_MS = 60_000

export function runChore(chore: Chore, tell: ChoreTeller): RunningChore {
  const over = new AbortController()
  const { idle, failed } = tell.pauses ?? PAUSES
  const failures = failureTeller(chore, tell)
  const losses = [
    lossTeller(chore, tell, { count: ({ dropped }) => dropped, how: 'passed over', why: 'it was too far behind' }),
    lossTeller(chore, tell, { count: ({ refused = 0 }) => refused, how: 'lost', why: 'they were refused for good' }),
  ]
  const lookStuck = stuckTeller(chore, tell)

  const within = async (most: number): Promise<'more' | 'done'> => {
    const one = new AbortController()
    const stop = (): void => one.abort()
    over.signal.addEventListener('abort', stop)
    const seconds = Math.round(most / 1000)
    let hung: Promise<unknown> | undefined
    const timer = setTimeout(() => {
      const error = new Error(`a turn has not ended within ${seconds} s`)
      hung = failures.one(error, 'lasting')
      one.abort(error)
    }, most)
    try {
      return await chore.turn(one.signal)
    } finally {
      clearTimeout(timer)
      over.signal.removeEventListener('abort', stop)
      await hung
    }
  }

  const turn = async (): Promise<number> => {
    try {
      const outcome = await within(tell.longestTurn ?? LONGEST_TURN_MS)
      await failures.over()
      return outcome === 'more' ? 0 : idle
    } catch (error) {
      if (over.signal.aborted) return 0
      const count = await failures.one(error)
      // Uneven, so that several do not come back at the same moment, time and again.
      return Math.min(LONGEST_PAUSE_MS, failed * 2 ** Math.min(count - 1, 16)) * (0.5 + tell.random())
    } finally {
      for (const loss of losses) await loss()
      await lookStuck()
    }
  }
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const pause = await turn()
      await sleep(pause, undefined, { signal: over.signal }).catch(() => undefined)
    }
  }
  const ended = loop()

  return {
    name: chore.name,
    standing: () => {
      const standing = chore.standing()
      return { ...standing, failing: failures.isFailing() || standing.stuck === true }
    },
    async stop(ms) {
      over.abort()
      await Promise.race([ended, sleep(ms, undefined, { ref: false })])
      await chore.close().catch((error: unknown) => tell.report(`${chore.name}: ${messageOf(error)}`))
    },
  }
}

function failureTeller({ name }: Chore, tell: ChoreTeller) {
  let count = 0
  let since = 0
  let recorded = false
  return {
    isFailing: () => count > 0,
    /** Resolves to how many there have been in a row. */
    async one(error: unknown, lasting?: 'lasting'): Promise<number> {
      count += 1
      if (count === 1) {
        since = tell.now()
        tell.report(`${name} fails, and is tried again: ${messageOf(error)}`)
      }
      if (!recorded && (lasting || tell.now() - since >= LASTING_MS)) {
        recorded = true
        await tell.record('archive-failing', name)
      }
      return count
    },
    async over(): Promise<void> {
      if (count === 0) return
      tell.report(`${name} works again, at the ${ordinal(count + 1)} try`)
      if (recorded) await tell.record('archive-recovered', name)
      count = 0
      recorded = false
    },
  }
}

/** The chore itself said of what; here it is recorded, and so is its end. */
function stuckTeller(chore: Chore, tell: ChoreTeller): () => Promise<void> {
  let recorded = false
  return async () => {
    const stuck = chore.standing().stuck === true
    if (stuck === recorded) return
    recorded = stuck
    await tell.record(stuck ? 'archive-failing' : 'archive-recovered', chore.name)
  }
}

interface Loss {
  readonly count: (standing: ChoreStanding) => number
  readonly how: string
  readonly why: string
}

function lossTeller(chore: Chore, tell: ChoreTeller, { count, how, why }: Loss): () => Promise<void> {
  let told = count(chore.standing())
  let at = Number.NEGATIVE_INFINITY
  return async () => {
    const lost = count(chore.standing())
    if (lost <= told || tell.now() - at < LOST_EVERY_MS) return
    tell.report(`${chore.name} ${how} ${lost - told} entries: ${why}`)
    told = lost
    at = tell.now()
    await tell.record('archive-dropped', chore.name)
  }
}

function ordinal(count: number): string {
  if (count % 100 >= 11 && count % 100 <= 13) return `${count}th`
  return `${count}${['th', 'st', 'nd', 'rd'][count % 10] ?? 'th'}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
