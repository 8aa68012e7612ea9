// `sallyport gateway`: the data plane. One worker serves in this process; several are children that share the port.
import { join, resolve } from 'node:path'
import { openLog } from '#audit/open-log.ts'
import { assertPortFree, listen } from '#gateway/listen.ts'
import { systemClock } from '#lib/clock.ts'
import { lockOr } from './alone.ts'
import { gateOf, random, type WiredGate } from './gate-of.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { portTaken } from './port-taken.ts'
import { reportRecovered } from './recovered.ts'
import { reportReady, stopRequested } from './signals.ts'
import { stateDirectory } from './state-directory.ts'
import { supervise } from './supervise.ts'

const DRAIN_MS = 3_000
const FORCE_MS = 4_500
export async function gateway(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({
    args: [...args],
    options: { bundle: { type: 'string' }, worker: { type: 'string' } },
  })
  const bundle = resolve(io.cwd, values.bundle ?? 'bundle')
  if (values.worker === undefined && io.settings.workers > 1) return superviseWorkers(bundle, io)
  const worker = values.worker ?? '0'
  if (!/^\d{1,2}$/.test(worker)) throw new UsageError('--worker takes a number')
  return serveWorker(bundle, `gateway-${worker}`, io)
}

async function superviseWorkers(bundle: string, io: Io): Promise<number> {
  const { host, port, workers } = io.settings
  const stopped = stopRequested()
  const supervisor = supervise(io)
  process.on('SIGHUP', () => supervisor.signal('SIGHUP'))
  try {
    assertPortFree(host, port)
    const numbers = Array.from({ length: workers }, (_, index) => String(index))
    await Promise.all(
      numbers.map((worker) =>
        supervisor.start(`gateway-${worker}`, ['gateway', '--worker', worker, '--bundle', bundle]),
      ),
    )
    reportReady()
    await Promise.race([stopped, supervisor.failed])
    return 0
  } catch (error) {
    return portTaken(error, host, port, io)
  } finally {
    await supervisor.stop(FORCE_MS)
  }
}

async function serveWorker(directory: string, log: string, io: Io): Promise<number> {
  const { host, port, home, workers } = io.settings
  const stopped = stopRequested()
  // From the start: unheard, the signal would end the process. One that comes too early asks for what is read anyway.
  let reload = (): void => undefined
  process.on('SIGHUP', () => reload())
  const state = await stateDirectory(home)
  const lock = lockOr(join(state.locks, `${log}.lock`), io)
  if (!lock) return 1
  const trail = await openLog({ directory: state.audit, keys: state.keys, log, clock: systemClock, random })
  reportRecovered(log, trail, io)
  let wired: WiredGate | undefined
  try {
    wired = await gateOf({ directory, state, trail, io })
    if (!wired) return 1
    const { gate, inForce } = wired
    const server = listen({ host, port, shared: workers > 1 }, gate)
    reload = () => void inForce.reload()
    reportReady()
    await stopped
    await server.stop(DRAIN_MS)
    return 0
  } catch (error) {
    return portTaken(error, host, port, io)
  } finally {
    wired?.close()
    await trail.close()
    lock.release()
  }
}
