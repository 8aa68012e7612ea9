// A place of its own for the real command line: state directory, working directory, a block of free ports, and whatever
// was started there. Programs run in process groups of their own, so that a test can tell whether anything was left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const COMMAND = join(import.meta.dir, '../../bin/sallyport')
const PATIENCE_MS = 20_000

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Program {
  readonly pid: number
  /** Both outputs so far, as a terminal would show them. */
  output(): string
  /** Resolves once the output matches; rejects with the output when the program ends first, or after a while. */
  says(pattern: RegExp): Promise<void>
  /** To the whole process group, as a terminal's Ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void
  /** The group's living processes: pid and command line. */
  members(): Promise<ReadonlyMap<number, string>>
  readonly ended: Promise<number | null>
}

export type Environment = Readonly<Record<string, string>>

export interface Sandbox {
  readonly home: string
  readonly cwd: string
  readonly port: number
  /** Runs `sallyport …` to its end. */
  run(args: readonly string[], environment?: Environment): Promise<Finished>
  start(args: readonly string[], environment?: Environment): Program
  /** Kills what still runs, and removes the place. */
  remove(): Promise<void>
}

export async function sandbox(): Promise<Sandbox> {
  const cwd = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-process-')))
  const home = join(cwd, 'state', 'home')
  const port = await freePorts()
  const started: Program[] = []
  const launch = (args: readonly string[], environment: Environment): ChildProcess =>
    spawn(COMMAND, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        SALLYPORT_HOME: home,
        SALLYPORT_PORT: String(port),
        ...environment,
      },
    })
  return {
    home,
    cwd,
    port,
    run: (args, environment = {}) => finished(launch(args, environment)),
    start(args, environment = {}) {
      const program = follow(launch(args, environment))
      started.push(program)
      return program
    },
    async remove() {
      for (const program of started) {
        for (const pid of (await program.members()).keys()) kill(pid, 'SIGKILL')
      }
      await rm(cwd, { recursive: true, force: true })
    },
  }
}

async function finished(child: ChildProcess): Promise<Finished> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out, err }
}

function follow(child: ChildProcess): Program {
  const { pid } = child
  if (pid === undefined) throw new Error('the program could not be started')
  let output = ''
  let over = false
  const waiting = new Set<() => void>()
  const changed = (): void => waiting.forEach((look) => look())
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      changed()
    })
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      over = true
      resolve(code)
      changed()
    })
  })
  return {
    pid,
    ended,
    output: () => output,
    says: (pattern) =>
      new Promise<void>((resolve, reject) => {
        const settle = (end: () => void): void => {
          clearTimeout(timer)
          waiting.delete(look)
          end()
        }
        const look = (): void => {
          if (pattern.test(output)) settle(resolve)
          else if (over) settle(() => reject(new Error(`ended without saying ${pattern}:\n${output}`)))
        }
        const timer = setTimeout(
          () => settle(() => reject(new Error(`did not say ${pattern} in time:\n${output}`))),
          PATIENCE_MS,
        )
        waiting.add(look)
        look()
      }),
    signalGroup: (signal) => kill(-pid, signal),
    members: () => groupMembers(pid),
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}

/** Zombies are gone: nobody here can wait for an orphan. */
async function groupMembers(group: number): Promise<ReadonlyMap<number, string>> {
  const members = new Map<number, string>()
  if (!existsSync('/proc/self/stat')) {
    const { out } = await finished(spawn('ps', ['-A', '-o', 'pid=,pgid=,stat=,command=']))
    for (const line of out.split('\n')) {
      const [, pid = '', pgid, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
      if (pgid === String(group) && !state.startsWith('Z')) members.set(Number(pid), command)
    }
    return members
  }
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // After the name, which is in brackets and may hold anything: state, parent, group.
    const [state, , pgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (pgid !== String(group) || state === 'Z') continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    members.set(Number(pid), command.replaceAll('\0', ' ').trim())
  }
  return members
}

/** Until `look` resolves to true; rejects after a while with what was waited for. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await Bun.sleep(25)
  }
}

/** A port p such that p, p+1, p+10 and p+12 are free: below the range that the system hands out by itself. */
async function freePorts(): Promise<number> {
  for (let turn = 0; turn < 100; turn++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const free = await Promise.all([0, 1, 10, 12].map((offset) => isFree(port + offset)))
    if (free.every(Boolean)) return port
  }
  throw new Error('no block of free ports was found')
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
