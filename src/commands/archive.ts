// `sallyport archive`: what is done about the logs beside writing them, in a process of its own that reads their files: the search index,
// copies, streams, witnesses. Nothing waits for it, and it can be away for a while: the log on the disk is the queue.
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { openRotatingLog } from '#audit/rotating-log.ts'
import { systemClock } from '#lib/clock.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { pseudonymKey } from '#store/pseudonym-key.ts'
import { systemResolve } from '#upstream/addresses.ts'
import { makeDialer } from '#upstream/dial.ts'
import { lockOr } from './alone.ts'
import { choresOf } from './archive-chores.ts'
import { keepStanding } from './archive-standing.ts'
import { gateSecrets } from './gate-secrets.ts'
import type { Io } from './io.ts'
import { openBundle } from './open-bundle.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import { releaseOf } from './release.ts'
import { type ChoreTeller, runChore, type RunningChore } from './run-chore.ts'
import { reportReady, stopRequested } from './signals.ts'
import { type StateDirectory, stateDirectory } from './state-directory.ts'

/** A turn that goes on when the process is to end. */
const STOP_MS = 3_000

const random = (bytes: number): Uint8Array => randomBytes(bytes)
const now = (): number => systemClock.now()

export async function archive(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({ args: [...args], options: { bundle: { type: 'string' } } })
  const directory = resolve(io.cwd, values.bundle ?? 'bundle')
  const stopped = stopRequested()
  // From the start: unheard, the signal would end the process. One that comes while it starts is about a bundle that may have been read.
  let early = false
  let reload = (): void => {
    early = true
  }
  process.on('SIGHUP', () => reload())
  const say = (line: string): void => io.err(plain(`sallyport archive: ${line}`))
  const state = await stateDirectory(io.settings.home)
  const lock = lockOr(join(state.locks, 'archive.lock'), io)
  if (!lock) return 1
  let bundle: Bundle | undefined
  const trail = await openRotatingLog({
    directory: state.audit,
    keys: state.keys,
    log: 'archive',
    clock: systemClock,
    random,
    rotate: () => bundle?.config.audit.rotate,
    report: say,
  })
  reportRecovered('archive', trail, io)
  try {
    bundle = await openBundle(directory, io)
    if (!bundle) return 1
    const work = await archiving({ state, trail, io, say, bundle: () => bundle })
    const again = async (): Promise<void> => {
      const next = await openBundle(directory, io)
      if (next) bundle = next
      await work.begin()
      say(next ? 'the bundle was loaded again' : 'the new bundle is faulty and was not taken')
    }
    let reloading = work.begin()
    reload = () => {
      reloading = reloading.then(again).catch((error: unknown) => say(messageOf(error)))
    }
    if (early) reload()
    await reloading
    const standing = keepStanding(state.home, work.running, now)
    reportReady()
    await stopped
    await reloading
    await work.end()
    await standing.end()
    return 0
  } finally {
    await trail.close()
    lock.release()
  }
}

interface Parts {
  readonly state: StateDirectory
  readonly trail: Trail
  readonly io: Io
  readonly say: (line: string) => void
  readonly bundle: () => Bundle | undefined
}

/** The chores of the bundle in force; each `begin` ends those of the one before. */
async function archiving({ state, trail, io, say, bundle }: Parts) {
  const dialer = makeDialer({ resolve: systemResolve, now })
  const credentials = gateSecrets({
    environment: io.environment,
    now,
    trail,
    key: await pseudonymKey(state.keys, random),
    dialer,
    report: say,
    bundle,
    inForce: bundle,
  })
  const tell: ChoreTeller = {
    report: say,
    record: (indicator, subject) =>
      trail.append({ kind: 'indicator', indicator, subject }, 'process').then(
        () => undefined,
        (error: unknown) => say(`${subject}: ${indicator} could not be recorded: ${messageOf(error)}`),
      ),
    now: () => performance.now(),
    random: Math.random,
  }
  const parts = {
    home: state.home,
    dialer,
    credentials,
    out: process.stdout,
    release: releaseOf(io.settings.root),
    now,
  }
  let running: readonly RunningChore[] = []
  const stopAll = async (): Promise<void> => {
    await Promise.all(running.map((chore) => chore.stop(STOP_MS)))
    running = []
  }
  return {
    running: () => running,
    async begin(): Promise<void> {
      await stopAll()
      const current = bundle()
      if (current) running = choresOf({ ...parts, bundle: current, report: say }).map((chore) => runChore(chore, tell))
    },
    async end(): Promise<void> {
      await stopAll()
      credentials.close()
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
