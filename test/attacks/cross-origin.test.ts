// Pages in browsers may call only where the bundle lists their origin; and what a request says of the gate's own name is
// never repeated: whatever is public is made from the bundle.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO, HELLO_TEXT } from './hello.ts'
import { callRaw, head } from './raw-caller.ts'
import { expectRefused } from './record.ts'

const PAGE = 'https://app.clinic.example'
const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization, content-type',
}

const corsOf = ({ headers }: Response): readonly string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'vary')

const preflight = (rig: Rig, origin: string, path = '/v1/chat/completions'): Promise<Response> =>
  fetch(`${rig.url}${path}`, { method: 'OPTIONS', headers: { origin, ...PREFLIGHT } })

describe('where the bundle lists nobody', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(() => rig.stop())

  test('no page is told anything', async () => {
    const answered = await rig.ask('alice', HELLO, { headers: { origin: PAGE } })
    expect(answered.status).toBe(200)
    const refused = await fetch(`${rig.url}/v1/models`, { headers: { origin: PAGE } })
    expect(refused.status).toBe(401)
    const health = await fetch(`${rig.url}/healthz`, { headers: { origin: PAGE } })
    for (const response of [answered, refused, health]) expect(corsOf(response)).toEqual([])
  })

  test('a preflight is a wrong method like any other', async () => {
    const response = await preflight(rig, PAGE)
    expect(corsOf(response)).toEqual([])
    await expectRefused(rig, response, { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' })
  })
})

describe('where the bundle lists an origin', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig({ files: { ...CLINIC, 'sallyport.yaml': `${CLINIC_YAML}listen: { cors: [${PAGE}] }\n` } })
  })
  afterAll(() => rig.stop())

  test('its pages may call, and read answers, refusals and streams', async () => {
    const headers = { origin: PAGE }
    const answers = [
      await rig.ask('alice', HELLO, { headers }),
      await rig.ask('alice', { ...HELLO, stream: true }, { headers }),
      await rig.ask('bob', { ...HELLO, model: 'clinic-large' }, { headers }),
      await fetch(`${rig.url}/v1/models`, { headers }),
      await fetch(`${rig.url}/nothing`, { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 401, 404])
    for (const response of answers) {
      expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(response.headers.get('access-control-expose-headers')).toContain('x-sallyport-exchange')
      expect(response.headers.get('vary')).toBe('Origin')
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
      await response.text()
    }
  })

  test('a preflight is answered without a proof, and is no exchange', async () => {
    const before = (await rig.entries()).length
    const response = await preflight(rig, PAGE)
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(response.headers.get('access-control-allow-methods')).toBe('POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization, content-type')
    expect((await rig.entries()).length).toBe(before)
  })

  test.each(['https://evil.example', 'null', 'https://app.clinic.example.evil.example', 'http://app.clinic.example'])(
    'pages of %s may not',
    async (origin) => {
      const response = await preflight(rig, origin)
      expect(response.headers.has('access-control-allow-origin')).toBe(false)
      await expectRefused(rig, response, { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' })
      const answered = await rig.ask('alice', HELLO, { headers: { origin } })
      expect(corsOf(answered)).toEqual(['vary'])
    },
  )

  test('a preflight for what is not served is refused like the request itself', async () => {
    for (const path of [
      '/nothing',
      '/v1/files',
      '/v1/chat/completions/',
      '/v1/%63hat/completions',
      '//v1/chat/completions',
      '/x/%2e%2e/v1/chat/completions',
    ]) {
      const lines = [`Origin: ${PAGE}`, 'Access-Control-Request-Method: POST']
      const { response, status } = await callRaw(rig.url, head({ method: 'OPTIONS', path, lines }))
      expect({ path, status }).toEqual({ path, status: 404 })
      expect(response.headers.has('access-control-allow-methods')).toBe(false)
    }
  })
})

describe('the public keys', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(() => rig.stop())

  test('are there for everybody, for five minutes, and no exchange', async () => {
    const response = await fetch(`${rig.url}/.well-known/jwks.json`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json')
    expect(response.headers.get('cache-control')).toBe('max-age=300')
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, unknown>[] }
    expect(Array.isArray(keys)).toBe(true)
    // RFC 7518 §6, RFC 8037 §2: what is private of any kind of key.
    for (const key of keys)
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(name)
    const entries = await rig.entries()
    expect(entries.some((entry) => entry['exchange'] === exchangeOf(response))).toBe(false)
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not served', async (method) => {
    expect((await fetch(`${rig.url}/.well-known/jwks.json`, { method })).status).toBe(404)
  })

  test('no other spelling of the path leads there', async () => {
    for (const path of [
      '/.well-known//jwks.json',
      '/.well-known/%6awks.json',
      '/x/../.well-known/jwks.json',
      '/.well-known/jwks.json/',
    ]) {
      const { status } = await callRaw(rig.url, head({ method: 'GET', path }))
      expect({ path, status }).toEqual({ path, status: 404 })
    }
  })

  test('what a request says of the name of the gate stands in no answer and no entry', async () => {
    const evil = 'evil-name.example'
    const lines = [
      `X-Forwarded-Host: ${evil}`,
      `X-Forwarded-Proto: ${evil}`,
      `X-Forwarded-Server: ${evil}`,
      `X-Original-Host: ${evil}`,
      `X-Host: ${evil}`,
      `Forwarded: host=${evil};for=192.0.2.1`,
      `Authorization: Bearer ${await rig.issuer.mint('alice')}`,
    ]
    const json = ['Content-Type: application/json', `Content-Length: ${HELLO_TEXT.length}`]
    const asked = [
      ...[
        '/.well-known/jwks.json',
        '/healthz',
        '/readyz',
        '/v1/models',
        '/v1/models/clinic-small',
        '/nothing',
        '/v1/files',
      ].map((path) => head({ method: 'GET', path, host: evil, lines })),
      head({ host: evil, lines: [...lines, ...json] }) + HELLO_TEXT,
      head({ host: evil, lines: [...lines, ...json], path: '/v1/messages' }) + HELLO_TEXT,
      head({ method: 'GET', path: `http://${evil}/v1/models`, host: evil, lines }),
    ]
    for (const sent of asked) {
      const { text, status } = await callRaw(rig.url, sent)
      expect(status).toBeGreaterThanOrEqual(200)
      expect(text).not.toContain(evil)
    }
    expect(JSON.stringify(await rig.entries())).not.toContain(evil)
  })
})
