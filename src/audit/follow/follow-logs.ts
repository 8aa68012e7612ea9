// All logs of an audit directory as they grow: those there are, and those that appear. In turns, so that a flood in one log does not
// keep the others from being seen, and so that damage to one is told and stops only that one.
import { join } from 'node:path'
import { logNames } from '#audit/log-files.ts'
import { type FollowedEntry, followLog, type LogFollower } from './follow-log.ts'

/** Entries given at a time, at most. */
export const MOST_AT_ONCE = 4096

/** Rounds after which logs that were sealed are looked at, too. */
const THOROUGH_EVERY = 64

/** Entries that were recorded cannot be read. `message` says of which log. */
export class UnreadableLog extends Error {
  override readonly name = 'UnreadableLog'
}

export interface LogBatch {
  readonly log: string
  /** At least one. */
  readonly entries: readonly FollowedEntry[]
  /** The position to go on from once these are dealt with. */
  readonly next: number
}

export interface LogsFollower {
  /**
   * The next entries of one log, of each in turn; undefined where no log has any now. Rejects with UnreadableLog where one cannot be read and no
   * other has anything new.
   */
  read(most?: number): Promise<LogBatch | undefined>
  /** By log, the index of the next entry that is not given yet. */
  positions(): ReadonlyMap<string, number>
  /** Entries under the checkpoints that were not given yet. */
  behind(): Promise<number>
  moveTo(log: string, index: number): void
  close(): Promise<void>
}

export interface FollowFrom {
  /** Where to go on in logs that were followed before. */
  readonly positions?: ReadonlyMap<string, number>
}

export function followLogs(auditDirectory: string, { positions = new Map() }: FollowFrom = {}): LogsFollower {
  const followers = new Map<string, LogFollower>()
  /** Those to be asked in this round. */
  let round: string[] = []
  let rounds = 0

  const look = async (): Promise<void> => {
    const names = await logNames(auditDirectory)
    for (const name of names) {
      if (!followers.has(name)) followers.set(name, followLog(join(auditDirectory, name), positions.get(name)))
    }
    for (const [name, follower] of followers) {
      if (names.includes(name)) continue
      followers.delete(name)
      await follower.close()
    }
    // Whoever can write to the files can write a seal: what goes on behind one is still seen, a little later.
    const isThorough = rounds++ % THOROUGH_EVERY === 0
    round = names.filter((name) => isThorough || followers.get(name)?.ended === false)
  }

  return {
    async read(most = MOST_AT_ONCE) {
      let trouble: Error | undefined
      let looked = false
      for (;;) {
        const log = round.shift()
        if (log === undefined) {
          if (looked) break
          looked = true
          await look()
          continue
        }
        const follower = followers.get(log)
        try {
          const entries = (await follower?.read(most)) ?? []
          if (follower && entries.length > 0) return { log, entries, next: follower.next }
        } catch (error) {
          trouble = new UnreadableLog(`${log}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          })
        }
      }
      if (trouble) throw trouble
      return undefined
    },
    positions: () => new Map([...followers].map(([log, { next }]) => [log, next])),
    async behind() {
      const growing = [...followers.values()].filter(({ ended }) => !ended)
      const each = await Promise.all(growing.map((follower) => follower.behind()))
      return each.reduce((sum, count) => sum + count, 0)
    },
    moveTo: (log, index) => followers.get(log)?.moveTo(index),
    async close() {
      await Promise.all([...followers.values()].map((follower) => follower.close()))
    },
  }
}
