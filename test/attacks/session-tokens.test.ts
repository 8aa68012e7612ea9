// Threat: a session's token in the hands of somebody who has not its key, at another address, or in another session; and tokens and
// proofs that only look right. Every no is told in words, recorded with what it is a sign of, and nothing reaches the provider.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Session } from '#access/session.ts'
import { forge, makeKey } from '#identity/forge.fixture.ts'
import { exchangeOf } from '../rig.ts'
import { bearer, expectKeyRefused, type KeyRefused } from './key-world.ts'
import {
  alice,
  ask,
  boundsOf,
  CHAT,
  type Differs,
  dpop,
  type Headers,
  nonceOf,
  proofOf,
  type SessionWorld,
  startSessionWorld,
} from './session-world.ts'

let world: SessionWorld
let nonce = ''
beforeAll(async () => {
  world = await startSessionWorld()
  nonce = await nonceOf(world)
})
afterAll(() => world.stop())

const shown = (token: string, { claims = {}, header = {} }: Differs = {}, key = world.holder): Headers =>
  dpop(token, proofOf(key, token, { claims: { nonce, ...claims }, header }))

const refused = (headers: Headers, told: Partial<KeyRefused>): Promise<void> =>
  expectKeyRefused(world.rig, () => ask(world, headers), { status: 401, code: 'proof_required', ...told })

const misuses = ({ id }: Session): number => world.sessions.find(id)?.misuse ?? -1

test('a token with its proof is served, and the whole chain stands in the record', async () => {
  const session = world.begin()
  const response = await ask(world, shown(world.token(session)))
  expect(response.status).toBe(200)
  const { decision } = await world.rig.settled(exchangeOf(response))
  expect(decision['principal']).toMatchObject({
    type: 'App',
    id: 'desk',
    method: 'session',
    issuer: 'sallyport',
    chain: [
      { type: 'App', id: 'desk' },
      { type: 'User', id: 'alice' },
    ],
  })
  expect(misuses(session)).toBe(0)
})

