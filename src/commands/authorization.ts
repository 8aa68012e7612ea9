// `sallyport authorization`: the OAuth authorization server's process. It sees no prompt; the gateway hands its requests on to it.
import { join, resolve } from 'node:path'
import { openRotatingLog } from '#audit/rotating-log.ts'
import { keepEnds } from '#authorization/ends.ts'
import { tailOf } from '#authorization/ends-tail.ts'
import { type AuthorizationDoor, listenAuthorization, socketFault } from '#authorization/listen.ts'
import { systemClock } from '#lib/clock.ts'
import { lockOr } from './alone.ts'
import { type Served, serveBundle } from './authorization-bundle.ts'
import { random, type WiredAuthorization, wireAuthorization } from './authorization-parts.ts'
import { authorizationSocket } from './authorization-socket.ts'
import type { InForce } from './in-force.ts'
import type { Io } from './io.ts'
import { authorizationMetrics } from './metrics-authorization.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import { reportReady, stopRequested } from './signals.ts'
import { stateDirectory } from './state-directory.ts'

const DRAIN_MS = 2_000
const LOG = 'authorization'

export async function authorization(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({ args: [...args], options: { bundle: { type: 'string' } } })
  const directory = resolve(io.cwd, values.bundle ?? 'bundle')
  const { home } = io.settings
  const report = (line: string): void => io.err(plain(`sallyport authorization: ${line}`))
  const socket = authorizationSocket(home)
  const fault = socketFault(socket)
  if (fault !== undefined) {
    report(fault)
    return 1
  }
  const stopped = stopRequested()
  let early = false
  let reload = (): void => {
    early = true
  }
  process.on('SIGHUP', () => reload())
  const state = await stateDirectory(home)
  const lock = lockOr(join(state.locks, 'authorization.lock'), io)
  if (!lock) return 1
  let served: InForce<Served> | undefined
  let wired: WiredAuthorization | undefined
  let door: AuthorizationDoor | undefined
  let ends: { stop(): Promise<void> } | undefined
  const metrics = await authorizationMetrics(home, () => systemClock.now())
  const trail = await openRotatingLog({
    directory: state.audit,
    keys: state.keys,
    log: LOG,
    clock: systemClock,
    random,
    rotate: () => served?.active().bundle.config.audit.rotate,
    report,
    observe: metrics.observe,
  })
  reportRecovered(LOG, trail, io)
  try {
    wired = await wireAuthorization({ directory, state, trail, io, report, bundle: () => served?.active().bundle })
    const { sessions } = wired
    const tail = tailOf({ directory: state.audit, keys: state.keys }, LOG)
    served = await serveBundle(wired)
    if (!served) return 1
    const serving = served
    ends = await keepEnds({ sessions, trail, tail, clock: systemClock, report })
    door = await listenAuthorization({ socket }, () => serving.active().server)
    reload = () => void serving.reload()
    if (early) await serving.reload()
    metrics.attach(trail)
    reportReady()
    await stopped
    return 0
  } finally {
    await door?.stop(DRAIN_MS)
    await ends?.stop()
    wired?.close()
    await trail.close()
    metrics.close()
    lock.release()
  }
}
