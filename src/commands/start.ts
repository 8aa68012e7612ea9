// `sallyport start`: the gateway and the control plane, supervised.
import { resolve } from 'node:path'
import { alone } from './alone.ts'
import type { Io } from './io.ts'
import { readOptions } from './options.ts'
import { originOf } from './origin.ts'
import { portTaken } from './port-taken.ts'
import { stopRequested } from './signals.ts'
import { ChildFailed, type Supervisor, supervise } from './supervise.ts'

const FORCE_MS = 4_500

export async function start(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({ args: [...args], options: { bundle: { type: 'string' } } })
  const { host, port } = io.settings
  const bundle = resolve(io.cwd, values.bundle ?? 'bundle')
  const ready = async (): Promise<void> => {
    io.out('Sallyport is ready')
    io.out(`  gateway ${originOf(host, port)}   control ${originOf(host, port + 1)}`)
  }
  return alone(io, [port, port + 1], () => runProduct(bundle, io, ready))
}

/**
 * Runs gateway and control until told to stop; the caller has made sure that it is `alone`. `ready` is called once both
 * serve. Returns the exit code.
 */
export async function runProduct(bundle: string, io: Io, ready: () => Promise<void>): Promise<number> {
  const { host, port } = io.settings
  const stopped = stopRequested()
  const supervisor = supervise(io)
  process.on('SIGHUP', () => supervisor.signal('SIGHUP'))
  try {
    const serving = startBoth(supervisor, bundle).then(ready)
    await Promise.race([serving, stopped])
    await Promise.race([stopped, supervisor.failed])
    return 0
  } catch (error) {
    // A child that did not start has said why itself.
    if (error instanceof ChildFailed) return error.code ?? 1
    return portTaken(error, host, port, io)
  } finally {
    await supervisor.stop(FORCE_MS)
  }
}

async function startBoth(supervisor: Supervisor, bundle: string): Promise<void> {
  await supervisor.start('gateway', ['gateway', '--bundle', bundle])
  await supervisor.start('control', ['control'])
}
