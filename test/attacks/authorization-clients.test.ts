// Who says they are a client and is not, and proofs that are not theirs, at the token endpoint.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { makeKey } from '#identity/forge.fixture.ts'
import { ACCESS_TOKEN, exchange, EXCHANGE, noOf, post, proofBy, token } from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.entries.length = 0
  // Whoever failed before has new tries.
  world.time.now += 120_000
})

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const asserted = (client_assertion: string, fields = {}) => ({
  grant_type: 'client_credentials',
  client_assertion_type: ASSERTION_TYPE,
  client_assertion,
  ...fields,
})

describe('a client assertion', () => {
  test('is good once', async () => {
    const assertion = world.assertion('helper')
    const answers = await Promise.all([1, 2, 3, 4].map(() => token(world, asserted(assertion))))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
  })

  test('of another, for another, expired, or good for ever is refused', async () => {
    const now = Math.floor(world.time.now / 1000)
    const wrong = [
      world.assertion('other', { iss: 'helper', sub: 'helper' }),
      world.assertion('helper', { aud: 'https://other.example' }),
      world.assertion('helper', { aud: ['https://gate.example'] }),
      world.assertion('helper', { aud: ['https://gate.example', 'https://other.example'] }),
      world.assertion('helper', {}, { typ: 'at+jwt' }),
      world.assertion('helper', {}, { typ: 'application/at+jwt' }),
      world.assertion('helper', {}, { typ: 'application/application/jwt' }),
      world.assertion('helper', {}, { typ: 7 }),
      world.assertion('helper', { exp: now - 120, iat: now - 200 }),
      world.assertion('helper', { exp: now + 86_400 }),
      world.assertion('helper', { jti: undefined }),
      world.assertion('helper', {}, { alg: 'none' }),
      world.assertion('helper', { iss: 'nobody', sub: 'nobody' }),
    ]
    for (const assertion of wrong) {
      expect(noOf(await token(world, asserted(assertion)))).toBe('401 invalid_client: client authentication failed')
    }
    expect(world.entries).toHaveLength(wrong.length)
  })

  test('is made out to the issuer, or to the token endpoint, and may say that it is an assertion', async () => {
    for (const [aud, typ] of [
      ['https://gate.example', 'client-authentication+jwt'],
      ['https://gate.example/oauth/token', 'JWT'],
      // A media type is the same in any case, and with `application/` before it (RFC 7515 section 4.1.9).
      ['https://gate.example', 'jwt'],
      ['https://gate.example', 'application/jwt'],
      ['https://gate.example', 'Application/Client-Authentication+JWT'],
    ]) {
      expect((await token(world, asserted(world.assertion('helper', { aud }, { typ })))).status).toBe(200)
    }
  })

  test('names the same client as client_id', async () => {
    expect((await token(world, asserted(world.assertion('helper'), { client_id: 'other' }))).status).toBe(400)
  })

  test('of a workload that the bundle does not name, or of another issuer, is refused', async () => {
    for (const assertion of [
      world.workload({ sub: 'repo:evil/builder' }),
      world.workload({ aud: 'https://other.example' }),
      world.workload({ iss: 'https://evil.example' }),
    ]) {
      expect(noOf(await token(world, asserted(assertion)))).toStartWith('401 invalid_client: ')
    }
  })

  test('of a workload begins nothing that lasts longer than it, for itself or for a person', async () => {
    const now = Math.floor(world.time.now / 1000)
    const short = () => world.workload({ iat: now - 300, exp: now + 5 })
    const person = { subject_token: world.person('alice'), subject_token_type: ACCESS_TOKEN }
    await world.reload((yaml) => yaml.replace('builds, workload', 'builds, users: [harbor], workload'))
    try {
      for (const fields of [{}, { grant_type: EXCHANGE, ...person }]) {
        const { status, body, claims } = await token(world, asserted(short(), fields))
        expect([status, Number(body['expires_in']) <= 5]).toEqual([200, true])
        expect(world.parts.sessions.find(String(claims['sid']))?.session.bounds.expires).toBe((now + 5) * 1000)
      }
    } finally {
      await world.reload((yaml) => yaml)
    }
  })

  test('of a workload that has ended begins nothing, within the seconds that clocks may differ either', async () => {
    const now = Math.floor(world.time.now / 1000)
    for (const exp of [now, now - 20]) {
      const no = await token(world, asserted(world.workload({ iat: now - 300, exp })))
      expect(noOf(no)).toBe('401 invalid_client: the client assertion has expired: take a fresh one')
    }
    expect(world.entries.filter(({ kind }) => kind === 'session')).toEqual([])
  })

  test('an application that is none any more gets nothing', async () => {
    await world.reload((yaml) => yaml.replace('  other: {', '  renamed: {'))
    expect(noOf(await token(world, asserted(world.assertion('other'))))).toStartWith('401 invalid_client: ')
    await world.reload((yaml) => yaml)
  })
})

