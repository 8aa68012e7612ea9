// The wicked provider's answers, one per way to misbehave. Each writes raw bytes: a well-behaved server would not send them.
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

export type Misdeed = (socket: Socket, asked: Asked) => void

export interface Asked {
  readonly streaming: boolean
  /** The provider's own address, for a redirect back to it. */
  readonly url: string
}

const ANSWER = JSON.stringify({
  id: 'chatcmpl-wicked',
  object: 'chat.completion',
  created: 1_800_000_000,
  model: 'wicked',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const ERROR =
  '{"error":{"message":"The wicked provider is overloaded.","type":"server_error","param":null,"code":"overloaded"}}'
const STREAM = { 'content-type': 'text/event-stream' }
const MEBIBYTE = 1024 * 1024
/** A mebibyte of nothing, compressed: a thousandth of it. */
const ZEROS = gzipSync(Buffer.alloc(MEBIBYTE))

export const MISDEEDS = {
  /** Reads the request and never answers. */
  hang: () => {},
  /** A header a little at a time, for ever. */
  'slow-headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
    const dripping = setInterval(() => socket.write('.'), 50)
    socket.on('close', () => clearInterval(dripping))
  },
  /** Headers, and then no body. */
  'silent-stream': (socket) => socket.write(head(200, STREAM)),
  html: (socket) =>
    whole(socket, '<!doctype html><h1>Welcome to the captive portal</h1>', { 'content-type': 'text/html' }),
  'html-502': (socket) =>
    whole(socket, '<html><body>502 Bad Gateway</body></html>', { 'content-type': 'text/html' }, 502),
  'wrong-shape': (socket) => whole(socket, '{"hello":["world"]}'),
  'not-json': (socket) => whole(socket, 'Hello'),
  /** Promises more bytes than it sends. */
  'cut-json': (socket) => {
    socket.end(head(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }) + ANSWER.slice(0, 90))
  },
  /** A proper HTTP answer whose JSON ends in the middle. */
  'half-json': (socket) => whole(socket, ANSWER.slice(0, 90)),
  'duplicate-keys': (socket) => whole(socket, ANSWER.replace('"object"', '"choices":[],"object"')),
  'bad-utf8': (socket) =>
    whole(socket, Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')])),
  'two-content-lengths': (socket) => {
    const lengths = `Content-Length: ${ANSWER.length}\r\nContent-Length: ${ANSWER.length - 5}\r\n`
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${lengths}\r\n${ANSWER}`)
  },
  /** Compressed though nobody asked. */
  gzip: (socket) => whole(socket, gzipSync(ANSWER), { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
  /** To where it would notice: see `trapped`. */
  redirect: (socket, { url }) => whole(socket, '', { location: `${url}/trap` }, 307),
  /** To where a machine of a cloud would be told its own credentials. */
  'redirect-to-metadata': (socket) =>
    whole(socket, '', { location: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/' }, 302),
  /** Ten gigabytes in ten megabytes, as often as they are read. */
  'gzip-bomb': (socket) => {
    socket.write(head(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }))
    pour(socket, 1024 * MEBIBYTE, () => socket.end(), ZEROS)
  },
  /** Says that it will be 100 GB, and means it. */
  'hundred-gigabytes': (socket) => {
    const length = 100 * 1024 * MEBIBYTE
    socket.write(head(200, { 'content-type': 'application/json', 'content-length': length }) + '{"id":"')
    pour(socket, length - 7, () => socket.end())
  },
  /** Ends the connection in place of an answer, in good order. */
  'hang-up': (socket) => void socket.end(),
  'error-200': (socket, { streaming }) =>
    streaming ? stream(socket, [`data: ${ERROR}\n\n`, 'data: [DONE]\n\n'], true) : whole(socket, ERROR),
  /** What a caller must never see: cookies, accounts, connection headers. */
  'chatty-headers': (socket) =>
    whole(socket, ANSWER, {
      'content-type': 'application/json',
      'set-cookie': 'session=wicked; HttpOnly',
      'openai-organization': 'org-wicked',
      'x-request-id': 'req_wicked',
      server: 'wicked/1.0',
      'x-sallyport-exchange': 'forged',
      via: '1.1 wicked',
    }),
  'header-flood': (socket) => whole(socket, ANSWER, { 'x-flood': 'f'.repeat(4 * MEBIBYTE) }),
  'no-newline': (socket) => {
    socket.write(head(200, STREAM))
    socket.write('data: ')
    pour(socket, 10 * MEBIBYTE, () => socket.end())
  },
  /** A gigabyte of proper events, or of one JSON string, as fast as it is read. */
  huge: (socket, { streaming }) => {
    const filler = streaming ? chunk('x'.repeat(1024)) : 'x'.repeat(1024)
    socket.write(head(200, streaming ? STREAM : { 'content-type': 'application/json' }))
    if (!streaming) socket.write('{"id":"')
    pour(socket, 1024 * MEBIBYTE, () => socket.end(), filler)
  },
  /** Two pieces, then a reset. */
  'die-midstream': (socket) => {
    stream(socket, [chunk('Hel, '), chunk('lo. ')], false)
    setTimeout(() => socket.resetAndDestroy(), 40)
  },
  /** Two pieces, then nothing more, on a connection that stays. */
  'stall-midstream': (socket) => stream(socket, [chunk('Hel, '), chunk('lo. ')], false),
  /** Nothing, and a reset. */
  'die-unanswered': (socket) => void setTimeout(() => socket.resetAndDestroy(), 10),
  /** The headers of a stream, then a reset. */
  'die-early': (socket) => {
    stream(socket, [], false)
    setTimeout(() => socket.resetAndDestroy(), 40)
  },
  /** Two pieces, then a proper end of the body: no reason to stop, no `[DONE]`. */
  'end-midstream': (socket) => stream(socket, [chunk('Hel, '), chunk('lo. ')], true),
  /** An event in the middle that is no JSON. */
  'garbage-midstream': (socket) => stream(socket, [chunk('Hel, '), 'data: {"choices":\n\n', 'data: [DONE]\n\n'], true),
  /** A piece, then an error, as providers report it in a stream. */
  'error-midstream': (socket) => stream(socket, [chunk('Hel, '), `data: ${ERROR}\n\n`], true),
  /** A stream for whoever asked for a whole answer, and the other way round. */
  'wrong-kind': (socket, { streaming }) =>
    streaming ? whole(socket, ANSWER) : stream(socket, [chunk('Hello'), 'data: [DONE]\n\n'], true),
  /** An answer on a connection that says more than it was asked for. */
  'surplus-answer': (socket) => {
    socket.write(head(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }) + ANSWER)
    socket.write(head(200, { 'content-type': 'application/json', 'content-length': 2 }) + '{}')
  },
} as const satisfies Record<string, Misdeed>

export type MisdeedName = keyof typeof MISDEEDS

export function isMisdeed(name: string): name is MisdeedName {
  return Object.hasOwn(MISDEEDS, name)
}

type Headers = Readonly<Record<string, string | number>>

function head(status: number, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // Answers without a length end with the connection.
  const length = 'content-length' in headers ? '' : 'connection: close\r\n'
  return `HTTP/1.1 ${status} Wicked\r\n${lines.join('')}${length}\r\n`
}

function whole(socket: Socket, body: string | Uint8Array, headers: Headers = {}, status = 200): void {
  const bytes = Buffer.from(body)
  const type = { 'content-type': 'application/json' }
  socket.write(head(status, { ...type, ...headers, 'content-length': bytes.length }))
  socket.write(bytes)
}

/** Chunked, so that an end and a break look different. */
function stream(socket: Socket, events: readonly string[], ended: boolean): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
  for (const event of events) socket.write(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`)
  if (ended) socket.write('0\r\n\r\n')
}

function chunk(content: string): string {
  const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }]
  const common = { id: 'chatcmpl-wicked', object: 'chat.completion.chunk', created: 1_800_000_000, model: 'wicked' }
  return `data: ${JSON.stringify({ ...common, choices })}\n\n`
}

/** Writes `total` bytes no faster than they are read. */
function pour(socket: Socket, total: number, done: () => void, filler: string | Buffer = 'x'): void {
  const block = Buffer.alloc(Math.ceil((64 * 1024) / filler.length) * filler.length, filler)
  let left = total
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= block.length
      if (!socket.write(block)) {
        socket.once('drain', more)
        return
      }
    }
    if (!socket.destroyed) done()
  }
  more()
}
