// A provider that costs as little as one can: raw sockets and answers made beforehand, whole or in 64 pieces, so that what is
// measured is whoever stands before it. `bun provider.ts [JWKS]` says its port on standard output; JWKS is served at `/jwks`.
// A prompt with CONTROL in it is answered with what arrived, backwards, and with a credential of the provider's own.
import type { Socket } from 'bun'
import { answerJson, backwards, CONTROL, endOfStream, LEAK, pieceOf, PIECES, promptOf } from './conversation.ts'

interface Connection {
  /** Bytes of the request that is arriving. */
  readonly parts: Buffer[]
  length: number
  /** Of the whole request; 0 until its head is there. */
  wanted: number
  /** What the socket would not take yet. */
  unsent: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')
const ASKS_FOR_STREAM = Buffer.from('"stream":true')
const CONTROL_MARK = Buffer.from(CONTROL)

const whole = (json: string, status = '200 OK'): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  )
const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
)
const chunk = (text: string): Buffer => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)

const small = whole(answerJson(promptOf(900)))
const large = whole(answerJson(promptOf(99_900)))
const jwks = whole(process.argv[2] ?? '{"keys":[]}')
const unread = whole('{"error":{"message":"this provider reads content-length only"}}', '501 Not Implemented')
const pieces = [STREAM_HEAD, ...Array.from({ length: PIECES }, (_, at) => chunk(pieceOf(`word${at} `)))]
const end = Buffer.concat([chunk(endOfStream), Buffer.from('0\r\n\r\n')])

function send(socket: Socket<Connection>, bytes: Buffer): void {
  const { data } = socket
  if (data.unsent.length > 0) {
    data.unsent = Buffer.concat([data.unsent, bytes])
    return
  }
  const taken = socket.write(bytes)
  if (taken < bytes.length) data.unsent = bytes.subarray(Math.max(taken, 0))
}

/** One piece a turn of the loop, so that they arrive one by one. */
function sendPieces(socket: Socket<Connection>, all: readonly Buffer[], at = 0): void {
  const piece = all[at]
  if (piece === undefined || socket.readyState <= 0) return
  send(socket, piece)
  setImmediate(sendPieces, socket, all, at + 1)
}

/** What arrived, said backwards, so that no inspection of answers hides it; and a credential, cut over the pieces of a stream. */
function sendControl(socket: Socket<Connection>, body: Buffer, streaming: boolean): void {
  const said = backwards(body.toString().replace(/[^A-Za-z0-9 ]/g, ' '))
  if (!streaming) {
    send(socket, whole(answerJson(`${said} ${LEAK} `)))
    return
  }
  const cut = [`${said} `, LEAK.slice(0, 7), LEAK.slice(7), ' .']
  sendPieces(socket, [STREAM_HEAD, ...cut.map((piece) => chunk(pieceOf(piece))), end])
}

function answer(socket: Socket<Connection>, request: Buffer): void {
  if (request[0] === 'G'.charCodeAt(0)) return send(socket, jwks)
  const body = request.subarray(request.indexOf(HEAD_END) + HEAD_END.length)
  const isSmall = body.length < 5_000
  const streaming = isSmall && body.includes(ASKS_FOR_STREAM)
  if (isSmall && body.includes(CONTROL_MARK)) return sendControl(socket, body, streaming)
  if (!streaming) return send(socket, isSmall ? small : large)
  sendPieces(socket, [...pieces, end])
}

/** Requests come one after the other on a connection, and never two at once. */
function hear(socket: Socket<Connection>, bytes: Buffer): void {
  const { data } = socket
  data.parts.push(Buffer.from(bytes))
  data.length += bytes.length
  if (data.wanted === 0) {
    const head = Buffer.concat(data.parts)
    const at = head.indexOf(HEAD_END)
    if (at < 0) return
    const fields = head.subarray(0, at).toString('latin1').toLowerCase()
    if (fields.includes('\r\ntransfer-encoding:')) {
      socket.end(unread)
      return
    }
    data.wanted = at + HEAD_END.length + Number(/\r\ncontent-length: *(\d+)/.exec(fields)?.[1] ?? 0)
  }
  if (data.length < data.wanted) return
  const request = data.parts.length === 1 ? (data.parts[0] ?? bytes) : Buffer.concat(data.parts)
  data.parts.length = 0
  data.length = 0
  data.wanted = 0
  answer(socket, request)
}

export const server = Bun.listen<Connection>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { parts: [], length: 0, wanted: 0, unsent: Buffer.alloc(0) }
      socket.setNoDelay(true)
    },
    data: hear,
    drain(socket) {
      const { unsent } = socket.data
      socket.data.unsent = Buffer.alloc(0)
      if (unsent.length > 0) send(socket, unsent)
    },
    error: () => undefined,
  },
})
console.log(server.port)
