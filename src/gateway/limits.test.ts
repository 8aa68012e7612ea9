import { describe, expect, test } from 'bun:test'
import type { Limit } from '#access/limit.ts'
import {
  limitsOver,
  memoryShares,
  NOTHING,
  NOW,
  one,
  passing,
  PER_MINUTE,
  refusalOf,
  wishOf,
} from './limits.fixture.ts'

describe('requests', () => {
  test('pass as often as a limit says, and again in the next window', () => {
    const limits = limitsOver(memoryShares())
    expect(passing(limits, PER_MINUTE, { times: 9, now: NOW })).toBe(5)
    expect(passing(limits, PER_MINUTE, { times: 9, now: NOW + 49_999 })).toBe(0)
    expect(passing(limits, PER_MINUTE, { times: 9, now: NOW + 50_000 })).toBe(5)
  })

  test('are refused with which limit, whose, and until when', () => {
    const limits = limitsOver(memoryShares())
    passing(limits, PER_MINUTE, { times: 5, now: NOW })
    const { reason, detail } = refusalOf(() => limits.reserve(wishOf([PER_MINUTE]), NOW))
    expect(reason).toBe('limit_reached')
    expect(detail).toEqual({
      message:
        'The limit "5 requests/minute per user" of User::alice is used up; more is there from 2026-11-21T15:37:00.000Z on.',
      retryAfter: 50,
      limit: {
        name: '5 requests/minute per user',
        whose: 'User::alice',
        measure: 'requests',
        most: 5,
        left: 0,
        resets: Date.parse('2026-11-21T15:37:00.000Z'),
      },
    })
  })

  test('of one do not count for another', () => {
    const limits = limitsOver(memoryShares())
    passing(limits, PER_MINUTE, { times: 5, now: NOW })
    expect(() => limits.reserve(wishOf([PER_MINUTE], undefined, 'User::bob'), NOW)).not.toThrow()
  })

  test('that never happened are given back, once', () => {
    const limits = limitsOver(memoryShares())
    passing(limits, PER_MINUTE, { times: 4, now: NOW })
    const last = limits.reserve(wishOf([PER_MINUTE]), NOW)
    refusalOf(() => limits.reserve(wishOf([PER_MINUTE]), NOW))
    last.cancel(NOW)
    last.cancel(NOW)
    last.settle(NOTHING, NOW)
    expect(passing(limits, PER_MINUTE, { times: 3, now: NOW })).toBe(1)
  })

  test('take nothing of any limit where one of them refuses', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const wide = { ...PER_MINUTE, most: 1_000_000, name: 'wide' }
    passing(limits, wide, { times: 1, now: NOW })
    const both = wishOf([wide, { ...PER_MINUTE, most: 2 }])
    limits.reserve(both, NOW)
    limits.reserve(both, NOW)
    for (let turn = 0; turn < 7; turn++) refusalOf(() => limits.reserve(both, NOW))
    limits.tend(NOW + 1_500)
    expect(shares.kept.get('0 User::alice 2026-11-21T15:36')).toBe(3)
  })

  test('are refused while the store is away, and pass when it is back', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    shares.away = true
    expect(refusalOf(() => limits.reserve(wishOf([PER_MINUTE]), NOW)).reason).toBe('not_ready')
    shares.away = false
    expect(passing(limits, PER_MINUTE, { times: 9, now: NOW })).toBe(5)
  })

  test('that are refused unasked for a moment are so for a moment, also where the clock is set back', () => {
    const shares = memoryShares()
    const [here, there] = [limitsOver(shares), limitsOver(shares)]
    const daily: Limit = { ...PER_MINUTE, window: { kind: 'calendar', unit: 'day' } }
    const open = [1, 2, 3, 4, 5].map(() => here.reserve(wishOf([daily]), NOW))
    expect(passing(there, daily, { times: 1, now: NOW })).toBe(0)
    for (const each of open) each.cancel(NOW)
    expect(passing(there, daily, { times: 9, now: NOW - 300_000 })).toBe(5)
  })

  test('of which many are left do not ask the store each time, and leave nothing behind where they stop', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const wide = { ...PER_MINUTE, most: 100_000 }
    expect(passing(limits, wide, { times: 10_000, now: NOW })).toBe(10_000)
    expect(shares.takes).toBeLessThan(200)
    limits.tend(NOW + 1_000)
    expect([...shares.kept.values()]).toEqual([10_000])
  })

  test('that others left unused pass here a second later', () => {
    const shares = memoryShares()
    const [one, other] = [limitsOver(shares), limitsOver(shares)]
    const wide = { ...PER_MINUTE, most: 6_400 }
    expect(passing(one, wide, { times: 1, now: NOW })).toBe(1)
    const here = passing(other, wide, { times: 7_000, now: NOW })
    expect(here).toBeGreaterThan(6_300)
    one.tend(NOW + 1_000)
    other.tend(NOW + 1_000)
    expect(here + passing(other, wide, { times: 200, now: NOW + 1_000 })).toBe(6_399)
  })
})

