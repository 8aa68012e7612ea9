// The processes of a benchmark: started, asked what they have used, and stopped one by one.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

export interface Child {
  readonly pid: number
  /** What it said when it was ready: a line of standard output, or `ready` for a message. */
  readonly said: string
  /** Asks it to end, waits, and insists after 15 s. */
  stop(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** True once it has ended. */
  ended(): boolean
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Where its standard output goes; without it, the first line is what it says. */
  readonly output?: string
  /** Where its standard error goes; this process's own unless given. */
  readonly errors?: string
  /** Resolves once it is ready, for one that says nothing. */
  readonly ready?: () => Promise<unknown>
}

/** A Bun process with nothing of this one's environment. */
export const startBun = (args: readonly string[], options: StartOptions = {}): Promise<Child> =>
  startChild(process.execPath, ['--no-env-file', '--config=/dev/null', ...args], {
    ...options,
    environment: { BUN_CONFIG_MAX_HTTP_REQUESTS: '65535', ...options.environment },
  })

export async function startChild(
  command: string,
  args: readonly string[],
  { environment = {}, output, errors, ready }: StartOptions,
): Promise<Child> {
  const files = [output, errors].map((path) => (path === undefined ? undefined : openSync(path, 'a', 0o600)))
  const child = spawn(command, args, {
    stdio: ['ignore', files[0] ?? 'pipe', files[1] ?? 'inherit', ...(ready ? [] : ['ipc' as const])],
    env: { ...environment },
  })
  for (const file of files) if (file !== undefined) closeSync(file)
  const said = await Promise.race([
    ready ? ready().then(() => 'ready') : firstWord(child),
    new Promise<never>((_, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
    }),
  ])
  child.stdout?.resume()
  return {
    pid: child.pid ?? 0,
    said,
    stop: () => stopped(child),
    signal: (name) => void child.kill(name),
    ended: () => child.exitCode !== null || child.signalCode !== null,
  }
}

function firstWord(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()))
    child.once('message', () => resolve('ready'))
  })
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exit
  clearTimeout(insist)
}

const onLinux = process.platform === 'linux'
/** Of `/proc/PID/stat`: `sysconf(_SC_CLK_TCK)` is 100 on every Linux that runs Bun. */
const MS_A_TICK = 10

/** Milliseconds of processor time since its start, all threads; in steps of 10 ms. */
export function cpuOf(pid: number): number {
  if (!onLinux) return fromClock(psOf(pid, 'time'))
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_A_TICK
}

/** Megabytes (10^6 bytes) of memory that is resident. */
export function rssOf(pid: number): number {
  if (!onLinux) return (Number(psOf(pid, 'rss')) * 1024) / 1e6
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}

/** Open descriptors; undefined where the system does not say. */
export const descriptorsOf = (pid: number): number | undefined =>
  onLinux ? readdirSync(`/proc/${pid}/fd`).length : undefined

const psOf = (pid: number, field: string): string =>
  execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()

/** `MM:SS.cc`, with hours or days before it. */
function fromClock(text: string): number {
  const [clock = '', days = '0'] = text.split('-').toReversed()
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return (Number(days) * 86_400 + seconds) * 1000
}
