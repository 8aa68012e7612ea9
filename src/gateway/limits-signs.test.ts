import { describe, expect, test } from 'bun:test'
import type { Limit, Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import { limitsOver, memoryShares, NOTHING, NOW, one, PER_MINUTE, wishOf } from './limits.fixture.ts'
import type { LimitSign } from './limits-signs.ts'

describe('it is told once a window, by whichever worker', () => {
  test('that a limit is nearly used up', () => {
    const shares = memoryShares()
    const told: LimitSign[] = []
    const workers = [limitsOver(shares, told), limitsOver(shares, told)]
    const limit = { ...PER_MINUTE, most: 10, warn: 0.8 }
    for (let turn = 0; turn < 7; turn++) workers[turn % 2]?.reserve(wishOf([limit]), NOW)
    expect(told).toEqual([])
    for (let turn = 0; turn < 3; turn++) workers[turn % 2]?.reserve(wishOf([limit]), NOW)
    expect(told).toEqual([
      { indicator: 'limit-near', limit: '5 requests/minute per user', whose: 'User::alice', exchange: 'X' },
    ])
    for (let turn = 0; turn < 9; turn++) workers[turn % 2]?.reserve(wishOf([limit]), NOW + 60_000)
    expect(told.length).toBe(2)
  })

  test('of what was used, not of what was only reserved', () => {
    const told: LimitSign[] = []
    const limits = limitsOver(memoryShares(), told)
    const limit: Limit = { ...PER_MINUTE, measure: 'tokens', most: 100, warn: 0.5 }
    const asked = wishOf([limit], { tokens: one(90) })
    limits.reserve(asked, NOW).settle({ ...NOTHING, tokens: 10 }, NOW)
    expect(told).toEqual([])
    limits.reserve(asked, NOW).settle({ ...NOTHING, tokens: 40 }, NOW)
    expect(told.length).toBe(1)
  })

  test('that requests come in a burst, which refuses nobody', () => {
    const shares = memoryShares()
    const told: LimitSign[] = []
    const workers = [limitsOver(shares, told), limitsOver(shares, told)]
    const limit = { ...PER_MINUTE, most: 1_000, burst: { most: 4, ms: 10_000 } }
    for (let turn = 0; turn < 4; turn++) workers[turn % 2]?.reserve(wishOf([limit]), NOW)
    expect(told).toEqual([])
    for (let turn = 0; turn < 20; turn++) workers[turn % 2]?.reserve(wishOf([limit]), NOW)
    expect(told.map(({ indicator }) => indicator)).toEqual(['burst'])
  })
})

test('what could not be told, since the store was away, is told with the next request', () => {
  const inner = memoryShares()
  let away = true
  const shares: Shares = {
    ...inner,
    take(key, ...rest) {
      if (away && key.includes(' near ')) throw new Refusal('not_ready', { message: 'The store is away.' })
      return inner.take(key, ...rest)
    },
  }
  const told: LimitSign[] = []
  const worker = limitsOver(shares, told)
  const limit = { ...PER_MINUTE, most: 10, warn: 0.5 }
  for (let turn = 0; turn < 6; turn++) worker.reserve(wishOf([limit]), NOW)
  expect(told).toEqual([])
  away = false
  for (let turn = 0; turn < 3; turn++) worker.reserve(wishOf([limit]), NOW)
  expect(told.map(({ indicator }) => indicator)).toEqual(['limit-near'])
})
