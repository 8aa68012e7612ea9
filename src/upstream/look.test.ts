import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Authority, makeAuthority } from '../../test/doubles/certificates.ts'
import { makeDialer } from './dial.ts'
import { type Look, looker } from './look.ts'

const stops: (() => unknown)[] = []
let authority: Authority
beforeAll(async () => {
  authority = await makeAuthority()
})
afterAll(() => stops.forEach((stop) => stop()))

const dialer = makeDialer({ resolve: async () => ['127.0.0.1'], now: () => Date.now() })
const look: Look = looker(dialer, () => Date.now())

interface Served {
  readonly names?: readonly string[]
  readonly notAfter?: Date
  readonly plain?: boolean
}

/** Its port. */
async function serve(answer: (request: Request) => Response | Promise<Response>, served: Served): Promise<number> {
  const { names = ['llm.example'], notAfter, plain = false } = served
  const notBefore = new Date(Date.now() - 7_200_000)
  const made = await authority.issue({ names, notBefore, ...(notAfter && { notAfter }) })
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    ...(!plain && { tls: { cert: made.certificate, key: made.key } }),
    fetch: answer,
  })
  stops.push(() => server.stop(true))
  return server.port ?? 0
}

const whereto = (port: number, ca: string | undefined) => ({
  name: 'llm',
  url: `https://llm.example:${port}/v1`,
  private: true,
  ...(ca !== undefined && { ca }),
  timeouts: { connect: 5_000 },
})

/** What stood in the way of asking such a server by the way of a provider. */
async function trouble(served: Served, trusted = true): Promise<string> {
  const port = await serve(() => new Response('{}'), served)
  const to = whereto(port, trusted ? authority.certificate : undefined)
  const seen = await look({ url: `${to.url}/models`, to, within: 5_000 })
  return seen.ok ? `answered ${seen.status}` : `${seen.trouble}: ${seen.said}`
}

test('a server with a right certificate answers, and is shown the headers that were meant for it', async () => {
  let arrived: Readonly<Record<string, string | null>> = {}
  const port = await serve((request) => {
    const { headers, method, url } = request
    arrived = { method, path: new URL(url).pathname, key: headers.get('x-api-key'), host: headers.get('host') }
    return Response.json({ a: 1 }, { status: 201 })
  }, {})
  const to = whereto(port, authority.certificate)
  const seen = await look({ url: `${to.url}/models`, to, within: 5_000, headers: { 'x-api-key': 'k' } })
  expect(seen).toMatchObject({ ok: true, status: 201, bytes: Buffer.from('{"a":1}') })
  expect(arrived).toEqual({ method: 'GET', path: '/v1/models', key: 'k', host: `llm.example:${port}` })
})

test('each fault of a certificate has words of its own', async () => {
  expect(await trouble({ notAfter: new Date(Date.now() - 3_600_000) })).toBe(
    'certificate: has a certificate that has expired',
  )
  expect(await trouble({ names: ['other.example'] })).toBe('certificate: has a certificate for another name')
  expect(await trouble({}, false)).toBe('certificate: has a certificate that is signed by nobody who is trusted')
  expect(await trouble({ plain: true })).toBe('connection: does not speak TLS on that port')
})

test('an address that may not be dialled is not, and is named', async () => {
  const to = { ...whereto(443, undefined), private: false }
  const seen = await look({ url: `${to.url}/models`, to, within: 5_000 })
  expect(seen).toMatchObject({ ok: false, trouble: 'address' })
  expect(seen.ok ? '' : seen.said).toStartWith('llm.example leads to 127.0.0.1')
})

test('nobody there, and no such name, are told apart', async () => {
  expect(await look({ url: 'http://127.0.0.1:1/', within: 5_000 })).toEqual({
    ok: false,
    trouble: 'connection',
    said: 'refuses the connection: nothing listens there',
  })
  expect(await look({ url: 'http://no-such-host.invalid/', within: 5_000 })).toEqual({
    ok: false,
    trouble: 'name',
    said: 'leads to no address',
  })
})

test('whoever hangs is waited for as long as was said, also in the middle of an answer', async () => {
  const silent = await serve(() => new Promise<Response>(() => undefined), { plain: true })
  const late = { ok: false, trouble: 'time', said: 'does not answer within 0.2 s' } as const
  expect(await look({ url: `http://127.0.0.1:${silent}/`, within: 200 })).toEqual(late)
  const half = await serve(
    () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) })),
    { plain: true },
  )
  expect(await look({ url: `http://127.0.0.1:${half}/`, within: 200 })).toEqual(late)
})

test('a redirect is an answer; a flood is none', async () => {
  const port = await serve(() => Response.redirect('http://127.0.0.1:1/', 302), { plain: true })
  expect(await look({ url: `http://127.0.0.1:${port}/`, within: 5_000 })).toMatchObject({ ok: true, status: 302 })
  const flood = await serve(() => new Response(new Uint8Array(9 * 2 ** 20)), { plain: true })
  expect(await look({ url: `http://127.0.0.1:${flood}/`, within: 5_000 })).toEqual({
    ok: false,
    trouble: 'size',
    said: 'answers more than 8 MiB',
  })
})

test('its clock is read from Date and Age, to about a second', async () => {
  const at = async (headers: Record<string, string>): Promise<number | undefined> => {
    const port = await serve(() => new Response('{}', { headers }), { plain: true })
    const seen = await look({ url: `http://127.0.0.1:${port}/`, within: 5_000 })
    return seen.ok ? seen.ahead : undefined
  }
  const date = (ms: number): string => new Date(Date.now() + ms).toUTCString()
  const near = (ms: number | undefined, wanted: number): boolean => ms !== undefined && Math.abs(ms - wanted) < 4_000
  expect(near(await at({ date: date(90_000) }), 90_000)).toBe(true)
  expect(near(await at({ date: date(-90_000) }), -90_000)).toBe(true)
  // A cache has held it for a minute and a half.
  expect(near(await at({ date: date(-90_000), age: '90' }), 0)).toBe(true)
  expect(await at({ date: 'yesterday' })).toBeUndefined()
})
