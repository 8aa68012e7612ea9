// For tests: shares in memory, and wishes of one limit.
import type { Limit, Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import { type Amount, type LimitedWish, makeLimits, type UsageLimits } from './limits.ts'
import type { LimitSign } from './limits-signs.ts'

export interface MemoryShares extends Shares {
  readonly kept: ReadonlyMap<string, number>
  /** How often it was asked for a share. */
  takes: number
  /** While true, nothing can be read or written. */
  away: boolean
}

export function memoryShares(): MemoryShares {
  const kept = new Map<string, number>()
  const asked = (): void => {
    if (shares.away) throw new Refusal('not_ready', { message: 'The store is away.' })
  }
  const takenOf = (key: string): number => kept.get(key) ?? 0
  const shares: MemoryShares = {
    kept,
    takes: 0,
    away: false,
    take(key, { least, wanted, most, beside = [] }) {
      asked()
      shares.takes++
      const left = most - [key, ...beside].reduce((sum, each) => sum + takenOf(each), 0)
      const amount = Math.min(wanted, left)
      if (amount <= 0 || amount < least) return 0
      kept.set(key, takenOf(key) + amount)
      return amount
    },
    give(key, amount) {
      asked()
      kept.set(key, Math.max(0, takenOf(key) - amount))
    },
    add(key, amount) {
      asked()
      kept.set(key, takenOf(key) + amount)
    },
    taken(key) {
      asked()
      return takenOf(key)
    },
  }
  return shares
}

export const PER_MINUTE: Limit = {
  name: '5 requests/minute per user',
  per: 'user',
  measure: 'requests',
  most: 5,
  window: { kind: 'calendar', unit: 'minute' },
}

/** One request of one user. */
export const wishOf = (
  limits: readonly Limit[],
  amounts: LimitedWish['amounts'] = { requests: one(1), streams: one(1) },
  whose = 'User::alice',
): LimitedWish => ({
  exchange: 'X',
  amounts,
  applying: limits.map((limit, index) => ({ limit, whose, key: `${index} ${whose}` })),
})

export const one = (amount: number): Amount => ({ least: amount, wanted: amount })

export const NOW = Date.parse('2026-11-21T15:36:10.000Z')
export const NOTHING = { tokens: 0, spend: 0, tools: {} }

export const limitsOver = (shares: Shares, told: LimitSign[] = [], log: string[] = []): UsageLimits =>
  makeLimits({ shares, tell: (sign) => void told.push(sign), log: (line) => void log.push(line) })

export function refusalOf(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** How many of so many pass. */
export function passing(
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
