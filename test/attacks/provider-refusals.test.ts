// A provider that refuses the gate itself says nothing about the caller: no 401 that reads as a verdict about their own
// credential, and none of the provider's words, which name accounts and keys.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { type AddressInfo, createServer } from 'node:net'
import { CLINIC, exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { expectRefused, type Refused } from './record.ts'

let answer: () => Response = () => new Response(null, { status: 500 })
let asked = 0
const provider = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: () => {
    asked += 1
    return answer()
  },
})
let rig: Rig
beforeAll(async () => {
  rig = await startRig({ provider: `http://127.0.0.1:${provider.port}` })
})
afterEach(() => {
  asked = 0
})
afterAll(async () => {
  await rig.stop()
  await provider.stop(true)
})

const FAILED = {
  status: 502,
  type: 'server_error',
  code: 'provider_failed',
  decision: 'allow',
  ended: 'upstream-failed',
} as const satisfies Refused
const error = (message: string) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } })
const WORDS = 'Incorrect API key provided: sk-gates-own, of org-harbor.'

test.each([401, 402, 403, 404, 407])('%p is a 502, and the operators are told', async (status) => {
  for (const stream of [false, true]) {
    answer = () => Response.json(error(WORDS), { status, headers: { 'www-authenticate': 'Bearer realm="provider"' } })
    const response = await rig.ask('alice', { ...HELLO, stream })
    expect(response.headers.get('www-authenticate')).toBeNull()
    const { message } = await expectRefused(rig, response, FAILED)
    expect(message).not.toMatch(/sk-gates-own|org-harbor|Incorrect/)
    expect(rig.log.at(-1)).toContain(`provider harbor answered ${status}`)
    expect(rig.log.join()).not.toContain('sk-gates-own')
  }
  expect(asked).toBe(2)
})

test("its refusal of the request is the caller's to read, if it is in the protocol's shape", async () => {
  for (const status of [400, 422, 429, 500, 503]) {
    answer = () =>
      Response.json(error('harbor-small says: the prompt is too long.'), {
        status,
        headers: { 'retry-after': '7', 'x-internal': 'rack-9' },
      })
    const response = await rig.ask('alice', HELLO)
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(response.headers.get('x-internal')).toBeNull()
    const exchange = exchangeOf(response)
    const told: Readonly<Record<number, string>> = {
      400: `clinic-small says: the prompt is too long. (exchange ${exchange})`,
      422: `clinic-small says: the prompt is too long. (exchange ${exchange})`,
      429: `The provider is at its limit. (exchange ${exchange})`,
      500: `The provider failed with status 500. (exchange ${exchange})`,
      503: `The provider failed with status 503. (exchange ${exchange})`,
    }
    expect(await response.json()).toEqual(error(told[status] ?? ''))
    const { outcome } = await rig.settled(exchangeOf(response))
    expect(outcome).toMatchObject({ status, ended: 'upstream-failed' })
  }
})

test('what is in no known shape is not', async () => {
  for (const body of ['<html>rack-9 is down</html>', '{"detail":"rack-9 is down"}', '', '[]', '{"error":"rack-9"}']) {
    answer = () => new Response(body, { status: 500, headers: { 'content-type': 'application/json' } })
    const { message } = await expectRefused(rig, await rig.ask('alice', HELLO), FAILED)
    expect(message).not.toContain('rack-9')
  }
  answer = () => new Response('slow down, rack-9', { status: 429 })
  const limited = { ...FAILED, status: 429, type: 'rate_limit_error', code: 'provider_limited' } as const
  expect((await expectRefused(rig, await rig.ask('alice', HELLO), limited)).message).not.toContain('rack-9')
  answer = () => new Response('x'.repeat(200_000), { status: 500 })
  const large = { ...FAILED, code: 'provider_answer_invalid' } as const
  await expectRefused(rig, await rig.ask('alice', HELLO), large)
})

test.each([203, 204, 206, 300, 304, 308])('%p is no answer', async (status) => {
  answer = () => new Response(null, { status, headers: { location: '/elsewhere' } })
  await expectRefused(rig, await rig.ask('alice', HELLO), { ...FAILED, code: 'provider_answer_invalid' })
  expect(asked).toBe(1)
})

test('a provider that cannot be reached is a 503 that says when to come back', async () => {
  const away = await startRig({ provider: 'http://127.0.0.1:1' })
  const told = { ...FAILED, status: 503, code: 'provider_unreachable' } as const
  for (const stream of [false, true]) {
    const response = await away.ask('alice', { ...HELLO, stream })
    expect(response.headers.get('retry-after')).toBe('5')
    const { outcome } = await expectRefused(away, response, told)
    expect(outcome['attempts']).toMatchObject([{ target: 'harbor/harbor-small', error: 'provider_unreachable' }])
  }
  await away.stop()
})

test("without the gate's credential for it, a provider is not asked", async () => {
  // No credential that a header could carry: read at each request, and never usable.
  const files = { ...CLINIC, 'provider-key': 'two words\n' }
  const bare = await startRig({ provider: `http://127.0.0.1:${provider.port}`, files })
  const told = { ...FAILED, status: 503, code: 'provider_unreachable' } as const
  const { message } = await expectRefused(bare, await bare.ask('alice', HELLO), told)
  expect(message).not.toContain('provider-key')
  expect(asked).toBe(0)
  await bare.stop()
})

test('a status that HTTP does not have is no answer, and there is one outcome', async () => {
  const server = createServer((socket) => {
    const body = JSON.stringify(error(WORDS))
    socket.on('error', () => undefined)
    socket.once('data', () =>
      socket.end(
        `HTTP/1.1 600 X\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      ),
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const odd = await startRig({ provider: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const response = await odd.ask('alice', HELLO)
  expect(response.status).toBe(502)
  const exchange = exchangeOf(response)
  await odd.settled(exchange)
  const outcomes = (await odd.entries()).filter((entry) => entry['exchange'] === exchange && entry.kind === 'outcome')
  expect(outcomes.map((entry) => [entry['status'], entry['ended']])).toEqual([[502, 'upstream-failed']])
  await odd.stop()
  server.close()
})