describe('a limit that is changed', () => {
  test.each([1, 3])('holds from the next request on, with %i workers and requests all the while', (workers) => {
    const shares = memoryShares()
    const all = Array.from({ length: workers }, () => limitsOver(shares))
    const passed = (most: number, now: number): number =>
      all.reduce((sum, limits) => sum + passing(limits, { ...PER_MINUTE, most }, { times: 60, now }), 0)
    const before = passed(10_000, NOW)
    expect(before).toBe(60 * workers)
    expect(passed(50, NOW)).toBe(0)
    expect([...shares.kept.values()]).toEqual([before])
    expect(passed(before + 20, NOW)).toBe(20)
    expect(passed(before + 20, NOW)).toBe(0)
    expect(passed(before + 30, NOW)).toBe(10)
  })

  test('is not passed from what was taken ahead while the store is away', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    passing(limits, { ...PER_MINUTE, most: 10_000 }, { times: 3, now: NOW })
    shares.away = true
    const lowered = wishOf([{ ...PER_MINUTE, most: 2 }])
    expect(refusalOf(() => limits.reserve(lowered, NOW)).reason).toBe('not_ready')
    shares.away = false
    expect(refusalOf(() => limits.reserve(lowered, NOW)).reason).toBe('limit_reached')
  })
})

