// Runs one chore for ever, in a loop of its own: at once while more waits, after a moment when not, and after a growing, uneven pause
// when it fails. What changes is told once: that it fails, that it works again, that it passed something over.
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
}

export interface RunningChore {
  readonly name: string
  standing(): ChoreStanding & { readonly failing: boolean }
  /** Ends the turn that runs, for at most `ms`, and closes the chore. */
  stop(ms: number): Promise<void>
}

const PAUSES = { idle: 200, failed: 500 } as const
const LONGEST_PAUSE_MS = 30_000
/** A failure that lasts as long is more than a hiccup. */
const LASTING_MS = 60_000
/** No more than one entry about what was dropped in this time. */
const DROPPED_EVERY_MS = 60_000

export function runChore(chore: Chore, tell: ChoreTeller): RunningChore {
  const over = new AbortController()
  const { idle, failed } = tell.pauses ?? PAUSES
  const failures = failureTeller(chore, tell)
  const dropping = dropTeller(chore, tell)

  const turn = async (): Promise<number> => {
    try {
      const outcome = await chore.turn(over.signal)
      await failures.over()
      return outcome === 'more' ? 0 : idle
    } catch (error) {
      if (over.signal.aborted) return 0
      const count = await failures.one(error)
      // Uneven, so that several do not come back at the same moment, time and again.
      return Math.min(LONGEST_PAUSE_MS, failed * 2 ** Math.min(count - 1, 16)) * (0.5 + tell.random())
    } finally {
      await dropping()
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
    standing: () => ({ ...chore.standing(), failing: failures.isFailing() }),
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
    async one(error: unknown): Promise<number> {
      count += 1
      if (count === 1) {
        since = tell.now()
        tell.report(`${name} fails, and is tried again: ${messageOf(error)}`)
      }
      if (!recorded && tell.now() - since >= LASTING_MS) {
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

function dropTeller(chore: Chore, tell: ChoreTeller): () => Promise<void> {
  let told = chore.standing().dropped
  let at = Number.NEGATIVE_INFINITY
  return async () => {
    const { dropped } = chore.standing()
    if (dropped <= told || tell.now() - at < DROPPED_EVERY_MS) return
    tell.report(`${chore.name} passed over ${dropped - told} entries: it was too far behind`)
    told = dropped
    at = tell.now()
    await tell.record('archive-dropped', chore.name)
  }
}

function ordinal(count: number): string {
  if (count % 100 >= 11 && count % 100 <= 13) return `${count}th`
  return `${count}${['th', 'st', 'nd', 'rd'][count % 10] ?? 'th'}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
