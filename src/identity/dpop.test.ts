// Vectors of RFC 9449 stand in dpop-vectors.test.ts; here is what a proof must not be.
import { describe, expect, test } from 'bun:test'
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { makeDpop, type ProofFor } from './dpop.ts'
import { makeDpopNonces } from './dpop-nonce.ts'
import { encode, forge, forgeWithHmac, makeKey, NOW, NOW_SECONDS } from './forge.fixture.ts'
import { athOf, proofOf, publicJwk, thumbprint, URL_OF_CALL } from './session-token.fixture.ts'

const TOKEN = 'the-token'
const eddsa = makeKey('eddsa')
const es256 = makeKey('es256', 'ES256')
const rs256 = makeKey('rs256', 'RS256')
const other = makeKey('other')

function world() {
  const time = { now: NOW }
  const used = new Map<string, number>()
  const nonces = makeDpopNonces(new Uint8Array(32).fill(1), () => time.now)
  const onlyOnce = {
    use(key: string, until: number) {
      if (used.has(key)) return false
      used.set(key, until)
      return true
    },
  }
  return { time, used, nonces, dpop: makeDpop({ onlyOnce, nonces, clock: { now: () => time.now } }) }
}

const expected = (differs: Partial<ProofFor> = {}, key = eddsa): ProofFor => ({
  jkt: thumbprint(publicJwk(key)),
  ath: athOf(TOKEN),
  request: { method: 'POST', url: URL_OF_CALL },
  needsNonce: false,
  again: false,
  ...differs,
})

const FOREIGN = { error: 'invalid_dpop_proof', sign: 'session-proof-foreign' } as const

