// `sallyport start`: the gateway and the control plane, and what is done about their logs, supervised.
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownHost } from '#gateway/listen-plaintext.ts'
import { alone } from './alone.ts'
import type { Io } from './io.ts'
import { readOptions } from './options.ts'
import { originOf } from './origin.ts'
import { portTaken } from './port-taken.ts'
import { type LogMode, logMode } from './request-lines.ts'
import { type Scheme, stopRequested } from './signals.ts'
import { ChildFailed, type Supervisor, supervise } from './supervise.ts'

const FORCE_MS = 4_500
/** A process takes about a second to start. */
const AUTHORIZATION_MS = 5_000

export async function start(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({ args: [...args], options: { bundle: { type: 'string' }, log: { type: 'string' } } })
  const log = logMode(values.log, io)
  const { host, port } = io.settings
  const bundle = resolve(io.cwd, values.bundle ?? 'bundle')
  const ready = async (scheme: Scheme): Promise<void> => {
    io.out('Sallyport is ready')
    io.out(`  gateway ${originOf(host, port, scheme)}   control ${originOf(ownHost(host), port + 1)}`)
  }
  return alone(io, [port, port + 1], () => runProduct(bundle, io, { ready, hangup: 'reload', log }))
}

export interface Product {
  /** Called once gateway and control serve. */
  readonly ready: (scheme: Scheme) => Promise<void>
  /** What a SIGHUP means: a new bundle, or (a terminal was closed) the end. */
  readonly hangup: 'reload' | 'stop'
  /** Of the gateway. */
  readonly log: LogMode
}

/** Runs gateway and control until told to stop; the caller has made sure that it is `alone`. Returns the exit code. */
export async function runProduct(bundle: string, io: Io, { ready, hangup, log }: Product): Promise<number> {
  const { host, port } = io.settings
  const stopped = stopRequested(hangup === 'stop' ? ['SIGHUP'] : [])
  const supervisor = supervise(io)
  if (hangup === 'reload') {
    process.on('SIGHUP', () => {
      for (const name of ['gateway', 'authorization', 'archive']) supervisor.signal('SIGHUP', name)
    })
  }
  try {
    const serving = startBoth(supervisor, bundle, log).then(ready)
    await Promise.race([serving, stopped])
    await Promise.race([stopped, supervisor.failed])
    return 0
  } catch (error) {
    // A child that did not start has said why, or its supervisor has. Ctrl-C reaches the whole group, and its death may be
    // heard of before the signal itself.
    if (error instanceof ChildFailed) return error.code ?? ((await told(stopped)) ? 0 : 1)
    return portTaken(error, host, port, io)
  } finally {
    await supervisor.stop(FORCE_MS)
  }
}

const SAME_SIGNAL_MS = 250

const told = (stopped: Promise<void>): Promise<boolean> =>
  Promise.race([stopped.then(() => true), sleep(SAME_SIGNAL_MS, false)])

async function startBoth(supervisor: Supervisor, bundle: string, log: LogMode): Promise<Scheme> {
  const scheme = await supervisor.start('gateway', ['gateway', '--bundle', bundle, '--log', log])
  await supervisor.start('control', ['control'])
  // The data plane serves on while it is away; at the start there is a moment's wait for it, so that "ready" means all of it.
  const authorization = supervisor.attend(
    'authorization',
    ['authorization', '--bundle', bundle],
    'authorization server (/oauth/): no session begins',
  )
  await Promise.race([authorization, sleep(AUTHORIZATION_MS, undefined, { ref: false })])
  // Nobody who asks for something waits for it, now or later.
  void supervisor.attend(
    'archive',
    ['archive', '--bundle', bundle],
    'search index, copy, stream or witness of the logs',
  )
  return scheme
}
