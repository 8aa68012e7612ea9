// `sallyport gateway`: the data plane. One worker serves in this process; several are children that share the port.
import { join, resolve } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { openRotatingLog } from '#audit/rotating-log.ts'
import { type Address, assertPortFree, listen, type Listening } from '#gateway/listen.ts'
import { isLoopbackHost, plaintextFault, wireChangeFault } from '#gateway/listen-plaintext.ts'
import { proxyLine, proxyTeller } from '#gateway/listen-proxy.ts'
import { TlsFault } from '#gateway/tls-keeper.ts'
import { dayOf } from '#gateway/tls-material.ts'
import { systemClock } from '#lib/clock.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { LineWriter } from '#telemetry/line-writer.ts'
import { lockOr } from './alone.ts'
import { tellAuditHealth } from './audit-health.ts'
import { gateOf, random, type WiredGate } from './gate-of.ts'
import { type Io, UsageError } from './io.ts'
import { gatewayMetrics } from './metrics-gateway.ts'
import { readOptions } from './options.ts'
import { portTaken } from './port-taken.ts'
import { plain } from './print-problems.ts'
import { reportRecovered } from './recovered.ts'
import { type LogMode, logMode, requestLines } from './request-lines.ts'
import { reportReady, type Scheme, stopRequested } from './signals.ts'
import { stateDirectory } from './state-directory.ts'
import { ChildFailed, supervise } from './supervise.ts'

const DRAIN_MS = 3_000
const FORCE_MS = 4_500
const LINES_MS = 300

const now = (): number => systemClock.now()

export async function gateway(args: readonly string[], io: Io): Promise<number> {
  const { values } = readOptions({
    args: [...args],
    options: { bundle: { type: 'string' }, worker: { type: 'string' }, log: { type: 'string' } },
  })
  const mode = logMode(values.log, io)
  const bundle = resolve(io.cwd, values.bundle ?? 'bundle')
  if (values.worker === undefined && io.settings.workers > 1) return superviseWorkers(bundle, mode, io)
  const worker = values.worker ?? '0'
  if (!/^\d{1,2}$/.test(worker)) throw new UsageError('--worker takes a number')
  const lines = requestLines(mode)
  const code = await serveWorker(bundle, { log: `gateway-${worker}`, lines, io })
  // Whoever reads the lines has stopped reading: what they were not told must not keep the process.
  if ((await lines?.close(LINES_MS)) === false) process.exit(code)
  return code
}

async function superviseWorkers(bundle: string, mode: LogMode, io: Io): Promise<number> {
  const { host, port, workers } = io.settings
  const stopped = stopRequested()
  const supervisor = supervise(io, { together: true })
  process.on('SIGHUP', () => supervisor.signal('SIGHUP'))
  try {
    assertPortFree(host, port)
    const start = (worker: number): Promise<Scheme> =>
      supervisor.start(`gateway-${worker}`, ['gateway', '--worker', String(worker), '--bundle', bundle, '--log', mode])
    // What stops one stops all: it is said once.
    const scheme = await start(0)
    await Promise.all(Array.from({ length: workers - 1 }, (_, index) => start(index + 1)))
    reportReady(scheme)
    await Promise.race([stopped, supervisor.failed])
    return 0
  } catch (error) {
    // A worker that did not start has said why.
    if (error instanceof ChildFailed) return error.code ?? 1
    return portTaken(error, host, port, io)
  } finally {
    await supervisor.stop(FORCE_MS)
  }
}

interface Work {
  readonly log: string
  readonly lines: LineWriter | undefined
  readonly io: Io
}

async function serveWorker(directory: string, { log, lines, io }: Work): Promise<number> {
  const { host, port, home, workers } = io.settings
  const stopped = stopRequested()
  // From the start: unheard, the signal would end the process. One that comes while it starts may be about a bundle that
  // changed after it was read: then it is read once more.
  let early = false
  let reload = (): void => {
    early = true
  }
  process.on('SIGHUP', () => reload())
  const state = await stateDirectory(home)
  const lock = lockOr(join(state.locks, `${log}.lock`), io)
  if (!lock) return 1
  let wired: WiredGate | undefined
  let health: { close(): void } | undefined
  const metrics = await gatewayMetrics({ ...io.settings, log, shared: workers > 1, lines, now })
  const trail = await openRotatingLog({
    directory: state.audit,
    keys: state.keys,
    log,
    clock: systemClock,
    random,
    rotate: () => wired?.inForce.active().bundle.config.audit.rotate,
    report: (line) => io.err(plain(`sallyport: ${line}`)),
    observe: metrics.observe,
  })
  reportRecovered(log, trail, io)
  try {
    const refuses = (next: Bundle, before: Bundle | undefined): string | undefined =>
      before && wireChangeFault(before.config.listen, next.config.listen, host)
    wired = await gateOf({ directory, state, trail, io, refuses, metrics: () => metrics.page() })
    if (!wired) return 1
    const { inForce } = wired
    const server = await openTo({ host, port, shared: workers > 1 }, { wired, trail, log, io })
    if (!server) return 1
    metrics.attach({ wired, trail, server })
    health = tellAuditHealth(trail, log, (line) => io.err(plain(`sallyport: ${line}`)))
    const { listen: wire } = inForce.active().bundle.config
    // Of several workers, one says it.
    const tell = proxyTeller(wire.proxy, (line) => log === 'gateway-0' && io.err(plain(`sallyport: ${line}`)))
    const again = (): Promise<void> => inForce.reload().then(() => tell(inForce.active().bundle.config.listen.proxy))
    reload = () => void again()
    if (early) await again()
    reportReady(server.expires === undefined ? 'http' : 'https')
    await stopped
    await server.stop(DRAIN_MS)
    return 0
  } catch (error) {
    return portTaken(error, host, port, io)
  } finally {
    health?.close()
    wired?.close()
    await trail.close()
    metrics.close()
    lock.release()
  }
}

interface Opening {
  readonly wired: WiredGate
  readonly trail: Trail
  readonly log: string
  readonly io: Io
}

/** Begins to listen as the bundle says. Undefined where it may not or cannot; why has been said then. */
async function openTo(address: Address, { wired, trail, log, io }: Opening): Promise<Listening | undefined> {
  const { host, port } = address
  const { plaintext, tls, proxy } = wired.gate.active().bundle.config.listen
  const say = (line: string): void => io.err(plain(`sallyport: ${line}`))
  const fault = plaintextFault({ tls, plaintext }, host)
  if (fault !== undefined) {
    say(fault)
    return undefined
  }
  const isMeant = plaintext !== undefined && !isLoopbackHost(host)
  if (isMeant) {
    // Before anybody can be served that way.
    await trail.append(
      {
        kind: 'change',
        what: 'process',
        subject: 'plaintext',
        by: 'operator',
        why: plaintext,
        after: `${host} ${port}`,
      },
      'machine',
    )
  }
  try {
    const server = listen(address, wired.gate)
    // Of several workers, one says it.
    if (log !== 'gateway-0') return server
    if (server.expires !== undefined)
      say(`the gateway has TLS, with a certificate valid until ${dayOf(server.expires)}`)
    if (isMeant) say(`the gateway speaks plain HTTP on ${host}, because: ${plaintext}`)
    if (proxy) say(proxyLine(proxy))
    return server
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error
    say(`the gateway cannot have TLS: ${error.message}`)
    return undefined
  }
}
