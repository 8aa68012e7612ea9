import { afterAll, expect, test } from 'bun:test'
import { makeDialer } from './dial.ts'
import { type OtlpAnswer, type OtlpPlace, otlpSender } from './otlp.ts'

interface Heard {
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

const servers: { stop(force: boolean): Promise<void> }[] = []
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop(true)))
})

function collector(answer: (request: Request) => Response | Promise<Response>) {
  const heard: Heard[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      heard.push({ path: new URL(request.url).pathname, headers: request.headers, body: await request.text() })
      return answer(request)
    },
  })
  servers.push(server)
  return { heard, url: `http://127.0.0.1:${server.port}` }
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const BODY = new TextEncoder().encode('{"resourceLogs":[]}')
const never = new AbortController().signal

interface Sending {
  readonly place?: Partial<OtlpPlace>
  readonly limit?: number
  readonly secrets?: readonly string[]
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

function sender(url: string, { place, limit = 5_000, secrets = [], resolve }: Sending = {}) {
  const left = [...secrets]
  const take = (): Promise<string> => Promise.resolve(left.shift() ?? '')
  return otlpSender(
    { name: 'traces', url, private: false, ...place },
    {
      dialer: makeDialer({
        resolve: resolve ?? (() => Promise.reject(new Error('nothing to look up'))),
        now: () => NOW,
      }),
      credentials: { read: take, refresh: take },
      now: () => NOW,
      limit,
    },
  )
}

const answered = (response: () => Response): Promise<OtlpAnswer> => sender(collector(response).url)('logs', BODY, never)

test('a request is what OTLP over HTTP asks for', async () => {
  const { heard, url } = collector(() => Response.json({}))
  const send = sender(url, {
    place: { authorization: { from: 'file', path: '/run/secrets/otlp' } },
    secrets: ['Bearer-one'],
  })
  expect(await send('logs', BODY, never)).toEqual({ kind: 'accepted', rejected: 0 })
  const [request] = heard
  expect(request?.path).toBe('/v1/logs')
  expect(request?.body).toBe('{"resourceLogs":[]}')
  expect(request?.headers.get('content-type')).toBe('application/json')
  expect(request?.headers.get('authorization')).toBe('Bearer-one')
})

test('spans go to their own path, below that of the collector', async () => {
  const { heard, url } = collector(() => Response.json({}))
  await sender(`${url}/otlp`)('traces', BODY, never)
  expect(heard[0]?.path).toBe('/otlp/v1/traces')
})

test('records that were not taken are counted, as text and as number', async () => {
  expect(
    await answered(() => Response.json({ partialSuccess: { rejectedLogRecords: '3', errorMessage: 'no' } })),
  ).toEqual({ kind: 'accepted', rejected: 3 })
  expect(await answered(() => Response.json({ partialSuccess: { rejectedSpans: 2 } }))).toEqual({
    kind: 'accepted',
    rejected: 2,
  })
  expect(await answered(() => Response.json({ partialSuccess: { rejectedSpans: '-1' } }))).toEqual({
    kind: 'accepted',
    rejected: 0,
  })
  expect(await answered(() => new Response('not json'))).toEqual({ kind: 'accepted', rejected: 0 })
})

test.each([
  [429, { 'retry-after': '7' }, { kind: 'later', why: 'it answered 429', after: 7_000 }],
  [503, { 'retry-after': 'Fri, 02 Jan 2026 03:04:15 GMT' }, { kind: 'later', why: 'it answered 503', after: 10_000 }],
  [503, { 'retry-after': 'soon' }, { kind: 'later', why: 'it answered 503' }],
  [502, {}, { kind: 'later', why: 'it answered 502' }],
  [504, {}, { kind: 'later', why: 'it answered 504' }],
  [400, {}, { kind: 'refused', why: 'it answered 400' }],
  [500, {}, { kind: 'refused', why: 'it answered 500' }],
  [413, {}, { kind: 'too-large' }],
  [403, {}, { kind: 'later', why: 'it answered 403' }],
  [404, {}, { kind: 'later', why: 'it answered 404' }],
  [307, { location: 'http://127.0.0.1:1/' }, { kind: 'later', why: 'it redirects (307), which is not followed' }],
] as const)('%i %j', async (status, headers, expected) => {
  expect(await answered(() => new Response('quoted back: secret', { status, headers: { ...headers } }))).toEqual(
    expected,
  )
})

test('a collector that is down or slow is one to be tried later', async () => {
  const { url } = collector(() => Response.json({}))
  await servers.pop()?.stop(true)
  const down = await sender(url)('logs', BODY, never)
  expect(down.kind).toBe('later')
  const slow = collector(() => new Promise<Response>(() => undefined))
  expect(await sender(slow.url, { limit: 200 })('logs', BODY, never)).toEqual({
    kind: 'later',
    why: 'no answer within 0.2 s',
  })
})

test('an answer without end is given up, and its records are not sent twice', async () => {
  const endless = (): Response =>
    new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16_384)) }))
  expect(await answered(endless)).toEqual({ kind: 'accepted', rejected: 0 })
})

test('whoever stops is not kept waiting', async () => {
  const stop = new AbortController()
  const silent = collector(() => {
    stop.abort()
    return new Promise<Response>(() => undefined)
  })
  const answer = await sender(silent.url)('logs', BODY, stop.signal)
  expect(answer.kind).toBe('later')
})

test('a credential that was rotated is read again, once', async () => {
  const { heard, url } = collector((request) =>
    request.headers.get('authorization') === 'fresh' ? Response.json({}) : new Response('', { status: 401 }),
  )
  const place = { authorization: { from: 'file', path: '/x' } } as const
  expect(await sender(url, { place, secrets: ['old', 'fresh'] })('logs', BODY, never)).toEqual({
    kind: 'accepted',
    rejected: 0,
  })
  expect(await sender(url, { place, secrets: ['old', 'older'] })('logs', BODY, never)).toEqual({
    kind: 'later',
    why: 'it answered 401',
  })
  expect(heard.map(({ headers }) => headers.get('authorization'))).toEqual(['old', 'fresh', 'old', 'older'])
})

test('a name that leads into a private network is not dialled unless that is meant', async () => {
  const resolve = () => Promise.resolve(['10.1.2.3'])
  const answer = await sender('http://collector.example:4318', { resolve })('logs', BODY, never)
  expect(answer).toMatchObject({ kind: 'later' })
  expect(answer).toHaveProperty('why', expect.stringContaining('it does not say `private: true`'))
})
