// A proof holds for exactly one key, token, method, address, and time; and nothing that arrives makes its reader fail.
import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { makeDpop } from './dpop.ts'
import { makeDpopNonces } from './dpop-nonce.ts'
import { makeKey, NOW, NOW_SECONDS } from './forge.fixture.ts'
import { athOf, proofOf, publicJwk, thumbprint, URL_OF_CALL } from './session-token.fixture.ts'

const nonces = makeDpopNonces(new Uint8Array(32).fill(3), () => NOW)
const keys = [makeKey('one'), makeKey('two', 'ES256'), makeKey('three', 'RS256')] as const
const dpop = makeDpop({ onlyOnce: { use: () => true }, nonces, clock: { now: () => NOW } })
const expected = (key: (typeof keys)[number]) => ({
  jkt: thumbprint(publicJwk(key)),
  ath: athOf('token'),
  request: { method: 'POST', url: URL_OF_CALL },
  needsNonce: true,
  again: false,
})

test('a proof is taken if and only if all of it is right', () => {
  const one = <T>(right: T, ...wrong: readonly T[]) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, fc.constantFrom(...wrong))
  const parts = fc.record({
    key: fc.constantFrom(...keys),
    signer: fc.constantFrom(...keys),
    token: one('token', 'other', ''),
    htm: one<unknown>('POST', 'GET', 'post', undefined, 7, ['POST']),
    htu: one<unknown>(URL_OF_CALL, `${URL_OF_CALL}/`, 'https://evil.example/v1/chat/completions', undefined, {}),
    iat: one<unknown>(NOW_SECONDS, NOW_SECONDS - 61, NOW_SECONDS + 31, undefined, String(NOW_SECONDS), -1),
    jti: one<unknown>('id', '', undefined, 7, 'x'.repeat(300)),
    nonce: one<unknown>(nonces.current(), 'x', '', undefined, 7),
    typ: one<unknown>('dpop+jwt', 'JWT', undefined),
  })
  let taken = 0
  fc.assert(
    fc.property(parts, ({ key, signer, token, typ, ...claims }) => {
      const refused = dpop.check(proofOf(signer, token, { claims, header: { typ } }), expected(key))
      const isRight =
        signer === key &&
        token === 'token' &&
        typ === 'dpop+jwt' &&
        claims.htm === 'POST' &&
        claims.htu === URL_OF_CALL &&
        claims.iat === NOW_SECONDS &&
        claims.jti === 'id' &&
        claims.nonce === nonces.current()
      expect([claims, refused === undefined]).toEqual([claims, isRight])
      if (isRight) taken += 1
    }),
    { numRuns: 1500 },
  )
  expect(taken).toBeGreaterThan(50)
})

test('with any one character changed it is refused', () => {
  for (const key of keys.slice(0, 2)) {
    const proof = proofOf(key, 'token', { claims: { nonce: nonces.current() } })
    expect(dpop.check(proof, expected(key))).toBeUndefined()
    fc.assert(
      fc.property(fc.nat(proof.length - 1), fc.constantFrom(...'AZaz09-_.=+ {'.split('')), (at, letter) => {
        fc.pre(proof[at] !== letter)
        const changed = proof.slice(0, at) + letter + proof.slice(at + 1)
        expect(dpop.check(changed, expected(key))).toBeDefined()
      }),
      { numRuns: 400 },
    )
  }
})

test('whatever arrives is refused and never fails', () => {
  const json = fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text).toString('base64url'))
  const jws = fc.tuple(json, json, fc.base64String()).map((parts) => parts.join('.'))
  const header = fc
    .record({
      typ: fc.constant('dpop+jwt'),
      alg: fc.constantFrom('EdDSA', 'ES256', 'RS256', 'PS256'),
      jwk: fc.jsonValue(),
    })
    .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'))
  const near = fc.tuple(header, json, fc.constant('AAAA')).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), jws, near), (text) => {
      expect(dpop.check(text, expected(keys[0]))?.error).toBe('invalid_dpop_proof')
    }),
    { numRuns: 1000 },
  )
})