describe('a client that does not prove itself', () => {
  test('is no application, whatever it calls itself', async () => {
    expect(noOf(await exchange(world, world.person('alice'), { client_id: 'helper' }))).toStartWith(
      '401 invalid_client: ',
    )
    expect(
      noOf(await token(world, { grant_type: 'client_credentials', client_id: 'urn:sallyport:client:holder' })),
    ).toBe('400 invalid_request: requested grant type is not allowed for this client')
  })

  test('cannot have a virtual key that is wrong, and is told the same of each', async () => {
    const secret = 'abcdefghijklmnopqrstuvwxyzABCDEF0123456789'
    const fields = (subject: string) => ({
      grant_type: EXCHANGE,
      subject_token: subject,
      subject_token_type: 'urn:sallyport:params:oauth:token-type:virtual-key',
    })
    const no = '400 invalid_request: No such key; send it exactly as it was shown when it was made.'
    expect(noOf(await token(world, fields(`sp_k7_${secret}`)))).toBe(no)
    expect(noOf(await token(world, fields('sp_nobody')))).toBe(no)
  })
})

test('who fails 30 times waits, and is told for how long; others do not', async () => {
  const tries = await Promise.all(
    Array.from({ length: 32 }, () =>
      token(world, asserted(world.assertion('other', { iss: 'helper', sub: 'helper' })), { source: '203.0.113.9' }),
    ),
  )
  expect(tries.filter(({ status }) => status === 401)).toHaveLength(30)
  const late = tries.find(({ status }) => status === 429)
  expect(late?.body['error']).toBe('temporarily_unavailable')
  expect(Number(late?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await token(world, { grant_type: 'client_credentials' }, { by: 'helper' })).status).toBe(200)
  expect(world.entries.filter((entry) => entry.kind === 'indicator')).toMatchObject([
    { indicator: 'key-guessing', source: '203.0.113.9' },
  ])
})

