// Threat: a proof of possession (RFC 9449) that was overheard, made for something else, or only looks like one. Every no is told in
// words, recorded with what it is a sign of, and nothing reaches the provider.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Session } from '#access/session.ts'
import { Refusal } from '#access/refusal.ts'
import { makeDpopNonces } from '#identity/dpop-nonce.ts'
import { encode, forgeWithHmac } from '#identity/forge.fixture.ts'
import { makeSessionAuthenticator } from '#identity/session-token.ts'
import { nonceKey } from '#store/nonce-key.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { readSigningRing } from '#store/signing-ring.ts'
import { expectKeyRefused, type KeyRefused } from './key-world.ts'
import {
  ask,
  boundsOf,
  CHAT,
  type Differs,
  dpop,
  type Headers,
  nonceOf,
  ORIGIN,
  proofOf,
  publicJwk,
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

describe('a proof', () => {
  test('counts once', async () => {
    const session = world.begin()
    const headers = shown(world.token(session))
    expect((await ask(world, headers)).status).toBe(200)
    await refused(headers, { indicator: 'session-proof-replayed', subject: session.id, says: 'used before' })
    expect(misuses(session)).toBe(1)
  })

  test('counts once among all workers', async () => {
    const { rig, sessions } = world
    const session = world.begin()
    const token = world.token(session)
    const proof = proofOf(world.holder, token, { claims: { nonce } })
    expect((await ask(world, dpop(token, proof))).status).toBe(200)
    const { config } = rig.inForce.active().bundle
    const onlyOnce = openOnlyOnce(join(rig.home, 'runtime.db'))
    const now = () => Date.now()
    const another = makeSessionAuthenticator({
      ring: readSigningRing(join(rig.home, 'keys'), 'authorization', now),
      sessions,
      onlyOnce,
      nonces: makeDpopNonces(await nonceKey(join(rig.home, 'keys'), (length) => new Uint8Array(length)), now),
      keys: { find: () => undefined },
      origin: ORIGIN,
      rules: session.rules,
      teams: new Set(config.teams.keys()),
      models: new Set(config.models.keys()),
      applications: config.applications,
      clock: { now },
    })
    const presented = (made: string) =>
      ({
        credential: token,
        scheme: 'DPoP',
        proof: made,
        request: { method: 'POST', url: `${ORIGIN}${CHAT}` },
        source: '127.0.0.1',
      }) as const
    const error = await another.identify(presented(proof)).catch((thrown: unknown) => thrown)
    expect(error instanceof Refusal && error.detail.indicator?.indicator).toBe('session-proof-replayed')
    const fresh = proofOf(world.holder, token, { claims: { nonce } })
    expect((await another.identify(presented(fresh)))?.id).toBe('desk')
    onlyOnce.close()
  })

  test('of a hundred requests that show the same one at once, one is served', async () => {
    const session = world.begin({ bounds: boundsOf({ misuse: 0 }) })
    const headers = shown(world.token(session))
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(world, headers)))
    const statuses = answers.map(({ status }) => status)
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(99)
  })

  const seconds = () => Math.floor(Date.now() / 1000)
  const elsewhere = `${ORIGIN}/v1/messages`
  test.each([
    ['for another method', { claims: { htm: 'GET' } }, 'this is POST'],
    ['for another route', { claims: { htu: elsewhere } }, 'another address'],
    ['for another gate', { claims: { htu: `https://other.example${CHAT}` } }, 'another address'],
    [
      'for the address of a name that was not sent',
      { claims: { htu: `http://127.0.0.1:8400${CHAT}` } },
      'another address',
    ],
    ['for another token', { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } }, 'another token'],
    ['without a token', { claims: { ath: undefined } }, 'cannot be taken'],
    ['of algorithm none', { header: { alg: 'none' } }, 'cannot be taken'],
    ['of a shared secret', { header: { alg: 'HS256' } }, 'cannot be taken'],
    ['of another type', { header: { typ: 'at+jwt' } }, 'cannot be taken'],
  ] as const)('%s is foreign', async (_what, differs, says) => {
    const session = world.begin()
    await refused(shown(world.token(session), differs), {
      indicator: 'session-proof-foreign',
      subject: session.id,
      says,
    })
    expect(misuses(session)).toBe(1)
  })

  test('with a private key in it, with a key that says more, without a signature, or as an HMAC is foreign', async () => {
    const { d } = world.holder.privateKey.export({ format: 'jwk' })
    const jwk = publicJwk(world.holder)
    const session = world.begin({ bounds: boundsOf({ misuse: 0 }) })
    const token = world.token(session)
    const [head, body] = proofOf(world.holder, token, { claims: { nonce } }).split('.')
    for (const proof of [
      proofOf(world.holder, token, { claims: { nonce }, header: { jwk: { ...jwk, d } } }),
      proofOf(world.holder, token, { claims: { nonce }, header: { jwk: { ...jwk, alg: 'EdDSA' } } }),
      proofOf(world.holder, token, { claims: { nonce }, header: { jwk: undefined } }),
      `${encode({ typ: 'dpop+jwt', alg: 'none', jwk })}.${body}.AA`,
      `${head}.${body}.${'A'.repeat(86)}`,
      forgeWithHmac(world.holder),
      token,
    ]) {
      await refused(dpop(token, proof), { indicator: 'session-proof-foreign', subject: session.id })
    }
  })

  test('of two in one request neither counts, and the session is not blamed', async () => {
    const session = world.begin()
    const token = world.token(session)
    const one = proofOf(world.holder, token, { claims: { nonce } })
    await refused(dpop(token, `${one}, ${one}`), { code: 'malformed_proof', says: 'exactly one proof' })
    await refused({ ...dpop(token, one), authorization: `DPoP ${token}, DPoP ${token}` }, { code: 'malformed_proof' })
    expect(misuses(session)).toBe(0)
  })

  test('that is too old, or from the future, or has no nonce or one of yesterday is asked for anew, and nobody is blamed', async () => {
    const session = world.begin()
    const token = world.token(session)
    const stale = makeDpopNonces(new Uint8Array(32), () => Date.now() - 86_400_000).current()
    for (const [claims, error, says] of [
      [{ iat: seconds() - 90 }, 'invalid_dpop_proof', 'more than a minute ago'],
      [{ iat: seconds() + 90 }, 'invalid_dpop_proof', 'in the future'],
      [{ nonce: undefined }, 'use_dpop_nonce', 'dpop-nonce'],
      [{ nonce: stale }, 'use_dpop_nonce', 'dpop-nonce'],
    ] as const) {
      await refused(shown(token, { claims }), { says })
      const answer = await ask(world, shown(token, { claims }))
      expect(answer.headers.get('www-authenticate')).toStartWith(`DPoP error="${error}", algs="`)
      const next = answer.headers.get('dpop-nonce') ?? ''
      expect((await ask(world, shown(token, { claims: { nonce: next } }))).status).toBe(200)
    }
    expect(misuses(session)).toBe(0)
  })

  test('each answer holds the nonce for the next one', async () => {
    const response = await ask(world, shown(world.token(world.begin())))
    expect(response.headers.get('dpop-nonce')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const plain = await world.rig.ask('alice', { model: 'clinic-small', messages: [{ role: 'user', content: 'hi' }] })
    expect(plain.headers.get('dpop-nonce')).toBeNull()
  })

  test('beside a token that is bound to no key is refused', async () => {
    const told = { code: 'unauthenticated', says: 'bound to no key' }
    const token = await world.rig.issuer.mint('alice')
    await refused(shown(token), told)
    const { text } = await world.rig.keys.make()
    await refused(shown(text), told)
    await refused(shown(world.token(world.begin({ tier: 1, binding: { by: 'nothing' } }))), told)
  })

  test('outlives a body that takes its time, for the request that it was made for', async () => {
    const session = world.begin()
    const headers = shown(world.token(session))
    const [first, second] = ['{"model":"clinic-small","messages":[', '{"role":"user","content":"hello"}]}']
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(first))
        await Bun.sleep(400)
        controller.enqueue(new TextEncoder().encode(second))
        controller.close()
      },
    })
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
    expect((await fetch(`${world.rig.url}${CHAT}`, init)).status).toBe(200)
    expect(misuses(session)).toBe(0)
  })
})
