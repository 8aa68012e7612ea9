import { afterEach, expect, jest, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { VirtualKey } from '#access/virtual-key.ts'
import { makeStandings, type Standings } from './standing.ts'

afterEach(() => jest.useRealTimers())

const KEY: VirtualKey = {
  id: 'k1',
  principal: { type: 'App', id: 'intake' },
  owner: 'platform@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'intake form',
  models: ['small'],
  actions: ['infer'],
  networks: ['127.0.0.0/8'],
  users: [],
  created: 0,
  notBefore: 0,
  expires: 60_000,
  secrets: [],
}

const person: Principal = {
  type: 'User',
  id: 'alice',
  groups: [],
  attributes: {},
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 0, expiresAt: 60 },
}
const app: Principal = {
  ...person,
  type: 'App',
  id: 'intake',
  proof: { method: 'key-and-network', issuer: 'sallyport', key: 'k1', issuedAt: 0, expiresAt: 60 },
}

function scene() {
  jest.useFakeTimers()
  const state: { key: VirtualKey | undefined; now: number; lookups: number; broken: boolean } = {
    key: KEY,
    now: 1_000,
    lookups: 0,
    broken: false,
  }
  const made = makeStandings({
    keys: {
      find() {
        state.lookups += 1
        if (state.broken) throw new Refusal('not_ready', { message: 'The store cannot be read.' })
        return state.key
      },
    },
    sessions: { find: () => undefined, endedSince: (mark) => ({ mark, ids: [] }) },
    now: () => state.now,
    monotonic: () => 0,
  })
  const standings = { of: (principal: Principal) => made.of(principal, { began: 0 }) } satisfies Standings
  return { state, standings }
}

test('what a key began ends within a second of its revocation, and says why', () => {
  const { state, standings } = scene()
  const one = standings.of(app)
  const other = standings.of(app)
  jest.advanceTimersByTime(5_000)
  expect(one.withdrawn?.aborted).toBe(false)
  state.key = { ...KEY, revoked: { at: 1_000, why: 'leaked' } }
  jest.advanceTimersByTime(1_000)
  expect(one.withdrawn?.aborted).toBe(true)
  expect(other.withdrawn?.aborted).toBe(true)
  const why: unknown = one.withdrawn?.reason
  expect(why).toBeInstanceOf(Refusal)
  expect(why).toMatchObject({
    reason: 'unauthenticated',
    message: 'The key k1 is revoked; what it had begun ends here.',
  })
})

test('so it is with a key that expires, and with one that is gone', () => {
  const { state, standings } = scene()
  const standing = standings.of(app)
  state.now = 60_000
  jest.advanceTimersByTime(500)
  expect(standing.withdrawn?.aborted).toBe(true)
  state.now = 1_000
  state.key = undefined
  const second = standings.of(app)
  jest.advanceTimersByTime(500)
  expect(second.withdrawn?.aborted).toBe(true)
})

test('a key in the middle of a chain counts as one at its beginning', () => {
  const { state, standings } = scene()
  const standing = standings.of({ ...app, proof: person.proof, onBehalfOf: { ...person, proof: app.proof } })
  state.key = undefined
  jest.advanceTimersByTime(500)
  expect(standing.withdrawn?.aborted).toBe(true)
})

test('a store that cannot be read withdraws nothing', () => {
  const { state, standings } = scene()
  const standing = standings.of(app)
  state.broken = true
  jest.advanceTimersByTime(5_000)
  expect(standing.withdrawn?.aborted).toBe(false)
})

test('nobody looks where nothing is under way, and once for all uses of a key', () => {
  const { state, standings } = scene()
  const uses = Array.from({ length: 10 }, () => standings.of(app))
  jest.advanceTimersByTime(500)
  expect(state.lookups).toBe(1)
  for (const use of uses) use.release()
  jest.advanceTimersByTime(60_000)
  expect(state.lookups).toBe(1)
})

test('a token of an issuer is not looked up', () => {
  const { state, standings } = scene()
  expect(standings.of(person).withdrawn).toBeUndefined()
  jest.advanceTimersByTime(60_000)
  expect(state.lookups).toBe(0)
})
