// `sallyport start` in a state directory and on ports of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

export interface Running {
  readonly ended: () => string | undefined
  readonly run: (args: readonly string[]) => Promise<string>
  stop(): Promise<void>
}

const COMMAND = join(import.meta.dirname, '../../../bin/sallyport')
// Of first starts on a busy machine; it usually takes three seconds.
const READY_WITHIN = 60_000

interface Place {
  readonly home: string
  readonly port: number
  readonly bundle: string
}

/** Resolves once the authorization server answers. */
export async function startSallyport({ home, port, bundle }: Place): Promise<Running> {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, SALLYPORT_HOME: join(home, 'state'), SALLYPORT_PORT: String(port) }
  const child = spawn(COMMAND, ['start', '--bundle', bundle, '--log', 'off'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-20_000)))
  }
  const last = (): string => printed.trim().split('\n').slice(-6).join(' | ').slice(-1200)
  const ended = (): string | undefined =>
    hasEnded(child) ? `sallyport start ended with ${child.signalCode ?? child.exitCode}: ${last()}` : undefined
  const running: Running = {
    ended,
    run: (args) => runToEnd(args, home, env),
    stop: () => end(child),
  }
  try {
    await answers(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`, ended)
    return running
  } catch (error) {
    await running.stop()
    throw new Error(`${error instanceof Error ? error.message : String(error)}: ${last()}`, { cause: error })
  }
}

async function answers(url: string, ended: () => string | undefined): Promise<void> {
  const deadline = Date.now() + READY_WITHIN
  let why = ''
  while (Date.now() < deadline) {
    const said = ended()
    if (said !== undefined) throw new Error(said)
    try {
      const { status } = await fetch(url)
      if (status === 200) return
      why = `${url} answers ${status}`
    } catch {
      why = 'the gateway does not listen'
    }
    await Bun.sleep(100)
  }
  throw new Error(`not ready within ${READY_WITHIN} ms: ${why}`)
}

async function runToEnd(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(COMMAND, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return out
  throw new Error(`sallyport ${args.join(' ')} ended with ${code}: ${err}`)
}

const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

/** One with the next free, too: the control plane's. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const free = await Promise.all([port, port + 1].map(isFree))
    if (free.every(Boolean)) return port
  }
  throw new Error('no two free ports were found')
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