describe('a proof that holds', () => {
  test.each([eddsa, es256, rs256])('is taken, once: %#', (key) => {
    const { dpop, used } = world()
    const proof = proofOf(key, TOKEN)
    expect(dpop.check(proof, expected({}, key))).toBeUndefined()
    expect([...used.values()]).toEqual([NOW + 61_000])
    expect(dpop.check(proof, expected({}, key))).toEqual({
      error: 'invalid_dpop_proof',
      message: 'The DPoP proof was used before; make a fresh one for each request.',
      sign: 'session-proof-replayed',
    })
  })

  test('may call its algorithm Ed25519, or be signed with RSA-PSS', () => {
    const { dpop } = world()
    expect(dpop.check(proofOf(eddsa, TOKEN, { header: { alg: 'Ed25519' } }), expected())).toBeUndefined()
    const [head, body] = proofOf(rs256, TOKEN, { header: { alg: 'PS256' } }).split('.')
    const pss = { key: rs256.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    const signature = sign('sha256', Buffer.from(`${head}.${body}`), pss).toString('base64url')
    expect(dpop.check(`${head}.${body}.${signature}`, expected({}, rs256))).toBeUndefined()
  })

  test('may name the address with query, fragment, a port that goes without saying, or another case of the host', () => {
    const { dpop } = world()
    for (const htu of [
      `${URL_OF_CALL}?x=1`,
      `${URL_OF_CALL}#here`,
      'https://gate.example:443/v1/chat/completions',
      'HTTPS://GATE.example/v1/chat/completions',
    ]) {
      expect([htu, dpop.check(proofOf(eddsa, TOKEN, { claims: { htu } }), expected())]).toEqual([htu, undefined])
    }
  })

  test('is not used up by a request that is refused for something else', () => {
    const { dpop, nonces, used } = world()
    expect(dpop.check(proofOf(eddsa, TOKEN), expected({ needsNonce: true }))?.error).toBe('use_dpop_nonce')
    expect(used.size).toBe(0)
    const proof = proofOf(eddsa, TOKEN, { claims: { nonce: nonces.current() } })
    expect(dpop.check(proof, expected({ needsNonce: true }))).toBeUndefined()
  })

  test('holds again for the request that it was taken for, however long that took', () => {
    const { dpop, time } = world()
    const proof = proofOf(eddsa, TOKEN)
    expect(dpop.check(proof, expected())).toBeUndefined()
    time.now += 600_000
    expect(dpop.check(proof, expected({ again: true }))).toBeUndefined()
    expect(dpop.check(proof, expected({ again: true, jkt: thumbprint(publicJwk(other)) }))?.sign).toBe(
      'session-proof-foreign',
    )
  })

  test('with the same id as a proof by another key is another proof', () => {
    const { dpop } = world()
    expect(dpop.check(proofOf(eddsa, TOKEN, { claims: { jti: 'same' } }), expected())).toBeUndefined()
    expect(dpop.check(proofOf(es256, TOKEN, { claims: { jti: 'same' } }), expected({}, es256))).toBeUndefined()
  })
})

describe('a proof is foreign', () => {
  test.each([
    ['of another key', proofOf(other, TOKEN), 'another key'],
    ['for another token', proofOf(eddsa, 'another-token'), '(ath)'],
    ['for another method', proofOf(eddsa, TOKEN, { claims: { htm: 'GET' } }), 'this is POST'],
    ['in another case of the method', proofOf(eddsa, TOKEN, { claims: { htm: 'post' } }), 'this is POST'],
    ...[
      'https://gate.example/v1/messages',
      'https://gate.example/v1/chat/completions/',
      'https://gate.example/v1/chat/../chat/completions',
      'https://gate.example/v1/chat%2fcompletions',
      'http://gate.example/v1/chat/completions',
      'https://gate.example:8400/v1/chat/completions',
      'https://evil.example/v1/chat/completions',
      'https://gate.example@evil.example/v1/chat/completions',
      'https://user@gate.example/v1/chat/completions',
      '/v1/chat/completions',
    ].map((htu) => [`for ${htu}`, proofOf(eddsa, TOKEN, { claims: { htu } }), '(htu)'] as const),
  ])('%s', (_what, proof, says) => {
    const { dpop, used } = world()
    const refused = dpop.check(proof, expected())
    expect(refused).toMatchObject(FOREIGN)
    expect(refused?.message).toContain(says)
    expect(used.size).toBe(0)
  })

  test('whose signature is of another text, or of another key that stands for this one', () => {
    const [head, body] = proofOf(eddsa, TOKEN).split('.')
    const signature = proofOf(eddsa, TOKEN).split('.')[2]
    const { dpop } = world()
    expect(dpop.check(`${head}.${body}.${signature}`, expected())).toMatchObject(FOREIGN)
    const claims = { jti: 'x', htm: 'POST', htu: URL_OF_CALL, iat: NOW_SECONDS, ath: athOf(TOKEN) }
    const stolen = forge(other, claims, { typ: 'dpop+jwt', jwk: publicJwk(eddsa) })
    expect(dpop.check(stolen, expected())).toEqual({ ...FOREIGN, message: "The DPoP proof's signature is wrong." })
  })
})

/** Of the last character of 64 bytes in base64url four bits say nothing. */
const respelled = (proof: string): string =>
  proof.slice(0, -1) + ({ A: 'B', Q: 'R', g: 'h', w: 'x' }[proof.slice(-1)] ?? '')

const claims = () => ({ jti: 'y', htm: 'POST', htu: URL_OF_CALL, iat: NOW_SECONDS, ath: athOf(TOKEN) })
const jwk = publicJwk(eddsa)
const secret = eddsa.privateKey.export({ format: 'jwk' })
const unsigned = (header: object) => `${encode({ typ: 'dpop+jwt', jwk, ...header })}.${encode(claims())}.`

describe('a proof cannot be taken', () => {
  test.each([
    ['without a signature', unsigned({ alg: 'none' })],
    ['signed with none', proofOf(eddsa, TOKEN, { header: { alg: 'none' } })],
    ['signed with a shared secret', forgeWithHmac(eddsa, claims())],
    ['that says so', proofOf(eddsa, TOKEN, { header: { alg: 'HS256' } })],
    ['of an algorithm that is not taken', proofOf(es256, TOKEN, { header: { alg: 'ES384' } })],
    ['of another algorithm than its key', proofOf(eddsa, TOKEN, { header: { alg: 'ES256' } })],
    ['without an algorithm', proofOf(eddsa, TOKEN, { header: { alg: undefined } })],
    ['of another type', proofOf(eddsa, TOKEN, { header: { typ: 'JWT' } })],
    ['of no type', proofOf(eddsa, TOKEN, { header: { typ: undefined } })],
    ['with a private key', proofOf(eddsa, TOKEN, { header: { jwk: secret } })],
    ['with half of one', proofOf(eddsa, TOKEN, { header: { jwk: { ...jwk, d: secret.d } } })],
    ['with a symmetric key', proofOf(eddsa, TOKEN, { header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    ['with a key that says more', proofOf(eddsa, TOKEN, { header: { jwk: { ...jwk, kid: 'k' } } })],
    ['with a key in another spelling', proofOf(eddsa, TOKEN, { header: { jwk: { ...jwk, x: `${jwk['x']}=` } } })],
    ['with a list for a key', proofOf(eddsa, TOKEN, { header: { jwk: [jwk] } })],
    ['without a key', proofOf(eddsa, TOKEN, { header: { jwk: undefined } })],
    ['with a key elsewhere', proofOf(eddsa, TOKEN, { header: { jku: 'https://evil.example/jwks' } })],
    ['with an extension', proofOf(eddsa, TOKEN, { header: { crit: ['exp'] } })],
    ['with an id of no letters', proofOf(eddsa, TOKEN, { claims: { jti: '' } })],
    ['with an id of too many', proofOf(eddsa, TOKEN, { claims: { jti: 'x'.repeat(257) } })],
    ['without an id', proofOf(eddsa, TOKEN, { claims: { jti: undefined } })],
    ['without a time', proofOf(eddsa, TOKEN, { claims: { iat: undefined } })],
    ['with a time in words', proofOf(eddsa, TOKEN, { claims: { iat: String(NOW_SECONDS) } })],
    ['without the token', proofOf(eddsa, TOKEN, { claims: { ath: undefined } })],
    ['without the method', proofOf(eddsa, TOKEN, { claims: { htm: undefined } })],
    ['without the address', proofOf(eddsa, TOKEN, { claims: { htu: undefined } })],
    ['with a nonce of no letters', proofOf(eddsa, TOKEN, { claims: { nonce: 7 } })],
    ['that is too long', proofOf(eddsa, TOKEN, { claims: { more: 'x'.repeat(9000) } })],
    ['of two parts', 'eyJh.eyJh'],
    ['of four parts', `${proofOf(eddsa, TOKEN)}.AAAA`],
    ['that is nonsense', 'nonsense'],
    ['whose signature has a second spelling', respelled(proofOf(eddsa, TOKEN))],
    ['with two methods', forge(eddsa, `{"htm":"GET",${JSON.stringify(claims()).slice(1)}`, { typ: 'dpop+jwt', jwk })],
    ['with two keys', forge(eddsa, claims(), `{"typ":"dpop+jwt","alg":"EdDSA","jwk":{},"jwk":${JSON.stringify(jwk)}}`)],
  ])('%s', (_what, proof) => {
    const { dpop, used } = world()
    const refused = dpop.check(proof, expected())
    expect(refused).toMatchObject(FOREIGN)
    expect(refused?.message).toStartWith('The DPoP proof cannot be taken: ')
    expect(used.size).toBe(0)
  })

  test('by an RSA key that is too small, or that anybody could sign for', () => {
    const { dpop } = world()
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = { kid: 'weak', alg: 'RS256', jwk: {}, ...small } as const
    expect(dpop.check(proofOf(weak, TOKEN), expected({}, weak))).toMatchObject(FOREIGN)
    const n = Buffer.concat([Buffer.alloc(128), Buffer.from(publicJwk(weak)['n'] ?? '', 'base64url')]).toString(
      'base64url',
    )
    const padded = { ...publicJwk(weak), n }
    const long = proofOf(weak, TOKEN, { header: { jwk: padded } })
    expect(dpop.check(long, expected({ jkt: thumbprint(padded) }))).toMatchObject(FOREIGN)
    const one = { ...publicJwk(rs256), e: 'AQ' }
    const proof = proofOf(rs256, TOKEN, { header: { jwk: one } })
    expect(dpop.check(proof, expected({ jkt: thumbprint(one) }))).toMatchObject(FOREIGN)
  })

  test('by a point that is on no curve', () => {
    const { dpop } = world()
    const off = { ...publicJwk(es256), y: publicJwk(es256)['x'] ?? '' }
    const proof = proofOf(es256, TOKEN, { header: { jwk: off } })
    expect(dpop.check(proof, expected({ jkt: thumbprint(off) }))).toMatchObject(FOREIGN)
  })
})

describe('time', () => {
  test('a proof holds for a minute, and from half a minute ahead; beyond, it is told and nobody is blamed', () => {
    for (const [iat, holds] of [
      [NOW_SECONDS - 60, true],
      [NOW_SECONDS - 61, false],
      [NOW_SECONDS + 30, true],
      [NOW_SECONDS + 31, false],
    ] as const) {
      const refused = world().dpop.check(proofOf(eddsa, TOKEN, { claims: { iat } }), expected())
      expect([iat, refused === undefined]).toEqual([iat, holds])
      if (refused) {
        expect(refused.sign).toBeUndefined()
        expect(refused.message).toContain('2026-01-15T12:00:00.000Z')
      }
    }
  })

  test('a proof cannot be used a second time for as long as it would be taken', () => {
    const { dpop, used } = world()
    dpop.check(proofOf(eddsa, TOKEN, { claims: { iat: NOW_SECONDS + 30 } }), expected())
    expect([...used.values()]).toEqual([NOW + 91_000])
  })

  test('a nonce is good for a minute or two, also from a machine that is a little ahead, and never from another gate', () => {
    const { time, nonces } = world()
    const nonce = nonces.current()
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(nonces.accepts(nonce)).toBe(true)
    time.now += 119_999
    expect(nonces.accepts(nonce)).toBe(true)
    time.now += 1
    expect(nonces.accepts(nonce)).toBe(false)
    time.now = NOW - 60_000
    expect(nonces.accepts(nonce)).toBe(true)
    time.now = NOW - 60_001
    expect(nonces.accepts(nonce)).toBe(false)
    expect(makeDpopNonces(new Uint8Array(32).fill(2), () => NOW).accepts(nonce)).toBe(false)
    expect(nonces.accepts('')).toBe(false)
  })

  test('a nonce that is old is asked for anew even where none is needed', () => {
    const { dpop, nonces, time } = world()
    const nonce = nonces.current()
    time.now += 86_400_000
    const iat = NOW_SECONDS + 86_400
    const refused = dpop.check(proofOf(eddsa, TOKEN, { claims: { nonce, iat } }), expected())
    expect(refused).toEqual({
      error: 'use_dpop_nonce',
      message: 'The DPoP proof needs the nonce that the header dpop-nonce of this answer holds.',
    })
  })
})
