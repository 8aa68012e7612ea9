import { afterAll, expect, test } from 'bun:test'
import type { Provider } from '#access/provider.ts'
import { makeDialer } from './dial.ts'
import { httpUpstream } from './http.ts'
import { callTo, outcomeOf, outgoing, providerAt, until } from './http.fixture.ts'
import { missing } from './secret-place.ts'

let arrived:
  | { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | undefined
let aborted = false
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const { pathname, search } = new URL(request.url)
    arrived = { path: pathname + search, headers: Object.fromEntries(request.headers), body: await request.text() }
    request.signal.addEventListener('abort', () => (aborted = true))
    if (pathname.startsWith('/hang')) return new Promise<Response>(() => undefined)
    if (pathname.startsWith('/redirect')) return Response.redirect('/elsewhere', 307)
    if (pathname.startsWith('/gzip')) {
      return new Response(Bun.gzipSync('{}'), { headers: { 'content-encoding': 'gzip' } })
    }
    if (pathname.startsWith('/empty')) return new Response(null, { status: 204 })
    return Response.json({ ok: true })
  },
})
afterAll(() => server.stop(true))

const { upstream, log } = outgoing({ secrets: ['sk-gate'] })
const without = outgoing()
const provider = (prefix = '', more: Partial<Provider> = {}): Provider =>
  providerAt(`http://127.0.0.1:${server.port}${prefix}/v1`, more)

test("the body leaves as it is, under the provider's path, with the gate's own headers and credential", async () => {
  const answer = await upstream.send(callTo(provider('/prefix', { credential: { from: 'env', name: 'KEY' } })))
  expect(answer.status).toBe(200)
  expect(await new Response(answer.body).json()).toEqual({ ok: true })
  expect(arrived).toEqual({
    path: '/prefix/v1/chat/completions',
    body: '{"a":"ä"}',
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer sk-gate',
      connection: 'keep-alive',
      'content-length': '10',
      'content-type': 'application/json',
      host: `127.0.0.1:${server.port}`,
      'user-agent': 'sallyport',
    },
  })
  await upstream.send(callTo(provider(), { streaming: true }))
  expect(arrived?.headers['accept']).toBe('text/event-stream')
  expect(arrived?.headers).not.toHaveProperty('authorization')
})

test('without its credential nothing is sent', async () => {
  arrived = undefined
  const at = provider('', { credential: { from: 'env', name: 'KEY' } })
  expect(await without.outcome(at)).toBe('provider_unreachable')
  expect(arrived).toBeUndefined()
})

test('a redirect is an answer and is not followed; a compressed answer stays compressed; an empty one has no body', async () => {
  const redirect = await upstream.send(callTo(provider('/redirect')))
  expect([redirect.status, arrived?.path]).toEqual([307, '/redirect/v1/chat/completions'])
  const zipped = await upstream.send(callTo(provider('/gzip')))
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  expect(new Uint8Array(await new Response(zipped.body).arrayBuffer()).slice(0, 2)).toEqual(Uint8Array.of(0x1f, 0x8b))
  expect((await upstream.send(callTo(provider('/empty')))).status).toBe(204)
})

test('nobody there is unreachable, and only that', async () => {
  const at = (url: string): Provider => provider('', { url })
  expect(await outcomeOf(() => upstream.send(callTo(at('http://127.0.0.1:1/v1'))))).toBe('provider_unreachable')
  expect(await outcomeOf(() => upstream.send(callTo(at('http://no-such-host.invalid/v1'))))).toBe(
    'provider_unreachable',
  )
  // Something was sent here, and may have been acted on.
  const rude = rudeServer()
  expect(await outcomeOf(() => upstream.send(callTo(at(`http://127.0.0.1:${rude.port}/v1`))))).toBe('provider_failed')
  rude.stop(true)
})

test("what failed is told to the operator by its code: the path may hold somebody's ids", async () => {
  const before = log.length
  const rude = rudeServer()
  const at = providerAt(`http://127.0.0.1:${rude.port}/v1`, { name: 'rude' })
  for (let time = 0; time < 3; time += 1) {
    expect(await outcomeOf(() => upstream.send(callTo(at, { path: '/files/file-secret' })))).toBe('provider_failed')
  }
  rude.stop(true)
  const nowhere = providerAt('http://127.0.0.1:1/v1', { name: 'nowhere' })
  await outcomeOf(() => upstream.send(callTo(nowhere)))
  expect(log.slice(before)).toEqual([
    'provider rude: provider_failed: ECONNRESET',
    'provider nowhere: provider_unreachable: connecting to 127.0.0.1:1: none of its addresses takes a connection',
  ])
})

test('a credential that is missing is told to the operator by its reference, never by a class of ours', async () => {
  const said: string[] = []
  const lost = httpUpstream({
    credentials: { read: async () => Promise.reject(missing('lost', 'deleted')), refresh: async () => 'unused' },
    dialer: makeDialer({ resolve: async () => [], now: () => 0 }),
    log: (line) => void said.push(line),
    now: () => 0,
  })
  const at = provider('', { credential: { from: 'file', path: '/run/key' } })
  expect(await outcomeOf(() => lost.send(callTo(at)))).toBe('provider_unreachable')
  expect(said).toEqual([
    'provider harbor: its credential file:/run/key: does not exist; write it there, mode 0600: it is taken up without a restart',
  ])
})

test('no answer in time is a timeout, and the request is given up', async () => {
  aborted = false
  const at = provider('/hang', { timeouts: { connect: 5_000, firstByte: 100, idle: 100 } })
  expect(await outcomeOf(() => upstream.send(callTo(at)))).toBe('provider_timeout')
  await until(() => aborted)
})

test.each(['signal', 'withdrawn'])(
  'a request whose %s is aborted is given up, and that is no timeout',
  async (which) => {
    aborted = false
    arrived = undefined
    const leaving = new AbortController()
    const sent = outcomeOf(() => upstream.send(callTo(provider('/hang'), { [which]: leaving.signal })))
    await until(() => arrived !== undefined)
    const left = performance.now()
    leaving.abort()
    expect(await sent).toBe('provider_failed')
    expect(performance.now() - left).toBeLessThan(5_000)
    await until(() => aborted)
  },
)

test('the identity of the chain goes with the request, and a header of that name only so', async () => {
  await upstream.send(callTo(provider(), { identity: () => 'signed' }))
  expect(arrived?.headers['x-sallyport-identity']).toBe('signed')
  await upstream.send(callTo(provider()))
  expect(arrived?.headers).not.toHaveProperty('x-sallyport-identity')
})

test('of a secret and a header of the same name, the secret is sent', async () => {
  const at = provider('', { credential: { from: 'env', name: 'KEY' } })
  await upstream.send(callTo(at, { headers: { authorization: 'Bearer sk-caller', host: 'elsewhere.test' } }))
  expect(arrived?.headers['authorization']).toBe('Bearer sk-gate')
  expect(arrived?.headers['host']).toBe(`127.0.0.1:${server.port}`)
})

/** Reads a request and hangs up. */
const rudeServer = () => Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: (socket) => void socket.end() } })