describe('a stolen token', () => {
  const indicator = 'session-token-without-proof'

  test('is worth nothing without the key, however it is sent', async () => {
    const session = world.begin({ bounds: boundsOf({ misuse: 0 }) })
    const token = world.token(session)
    for (const headers of [
      bearer(token),
      { 'x-api-key': token },
      { authorization: `DPoP ${token}` },
      { ...bearer(token), dpop: proofOf(world.holder, token, { claims: { nonce } }) },
    ]) {
      await refused(headers, { indicator, subject: session.id, says: 'bound to a key' })
    }
    expect(misuses(session)).toBe(4)
  })

  test('is told how to come back, and where this is described', async () => {
    const response = await ask(world, bearer(world.token(world.begin())))
    expect(response.headers.get('www-authenticate')).toBe(
      'DPoP error="invalid_token", algs="EdDSA Ed25519 ES256 RS256 PS256", ' +
        'resource_metadata="https://gate.example/.well-known/oauth-protected-resource"',
    )
    expect(response.headers.get('dpop-nonce')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  test("with the thief's own key is told of", async () => {
    const session = world.begin()
    await refused(shown(world.token(session), {}, makeKey('thief')), {
      indicator: 'session-proof-foreign',
      subject: session.id,
      says: 'another key',
    })
    expect(misuses(session)).toBe(1)
  })

  test('ends its session where that is tried as often as its bound says', async () => {
    const session = world.begin({ bounds: boundsOf({ misuse: 2 }) })
    const token = world.token(session)
    await refused(bearer(token), { indicator })
    await refused(bearer(token), { code: 'session_ended', indicator, says: 'used where it does not belong' })
    await refused(shown(token), { code: 'session_ended', says: 'used where it does not belong' })
    expect(world.sessions.find(session.id)?.ended).toMatchObject({ why: 'misuse', by: 'gate' })
  })

  test('of a network is worth nothing elsewhere', async () => {
    const session = world.begin({ tier: 2, binding: { by: 'network', networks: ['192.0.2.0/24'] } })
    await refused(bearer(world.token(session)), {
      code: 'unauthenticated',
      indicator: 'session-from-another-network',
      subject: session.id,
    })
    const here = world.begin({ tier: 2, binding: { by: 'network', networks: ['127.0.0.0/8'] } })
    expect((await ask(world, bearer(world.token(here)))).status).toBe(200)
  })
})

describe('a token', () => {
  const seconds = Math.floor(Date.now() / 1000)
  test.each([
    ['for another audience', { aud: 'https://other.example' }, {}, 'another audience'],
    ['of another issuer', { iss: 'https://other.example' }, {}, 'issuer (iss) that is not trusted'],
    ['of the type of identity tokens', {}, { typ: 'sallyport-identity+jwt' }, 'of a type (typ)'],
    ['of the type of id tokens', {}, { typ: 'JWT' }, 'of a type (typ)'],
    ['of a key that is not published', {}, { kid: 'other' }, 'not signed with a key of this gate'],
    ['of algorithm none', {}, { alg: 'none' }, 'not signed with a key of this gate'],
    ['that expired a second ago', { iat: seconds - 60, exp: seconds - 1 }, {}, 'expired'],
    ['that is made to live for an hour', { exp: seconds + 3600 }, {}, 'more than 15 minutes'],
    ['of the future', { iat: seconds + 120, exp: seconds + 240 }, {}, 'from the future'],
    ['that is not valid yet', { nbf: seconds + 120 }, {}, 'from the future'],
    ['of a session that there never was', { sid: '01K7A0000000000000000ZZZZZ' }, {}, 'No session has this token'],
  ] as const)('%s proves nobody', async (_what, claims, header, says) => {
    const token = world.token(world.begin(), claims, header)
    await refused(shown(token), { code: 'unauthenticated', says })
  })

  test('that a stranger signed proves nobody', async () => {
    const session = world.begin()
    const [head = '', body = ''] = world.token(session).split('.')
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { readonly kid: string }
    const claims = Buffer.from(body, 'base64url').toString()
    const token = forge(makeKey(kid), claims, { typ: 'at+jwt' })
    await refused(shown(token), { code: 'unauthenticated', says: 'signature is wrong' })
    expect(misuses(session)).toBe(0)
  })

  test('of one session is of no use in another', async () => {
    const [mine, other] = [world.begin(), world.begin({ binding: { by: 'key', jkt: 'of-somebody-else' } })]
    const mixed = world.token(mine, { sid: other.id })
    await refused(shown(mixed), {
      code: 'unauthenticated',
      says: 'not as its session has it',
      indicator: 'session-mixed',
      subject: other.id,
    })
    const [one, two] = [world.token(mine), world.token(world.begin())]
    const proof = proofOf(world.holder, one, { claims: { nonce } })
    await refused(dpop(two, proof), { indicator: 'session-proof-foreign', says: 'another token' })
  })

  test.each([
    ['its user', { sub: 'User::bob' }],
    ['its application', { act: { sub: 'App::other' } }],
    ['nobody in between', { act: undefined }],
    ['another hop', { act: { sub: 'App::desk', act: { sub: 'App::other' } } }],
    ['a lower tier', { tier: 1 }],
    ['no key', { cnf: undefined }],
    ['another key', { cnf: { jkt: 'of-the-thief' } }],
  ])('that says %s is not its session’s, even where the gate has signed it', async (_what, claims) => {
    const session = world.begin()
    await refused(shown(world.token(session, claims)), { code: 'unauthenticated', indicator: 'session-mixed' })
  })

  test('that was revoked, or whose session ended, is refused at the very next request', async () => {
    const session = world.begin()
    const token = world.token(session, { jti: 'the-one' })
    expect((await ask(world, shown(token))).status).toBe(200)
    world.sessions.revokeToken('the-one', Date.now() + 600_000)
    await refused(shown(token), { code: 'unauthenticated', says: 'was revoked' })
    const next = world.token(session)
    expect((await ask(world, shown(next))).status).toBe(200)
    world.sessions.end(session.id, { at: Date.now(), why: 'revoked', by: 'alice' })
    await refused(shown(next), { code: 'session_ended' })
  })

  test('whose session ended, or that was revoked, is in the record with its session: somebody has it still', async () => {
    const session = world.begin()
    const [token, revoked] = [world.token(session), world.token(session, { jti: 'lost' })]
    world.sessions.revokeToken('lost', Date.now() + 600_000)
    const answers = [await ask(world, shown(revoked))]
    world.sessions.end(session.id, { at: Date.now(), why: 'ended', by: 'eve' })
    answers.push(await ask(world, shown(token)))
    for (const [at, reason] of ['unauthenticated', 'session_ended'].entries()) {
      const { decision } = await world.rig.settled(exchangeOf(answers[at] ?? new Response()))
      expect(decision).toMatchObject({ reason, session: session.id, principal: { type: 'Anonymous' } })
    }
    // Whoever made the signature up says nothing of any session.
    const forged = await ask(world, shown(`${token.slice(0, -8)}AAAAAAA_`))
    const { decision } = await world.rig.settled(exchangeOf(forged))
    expect(decision['session']).toBeUndefined()
  })

  test('of a person begins nothing more: no user token stands beside it, and none is taken for one', async () => {
    const session = world.begin({ principal: alice, client: 'https://app.example/client.json' })
    const token = world.token(session)
    const user = { 'x-sallyport-user-token': await world.rig.issuer.mint('bob') }
    await refused({ ...shown(token), ...user }, { code: 'ambiguous_proof', says: 'says already' })
    const { text } = await world.rig.keys.make({ networks: [], users: ['harbor'] })
    await refused({ ...bearer(text), 'x-sallyport-user-token': token }, { code: 'unauthenticated' })
  })
})

describe('what a session was not begun for', () => {
  test('is refused with the scope that would do, and told of', async () => {
    const session = world.begin({
      task: { type: 'letters', models: ['clinic-small'], actions: ['infer'], tools: [], output: 'text' },
    })
    const response = await ask(world, shown(world.token(session)), CHAT, {
      model: 'clinic-large',
      messages: [{ role: 'user', content: 'hello' }],
    })
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBe(
      'DPoP error="insufficient_scope", scope="infer", ' +
        'resource_metadata="https://gate.example/.well-known/oauth-protected-resource"',
    )
    expect(world.sessions.find(session.id)?.outOfScope).toBe(1)
  })
})

test('what describes the gate to clients is public, and made from the bundle alone', async () => {
  const response = await fetch(`${world.rig.url}/.well-known/oauth-protected-resource`, {
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({
    resource: 'https://gate.example',
    authorization_servers: ['https://gate.example'],
    bearer_methods_supported: ['header'],
    authorization_details_types_supported: ['sallyport_task'],
    dpop_signing_alg_values_supported: ['EdDSA', 'Ed25519', 'ES256', 'RS256', 'PS256'],
  })
})
