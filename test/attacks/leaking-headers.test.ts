// Of a caller's headers nothing but what the gate itself writes reaches a provider, and of a provider's only what is listed
// comes back: credentials, cookies and addresses stop at the gate in both directions.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, PROVIDER_SECRET } from '../rig.ts'
import { startWickedRig, type WickedRig } from './wicked-rig.ts'

let world: WickedRig
beforeAll(async () => {
  world = await startWickedRig()
})
afterAll(() => world.stop())

const CALLERS: Readonly<Record<string, string>> = {
  cookie: 'session=callers-secret',
  'openai-organization': 'org-callers-secret',
  'openai-project': 'proj-callers-secret',
  'openai-beta': 'callers-secret',
  'x-stainless-lang': 'callers-secret',
  'x-stainless-retry-count': '1',
  'x-forwarded-for': '10.1.2.3',
  'x-forwarded-host': 'callers-secret.example',
  forwarded: 'for=10.1.2.3',
  'proxy-authorization': 'Basic callers-secret',
  'x-purpose': 'callers-secret',
  'idempotency-key': 'callers-secret',
  'user-agent': 'callers-secret/1.0',
  'accept-language': 'callers-secret',
  origin: 'http://callers-secret.example',
  referer: 'http://callers-secret.example/',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  accept: 'callers/secret',
  te: 'trailers',
}

test.each([false, true])('what reaches the provider (streaming: %p)', async (streaming) => {
  const token = await world.rig.issuer.mint('alice')
  const headers = { ...CALLERS, 'x-api-key': token, authorization: `Bearer ${token}` }
  await (await world.ask(streaming ? 'end-midstream' : 'chatty-headers', streaming, { headers })).text()
  const [first, ...lines] = world.wicked.asked.at(-1)?.head.split('\r\n') ?? []
  expect(first).toBe('POST /v1/chat/completions HTTP/1.1')
  const sent = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  expect(sent).toEqual({
    accept: streaming ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
    authorization: `Bearer ${PROVIDER_SECRET}`,
    connection: 'keep-alive',
    'content-length': String(world.wicked.asked.at(-1)?.body.length),
    'content-type': 'application/json',
    host: new URL(world.wicked.url).host,
    'user-agent': 'sallyport',
  })
  expect(lines.join('\n')).not.toContain('callers')
  expect(lines.join('\n')).not.toContain(token)
})

test('what comes back to the caller', async () => {
  const response = await world.ask('chatty-headers', false)
  const headers = Object.fromEntries(response.headers)
  expect(Object.keys(headers).sort()).toEqual([
    'cache-control',
    'content-length',
    'content-type',
    'date',
    'x-content-type-options',
    'x-request-id',
    'x-sallyport-exchange',
    'x-sallyport-target',
  ])
  expect(headers['x-sallyport-target']).toBe('harbor/chatty-headers')
  expect(headers['x-request-id']).toBe('req_wicked')
  expect(headers['x-sallyport-exchange']).not.toBe('forged')
  expect(JSON.stringify(headers)).not.toMatch(/session=|org-wicked|wicked\/1\.0|1\.1 wicked|forged/)
  await world.rig.settled(exchangeOf(response))
})

test("neither the caller's token nor the provider's credential is recorded or logged", async () => {
  const token = await world.rig.issuer.mint('alice')
  await (await world.ask('chatty-headers', false)).text()
  const all = JSON.stringify([await world.rig.entries(), world.rig.log])
  for (const secret of [PROVIDER_SECRET, token, 'callers-secret', 'session=']) expect(all).not.toContain(secret)
})
