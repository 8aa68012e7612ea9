// Several workers over the same shares, in whatever order: counted again by the simplest of means.
import { describe, expect, test } from 'bun:test'
import { array, assert, constant, integer, nat, oneof, property, record, type Arbitrary } from 'fast-check'
import type { Limit } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import { limitsOver, memoryShares, NOW, passing, PER_MINUTE, wishOf } from './limits.fixture.ts'
import type { UsageLimits } from './limits.ts'

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
