import { describe, expect, test } from 'bun:test'
import type { Limit } from '#access/limit.ts'
import { limitsOver, memoryShares, NOTHING, NOW, passing, refusalOf, wishOf } from './limits.fixture.ts'

describe('streams', () => {
  const STREAMS: Limit = { name: '3 streams per user', per: 'user', measure: 'streams', most: 3 }

  test('are open as many at once as a limit says, however long they last', () => {
    const limits = limitsOver(memoryShares())
    const [first] = [1, 2, 3].map(() => limits.reserve(wishOf([STREAMS]), NOW))
    expect(passing(limits, STREAMS, { times: 1, now: NOW })).toBe(0)
    for (let ms = 0; ms <= 600_000; ms += 1_000) limits.tend(NOW + ms)
    expect(passing(limits, STREAMS, { times: 1, now: NOW + 600_000 })).toBe(0)
    first?.settle(NOTHING, NOW + 600_000)
    expect(passing(limits, STREAMS, { times: 2, now: NOW + 600_000 })).toBe(1)
  })

  test('of a worker that is gone are forgotten within two minutes; those of others are not', () => {
    const shares = memoryShares()
    const [gone, here] = [limitsOver(shares), limitsOver(shares)]
    gone.reserve(wishOf([STREAMS]), NOW)
    here.reserve(wishOf([STREAMS]), NOW)
    for (let ms = 0; ms <= 120_000; ms += 1_000) here.tend(NOW + ms)
    expect(passing(here, STREAMS, { times: 5, now: NOW + 120_000 })).toBe(2)
  })

  test('stay as many when the clock is set back, and forward again', () => {
    const shares = memoryShares()
    const [here, there] = [limitsOver(shares), limitsOver(shares)]
    const open = [1, 2, 3].map(() => here.reserve(wishOf([STREAMS]), NOW))
    for (const now of [NOW - 300_000, NOW - 240_000, NOW, NOW + 60_000]) {
      here.tend(now)
      expect(passing(there, STREAMS, { times: 1, now })).toBe(0)
      expect(passing(here, STREAMS, { times: 1, now })).toBe(0)
    }
    for (const each of open) each.settle(NOTHING, NOW - 300_000)
    expect([...shares.kept.values()].reduce((sum, taken) => sum + taken, 0)).toBe(0)
    expect(passing(there, STREAMS, { times: 5, now: NOW - 299_000 })).toBe(3)
  })

  test('are refused without a time, since they end when they end', () => {
    const limits = limitsOver(memoryShares())
    passing(limits, STREAMS, { times: 3, now: NOW })
    const { detail } = refusalOf(() => limits.reserve(wishOf([STREAMS]), NOW))
    expect(detail).toMatchObject({
      retryAfter: 2,
      message: 'The limit "3 streams per user" of User::alice is used up.',
    })
    expect(detail.limit?.resets).toBeUndefined()
  })
})
