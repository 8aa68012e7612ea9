// Only POST asks a model, whatever a header says the method should have been.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Rig, startRig } from '../rig.ts'
import { HELLO_TEXT, JSON_TYPE } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'
import { callRaw, head } from './raw-caller.ts'

let rig: Rig
let token = ''
beforeAll(async () => {
  rig = await startRig()
  token = await rig.issuer.mint('alice')
})
afterAll(() => rig.stop())

const WRONG = { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' } as const
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method'] as const

test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])('%s is refused', async (method) => {
  const before = await providerCount(rig)
  const lines = [
    `Authorization: Bearer ${token}`,
    'X-HTTP-Method-Override: POST',
    'Content-Type: application/json',
    `Content-Length: ${HELLO_TEXT.length}`,
  ]
  const { response, text } = await callRaw(rig.url, head({ method, lines }) + HELLO_TEXT)
  expect(response.headers.get('allow')).toBe('POST')
  await expectRefused(rig, response, WRONG)
  // TRACE would echo the caller's credential.
  expect(text).not.toContain(token)
  expect(await providerCount(rig)).toBe(before)
})

test('CONNECT opens no tunnel', async () => {
  const { port } = new URL(rig.provider)
  const lines = [`Authorization: Bearer ${token}`]
  const { status } = await callRaw(rig.url, head({ method: 'CONNECT', path: `127.0.0.1:${port}`, lines }))
  expect(status).toBeGreaterThanOrEqual(400)
  const seen = (await (await fetch(`${rig.provider}/seen`)).json()) as unknown[]
  expect(seen).toEqual([])
})

test.each(['FOO', 'post', 'PRI'])('Bun itself refuses the method %s', async (method) => {
  const before = await providerCount(rig)
  const lines = [`Authorization: Bearer ${token}`, `Content-Length: ${HELLO_TEXT.length}`]
  const { status } = await callRaw(rig.url, head({ method, lines }) + HELLO_TEXT)
  expect(status === 0 || status >= 400).toBe(true)
  expect(await providerCount(rig)).toBe(before)
})

test.each(OVERRIDES)('%s changes nothing', async (name) => {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` }
  const url = `${rig.url}/v1/models`
  const posted = await fetch(url, { method: 'POST', body: '{}', headers: { ...headers, [name]: 'GET' } })
  await expectRefused(rig, posted, WRONG)
  expect((await fetch(url, { headers: { ...headers, [name]: 'POST' } })).status).toBe(200)
  const asked = await rig.ask('alice', HELLO_TEXT, { headers: { [name]: 'DELETE' } })
  expect(asked.status).toBe(200)
})
