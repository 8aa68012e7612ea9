// Copies all logs to one place as they grow. A log whose copy does not agree with it is left alone from then on, and said: what the copy
// holds may be the only proof of what the log once said.
import type { CopyDestination } from './copy-destination.ts'
import { CopyConflict, LogCopy } from './copy-log.ts'
import { UnsoundLog } from './copy-source.ts'
import type { Chore } from './follow/chore.ts'
import { logNames } from './log-files.ts'
import { UnreadableFile } from './verify/regular-file.ts'

/** Files that one turn copies of one log. */
const STEP = 64

export interface CopyOptions {
  /** For lines: `offsite`. */
  readonly name: string
  readonly auditDirectory: string
  readonly to: CopyDestination
  readonly now: () => number
  /** Milliseconds for which what fills no tile may wait for more; 10 s unless given. */
  readonly linger?: number
  /** Told what somebody must look at, once a log and cause. */
  readonly alarm: (line: string) => void
}

export interface CopyChore extends Chore {
  /** Logs that are copied no more, and why. */
  stopped(): ReadonlyMap<string, string>
}

export function copyChore({ name, auditDirectory, to, now, linger = 10_000, alarm }: CopyOptions): CopyChore {
  const copies = new Map<string, LogCopy>()
  const stopped = new Map<string, string>()
  const told = new Map<string, string>()

  const tell = (log: string, why: string): void => {
    if (told.get(log) !== why) alarm(`the copy ${name}: ${why}`)
    told.set(log, why)
  }

  const step = async (log: string): Promise<'more' | 'done'> => {
    const copy = copies.get(log) ?? new LogCopy({ auditDirectory, log, to, now, linger })
    copies.set(log, copy)
    try {
      const state = await copy.step(STEP)
      told.delete(log)
      return state
    } catch (error) {
      if (error instanceof CopyConflict) {
        stopped.set(log, error.message)
        copies.delete(log)
        tell(log, `${error.message}; both are left as they are, and ${log} is copied no more`)
        return 'done'
      }
      // From the start again: what was read may be what was wrong. A damaged log keeps no other from being copied.
      copies.delete(log)
      if (!(error instanceof UnsoundLog || error instanceof UnreadableFile)) throw error
      tell(log, `${log} cannot be copied: ${error instanceof UnreadableFile ? `${error.path} ` : ''}${error.message}`)
      return 'done'
    }
  }

  return {
    name: `copy:${name}`,
    async turn(signal) {
      let state: 'more' | 'done' = 'done'
      let trouble: Error | undefined
      const names = await logNames(auditDirectory)
      for (const known of [copies, stopped, told])
        for (const log of known.keys()) if (!names.includes(log)) known.delete(log)
      for (const log of names) {
        if (signal.aborted) return 'more'
        if (stopped.has(log)) continue
        try {
          if ((await step(log)) === 'more') state = 'more'
        } catch (error) {
          // What is in the way of one log, and may have been put there, is in the way of no other.
          trouble ??= error instanceof Error ? error : new Error(String(error))
        }
      }
      if (trouble) throw trouble
      return state
    },
    standing: () => ({
      behind: [...copies.values()].reduce((sum, { behind }) => sum + behind, 0),
      dropped: 0,
      stuck: told.size > 0,
    }),
    stopped: () => stopped,
    close: () => Promise.resolve(),
  }
}
