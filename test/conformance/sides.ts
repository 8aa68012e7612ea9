// The two sides of a conformance run: a demo provider of our own, and the gate of a demo world started for the purpose.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeProvider } from '#demo/provider.ts'
import type { Side } from './suite.ts'

export interface Started {
  readonly side: Side
  /** What it printed last, where it has ended of its own accord. */
  readonly ended: () => string | undefined
  readonly stop: () => Promise<void>
}

const ROOT = join(import.meta.dirname, '..', '..')
// Of first starts on a busy machine; an answer usually comes within two seconds.
const READY_WITHIN = 60_000

export function startDirect(): Started {
  const credential = 'conformance-direct'
  const provider = makeProvider({ credential, models: ['clinic-small', 'clinic-large'] })
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    development: false,
    fetch: (request) => provider.fetch(request),
  })
  const url = `http://127.0.0.1:${server.port}`
  return {
    side: { name: 'direct', baseURL: `${url}/v1`, credential, model: 'clinic-small', provider: url },
    ended: () => undefined,
    stop: () => server.stop(true),
  }
}

/** Starts `bin/sallyport demo` in a directory and on ports of its own. Rejects with the reason where it does not come up. */
export async function startGate(): Promise<Started> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'))
  const port = await freeBlock()
  const { PATH, HOME } = process.env
  const demo = spawn(join(ROOT, 'bin', 'sallyport'), ['demo'], {
    cwd: home,
    env: { PATH, HOME, SALLYPORT_HOME: join(home, 'state'), SALLYPORT_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { ready, last } = listen(demo)
  const ended = () =>
    hasEnded(demo) ? `sallyport demo ended with ${demo.signalCode ?? demo.exitCode}: ${last()}` : undefined
  const stop = async () => {
    await end(demo)
    await rm(home, { recursive: true, force: true })
  }
  try {
    await ready
    const demoJson = JSON.parse(await readFile(join(home, 'state', 'demo.json'), 'utf8')) as Demo
    return { side: gateSide(demoJson), ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Demo {
  readonly gateway: string
  readonly provider: string
  readonly people: { readonly alice: { readonly token: string }; readonly bob: { readonly token: string } }
}

function gateSide({ gateway, provider, people }: Demo): Side {
  return {
    name: 'gate',
    baseURL: `${gateway}/v1`,
    credential: people.alice.token,
    model: 'clinic-small',
    provider,
    denied: { credential: people.bob.token, model: 'clinic-large' },
  }
}

interface Printed {
  /** Resolves at the line `Sallyport is ready`; rejects with what was printed last where it ends or takes too long. */
  readonly ready: Promise<void>
  readonly last: () => string
}

function listen(demo: ChildProcess): Printed {
  let printed = ''
  const last = () => printed.trim().split('\n').slice(-3).join(' | ').slice(-400)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const hear = (bytes: Buffer) => {
    printed = (printed + bytes.toString()).slice(-20_000)
    if (printed.includes('Sallyport is ready')) resolve()
  }
  demo.stdout?.on('data', hear)
  demo.stderr?.on('data', hear)
  demo.once('error', reject)
  // Not `exit`: what was printed last may arrive after it.
  demo.once('close', (code, signal) => reject(new Error(`sallyport demo ended with ${signal ?? code}: ${last()}`)))
  const late = () => reject(new Error(`sallyport demo was not ready within ${READY_WITHIN} ms: ${last()}`))
  const timer = setTimeout(late, READY_WITHIN)
  return { ready: promise.finally(() => clearTimeout(timer)), last }
}

function hasEnded(demo: ChildProcess): boolean {
  return demo.exitCode !== null || demo.signalCode !== null || demo.pid === undefined
}

async function end(demo: ChildProcess): Promise<void> {
  if (hasEnded(demo)) return
  const gone = once(demo, 'exit')
  demo.kill('SIGTERM')
  const timer = setTimeout(() => demo.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

/** A port with the ones free that a demo world takes beside it: control, provider, issuer. */
async function freeBlock(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const free = await Promise.all([0, 1, 10, 11, 12].map((offset) => isFree(port + offset)))
    if (free.every(Boolean)) return port
  }
  throw new Error('no block of free ports was found')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