describe('a DPoP proof', () => {
  const holder = makeKey('holder')
  const ask = (proof?: { claims?: object; header?: object }, key = holder) =>
    token(world, { grant_type: 'client_credentials' }, { by: 'archivist', key, ...(proof ? { proof } : {}) })

  test('is needed in tier 3', async () => {
    expect(noOf(await token(world, { grant_type: 'client_credentials' }, { by: 'archivist' }))).toBe(
      '400 invalid_dpop_proof: a session of tier 3 is bound to a key: send a DPoP proof (RFC 9449)',
    )
  })

  test('needs a nonce of ours, of now', async () => {
    const { status, body, headers } = await ask({ claims: { nonce: undefined } })
    expect([status, body['error']]).toEqual([400, 'use_dpop_nonce'])
    expect(headers.get('dpop-nonce')).toBe(world.parts.nonces.current())
    const old = world.parts.nonces.current()
    world.time.now += 86_400_000
    expect(noOf(await ask({ claims: { nonce: old } }))).toStartWith('400 use_dpop_nonce: ')
    expect(world.entries).toEqual([])
  })

  test('is good once, and its repetition is a sign', async () => {
    const headers = { dpop: proofBy(world, holder) }
    const answers = await Promise.all(
      [1, 2, 3].map(() => token(world, { grant_type: 'client_credentials' }, { by: 'archivist', headers })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    expect(world.entries).toContainEqual(
      expect.objectContaining({ kind: 'indicator', indicator: 'session-proof-replayed' }),
    )
  })

  test('for another method, address or time, or with a private key inside, is refused', async () => {
    const now = Math.floor(world.time.now / 1000)
    const wrong = [
      { claims: { htm: 'GET' } },
      { claims: { htu: 'https://gate.example/oauth/revoke' } },
      { claims: { htu: 'https://evil.example/oauth/token' } },
      { claims: { iat: now - 90 } },
      { claims: { iat: now + 60 } },
      { claims: { jti: undefined } },
      { header: { typ: 'JWT' } },
      { header: { alg: 'none' } },
      { header: { jwk: { ...holder.privateKey.export({ format: 'jwk' }) } } },
    ]
    for (const proof of wrong) expect(noOf(await ask(proof))).toStartWith('400 invalid_dpop_proof: ')
    expect(
      noOf(
        await token(
          world,
          { grant_type: 'client_credentials' },
          { by: 'archivist', headers: { dpop: `${proofBy(world, holder)}, ${proofBy(world, holder)}` } },
        ),
      ),
    ).toStartWith('400 invalid_dpop_proof: ')
  })

  test('by another key than that of the session begins no child, and ends a session of tier 3', async () => {
    const parent = await ask()
    const text = String(parent.body['access_token'])
    expect(noOf(await exchange(world, text, {}, { by: 'archivist', key: makeKey('thief') }))).toBe(
      '400 invalid_request: the session is bound to another key',
    )
    const sid = String(parent.claims['sid'])
    expect(world.parts.sessions.find(sid)?.ended?.why).toBe('misuse')
    expect(world.entries).toContainEqual(
      expect.objectContaining({ kind: 'indicator', indicator: 'session-proof-foreign', subject: sid }),
    )
  })

  test('from another network than the session is bound to is no way round', async () => {
    const parent = await token(world, { grant_type: 'client_credentials' }, { by: 'clerk' })
    const text = String(parent.body['access_token'])
    expect(noOf(await exchange(world, text, {}, { by: 'clerk', source: '198.51.100.1' }))).toBe(
      '400 invalid_request: the session is bound to networks, and this address is in none of them',
    )
    expect(noOf(await exchange(world, text, {}, { by: 'clerk', source: '10.1.2.3', key: holder }))).toBe(
      '400 invalid_request: a session that is bound to networks has children that are: send no DPoP proof',
    )
    expect((await exchange(world, text, {}, { by: 'clerk', source: '10.1.2.3' })).status).toBe(200)
  })
})

test('a request that did not come through the gateway is refused, and headers about its way are not believed', async () => {
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' }
  const metadata = await world.ask('/.well-known/oauth-authorization-server', { headers })
  expect(await metadata.text()).not.toContain('evil.example')
  const { url } = metadata
  expect((await fetch(url)).status).toBe(400)
})

test('parameters that come twice are refused', async () => {
  const body = `grant_type=client_credentials&scope=infer&scope=embed&client_assertion_type=${encodeURIComponent(ASSERTION_TYPE)}&client_assertion=${world.assertion('helper')}`
  const answer = await world.ask('/oauth/token', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect(answer.status).toBe(400)
  expect(((await answer.json()) as { error: string }).error).toBe('invalid_request')
})

test('a copy of the store gives nobody a refresh token', async () => {
  const answer = await exchange(world, world.person('alice'), { scope: 'infer offline_access' }, { by: 'helper' })
  const text = String(answer.body['refresh_token'])
  expect(text).toStartWith('spr_')
  const digest = createHash('sha256').update(text).digest('base64url')
  expect(
    (await post(world, '/oauth/token', { grant_type: 'refresh_token', refresh_token: digest }, { by: 'helper' }))
      .status,
  ).toBe(400)
})
