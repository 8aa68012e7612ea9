// A model provider that misbehaves on request: the model's name in the body, or the first step of the path, says how.
// It speaks through a raw socket, because most of what it does no HTTP server would.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { isMisdeed, MISDEEDS, type MisdeedName } from './wicked-answers.ts'

export interface AskedOnce {
  readonly misdeed: MisdeedName | 'none'
  /** Request line and headers, raw. */
  readonly head: string
  readonly body: string
  /** Whether the connection has been closed since. */
  readonly closed: boolean
}

export interface WickedProvider {
  /** `http://127.0.0.1:PORT`; add `/v1`, or `/MISDEED/v1`. */
  readonly url: string
  /** What was asked of it, in order: the misdeed and the raw head of the request. */
  readonly asked: readonly AskedOnce[]
  /** How often somebody followed its redirect. */
  readonly trapped: () => number
  readonly stop: () => Promise<void>
}

export async function startWickedProvider(): Promise<WickedProvider> {
  const asked: AskedOnce[] = []
  const sockets = new Set<Socket>()
  let trapped = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    // One listener for each request on a connection that is kept.
    socket.setMaxListeners(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    readRequests(socket, (request) => {
      if (request.path.startsWith('/trap')) trapped += 1
      const misdeed = misdeedOf(request)
      const number = asked.push({ misdeed, head: request.head, body: request.body, closed: false })
      socket.once('close', () => asked.splice(number - 1, 1, { ...request, misdeed, closed: true }))
      if (misdeed === 'none') {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
        return
      }
      MISDEEDS[misdeed](socket, { streaming: /"stream"\s*:\s*true/.test(request.body), url })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    trapped: () => trapped,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

interface RawRequest {
  readonly path: string
  readonly head: string
  readonly body: string
}

function misdeedOf({ path, body }: RawRequest): MisdeedName | 'none' {
  const named = /"model"\s*:\s*"([^"]{1,40})"/.exec(body)?.[1]
  const candidates = [path.split('/')[1], named?.split('/').at(-1)]
  return candidates.find((name) => name !== undefined && isMisdeed(name)) ?? 'none'
}

/** Requests with a content-length or a chunked body, one after the other. */
function readRequests(socket: Socket, found: (request: RawRequest) => void): void {
  let waiting = ''
  socket.on('data', (bytes) => {
    waiting += bytes.toString('latin1')
    for (;;) {
      const headEnd = waiting.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = waiting.slice(0, headEnd)
      const length = bodyLength(head, waiting.slice(headEnd + 4))
      if (length === undefined || waiting.length < headEnd + 4 + length) return
      const body = waiting.slice(headEnd + 4, headEnd + 4 + length)
      waiting = waiting.slice(headEnd + 4 + length)
      found({ path: head.split(' ')[1] ?? '', head, body: Buffer.from(body, 'latin1').toString('utf8') })
    }
  })
}

/** Undefined while a chunked body has not ended. */
function bodyLength(head: string, rest: string): number | undefined {
  if (!/\r\ntransfer-encoding:\s*chunked/i.test(head))
    return Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
  const end = rest.indexOf('0\r\n\r\n')
  return end === -1 ? undefined : end + 5
}
