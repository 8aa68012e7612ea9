// A caller over a raw socket: one request at a time on a connection that is kept. What it costs is the same for every target.
// An answer that is not 200, or a stream that does not end as streams do, is an error: a refusal is fast, too.
import type { Socket } from 'bun'
import { requestBytes } from './request-bytes.ts'

export interface Load {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** As it came, chunks and all. */
  readonly body: string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const DONE = Buffer.from('data: [DONE]')
/** Long enough for the last event, however it was cut into chunks. */
const TAIL = 96
const NOTHING = Buffer.alloc(0)

export class Caller {
  readonly #port: number
  readonly #request: Buffer
  /** Filled only where somebody wants to read the answer. */
  readonly #kept: Buffer[] | undefined
  #socket: Socket | undefined
  #closed = false
  /** What of the request the socket has not taken yet. */
  #unsent: Buffer = NOTHING
  #heard = 0
  #wanted = 0
  #isStream = false
  #tail: Buffer = NOTHING
  #done: PromiseWithResolvers<void> | undefined

  constructor(load: Load, { keep = false } = {}) {
    this.#request = requestBytes(load)
    this.#kept = keep ? [] : undefined
    this.#port = load.port
    this.#connect()
  }

  #connect(): void {
    this.#closed = false
    const socket = {
      open: (opened: Socket) => {
        opened.setNoDelay(true)
        this.#socket = opened
        this.#send()
      },
      drain: () => this.#send(),
      data: (_: Socket, piece: Buffer) => this.#hear(piece),
      error: (_: Socket, error: Error) => this.#done?.reject(error),
      close: () => {
        this.#closed = true
        this.#socket = undefined
        this.#done?.reject(new Error(`the connection was closed after ${this.#heard} bytes of an answer`))
      },
    }
    Bun.connect({ hostname: '127.0.0.1', port: this.#port, socket }).catch((error: unknown) =>
      this.#done?.reject(error),
    )
  }

  /** Resolves with the last byte of the answer. */
  ask(): Promise<void> {
    this.#done = Promise.withResolvers()
    this.#heard = 0
    this.#wanted = 0
    this.#tail = NOTHING
    this.#unsent = this.#request
    // Whoever closes a connection that nobody uses may do so.
    if (this.#closed) this.#connect()
    else this.#send()
    return this.#done.promise
  }

  /** What was kept of all answers so far, as text. */
  said(): string {
    return Buffer.concat(this.#kept ?? []).toString()
  }

  end(): void {
    this.#done = undefined
    this.#socket?.terminate()
  }

  #send(): void {
    if (!this.#socket || this.#unsent.length === 0) return
    const taken = this.#socket.write(this.#unsent)
    this.#unsent = this.#unsent.subarray(Math.max(taken, 0))
  }

  #hear(piece: Buffer): void {
    this.#kept?.push(Buffer.from(piece))
    let rest = piece
    if (this.#wanted === 0) {
      this.#tail = this.#tail.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#tail, piece])
      const at = this.#tail.indexOf(HEAD_END)
      if (at < 0) return
      const head = this.#tail.subarray(0, at).toString('latin1').toLowerCase()
      if (!head.startsWith('http/1.1 200')) return this.#done?.reject(new Error(this.#tail.toString().slice(0, 600)))
      this.#isStream = head.includes('\r\ncontent-type: text/event-stream')
      const length = /content-length: (\d+)/.exec(head)?.[1]
      this.#wanted = length === undefined ? Number.POSITIVE_INFINITY : Number(length)
      rest = this.#tail.subarray(at + HEAD_END.length)
      this.#tail = NOTHING
    }
    this.#heard += rest.length
    if (this.#wanted !== Number.POSITIVE_INFINITY) {
      if (this.#heard >= this.#wanted) this.#done?.resolve()
      return
    }
    // Of the runtime's buffer only a copy is ours to keep.
    this.#tail =
      rest.length >= TAIL ? Buffer.from(rest.subarray(-TAIL)) : Buffer.concat([this.#tail, rest]).subarray(-TAIL)
    if (!this.#tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return
    if (!this.#isStream || this.#tail.includes(DONE)) this.#done?.resolve()
    else this.#done?.reject(new Error(`a stream ended with ${this.#tail.toString()}`))
  }
}

/** One request on a connection of its own, and its answer whatever it is. */
export async function askOnce(load: Load): Promise<Answer> {
  const caller = new Caller(load, { keep: true })
  try {
    await caller.ask()
  } catch (error) {
    // A refusal is an answer here. One without an answer is not.
    if (caller.said() === '') throw error
  }
  const said = caller.said()
  caller.end()
  const at = said.indexOf('\r\n\r\n')
  return { status: Number(said.slice(9, 12)), body: said.slice(at + 4) }
}
