import { expect, test } from 'bun:test'
import { makeKeySet } from './key-set.ts'
import { digestFor, digestOf, makeProofCache, type Proven } from './proof-cache.ts'

const proven = (id: string): Proven => ({
  principal: {
    type: 'User',
    id,
    groups: [],
    attributes: {},
    proof: { method: 'jwt', issuer: 'okta', issuedAt: 1, expiresAt: 2 },
  },
  keys: makeKeySet({ name: 'okta', load: async () => [], clock: { now: () => 0 }, report: () => undefined }),
  key: { kid: 'k', algorithms: ['EdDSA'], jwk: {}, print: 'k' },
  from: 0,
  until: 1,
})

test('the cache of proofs is bounded, and forgets what was used longest ago', () => {
  const cache = makeProofCache(2)
  cache.set('a', proven('a'))
  cache.set('b', proven('b'))
  cache.get('a')
  cache.set('c', proven('c'))
  expect(['a', 'b', 'c'].map((digest) => cache.get(digest)?.principal.id)).toEqual(['a', undefined, 'c'])
  cache.delete('a')
  expect(cache.get('a')).toBeUndefined()
})

test('a proof is kept under the SHA-256 of the whole token', () => {
  expect(digestOf('abc')).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
})

test('of what was presented it is the same digest, and of a copy with another credential the one of that', () => {
  const presented = { credential: 'abc', source: '192.0.2.1' }
  for (const _ of [1, 2]) expect(digestFor(presented)).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
  expect(digestFor({ ...presented, credential: '' })).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')
})
