// Starts the product's own processes and answers for them: all stay in this process group, all are waited for, one that
// dies is started again, and when this process is killed with -9 they notice (their channel closes) and stop by themselves.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Io } from './io.ts'
import type { Scheme } from './signals.ts'
import { UNWRITABLE } from './unwritable.ts'

export interface Supervisor {
  /** Resolves when the child says that it is ready, and over what it serves; rejects when it ends before that. */
  start(name: string, args: readonly string[]): Promise<Scheme>
  /**
   * One that the others go on without: it is started again and again, ever more seldom, and its end is never the end of all.
   * Resolves once it was ready, or has ended, for the first time.
   */
  attend(name: string, args: readonly string[], without: string): Promise<void>
  /** Passes a signal on to the children of this name, or to all. */
  signal(signal: NodeJS.Signals, name?: string): void
  /** Ends every child, by force after `ms`; resolves when all are gone. */
  stop(ms: number): Promise<void>
  /** Rejects when a child cannot be kept running. */
  readonly failed: Promise<never>
}

interface Running {
  child: ChildProcess
  readonly name: string
  readonly args: readonly string[]
  restarts: number
  /** How often in a row it could not write its log, which counts as no restart. */
  withheld: number
  /** What there is not while it is gone; undefined of one that all depend on. */
  readonly without: string | undefined
  startedAt: number
  ready: boolean
  /** What it was to be told while it could not hear yet. */
  held: NodeJS.Signals | undefined
}

const MOST_RESTARTS = 5
const CALM_MS = 60_000

/** Of one that the others go on without. */
const SELDOM_MS = 60_000

/** Milliseconds. */
const restartAfter = (restarts: number): number => (restarts > MOST_RESTARTS ? 5_000 : 100 * restarts)

export interface SuperviseOptions {
  /** One that cannot be kept running is tried again and again while another one serves, in place of ending all. */
  readonly together?: true
}

export function supervise(io: Io, { together }: SuperviseOptions = {}): Supervisor {
  const running = new Set<Running>()
  let stopping = false
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  // Whoever awaits `failed` sees it; a rejection that nobody awaits yet is not a crash.
  failed.catch(() => undefined)

  const launch = (name: string, args: readonly string[]): ChildProcess =>
    spawn(process.execPath, ['--no-env-file', '--config=/dev/null', join(io.settings.root, 'src/main.ts'), ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...io.environment, SALLYPORT_HOME: io.settings.home },
    }).on('error', (error) => fail(new Error(`${name} could not be started: ${error.message}`)))

  const ended = (entry: Running, code: number | null, signal: string | null): void => {
    const how = signal ?? `exit ${code}`
    entry.ready = false
    if (stopping) {
      running.delete(entry)
      return
    }
    if (code === UNWRITABLE && entry.without === undefined) return withhold(entry)
    if (Date.now() - entry.startedAt > CALM_MS) entry.restarts = 0
    entry.restarts += 1
    if (entry.without !== undefined) return again(entry, how)
    const isServed = together === true && [...running].some((other) => other !== entry && other.ready)
    if (entry.restarts > MOST_RESTARTS && !isServed) {
      running.delete(entry)
      fail(new Error(`${entry.name} ended again after ${MOST_RESTARTS} restarts (${how})`))
      return
    }
    io.err(`sallyport: ${entry.name} ended (${how}); starting it again`)
    later(entry, restartAfter(entry.restarts))
  }

  const later = (entry: Running, ms: number): void => {
    const timer = setTimeout(() => {
      if (stopping) running.delete(entry)
      else follow(entry)
    }, ms)
    if (entry.without !== undefined) timer.unref()
  }

  /** No audit, no service, and service again by itself: it is tried for as long as the log cannot be written. */
  const withhold = (entry: Running): void => {
    entry.withheld += 1
    if (entry.withheld === 1) io.err(`sallyport: ${entry.name} cannot write its log; it is started again until it can`)
    later(entry, restartAfter(entry.withheld))
  }

  /** Said when it begins to be gone, and not each time. */
  const again = (entry: Running, how: string): void => {
    const { name, restarts, without } = entry
    if (restarts <= MOST_RESTARTS) {
      if (restarts === 1)
        io.err(`sallyport: ${name} ended (${how}); starting it again. Until it runs there is no ${without}`)
      return later(entry, restartAfter(restarts) * 5)
    }
    if (restarts === MOST_RESTARTS + 1)
      io.err(
        `sallyport: ${name} cannot be kept running (${how}): there is no ${without}. It is tried again each minute`,
      )
    later(entry, SELDOM_MS)
  }

  /** Now that it hears, it is told what was said meanwhile. */
  const heard = (entry: Running): void => {
    entry.ready = true
    entry.withheld = 0
    if (entry.held) entry.child.kill(entry.held)
    entry.held = undefined
  }

  const follow = (entry: Running): void => {
    entry.startedAt = Date.now()
    entry.child = launch(entry.name, entry.args)
    entry.child.on('message', () => heard(entry))
    entry.child.on('exit', (code, signal) => ended(entry, code, signal))
  }

  return {
    failed,
    start: (name, args) =>
      new Promise((resolve, reject) => {
        // Told to stop while starting: a child started now would be one that nobody ends.
        if (stopping) return reject(new ChildFailed(name, 0))
        const entry: Running = {
          name,
          args,
          restarts: 0,
          withheld: 0,
          without: undefined,
          startedAt: Date.now(),
          child: launch(name, args),
          ready: false,
          held: undefined,
        }
        running.add(entry)
        entry.child.on('message', (message) => {
          heard(entry)
          resolve(message === 'https' ? 'https' : 'http')
        })
        entry.child.on('exit', (code, signal) => {
          if (entry.ready) return ended(entry, code, signal)
          running.delete(entry)
          // By an exit of its own it has said why; ended by somebody's signal it could not.
          if (signal !== null && signal !== 'SIGINT' && !stopping) {
            io.err(`sallyport: ${name} ended (${signal}) before it was ready`)
          }
          reject(new ChildFailed(name, code))
        })
      }),
    async attend(name, args, without) {
      if (stopping) return
      const settled = Promise.withResolvers<void>()
      const child = launch(name, args)
      const entry: Running = {
        name,
        args,
        restarts: 0,
        withheld: 0,
        without,
        startedAt: Date.now(),
        child,
        ready: false,
        held: undefined,
      }
      running.add(entry)
      child.on('message', () => {
        settled.resolve()
        heard(entry)
      })
      child.on('exit', (code, signal) => {
        settled.resolve()
        ended(entry, code, signal)
      })
      return settled.promise
    },
    signal(signal, name) {
      for (const entry of running) {
        if (name !== undefined && entry.name !== name) continue
        if (entry.ready) entry.child.kill(signal)
        else entry.held = signal
      }
    },
    async stop(ms) {
      stopping = true
      await Promise.all([...running].map((entry) => end(entry.child, ms)))
    },
  }
}

/** A child that ended before it was ready has said why itself. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed'
  readonly code: number | null

  constructor(child: string, code: number | null) {
    super(`${child} did not start`)
    this.code = code
  }
}

async function end(child: ChildProcess, ms: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), ms)
    child.once('exit', () => {
      clearTimeout(force)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
