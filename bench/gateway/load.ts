// Load over raw sockets: one request a connection at a time, kept alive. What it costs is the same for every target.
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Figures {
  readonly rps: number
  readonly p50_us: number
  readonly p99_us: number
}

const requestOf = ({ headers, body }: Load): Buffer => {
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nhost: gate\r\n${head}\r\n${body}`)
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/** A connection on which one request after the other is asked. Rejects for an answer that is not 200. */
class Caller {
  readonly #socket: Socket
  readonly #request: Buffer
  #heard = 0
  #wanted = 0
  #tail: Buffer = Buffer.alloc(0)
  #done: PromiseWithResolvers<void> | undefined

  constructor(load: Load) {
    this.#request = requestOf(load)
    this.#socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true })
    this.#socket.on('data', (piece: Buffer) => this.#hear(piece))
    this.#socket.on('error', (error) => this.#done?.reject(error))
    this.#socket.on('close', () => this.#done?.reject(new Error('closed')))
  }

  ask(): Promise<void> {
    this.#done = Promise.withResolvers()
    this.#heard = 0
    this.#wanted = 0
    this.#tail = Buffer.alloc(0)
    this.#socket.write(this.#request)
    return this.#done.promise
  }

  #hear(piece: Buffer): void {
    let rest = piece
    if (this.#wanted === 0) {
      this.#tail = this.#tail.length === 0 ? piece : Buffer.concat([this.#tail, piece])
      const at = this.#tail.indexOf(HEAD_END)
      if (at < 0) return
      const head = this.#tail.subarray(0, at).toString('latin1').toLowerCase()
      if (!head.startsWith('http/1.1 200')) return this.#done?.reject(new Error(this.#tail.toString().slice(0, 400)))
      const length = /content-length: (\d+)/.exec(head)?.[1]
      this.#wanted = length === undefined ? Number.POSITIVE_INFINITY : Number(length)
      rest = this.#tail.subarray(at + 4)
      this.#tail = Buffer.alloc(0)
    }
    this.#heard += rest.length
    if (this.#wanted === Number.POSITIVE_INFINITY) {
      this.#tail = Buffer.concat([this.#tail, rest]).subarray(-LAST_CHUNK.length)
      if (this.#tail.equals(LAST_CHUNK)) this.#done?.resolve()
    } else if (this.#heard >= this.#wanted) this.#done?.resolve()
  }

  end(): void {
    this.#done = undefined
    this.#socket.destroy()
  }
}

/** As fast as `connections` callers get answers, for so many milliseconds. */
export async function closedLoop(load: Load, connections: number, ms: number): Promise<Figures> {
  const callers = Array.from({ length: connections }, () => new Caller(load))
  const times: number[] = []
  const began = performance.now()
  const until = began + ms
  await Promise.all(
    callers.map(async (caller) => {
      for (let asked = performance.now(); asked < until; asked = performance.now()) {
        await caller.ask()
        times.push(performance.now() - asked)
      }
    }),
  )
  const took = performance.now() - began
  for (const caller of callers) caller.end()
  return { rps: (times.length / took) * 1000, ...percentiles(times) }
}

/** At `rps`, whether or not answers come: what is late is counted from when it was due. */
export async function openLoop(load: Load, rps: number, ms: number): Promise<Figures> {
  const idle = Array.from({ length: 64 }, () => new Caller(load))
  const all = [...idle]
  const times: number[] = []
  const running: Promise<void>[] = []
  const began = performance.now()
  for (let sent = 0; sent < (rps * ms) / 1000;) {
    const due = Math.min(Math.floor(((performance.now() - began) / 1000) * rps), (rps * ms) / 1000)
    while (sent < due) {
      const at = began + (sent / rps) * 1000
      sent += 1
      const caller = idle.pop() ?? new Caller(load)
      if (!all.includes(caller)) all.push(caller)
      running.push(
        caller.ask().then(() => {
          times.push(performance.now() - at)
          idle.push(caller)
          return undefined
        }),
      )
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(running)
  for (const caller of all) caller.end()
  return { rps, ...percentiles(times) }
}

function percentiles(times: readonly number[]): Pick<Figures, 'p50_us' | 'p99_us'> {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000
  return { p50_us: at(0.5), p99_us: at(0.99) }
}
