// A provider of streams that go on: each gets an event of one word at once and every `EVERY` milliseconds, spread over that time, until this
// process is sent SIGUSR2; then each gets its end. A prompt with FLOOD in it gets 1 GB at once, as fast as it is read.
// `bun provider.ts EVERY` says its port on standard output.
import type { Socket } from 'bun'
import { endOfStream, pieceOf, promptOf } from '../gateway/conversation.ts'
import { FLOOD, FLOOD_BYTES } from './flood.ts'

interface Connection {
  request: Buffer
  /** Bytes of the flood that were taken; undefined where it is no flood. */
  flooded: number | undefined
  /** What of the piece under way was not taken. */
  unsent: Buffer
}

const every = Number(process.argv[2] ?? 4_000)
const TICK_MS = 20
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const word = Buffer.from(chunk(pieceOf('word ')))
const end = Buffer.from(`${chunk(endOfStream)}0\r\n\r\n`)
const flood = Buffer.from(chunk(pieceOf(promptOf(4_000))))

/** Which are due at each tick of the round. */
const rounds: Set<Socket<Connection>>[] = Array.from({ length: Math.ceil(every / TICK_MS) }, () => new Set())
let joined = 0
let ending = false

process.on('SIGUSR2', () => (ending = true))

let turn = 0
setInterval(() => {
  const due = rounds[turn % rounds.length] ?? new Set()
  for (const socket of due) socket.write(ending ? end : word)
  if (ending) due.clear()
  turn += 1
}, TICK_MS)

function floodOn(socket: Socket<Connection>): void {
  const { data } = socket
  while (data.flooded !== undefined && data.flooded < FLOOD_BYTES) {
    const piece = data.unsent.length > 0 ? data.unsent : flood
    const taken = Math.max(socket.write(piece), 0)
    data.flooded += taken
    data.unsent = piece.subarray(taken)
    if (data.unsent.length > 0) return
  }
}

export const server = Bun.listen<Connection>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { request: Buffer.alloc(0), flooded: undefined, unsent: Buffer.alloc(0) }
    },
    data(socket, bytes) {
      const { data } = socket
      data.request = Buffer.concat([data.request, bytes])
      if (!data.request.toString('latin1').endsWith('}')) return
      const isFlood = data.request.includes(FLOOD)
      data.request = Buffer.alloc(0)
      socket.write(head)
      if (isFlood) {
        data.flooded = 0
        return floodOn(socket)
      }
      socket.write(word)
      rounds[(joined * 7) % rounds.length]?.add(socket)
      joined += 1
    },
    drain: floodOn,
    close(socket) {
      for (const due of rounds) due.delete(socket)
    },
    error: () => undefined,
  },
})
console.log(server.port)
