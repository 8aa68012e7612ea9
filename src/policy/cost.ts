// What usage costs by the bundle's prices. What has no price is unpriced, and never free: it is said, and the rest is known.
import type { Price } from '#access/limit.ts'
import type { Usage } from '#access/usage.ts'

export interface Cost {
  /** Millionths of a US dollar, rounded up, of all that has a price. */
  readonly known: number
  /** What was used and has none: `tokens`, or a tool's name. */
  readonly unpriced: readonly string[]
}

export function costOf(price: Price | undefined, usage: Usage): Cost {
  const { input = 0, output = 0, cached = 0, cacheWrite = 0, reasoning = 0, tools = {} } = usage
  const called = Object.entries(tools).filter(([, calls]) => calls > 0)
  if (!price) return { known: 0, unpriced: ['tokens', ...called.map(([name]) => name)] }
  // A provider that counts parts apart from the whole is not made cheaper by it.
  const plain = Math.max(0, input - cached - cacheWrite)
  const seen = Math.max(0, output - reasoning)
  let sum =
    at(price.input, plain) +
    at(price.cached ?? price.input, cached) +
    at(price.cacheWrite ?? price.input, cacheWrite) +
    at(price.output, seen) +
    at(price.reasoning ?? price.output, reasoning)
  const unpriced: string[] = []
  for (const [name, calls] of called) {
    const each = price.tools?.get(name)
    if (each === undefined) unpriced.push(name)
    else sum += at(each * 1_000_000, calls)
  }
  return { known: Math.min(Number((sum + FINENESS - 1n) / FINENESS), Number.MAX_SAFE_INTEGER), unpriced }
}

/** Sums are whole numbers of millionths of a millionth: doubles would differ by the order in which they are added. */
const FINENESS = 1_000_000n

/** A price for a million is the same number of millionths for one. */
const at = (price: number, count: number): bigint =>
  BigInt(Math.round(price * 1_000_000)) * BigInt(Math.min(Math.round(count), Number.MAX_SAFE_INTEGER))
