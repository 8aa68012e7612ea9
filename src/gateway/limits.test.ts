import { describe, expect, test } from 'bun:test'
import { array, assert, constant, integer, nat, oneof, property, record, type Arbitrary } from 'fast-check'
import type { Limit, Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import { memoryShares, one, PER_MINUTE, wishOf } from './limits.fixture.ts'
import { makeLimits, type UsageLimits } from './limits.ts'
import type { LimitSign } from './limits-signs.ts'

const NOW = Date.parse('2026-11-21T15:36:10.000Z')
const NOTHING = { tokens: 0, spend: 0, tools: {} }

const limitsOver = (shares: Shares, told: LimitSign[] = []): UsageLimits =>
  makeLimits({ shares, tell: (sign) => void told.push(sign) })

function refusalOf(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** How many of so many pass. */
function passing(
  limits: UsageLimits,
  limit: Limit,
  { times, now }: { readonly times: number; readonly now: number },
): number {
  let passed = 0
  for (let turn = 0; turn < times; turn++) {
    try {
      limits.reserve(wishOf([limit]), now)
      passed++
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'limit_reached') throw error
    }
  }
  return passed
}

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

describe('whatever comes in whatever order, over several workers', () => {
  interface Step {
    readonly worker: number
    /** Milliseconds since the one before. */
    readonly after: number
    readonly burst: number
    readonly fails: number
  }
  const steps: Arbitrary<readonly Step[]> = array(
    record({
      worker: nat(2),
      after: oneof(constant(0), nat(40), nat(4_000)),
      burst: integer({ min: 1, max: 30 }),
      fails: nat(3),
    }),
    { maxLength: 60 },
  )

  const run = (limit: Limit, plan: readonly Step[]) => {
    const shares = memoryShares()
    const workers = [0, 1, 2].map(() => limitsOver(shares))
    const passed: number[] = []
    let now = NOW
    for (const { worker, after, burst, fails } of plan) {
      now += after
      for (const each of workers) each.tend(now)
      for (let turn = 0; turn < burst; turn++) {
        try {
          const reservation = workers[worker]?.reserve(wishOf([limit]), now)
          if (fails === 0 && turn % 2 === 0) reservation?.cancel(now)
          else passed.push(now)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      }
    }
    return { shares, workers, passed, now }
  }

  test.each([1, 7, 100, 400])('never more than %i pass in any time of a sliding window’s length', (most) => {
    const limit: Limit = { ...PER_MINUTE, most, window: { kind: 'sliding', ms: 5_000 } }
    assert(
      property(steps, (plan) => {
        const { passed } = run(limit, plan)
        for (const [index, from] of passed.entries()) {
          const within = passed.slice(index).filter((at) => at - from < 5_000).length
          expect(within).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 60 },
    )
  })

  test.each([1, 7, 100, 400])(
    'never more than %i pass in a minute, and so many do when all others are quiet',
    (most) => {
      const limit: Limit = { ...PER_MINUTE, most }
      assert(
        property(steps, (plan) => {
          const { workers, passed, now } = run(limit, plan)
          const minute = (at: number): number => Math.floor(at / 60_000)
          const counts = new Map<number, number>()
          for (const at of passed) counts.set(minute(at), (counts.get(minute(at)) ?? 0) + 1)
          for (const count of counts.values()) expect(count).toBeLessThanOrEqual(most)
          const later = now + 1_500
          for (const each of workers) each.tend(later)
          const before = counts.get(minute(later)) ?? 0
          expect(before + passing(workers[0] as UsageLimits, limit, { times: 500, now: later })).toBe(
            Math.min(most, before + 500),
          )
        }),
        { numRuns: 60 },
      )
    },
  )
})

test('a worker that was killed takes no more with it than what it had ahead, and nobody gets more for it', () => {
  const shares = memoryShares()
  const [killed, here] = [limitsOver(shares), limitsOver(shares)]
  const limit = { ...PER_MINUTE, most: 64_000 }
  const before = passing(killed, limit, { times: 10, now: NOW })
  const after = passing(here, limit, { times: 64_000, now: NOW })
  expect(before + after).toBeLessThanOrEqual(64_000)
  // Sixty-four times what a request takes, at most.
  expect(before + after).toBeGreaterThanOrEqual(64_000 - 64)
})