describe('tokens', () => {
  const TOKENS: Limit = { ...PER_MINUTE, measure: 'tokens', most: 1_000, name: '1000 tokens/minute per user' }
  const wanting = (tokens: number) => wishOf([TOKENS], { tokens: one(tokens) })

  test('are reserved before and settled after: what was not used is there for others at once', () => {
    const shares = memoryShares()
    const [here, there] = [limitsOver(shares), limitsOver(shares)]
    const first = here.reserve(wanting(900), NOW)
    refusalOf(() => there.reserve(wanting(200), NOW))
    first.settle({ ...NOTHING, tokens: 100 }, NOW + 200)
    there.reserve(wanting(900), NOW + 200)
    expect([...shares.kept.values()]).toEqual([1_000])
  })

  test('that were used beyond what was reserved count, and the next are refused', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    limits.reserve(wanting(10), NOW).settle({ ...NOTHING, tokens: 1_500 }, NOW)
    expect([...shares.kept.values()]).toEqual([1_500])
    const { detail } = refusalOf(() => limits.reserve(wanting(1), NOW))
    expect(detail.limit).toMatchObject({ most: 1_000, left: 0 })
  })

  test('are refused with what would help', () => {
    const limits = limitsOver(memoryShares())
    limits.reserve(wanting(600), NOW)
    expect(refusalOf(() => limits.reserve(wanting(401), NOW)).message).toBe(
      'The limit "1000 tokens/minute per user" of User::alice has 400 tokens left, and this request could take 401 tokens: its input, and the most that it lets the model answer; more is there from 2026-11-21T15:37:00.000Z on.',
    )
    const { message, detail } = refusalOf(() => limits.reserve(wanting(1_001), NOW))
    expect(message).toBe(
      'The limit "1000 tokens/minute per user" of User::alice allows 1000 tokens, and this request could take 1001 tokens: its input, and the most that it lets the model answer.',
    )
    expect(detail.retryAfter).toBeUndefined()
  })

  test('of a request without a bound may begin with little left, and take all that is', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const asked = wishOf([TOKENS], { tokens: { least: 11, wanted: 4_106 } })
    const first = limits.reserve(asked, NOW)
    expect([...shares.kept.values()]).toEqual([1_000])
    refusalOf(() => limits.reserve(asked, NOW))
    first.settle({ ...NOTHING, tokens: 30 }, NOW + 100)
    expect([...shares.kept.values()]).toEqual([30])
  })

  test('that are settled when their window is over count in that window', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    limits.reserve(wanting(900), NOW).settle({ ...NOTHING, tokens: 100 }, NOW + 120_000)
    expect([...shares.kept]).toEqual([['0 User::alice 2026-11-21T15:36', 100]])
  })

  test('of a store that was away when they were settled are settled when it is back', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const [more, less] = [limits.reserve(wanting(100), NOW), limits.reserve(wanting(100), NOW)]
    shares.away = true
    more.settle({ ...NOTHING, tokens: 150 }, NOW)
    less.settle({ ...NOTHING, tokens: 10 }, NOW)
    shares.away = false
    limits.tend(NOW + 1_500)
    expect([...shares.kept.values()]).toEqual([160])
  })
})

test('calls of tools count by tool, or all together', () => {
  const shares = memoryShares()
  const limits = limitsOver(shares)
  const limit: Limit = { ...PER_MINUTE, measure: 'tool-calls', most: 10 }
  const asked = {
    exchange: 'X',
    amounts: { 'tool-calls': one(2) },
    applying: [
      { limit, whose: 'User::alice', key: 'all' },
      { limit: { ...limit, per: 'tool' as const }, whose: 'tool web_search', key: 'one', tool: 'web_search' },
    ],
  }
  limits.reserve(asked, NOW).settle({ ...NOTHING, tools: { web_search: 3, mcp: 4 } }, NOW)
  expect([...shares.kept.values()]).toEqual([7, 3])
})

test('calls of a tool that is named like a member of all objects count like any', () => {
  const shares = memoryShares()
  const limits = limitsOver(shares)
  const limit: Limit = { ...PER_MINUTE, measure: 'tool-calls', per: 'tool', most: 10 }
  const asked = {
    exchange: 'X',
    amounts: { 'tool-calls': one(1) },
    applying: ['constructor', 'valueOf'].map((tool) => ({ limit, whose: `tool ${tool}`, key: tool, tool })),
  }
  limits.reserve(asked, NOW).settle({ ...NOTHING, tools: { valueOf: 3 } }, NOW)
  expect([...shares.kept.values()]).toEqual([0, 3])
})

