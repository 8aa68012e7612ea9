// What a limit tells of before it refuses, once a window whatever the number of workers: that it is nearly used up, and that
// requests come in a burst. Neither refuses anything, nor does a store that cannot be asked for it.
import type { Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import type { Applying } from '#policy/limits.ts'
import type { Leases, Pot } from './limits-leases.ts'
import { periodOf, slotAt } from './limits-window.ts'

export interface LimitSign {
  readonly indicator: 'limit-near' | 'burst'
  readonly limit: string
  readonly whose: string
  /** The one that it was seen at. */
  readonly exchange: string
}

/** MUST NOT throw. */
export type TellSign = (sign: LimitSign) => void

export interface LimitSigns {
  /** One more request of a limit that flags bursts. */
  count(applying: Applying, exchange: string, now: number): void
  /** Whether one of these is nearly used up. */
  look(held: readonly { readonly applying: Applying; readonly pot: Pot }[], exchange: string, now: number): void
}

const MOST_TOLD = 10_000

export function limitSigns(parts: {
  readonly shares: Shares
  readonly leases: Leases
  readonly tell: TellSign
}): LimitSigns {
  const { shares, leases, tell } = parts
  const told = new Set<string>()

  const isFirst = (key: string, until: number): boolean => {
    if (told.has(key)) return false
    // First: where that cannot be asked, it is not told, and is asked again.
    const first = shares.take(key, { least: 1, wanted: 1, most: 1 }, until) === 1
    const [oldest] = told
    if (told.size >= MOST_TOLD && oldest !== undefined) told.delete(oldest)
    told.add(key)
    return first
  }
  return {
    count({ limit, whose, key }, exchange, now) {
      const { burst } = limit
      if (!burst) return
      const window = { kind: 'sliding', ms: burst.ms } as const
      const pot = { key: `${key} burst`, slot: slotAt(window, now), most: burst.most, exact: false }
      quietly(() => {
        if (leases.draw(pot, { least: 1, wanted: 1 }, now) > 0) return
        const { name, until } = periodOf(window, now)
        if (!isFirst(`${key} burst told ${name}`, until)) return
        tell({ indicator: 'burst', limit: limit.name, whose, exchange })
      })
    },
    look(held, exchange, now) {
      for (const { applying, pot } of held) {
        const { limit, whose, key } = applying
        const { warn } = limit
        if (warn === undefined || leases.known(pot) < warn * limit.most) continue
        const { name, until } = periodOf(limit.window, now)
        if (told.has(`${key} near ${name}`)) continue
        quietly(() => {
          if (leases.taken(pot, now) < warn * limit.most || !isFirst(`${key} near ${name}`, until)) return
          tell({ indicator: 'limit-near', limit: limit.name, whose, exchange })
        })
      }
    },
  }
}

function quietly(run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
