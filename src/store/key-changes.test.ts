import { expect, test } from 'bun:test'
import type { VirtualKey } from '#access/virtual-key.ts'
import { revoke, rotate } from './key-changes.ts'

const KEY: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops@harbor.example',
  environment: 'production',
  use: 'reads referral letters',
  models: ['clinic-small'],
  actions: ['infer'],
  networks: ['10.2.0.0/16'],
  users: [],
  created: 1_000,
  notBefore: 1_000,
  expires: 900_000_000_000,
  secrets: [{ sha256: new Uint8Array([1]) }],
}

const HOUR = 3_600_000

test('a rotation begins a secret at once, and the one before it goes on for the overlap', () => {
  const rotated = rotate(KEY, { sha256: new Uint8Array([2]), overlap: 24 * HOUR, now: 1_000_000 })
  expect(rotated.rotated).toBe(1_000_000)
  expect(rotated.secrets).toEqual([{ sha256: new Uint8Array([2]) }, { sha256: new Uint8Array([1]), until: 87_400_000 }])
})

test('no secret goes on for longer because of another rotation, and all of them end with one that has no overlap', () => {
  const once = rotate(KEY, { sha256: new Uint8Array([2]), overlap: HOUR, now: 1_000_000 })
  const twice = rotate(once, { sha256: new Uint8Array([3]), overlap: 24 * HOUR, now: 2_000_000 })
  expect(twice.secrets.map(({ until }) => until)).toEqual([undefined, 88_400_000, 4_600_000])
  const now = rotate(twice, { sha256: new Uint8Array([4]), overlap: 0, now: 3_000_000 })
  expect(now.secrets.map(({ until }) => until)).toEqual([undefined, 3_000_000, 3_000_000, 3_000_000])
})

test('only so many secrets are remembered, the newest ones', () => {
  let key = KEY
  for (let turn = 0; turn < 40; turn++)
    key = rotate(key, { sha256: new Uint8Array([100 + turn]), overlap: 0, now: 2_000 + turn })
  expect(key.secrets.length).toBe(8)
  expect(key.secrets[0]?.sha256).toEqual(new Uint8Array([139]))
  expect(key.secrets[7]?.sha256).toEqual(new Uint8Array([132]))
})

test('what is revoked or expired is not rotated, and an overlap has an end', () => {
  const rotation = { sha256: new Uint8Array([2]), overlap: 0, now: 2_000 }
  expect(() => rotate(revoke(KEY, 1_500, 'leaked'), rotation)).toThrow('is revoked: make a new one')
  expect(() => rotate({ ...KEY, expires: 2_000 }, rotation)).toThrow('has expired')
  expect(() => rotate(KEY, { ...rotation, overlap: 31 * 24 * HOUR })).toThrow('at most 30 days')
  expect(() => rotate(KEY, { ...rotation, overlap: -1 })).toThrow('at most 30 days')
  expect(() => rotate(KEY, { ...rotation, overlap: Number.NaN })).toThrow('at most 30 days')
})

test('a revocation is for good: a second one changes nothing', () => {
  const once = revoke(KEY, 1_500, 'leaked')
  expect(once.revoked).toEqual({ at: 1_500, why: 'leaked' })
  expect(revoke(once, 9_000, 'other')).toBe(once)
})
