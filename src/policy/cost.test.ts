import { describe, expect, test } from 'bun:test'
import { array, assert, nat, property, record } from 'fast-check'
import { costOf } from './cost.ts'

const FAST = { input: 0.25, cached: 0.025, output: 2 }

describe('usage costs', () => {
  test.each([
    [{ input: 1_000_000, output: 0 }, 250_000],
    [{ input: 1_000_000, output: 1_000_000 }, 2_250_000],
    [{ input: 1_000_000, cached: 1_000_000 }, 25_000],
    [{ input: 1_000, cached: 400, output: 10 }, 180],
    [{ input: 1 }, 1],
    [{ input: 4 }, 1],
    [{ input: 5 }, 2],
    [{}, 0],
  ])('%j: %i millionths of a dollar', (usage, known) => {
    expect(costOf(FAST, usage)).toEqual({ known, unpriced: [] })
  })

  test('what was written into a cache, and what nobody sees, as they are priced', () => {
    const price = { input: 3, output: 15, cached: 0.3, cacheWrite: 3.75, reasoning: 20 }
    const usage = { input: 10_000, cached: 2_000, cacheWrite: 4_000, output: 1_000, reasoning: 600 }
    // 4,000 × 3 + 2,000 × 0.3 + 4,000 × 3.75 + 400 × 15 + 600 × 20
    expect(costOf(price, usage).known).toBe(45_600)
    expect(costOf({ input: 3, output: 15 }, usage).known).toBe(45_000)
  })

  test('each call of a tool', () => {
    const price = { ...FAST, tools: new Map([['web_search', 0.01]]) }
    expect(costOf(price, { input: 0, output: 0, tools: { web_search: 3 } })).toEqual({ known: 30_000, unpriced: [] })
  })

  test('no less where a provider counts parts that are more than the whole', () => {
    expect(costOf(FAST, { input: 10, cached: 1_000, output: 1, reasoning: 50 }).known).toBe(125)
  })
})

describe('what has no price', () => {
  test('is unpriced, and never free: a model', () => {
    expect(costOf(undefined, { input: 10, output: 2 })).toEqual({ known: 0, unpriced: ['tokens'] })
  })

  test('a tool, beside what is known', () => {
    const usage = { input: 1_000_000, tools: { web_search: 1, mcp: 2, file_search: 0 } }
    expect(costOf({ ...FAST, tools: new Map([['mcp', 0]]) }, usage)).toEqual({
      known: 250_000,
      unpriced: ['web_search'],
    })
  })

  test('is not what costs nothing', () => {
    expect(costOf({ input: 0, output: 0 }, { input: 10, output: 10 })).toEqual({ known: 0, unpriced: [] })
  })
})

test('a sum is the same in whatever order it is added, and never less than its parts', () => {
  const usages = array(record({ input: nat(100_000), output: nat(100_000) }), { maxLength: 40 })
  assert(
    property(usages, (all) => {
      const sum = (list: typeof all) => list.reduce((total, usage) => total + costOf(FAST, usage).known, 0)
      expect(sum(all)).toBe(sum(all.toReversed()))
      const together = { input: 0, output: 0 }
      for (const { input, output } of all) {
        together.input += input
        together.output += output
      }
      expect(sum(all)).toBeGreaterThanOrEqual(costOf(FAST, together).known)
      expect(sum(all)).toBeLessThanOrEqual(costOf(FAST, together).known + all.length)
    }),
  )
})
