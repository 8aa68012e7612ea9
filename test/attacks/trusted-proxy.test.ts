// Behind a trusted proxy the caller's address is what the proxy wrote, and nothing that the caller wrote before it; a
// request for nobody, or with a broken certificate, is refused and recorded before anybody looks who calls.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { makeAuthority } from '../doubles/certificates.ts'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'

const POLICIES = `@id("only-from-the-ward")
permit (principal in Team::"clinicians", action == Action::"infer", resource)
when { context.source.isInRange(ip("10.9.8.0/24")) };

@id("this-machine")
permit (principal in Team::"clinicians", action == Action::"infer", resource)
when { context.source.isLoopback() };

@id("by-certificate")
permit (principal in Team::"billing", action == Action::"infer", resource)
when { context has certificate && context.certificate.subject == "CN=desk.clinic.example" };
`

/** Tests come from loopback: it is the proxy, or some other network is. */
const behind = (proxy: string): Promise<Rig> =>
  startRig({
    files: {
      ...CLINIC,
      'sallyport.yaml': `${CLINIC_YAML}listen: { proxy: ${proxy} }\n`,
      'policies/clinic.cedar': POLICIES,
    },
  })

const NO = { status: 400, type: 'invalid_request_error', code: 'malformed_request' } as const
const DENIED = { status: 403, type: 'permission_error', code: 'not_permitted' } as const

describe('x-forwarded-for', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await behind('{ networks: [127.0.0.0/8, 192.0.2.0/24] }')
  })
  afterAll(() => rig.stop())

  test.each(['10.9.8.7', '203.0.113.5, 10.9.8.7', '127.0.0.1, 10.9.8.7, 192.0.2.9'])(
    '%p is from the ward',
    async (header) => {
      const response = await rig.ask('alice', HELLO, { headers: { 'x-forwarded-for': header } })
      expect(response.status).toBe(200)
      expect((await rig.settled(exchangeOf(response))).decision['source']).toBe('10.9.8.7')
    },
  )

  test.each(['10.9.8.7, 203.0.113.5', '10.9.8.7, 203.0.113.5, 127.0.0.1'])(
    '%p is not: the caller wrote the first of these',
    async (header) => {
      const before = await providerCount(rig)
      const response = await rig.ask('alice', HELLO, { headers: { 'x-forwarded-for': header } })
      const { decision } = await expectRefused(rig, response, DENIED)
      expect(decision['source']).toBe('203.0.113.5')
      expect(await providerCount(rig)).toBe(before)
    },
  )

  test.each([undefined, '', '127.0.0.1', 'unknown', '10.9.8.7, unknown', '10.9.8.7,', '10.9.8.7/24', '0x0a090807'])(
    '%p names nobody: refused, though a policy would let the proxy itself in',
    async (header) => {
      const before = await providerCount(rig)
      const headers = header === undefined ? {} : { 'x-forwarded-for': header }
      const response = await rig.ask('alice', HELLO, { headers })
      const { decision, message } = await expectRefused(rig, response, { ...NO, param: 'x-forwarded-for' })
      expect(decision['source']).toBe('0.0.0.0')
      expect(decision['principal']).toMatchObject({ type: 'Anonymous' })
      expect(message).not.toContain('10.9.8.7')
      expect(await providerCount(rig)).toBe(before)
    },
  )

  test('the other header, and a certificate that the bundle does not expect, are not read', async () => {
    const headers = {
      'x-forwarded-for': '10.9.8.7',
      forwarded: 'for=unknown',
      'client-cert': 'nonsense',
      'x-real-ip': '203.0.113.5',
    }
    expect((await rig.ask('alice', HELLO, { headers })).status).toBe(200)
  })

  test("Anthropic's clients are refused in their own words", async () => {
    const response = await rig.call('alice', '/v1/messages', HELLO, { headers: { 'anthropic-version': '2023-06-01' } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })

  test('health needs no caller', async () => {
    expect((await fetch(`${rig.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${rig.url}/.well-known/jwks.json`)).status).toBe(200)
  })
})

describe('forwarded, with certificates', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await behind('{ networks: [127.0.0.1], address: forwarded, certificate: true }')
  })
  afterAll(() => rig.stop())

  const certificateFor = async (name: string, notAfter = new Date(Date.now() + 3_600_000)): Promise<string> => {
    const notBefore = new Date(Date.now() - 7_200_000)
    const { certificate } = await (await makeAuthority()).issue({ names: [name], notBefore, notAfter })
    return `:${certificate.replaceAll(/-----[^-]+-----|\s/g, '')}:`
  }
  const ask = (certificate: string | undefined): Promise<Response> =>
    rig.ask('bob', HELLO, {
      headers: { forwarded: 'for=203.0.113.5', ...(certificate === undefined ? {} : { 'client-cert': certificate }) },
    })

  test('policy reads its subject', async () => {
    expect((await ask(await certificateFor('desk.clinic.example'))).status).toBe(200)
    await expectRefused(rig, await ask(await certificateFor('elsewhere.example')), DENIED)
    await expectRefused(rig, await ask(undefined), DENIED)
  })

  test('it stands in no entry', async () => {
    // A name that no policy writes: what a policy says stands in entries.
    const header = await certificateFor('desk-of-carol.example')
    const { decision } = await rig.settled(exchangeOf(await ask(header)))
    expect(decision['decision']).toBe('deny')
    const text = JSON.stringify(await rig.entries())
    expect(text).not.toContain('desk-of-carol')
    expect(text).not.toContain(header.slice(1, 60))
    expect(text).not.toContain(
      createHash('sha256')
        .update(Buffer.from(header.slice(1, -1), 'base64'))
        .digest('hex'),
    )
  })

  test('an expired one, and what is none, are refused and recorded', async () => {
    const expired = await certificateFor('desk.clinic.example', new Date(Date.now() - 3_600_000))
    const sound = await certificateFor('desk.clinic.example')
    for (const header of [expired, `${sound}, ${sound}`, sound.slice(1), ':AAAA:', 'CN=desk.clinic.example']) {
      const { decision } = await expectRefused(rig, await ask(header), { ...NO, param: 'client-cert' })
      expect(decision['source']).toBe('0.0.0.0')
    }
  })
})

describe('from anyone but the proxy', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await behind('{ networks: [192.0.2.0/24], certificate: true }')
  })
  afterAll(() => rig.stop())

  test('forwarded addresses and certificates are ignored', async () => {
    const { certificate } = await (await makeAuthority()).issue({ names: ['desk.clinic.example'] })
    const headers = {
      'x-forwarded-for': '10.9.8.7',
      forwarded: 'for=10.9.8.7',
      'client-cert': `:${certificate.replaceAll(/-----[^-]+-----|\s/g, '')}:`,
    }
    const response = await rig.ask('alice', HELLO, { headers })
    expect(response.status).toBe(200)
    expect((await rig.settled(exchangeOf(response))).decision).toMatchObject({
      source: '127.0.0.1',
      policies: ['this-machine'],
    })
    await expectRefused(rig, await rig.ask('bob', HELLO, { headers }), DENIED)
  })
})
