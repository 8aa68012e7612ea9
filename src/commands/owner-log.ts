// Opens the keys for the owner's tool: its lock, its log `audit/owner`, and `control.db`. It works beside a gateway and a
// control process that run; where none does, what control would record of a new log is recorded here.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '#audit/audit-log.ts'
import { openLog } from '#audit/open-log.ts'
import { recordBirths } from '#control/births.ts'
import { systemClock } from '#lib/clock.ts'
import { type KeyRegister, openKeyRegister } from '#store/key-register.ts'
import { type Lock, takeLock } from '#store/lock.ts'
import type { Io } from './io.ts'
import { knownLogs } from './known-logs.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import { systemUser } from './system-user.ts'
import { type StateDirectory, stateDirectory } from './state-directory.ts'

/** For another run of the tool. */
const WAIT_S = 5
const QUIET_MS = 1_000
const LOOK_EVERY_MS = 25

const random = (bytes: number): Uint8Array => randomBytes(bytes)

/** Runs `work` with the keys of this state directory, alone. Throws an Error that says what is in the way. `wait` in seconds. */
export async function withKeyRegister<T>(
  home: string,
  io: Pick<Io, 'err'>,
  work: (register: KeyRegister) => Promise<T>,
  wait: number = WAIT_S,
): Promise<T> {
  const state = await stateDirectory(home)
  const lock = await ownersLock(state, wait, io)
  try {
    const trail = await logOf('owner', state)
    try {
      reportRecovered('owner', trail, io)
      await recordBirth(state, trail, io)
      const register = openKeyRegister(join(home, 'control.db'), { trail, by: await systemUser() })
      try {
        return await work(register)
      } finally {
        register.close()
      }
    } finally {
      // What was done stands: the journal keeps what could not be signed now, and the next opening signs it.
      await trail.close().catch((error: unknown) => io.err(plain(`sallyport: the log owner: ${messageOf(error)}`)))
    }
  } finally {
    lock.release()
  }
}

const logOf = (log: string, { audit, keys }: StateDirectory): Promise<AuditLog> =>
  openLog({ directory: audit, keys, log, clock: systemClock, random })

async function ownersLock({ home, locks }: StateDirectory, wait: number, io: Pick<Io, 'err'>): Promise<Lock> {
  const begun = performance.now()
  let said = false
  for (;;) {
    const lock = takeLock(join(locks, 'owner.lock'))
    if (lock) return lock
    const waited = performance.now() - begun
    if (waited > wait * 1000)
      throw new Error(`another sallyport key is at work in ${home}, and did not end within ${wait} s; try again`)
    if (waited > QUIET_MS && !said) {
      io.err(`sallyport: another sallyport key is at work here; waiting for it, for up to ${wait} s`)
      said = true
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** A control process that runs sees the new log by itself, within a second. */
async function recordBirth(state: StateDirectory, { verifierKey }: AuditLog, io: Pick<Io, 'err'>): Promise<void> {
  try {
    if ((await knownLogs(state.audit)).born.get('owner') === verifierKey) return
    const lock = takeLock(join(state.locks, 'control.lock'))
    if (!lock) return
    try {
      const control = await logOf('control', state)
      try {
        await recordBirths(state.audit, await knownLogs(state.audit), control)
      } finally {
        await control.close()
      }
    } finally {
      lock.release()
    }
  } catch (error) {
    io.err(plain(`sallyport: the log owner is not in the control log yet: ${messageOf(error)}`))
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
