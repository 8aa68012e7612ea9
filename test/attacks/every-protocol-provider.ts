// A provider that answers well on every route, and spoils its answer where the model's name says how: `dies` in
// `dies.3`, whose number only keeps the routes' targets apart. What the wicked provider does, it does too.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { makeProvider } from '#demo/provider.ts'
import { isMisdeed, MISDEEDS, type MisdeedName } from '../doubles/wicked-answers.ts'

export type Spoil = keyof typeof SPOILS
export type Trick = MisdeedName | Spoil

export interface EveryProvider {
  readonly url: string
  /** How many requests reached it, by this method or by any. */
  readonly asked: (method?: string) => number
  /** How often somebody followed its redirect. */
  readonly trapped: () => number
  readonly stop: () => Promise<void>
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>> | undefined
}

interface Good {
  readonly text: string
  readonly streaming: boolean
  readonly path: string
  /** The right answer to somebody else's question. */
  readonly other: string
}

/** What the provider says of its own trouble. No caller may read it. */
export const PROVIDERS_WORDS = 'rack 7 of customer 4471 is on fire'

export async function startEveryProvider(): Promise<EveryProvider> {
  const demo = makeProvider()
  const kept = new Map<string, string>()
  const sockets = new Set<Socket>()
  const asked: string[] = []
  let trapped = 0

  const answer = async (request: Asked, socket: Socket): Promise<void> => {
    asked.push(request.method)
    if (request.path.startsWith('/trap')) trapped += 1
    const named = request.body?.['model']
    const model = typeof named === 'string' ? named : (kept.get(request.path.split('/')[3] ?? '') ?? '')
    const trick = model.split('.')[0] ?? ''
    const streaming = request.body?.['stream'] === true
    if (isMisdeed(trick)) return void MISDEEDS[trick](socket, { streaming, url })
    const good = await goodAnswer(demo.fetch, request)
    if (trick === 'later') kept.set(good.id, model.split('.').slice(1).join('.'))
    const { text } = good
    const spoil = Object.hasOwn(SPOILS, trick) ? SPOILS[trick as Spoil] : whole
    spoil(socket, { text, streaming, path: request.path, other: await otherAnswer(demo.fetch, request) })
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setMaxListeners(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    readRequests(socket, (request) => void answer(request, socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked: (method) => asked.filter((each) => method === undefined || each === method).length,
    trapped: () => trapped,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const plain = (socket: Socket, text: string): void => {
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`,
  )
  socket.write(text)
}

/** Chunked, so that an end and a break look different. */
const stream = (socket: Socket, text: string, ended: boolean): void => {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
  socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n${ended ? '0\r\n\r\n' : ''}`)
}

const whole = (socket: Socket, { text, streaming }: Good): void =>
  streaming ? stream(socket, text, true) : plain(socket, text)

/** The half of a stream's events, or of an answer's bytes. */
function half({ text, streaming }: Good): string {
  if (!streaming) return text.slice(0, text.length / 2)
  const events = text.split('\n\n').filter((event) => event !== '')
  return `${events.slice(0, Math.max(2, Math.floor(events.length / 2))).join('\n\n')}\n\n`
}

/** As the API of the path reports an error that came up on the way. */
function errorOf(path: string): { readonly event: string; readonly error: object } {
  const said = { type: 'server_error', message: PROVIDERS_WORDS }
  if (path.includes('/messages')) return { event: 'event: error\n', error: { type: 'error', error: said } }
  if (path !== '/v1/responses') return { event: '', error: { error: { ...said, param: null, code: null } } }
  return { event: 'event: error\n', error: { ...said, type: 'error', code: 'server_error', sequence_number: 99 } }
}

const errorEvent = (path: string): string => `${errorOf(path).event}data: ${JSON.stringify(errorOf(path).error)}\n\n`

const SPOILS = {
  /** Half an answer, then a reset. */
  dies: (socket: Socket, good: Good) => {
    if (good.streaming) stream(socket, half(good), false)
    else
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${good.text.length}\r\n\r\n${half(good)}`,
      )
    setTimeout(() => socket.resetAndDestroy(), 250)
  },
  /** Half an answer that ends in good order. */
  'ends-early': (socket: Socket, good: Good) =>
    good.streaming ? stream(socket, half(good), true) : plain(socket, half(good)),
  /** Half an answer, on a connection that stays. */
  stalls: (socket: Socket, good: Good) => {
    if (good.streaming) stream(socket, half(good), false)
    else
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${good.text.length}\r\n\r\n${half(good)}`,
      )
  },
  /** An event that is no JSON, among good ones. */
  garbles: (socket: Socket, good: Good) => stream(socket, `${half(good)}data: {"id":\n\n${good.text}`, true),
  /** An error behind good events. */
  fails: (socket: Socket, good: Good) => stream(socket, half(good) + errorEvent(good.path), true),
  /** 200, and an error. */
  'says-error': (socket: Socket, good: Good) =>
    good.streaming
      ? stream(socket, errorEvent(good.path), true)
      : plain(socket, JSON.stringify(errorOf(good.path.replace(/^\/v1\/responses$/, '')).error)),
  /** What another protocol's API would have answered. */
  'speaks-another': (socket: Socket, good: Good) =>
    good.streaming ? stream(socket, good.other, true) : plain(socket, good.other),
} as const

type Fetch = (request: Request) => Promise<Response>

async function goodAnswer(fetched: Fetch, { method, path, body }: Asked): Promise<{ text: string; id: string }> {
  const sent = body && { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetched(new Request(`http://demo.invalid${path}`, sent ?? { method }))
  const text = await response.text()
  return { text, id: /"id":\s?"([^"]+)"/.exec(text)?.[1] ?? '' }
}

async function otherAnswer(fetched: Fetch, { path, body }: Asked): Promise<string> {
  const talk = {
    model: 'harbor-small',
    messages: [{ role: 'user', content: 'hello' }],
    stream: body?.['stream'] === true,
  }
  const other =
    path === '/v1/chat/completions' || path === '/v1/completions'
      ? { path: '/v1/messages', body: { ...talk, max_tokens: 9 } }
      : { path: '/v1/chat/completions', body: talk }
  return (await goodAnswer(fetched, { method: 'POST', ...other })).text
}

/** Requests with a content-length, or without a body, one after the other. */
function readRequests(socket: Socket, found: (request: Asked) => void): void {
  let waiting = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes])
    for (;;) {
      const end = waiting.indexOf('\r\n\r\n') + 4
      if (end === 3) return
      const head = waiting.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
      if (waiting.length < end + length) return
      const text = waiting.toString('utf8', end, end + length)
      waiting = waiting.subarray(end + length)
      const [method = '', path = ''] = head.split(' ', 2)
      found({ method, path, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) })
    }
  })
}
