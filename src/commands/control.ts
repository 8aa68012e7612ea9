// `sallyport control`: the control plane's process.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openRotatingLog } from '#audit/rotating-log.ts'
import { recordBirths } from '#control/births.ts'
import { listenControl } from '#control/listen.ts'
import { recordSeals } from '#control/seals.ts'
import { ownHost } from '#gateway/listen-plaintext.ts'
import { systemClock } from '#lib/clock.ts'
import { lockOr } from './alone.ts'
import { type Io, UsageError } from './io.ts'
import { knownLogs } from './known-logs.ts'
import { controlMetrics } from './metrics-control.ts'
import { portTaken } from './port-taken.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import { reportReady, stopRequested } from './signals.ts'
import { stateDirectory } from './state-directory.ts'

const LOOK_EVERY_MS = 1_000

export async function control(args: readonly string[], io: Io): Promise<number> {
  if (args.length > 0) throw new UsageError('control takes no arguments')
  const { port, home } = io.settings
  const host = ownHost(io.settings.host)
  const stopped = stopRequested()
  // A terminal that is closed tells the whole group; it is the supervisor who decides what that means.
  process.on('SIGHUP', () => undefined)
  const state = await stateDirectory(home)
  const lock = lockOr(join(state.locks, 'control.lock'), io)
  if (!lock) return 1
  const random = (bytes: number): Uint8Array => randomBytes(bytes)
  const say = (line: string): void => io.err(plain(`sallyport control: ${line}`))
  const place = { directory: state.audit, keys: state.keys, log: 'control', clock: systemClock, random }
  const metrics = controlMetrics(io.settings.root)
  const trail = await openRotatingLog({ ...place, report: say, observe: metrics.observe })
  reportRecovered('control', trail, io)
  try {
    const known = await knownLogs(place)
    let looking = Promise.resolve()
    // One after the other: two at once would both find the same log new.
    const look = (): Promise<void> => {
      const record = async (): Promise<void> => {
        await recordBirths(place, known, trail)
        await recordSeals(place, known, trail)
      }
      looking = looking.then(record).catch((error: unknown) => say(messageOf(error)))
      return looking
    }
    await look()
    const server = listenControl({
      host,
      port: port + 1,
      now: () => systemClock.now(),
      random,
      auditHealth: () => trail.healthy(),
      metrics: () => metrics.page(trail),
    })
    const timer = setInterval(() => void look(), LOOK_EVERY_MS)
    if (host !== io.settings.host) {
      io.err(`sallyport: the control plane has no TLS yet and listens on ${host} alone, not on ${io.settings.host}`)
    }
    reportReady()
    await stopped
    clearInterval(timer)
    await look()
    await server.stop()
    return 0
  } catch (error) {
    return portTaken(error, host, port + 1, io)
  } finally {
    await trail.close()
    metrics.close()
    lock.release()
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
