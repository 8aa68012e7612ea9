// Opens a log for a moment, alone, beside a gateway and a control process that run: the tools' own logs. Where no control process
// runs, what it would record of a new log is recorded here.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRotatingLog, type RotatingLog } from '#audit/rotating-log.ts'
import { recordBirths } from '#control/births.ts'
import { recordSeals } from '#control/seals.ts'
import { systemClock } from '#lib/clock.ts'
import { type Lock, takeLock } from '#store/lock.ts'
import type { Io } from './io.ts'
import { knownLogs } from './known-logs.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import type { StateDirectory } from './state-directory.ts'

/** For another run of the tool. */
export const WAIT_S = 5
const QUIET_MS = 1_000
const LOOK_EVERY_MS = 25

const random = (bytes: number): Uint8Array => randomBytes(bytes)

export interface BriefLog {
  readonly log: string
  /** Whose log it is, as a line names another run of it: `sallyport key`. */
  readonly tool: string
  /** Seconds; 5 unless given. */
  readonly wait?: number
}

type Place = Pick<StateDirectory, 'home' | 'audit' | 'keys' | 'locks'>

/** Runs `work` with the log open and its lock held. Throws an Error that says what is in the way. */
export async function withLog<T>(
  place: Place,
  { log, tool, wait = WAIT_S }: BriefLog,
  io: Pick<Io, 'err'>,
  work: (trail: RotatingLog) => Promise<T>,
): Promise<T> {
  const lock = await lockOf(place, { log, tool, wait }, io)
  try {
    const trail = await logOf(log, place)
    try {
      reportRecovered(log, trail, io)
      await recordBirth(place, log, trail, io)
      return await work(trail)
    } finally {
      // What was done stands: the journal keeps what could not be signed now, and the next opening signs it.
      await trail.close().catch((error: unknown) => io.err(plain(`sallyport: the log ${log}: ${messageOf(error)}`)))
    }
  } finally {
    lock.release()
  }
}

const logOf = (log: string, { audit, keys }: Place): Promise<RotatingLog> =>
  openRotatingLog({ directory: audit, keys, log, clock: systemClock, random })

async function lockOf(
  { home, locks }: Place,
  { log, tool, wait }: Required<BriefLog>,
  io: Pick<Io, 'err'>,
): Promise<Lock> {
  const begun = performance.now()
  let said = false
  for (;;) {
    const lock = takeLock(join(locks, `${log}.lock`))
    if (lock) return lock
    const waited = performance.now() - begun
    if (waited > wait * 1000)
      throw new Error(`another ${tool} is at work in ${home}, and did not end within ${wait} s; try again`)
    if (waited > QUIET_MS && !said) {
      io.err(plain(`sallyport: another ${tool} is at work here; waiting for it, for up to ${wait} s`))
      said = true
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** A control process that runs sees the new log by itself, within a second. */
async function recordBirth(
  { audit, keys, locks, home }: Place,
  log: string,
  { name, verifierKey }: RotatingLog,
  io: Pick<Io, 'err'>,
): Promise<void> {
  const folders = { directory: audit, keys }
  try {
    if ((await knownLogs(folders)).born.get(name) === verifierKey) return
    const lock = takeLock(join(locks, 'control.lock'))
    if (!lock) return
    try {
      const control = await logOf('control', { audit, keys, locks, home })
      try {
        const known = await knownLogs(folders)
        await recordBirths(folders, known, control)
        await recordSeals(folders, known, control)
      } finally {
        await control.close()
      }
    } finally {
      lock.release()
    }
  } catch (error) {
    io.err(plain(`sallyport: the log ${log} is not in the control log yet: ${messageOf(error)}`))
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
