// The two sides of a conformance run: a demo provider of our own, and the gate of a demo world started for the purpose.
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeProvider } from '#demo/provider.ts'
import { addPermits } from './permits.ts'
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
  const provider = makeProvider({ credential, models: ['clinic-small', 'clinic-large', 'claude-clinic'] })
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

/**
 * Starts `bin/sallyport demo` in a directory and on ports of its own, and adds to its bundle what `permits.ts` holds.
 * Rejects with the reason where it does not come up.
 */
export async function startGate(): Promise<Started> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'))
  const port = await freeBlock()
  const { PATH, HOME } = process.env
  const demo = spawn(join(ROOT, 'bin', 'sallyport'), ['demo'], {
    cwd: home,
    env: { PATH, HOME, SALLYPORT_HOME: join(home, 'state'), SALLYPORT_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { printed, last } = listen(demo)
  const ended = () =>
    hasEnded(demo) ? `sallyport demo ended with ${demo.signalCode ?? demo.exitCode}: ${last()}` : undefined
  const stop = async () => {
    await end(demo)
    await rm(home, { recursive: true, force: true })
  }
  try {
    await printed('Sallyport is ready')
    await addPermits(join(home, 'state', 'demo', 'bundle'))
    demo.kill('SIGHUP')
    await printed('is in force')
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
  readonly people: Readonly<Record<'alice' | 'bob' | 'carol', { readonly token: string }>>
}

function gateSide({ gateway, provider, people }: Demo): Side {
  return {
    name: 'gate',
    baseURL: `${gateway}/v1`,
    credential: people.alice.token,
    model: 'clinic-small',
    provider,
    denied: { credential: people.bob.token, model: 'clinic-large' },
    permitted: people.carol.token,
  }
}

interface Listener {
  /** Resolves once this was printed; rejects with what was printed last where the demo ends or takes too long. */
  readonly printed: (words: string) => Promise<void>
  readonly last: () => string
}

function listen(demo: ChildProcess): Listener {
  let all = ''
  const last = () => all.trim().split('\n').slice(-3).join(' | ').slice(-400)
  const heard = new EventEmitter()
  const hear = (bytes: Buffer) => {
    all = (all + bytes.toString()).slice(-20_000)
    heard.emit('more')
  }
  demo.stdout?.on('data', hear)
  demo.stderr?.on('data', hear)
  const over = Promise.withResolvers<never>()
  // Whoever waits hears of it; afterwards nobody does.
  over.promise.catch(() => undefined)
  demo.once('error', over.reject)
  // Not `exit`: what was printed last may arrive after it.
  demo.once('close', (code, signal) => over.reject(new Error(`sallyport demo ended with ${signal ?? code}: ${last()}`)))
  const printed = async (words: string) => {
    const late = setTimeout(
      () => over.reject(new Error(`no "${words}" within ${READY_WITHIN} ms: ${last()}`)),
      READY_WITHIN,
    )
    try {
      while (!all.includes(words)) await Promise.race([once(heard, 'more'), over.promise])
    } finally {
      clearTimeout(late)
    }
  }
  return { printed, last }
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
