// A path that two parties could read differently leads nowhere: what is served is matched against the bytes that were sent.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO_TEXT } from './hello.ts'
import { providerCount } from './record.ts'
import { callRaw, type Head, head } from './raw-caller.ts'

let rig: Rig
let lines: readonly string[] = []
beforeAll(async () => {
  rig = await startRig()
  const token = await rig.issuer.mint('alice')
  lines = [
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${HELLO_TEXT.length}`,
    'Connection: close',
  ]
})
afterAll(() => rig.stop())

const send = (more: Head) => callRaw(rig.url, head({ ...more, lines }) + HELLO_TEXT)

test('the requests below are wrong in their path only', async () => {
  const before = await providerCount(rig)
  expect((await send({})).status).toBe(200)
  expect(await providerCount(rig)).toBe(before + 1)
})

test.each([
  '//v1/chat/completions',
  '/v1//chat/completions',
  '/v1/chat//completions',
  '/v1/chat/completions/',
  '/v1/x/../chat/completions',
  '/v1/x/%2e%2e/chat/completions',
  '/v1/x/%2E./chat/completions',
  '/healthz/%2e%2e/v1/chat/completions',
  '/healthz/../v1/chat/completions',
  '/v1/./chat/completions',
  '/v1/%2e/chat/completions',
  '/v1/chat/completions/x/..',
  '/v1/chat%2fcompletions',
  '/v1%2Fchat%2Fcompletions',
  '/v1/chat/%63ompletions',
  '/v1/chat/completions%00',
  '/v1/chat/completions%20',
  '/v1/chat/completions;a=b',
  '/v1;a=b/chat/completions',
  '/v1/chat/completions#part',
  '/v1\\chat\\completions',
  '\\v1/chat/completions',
  '/V1/chat/completions',
  '/v1/Chat/Completions',
])('%s leads nowhere, and is recorded as that', async (path) => {
  const before = await providerCount(rig)
  const { status, response } = await send({ path })
  if (status === 400) {
    // Not a path at all: Bun's server refuses it before the gate is asked, so that no record is made.
    expect(path).not.toStartWith('/')
  } else {
    expect(status).toBe(404)
    const exchange = exchangeOf(response)
    expect(await response.text()).toContain(exchange)
    const { decision, outcome } = await rig.settled(exchange)
    expect(decision).toMatchObject({
      decision: 'deny',
      reason: 'not_found',
      resource: { type: 'Route', id: 'unknown' },
    })
    expect(outcome).toMatchObject({ status: 404, ended: 'refused' })
  }
  expect(await providerCount(rig)).toBe(before)
})

test.each(['/v1/chat/completions\0', '/v1/chat/completions\t', '/v1/chat/comple\0tions', '*', 'v1/chat/completions'])(
  'Bun itself refuses the path %j: it reaches neither the gate nor the provider',
  async (path) => {
    const before = await providerCount(rig)
    const recorded = (await rig.entries()).length
    const { status, text } = await send({ path })
    expect([400, 505]).toContain(status)
    expect(text).not.toContain('x-sallyport-exchange')
    expect(await providerCount(rig)).toBe(before)
    expect((await rig.entries()).length).toBe(recorded)
  },
)

test('neither the health of the gate nor its readiness is reached through another path', async () => {
  for (const path of [
    '/v1/../healthz',
    '/v1/%2e%2e/readyz',
    '//healthz',
    '/healthz/',
    '/healthz%00',
    '/x/..%2fhealthz',
  ]) {
    expect([path, (await send({ path, method: 'GET' })).status]).toEqual([path, 404])
  }
})

test('an absolute address counts by its path alone, whatever host it names', async () => {
  const { response } = await send({ path: 'http://evil.example/v1/chat/completions' })
  expect(response.status).toBe(200)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision).toMatchObject({ decision: 'allow', resource: { type: 'Model', id: 'clinic-small' } })
  for (const path of ['http://evil.example', 'http://evil.example//v1/chat/completions']) {
    expect([path, [400, 404].includes((await send({ path })).status)]).toEqual([path, true])
  }
})

test('a Host header cannot become part of the path', async () => {
  const before = await providerCount(rig)
  for (const host of ['x/v1/chat/completions#', 'x/v1/chat/completions?', 'x\\v1/chat/completions', 'a@b/v1/models']) {
    expect([host, (await send({ path: '/nothing', host })).status]).toEqual([host, 404])
  }
  // Without a Host, as HTTP/1.0 allows, nothing in the query is taken for an address.
  const bare = { host: null, version: '1.0' } as const
  expect((await send({ ...bare, path: '/nothing?a=://b/v1/chat/completions' })).status).toBe(404)
  expect((await send({ ...bare, path: '/v1/models?a=://b/v1/chat/completions' })).status).toBe(405)
  expect(await providerCount(rig)).toBe(before)
})

test('query parameters are refused by name', async () => {
  for (const path of ['/v1/chat/completions?model=clinic-large', '/v1/chat/completions?a=b?c']) {
    const { response } = await send({ path })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_field', param: 'query' } })
    const { decision } = await rig.settled(exchangeOf(response))
    expect(decision).toMatchObject({ decision: 'deny', reason: 'invalid_field' })
  }
})