describe('what goes wrong with one limit', () => {
  const STREAMS: Limit = { name: '3 streams per user', per: 'user', measure: 'streams', most: 3 }
  const SPEND: Limit = { ...PER_MINUTE, measure: 'spend', most: 1_000 }
  const TOKENS: Limit = { ...PER_MINUTE, measure: 'tokens', most: 1_000 }

  test.each([
    [Number.NaN, 40],
    [Number.POSITIVE_INFINITY, 9_007_199_254_740_991],
    [1.5, 2],
    [-7, 0],
  ])('is no matter for the others: spend of %d counts as %i', (spend, counted) => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const amounts = { spend: one(40), streams: one(1), tokens: one(100) }
    limits.reserve(wishOf([SPEND, STREAMS, TOKENS], amounts), NOW).settle({ tokens: 7, spend, tools: {} }, NOW)
    expect([...shares.kept.values()]).toEqual([counted, 0, 7])
  })

  test('adds up to no more than can be counted', () => {
    const shares = memoryShares()
    const limits = limitsOver(shares)
    const [first, second] = [1, 2].map(() => limits.reserve(wishOf([TOKENS], { tokens: one(10) }), NOW))
    shares.away = true
    for (const each of [first, second]) each?.settle({ ...NOTHING, tokens: Number.MAX_SAFE_INTEGER }, NOW)
    shares.away = false
    limits.tend(NOW + 1_500)
    expect([...shares.kept.values()].every((taken) => taken >= Number.MAX_SAFE_INTEGER)).toBe(true)
  })

  test('is told, and keeps nobody else from being settled, given back or closed', () => {
    const shares = memoryShares()
    const log: string[] = []
    const limits = limitsOver(shares, [], log)
    const give = shares.give.bind(shares)
    shares.give = (key, amount) => {
      if (key.startsWith('0 ')) throw new RangeError('an amount is a whole number')
      give(key, amount)
    }
    const amounts = { tokens: one(100), streams: one(1) }
    const begin = () => limits.reserve(wishOf([TOKENS, TOKENS, STREAMS], amounts), NOW)
    begin().settle({ ...NOTHING, tokens: 7 }, NOW)
    expect([...shares.kept.values()]).toEqual([100, 7, 0])
    begin().cancel(NOW)
    expect([...shares.kept.values()]).toEqual([200, 7, 0])
    const wide = { ...PER_MINUTE, most: 100_000 }
    limits.reserve(wishOf([wide, wide]), NOW)
    limits.tend(NOW + 1_500)
    limits.reserve(wishOf([wide, wide]), NOW + 1_500)
    limits.close(NOW + 1_500)
    expect(shares.kept.get('1 User::alice 2026-11-21T15:36')).toBe(9)
    expect(log.length).toBeGreaterThanOrEqual(4)
    expect(new Set(log)).toEqual(new Set(['an amount of a limit could not be given back']))
  })
})

test('what is left of the nearest limit is known for requests and for tokens', () => {
  const limits = limitsOver(memoryShares())
  const far: Limit = { ...PER_MINUTE, most: 100, window: { kind: 'calendar', unit: 'day' } }
  const near: Limit = { ...PER_MINUTE, most: 5 }
  const tokens: Limit = { ...PER_MINUTE, measure: 'tokens', most: 1_000 }
  const { left } = limits.reserve(wishOf([far, near, tokens], { requests: one(1), tokens: one(300) }), NOW)
  expect(left).toEqual([
    { measure: 'requests', most: 5, left: 4, resets: Date.parse('2026-11-21T15:37:00Z') },
    { measure: 'tokens', most: 1_000, left: 700, resets: Date.parse('2026-11-21T15:37:00Z') },
  ])
})

test('a sliding window says when enough of it will be over', () => {
  const limits = limitsOver(memoryShares())
  const limit: Limit = { ...PER_MINUTE, measure: 'tokens', most: 100, window: { kind: 'sliding', ms: 60_000 } }
  const wanting = (tokens: number) => wishOf([limit], { tokens: one(tokens) })
  const start = Date.parse('2026-11-21T15:36:00.000Z')
  limits.reserve(wanting(60), start)
  limits.reserve(wanting(40), start + 20_000)
  const resets = (tokens: number) =>
    refusalOf(() => limits.reserve(wanting(tokens), start + 30_000)).detail.limit?.resets
  // The first segment is from :00 to :05, and lies wholly further back than a minute from 15:37:05 on.
  expect(resets(60)).toBe(Date.parse('2026-11-21T15:37:05.000Z'))
  expect(resets(61)).toBe(Date.parse('2026-11-21T15:37:25.000Z'))
  expect(() => limits.reserve(wanting(60), start + 65_000)).not.toThrow()
})
