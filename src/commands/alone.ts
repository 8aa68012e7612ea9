// Before anything is written or started: is this state directory ours alone, and are the ports free? A second Sallyport
// that found out later would already have overwritten what the first one lives on.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertPortFree } from '#gateway/listen.ts'
import { ownHost } from '#gateway/listen-plaintext.ts'
import { type Lock, takeLock } from '#store/lock.ts'
import type { Io } from './io.ts'
import { portTaken } from './port-taken.ts'
import { stateDirectory } from './state-directory.ts'

/** Children whose supervisor was killed with -9 let requests under way end, for at most this long. */
const LEFTOVERS_MS = 5_000
const SUPERVISOR = 'supervisor.lock'

/** Runs with the supervisor's lock held. Otherwise says in one line why not; returns the exit code either way. */
export async function alone(io: Io, ports: readonly number[], run: () => Promise<number>): Promise<number> {
  const { home } = io.settings
  const { locks } = await stateDirectory(home)
  const lock = takeLock(join(locks, SUPERVISOR))
  if (!lock) return inUse(io)
  try {
    if (!(await leftoversGone(locks))) return inUse(io)
    for (const port of ports) {
      // Only the gateway itself is ever reached from elsewhere.
      const host = port === io.settings.port ? io.settings.host : ownHost(io.settings.host)
      try {
        assertPortFree(host, port)
      } catch (error) {
        return portTaken(error, host, port, io)
      }
    }
    return await run()
  } finally {
    lock.release()
  }
}

/** The lock of one process, or its absence said in one line. */
export function lockOr(path: string, io: Io): Lock | undefined {
  const lock = takeLock(path)
  if (!lock) inUse(io)
  return lock
}

function inUse(io: Io): number {
  io.err(`sallyport: another Sallyport uses ${io.settings.home}; stop it, or set SALLYPORT_HOME`)
  return 1
}

async function leftoversGone(locks: string): Promise<boolean> {
  const deadline = performance.now() + LEFTOVERS_MS
  const names = (await readdir(locks)).filter((name) => name.endsWith('.lock') && name !== SUPERVISOR)
  for (const name of names) {
    for (let lock = takeLock(join(locks, name)); ; lock = takeLock(join(locks, name))) {
      lock?.release()
      if (lock) break
      if (performance.now() > deadline) return false
      await sleep(50)
    }
  }
  return true
}
