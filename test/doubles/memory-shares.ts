// What is taken of limits, in memory, for tests that need no file. The contract suite runs on this as on the real one.
import type { Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'

export interface MemoryShares extends Shares {
  /** From now on the store cannot be read or written, or can again. */
  breaks(broken: boolean): void
}

export function memoryShares(): MemoryShares {
  const kept = new Map<string, number>()
  let broken = false
  const taken = (key: string): number => {
    if (broken)
      throw new Refusal('not_ready', { message: 'The runtime store (which keeps how much is taken) cannot be read.' })
    return kept.get(key) ?? 0
  }
  const check = (...amounts: readonly number[]): void => {
    if (!amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0)) throw new RangeError('no amount')
  }
  return {
    take(key, { least, wanted, most, beside = [] }) {
      check(least, wanted, most)
      const amount = Math.min(wanted, most - [key, ...beside].reduce((sum, each) => sum + taken(each), 0))
      if (amount <= 0 || amount < least) return 0
      kept.set(key, taken(key) + amount)
      return amount
    },
    give(key, amount) {
      check(amount)
      if (kept.has(key)) kept.set(key, Math.max(0, taken(key) - amount))
    },
    add(key, amount) {
      check(amount)
      kept.set(key, taken(key) + amount)
    },
    taken,
    breaks(now) {
      broken = now
    },
  }
}
