import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import { type Claims, readClaims } from './claims.ts'
import { makeKey } from './forge.fixture.ts'
import { admitKeys } from './public-key.ts'

const rsa = makeKey('r', 'RS256').jwk
const ec = makeKey('e', 'ES256').jwk
const ed = makeKey('d').jwk

const document = (keys: readonly unknown[]): Claims => readClaims(Buffer.from(JSON.stringify({ keys })))
const admitted = async (...keys: readonly unknown[]) => (await admitKeys(document(keys))).map((key) => key.kid)
const without = (jwk: object, member: string) => ({ ...jwk, [member]: undefined })

function rsaOf(modulusLength: number, publicExponent = 65_537) {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent })
  return { ...publicKey.export({ format: 'jwk' }), kid: 'weak' }
}

describe('a published key is admitted', () => {
  test('when it is a public signature key of a known kind', async () => {
    expect(await admitted(rsa, ec, ed)).toEqual(['r', 'e', 'd'])
    expect(await admitted(without(without(rsa, 'use'), 'alg'), { ...ed, alg: 'Ed25519' })).toEqual(['r', 'd'])
  })

  test('for the algorithms of its kind, or for the one it names', async () => {
    const algorithms = async (key: object) => (await admitKeys(document([key])))[0]?.algorithms
    expect(await algorithms(rsa)).toEqual(['RS256'])
    expect(await algorithms(without(rsa, 'alg'))).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
    expect(await algorithms(without(ec, 'alg'))).toEqual(['ES256'])
    expect(await algorithms({ ...ed, alg: 'Ed25519' })).toEqual(['EdDSA'])
  })

  test('with nothing but what makes it a key', async () => {
    const [key] = await admitKeys(document([{ ...ed, x5c: ['junk'], x5u: 'https://evil.example.com' }]))
    expect(Object.keys(key?.jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x'])
  })
})

describe('a published key is left out, and the others stay', () => {
  test.each<[string, unknown]>([
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }],
    ['a private part', { ...ed, d: 'AAAA' }],
    ['a private part that is empty', { ...rsa, d: '' }],
    ['a prime', { ...rsa, p: 'AAAA' }],
    ['an encryption key', { ...rsa, use: 'enc' }],
    ['operations without verify', { ...rsa, key_ops: ['encrypt'] }],
    ['operations that are no list', { ...rsa, key_ops: 'verify' }],
    ['an algorithm of another kind', { ...rsa, alg: 'ES256' }],
    ['an HMAC algorithm', { ...rsa, alg: 'HS256' }],
    ['an encryption algorithm', { ...rsa, alg: 'RSA-OAEP' }],
    ['an unknown curve', { ...ec, crv: 'secp256k1' }],
    ['a key agreement curve', { ...ed, crv: 'X25519' }],
    ['a point off the curve', { ...ec, y: ec.x }],
    ['a missing member', without(ec, 'y')],
    ['a kid that is a number', { ...ed, kid: 1 }],
    ['something that is no object', 'key'],
    ['RSA below 2048 bits', rsaOf(1024)],
    ['RSA of 2047 bits behind a leading zero', { ...rsa, n: shrink(rsa.n ?? '') }],
    ['RSA with exponent 1', { ...rsa, e: 'AQ' }],
    ['RSA with an even exponent', { ...rsa, e: 'AQAA' }],
    ['RSA with a giant exponent', { ...rsa, e: rsa.n }],
    ['RSA with a giant modulus', { ...rsa, n: Buffer.alloc(2048, 0xff).toString('base64url') }],
  ])('%s', async (_, key) => {
    expect(await admitted(key, ec)).toEqual(['e'])
  })
})

function shrink(modulus: string): string {
  const bytes = Buffer.from(modulus, 'base64url')
  bytes[0] = 0x7f
  return Buffer.concat([Buffer.from([0]), bytes]).toString('base64url')
}
