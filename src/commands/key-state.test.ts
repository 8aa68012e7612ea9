import { expect, test } from 'bun:test'
import type { VirtualKey } from '#access/virtual-key.ts'
import { keyState } from './key-state.ts'

const DAY = 86_400_000

/** Made on day 100, good for a hundred days. */
const KEY: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops',
  environment: 'production',
  use: 'letters',
  models: ['a'],
  actions: ['infer'],
  networks: ['10.2.0.0/16'],
  users: [],
  created: 100 * DAY,
  notBefore: 100 * DAY,
  expires: 200 * DAY,
  secrets: [{ sha256: new Uint8Array(32) }],
}

const state = (change: Partial<VirtualKey>, day: number, used?: number): string =>
  keyState({ ...KEY, ...change }, used === undefined ? undefined : { at: used * DAY, source: '10.2.0.7' }, day * DAY)

test('a key is active, then soon to expire, then expired', () => {
  expect([100, 185, 186, 199.999, 200].map((day) => state({}, day))).toEqual([
    'active',
    'active',
    'expires soon',
    'expires soon',
    'expired',
  ])
})

test('of a short life the last fifth is soon', () => {
  const short = { expires: 105 * DAY }
  expect([100, 103.9, 104].map((day) => state(short, day))).toEqual(['active', 'active', 'expires soon'])
})

test('before its time it is not yet good, and revoked it is for good', () => {
  expect(state({ notBefore: 110 * DAY }, 109)).toBe('not yet')
  expect(state({ revoked: { at: 1, why: 'leaked' } }, 300)).toBe('revoked')
})

test('unused for too long it is suspended: since its last use, its rotation, or its making', () => {
  const unused = { unusedFor: 30 * DAY }
  expect(state(unused, 129.9)).toBe('active')
  expect(state(unused, 130)).toBe('suspended')
  expect(state(unused, 131, 102)).toBe('active')
  // Noted by a clock that was wrong.
  expect(state(unused, 131, 132)).toBe('suspended')
  expect(state({ ...unused, rotated: 131 * DAY }, 131)).toBe('active')
})
