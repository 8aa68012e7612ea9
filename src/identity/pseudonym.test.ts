import { expect, test } from 'bun:test'
import { pseudonymOf } from './pseudonym.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at)

// Computed apart from this code: Python's hmac, hashlib and base64.b32encode.
test.each([
  ['User', 'harbor/alice', 'user_3fj32565d3u72s5ki4zis2mwvx'],
  ['App', 'harbor/alice', 'user_lmm5jsujprmrjouot5l3huxcr5'],
  ['User', 'Zoë 🙂', 'user_klsd2bsstmhtyucawnwnnjjy4r'],
  ['User', '', 'user_hngktwsepqcdhix6ttzz6rb42f'],
])('%s %j is the same one each time', (type, id, pseudonym) => {
  expect(pseudonymOf(KEY, { type, id })).toBe(pseudonym)
  expect(pseudonymOf(KEY, { type, id })).toBe(pseudonym)
})

test('another key makes another one of the same person', () => {
  expect(pseudonymOf(new Uint8Array(32), { type: 'User', id: 'harbor/alice' })).toBe('user_6xhpb5xxr62faj33f3trfktxyx')
})

test('where the type ends and the id begins cannot be moved', () => {
  const moved = [
    ['User', 'xa'],
    ['Userx', 'a'],
    ['', 'Userxa'],
    ['Userxa', ''],
    ['User\u0000', 'xa'],
  ].map(([type = '', id = '']) => pseudonymOf(KEY, { type, id }))
  expect(new Set(moved).size).toBe(5)
})

test('a thousand people get a thousand, each of 31 plain characters', () => {
  const all = Array.from({ length: 1000 }, (_, n) => pseudonymOf(KEY, { type: 'User', id: `person-${n}` }))
  expect(new Set(all).size).toBe(1000)
  for (const one of all) expect(one).toMatch(/^user_[a-z2-7]{26}$/)
})

test('half a surrogate pair names nobody: all halves would be one person', () => {
  expect(() => pseudonymOf(KEY, { type: 'User', id: 'a\uD800' })).toThrow(TypeError)
})
