// Limits that hold: an amount is reserved before anything is sent, and settled to what was used. However many workers ask at
// once, never is more given than a limit allows. All limits that apply give, or none does.
import type { Measure, Shares } from '#access/limit.ts'
import type { Applying } from '#policy/limits.ts'
import { type Leases, makeLeases, type Pot } from './limits-leases.ts'
import { openCounts } from './limits-open.ts'
import { reached } from './limits-reached.ts'
import { limitSigns, type TellSign } from './limits-signs.ts'
import { slotAt } from './limits-window.ts'

/** Of spend: millionths of a US dollar. */
export interface Amount {
  /** With less it may not go on. */
  readonly least: number
  /** What it would take where that is left. */
  readonly wanted: number
}

export interface LimitedWish {
  readonly exchange: string
  readonly applying: readonly Applying[]
  /** Nothing is reserved of what is absent. Of a limit per tool, each takes one. */
  readonly amounts: Readonly<Partial<Record<Measure, Amount>>>
}

/** What it came to. */
export interface Used {
  readonly tokens: number
  readonly spend: number
  /** Calls by tool. */
  readonly tools: Readonly<Record<string, number>>
}

export interface LimitLeft {
  readonly measure: Measure
  readonly most: number
  readonly left: number
  /** Epoch milliseconds. */
  readonly resets: number | undefined
}

export interface Reservation {
  /** Of requests and of tokens: what is left of the nearest limit, as far as this worker knows. */
  readonly left: readonly LimitLeft[]
  /** Once: what follows changes nothing. Never throws: what goes wrong with one limit is told, and no matter for the others. */
  settle(used: Used, now: number): void
  /** Nothing happened after all, nor will it: also the request itself is given back. */
  cancel(now: number): void
}

export interface UsageLimits {
  /** Throws a Refusal `limit_reached` that says which and until when, or `not_ready` where the store cannot be asked. */
  reserve(wish: LimitedWish, now: number): Reservation
  /** MUST be called a few times a second: what lies unused goes back, and what is open is carried on. */
  tend(now: number): void
  /** Gives back what lies unused. */
  close(now: number): void
}

interface Held {
  readonly applying: Applying
  readonly pot: Pot
  readonly amount: number
}

export const NOTHING_RESERVED: Reservation = { left: [], settle: () => undefined, cancel: () => undefined }

export interface LimitParts {
  readonly shares: Shares
  readonly tell: TellSign
  /** For what is a bug. */
  readonly log: (line: string, cause: unknown) => void
}

export function makeLimits({ shares, tell, log }: LimitParts): UsageLimits {
  const leases = makeLeases(shares, (cause) => log('an amount of a limit could not be given back', cause))
  const open = openCounts(leases)
  const signs = limitSigns({ shares, leases, tell })
  return {
    reserve(wish, now) {
      const { applying, amounts, exchange } = wish
      if (applying.length === 0) return NOTHING_RESERVED
      const held: Held[] = []
      const back = (at: number): void => {
        for (const each of settling(held)) guarded(() => giveBack(each, each.amount, at))
      }
      try {
        for (const each of applying) {
          if (each.limit.burst) signs.count(each, exchange, now)
          const amount = amounts[each.limit.measure]
          if (amount && amount.wanted > 0) held.push(take(each, amount, now))
        }
      } catch (error) {
        back(now)
        throw error
      }
      signs.look(held.filter(isCertain), exchange, now)
      return {
        left: nearest(held, leases),
        settle(used, at) {
          const settled = settling(held)
          for (const each of settled) guarded(() => settle(each, used, at))
          guarded(() => signs.look(settled, exchange, at))
        },
        cancel: back,
      }
    },
    tend(now) {
      open.carry(now)
      leases.tend(now)
    },
    close(now) {
      open.carry(now)
      leases.close()
    },
  }

  function guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      log('what was used of a limit could not be settled', error)
    }
  }

  function take(applying: Applying, whole: Amount, now: number): Held {
    const { limit, key, tool } = applying
    const isOpen = limit.measure === 'streams'
    const pot: Pot = { key, slot: slotAt(limit.window, now), most: limit.most, exact: isOpen }
    const amount = tool === undefined ? whole : { least: 1, wanted: 1 }
    const drawn = isOpen ? open.begin(pot, now) : leases.draw(pot, amount, now)
    if (drawn === 0) throw reached({ applying, pot, least: amount.least }, leases, now)
    return { applying, pot, amount: drawn }
  }

  function giveBack({ applying, pot }: Held, amount: number, now: number): void {
    if (applying.limit.measure === 'streams') open.end(pot.key, now)
    else leases.put(pot, amount, now)
  }

  function settle(held: Held, used: Used, now: number): void {
    const { applying, pot, amount } = held
    if (applying.limit.measure === 'requests') return
    if (applying.limit.measure === 'streams') return giveBack(held, amount, now)
    const came = countable(usedOf(applying, used), amount)
    if (came < amount) leases.put(pot, amount - came, now)
    else leases.add(pot, came - amount, now)
  }
}

/** What is open first, and each once: nothing else would ever end it. */
function settling(held: Held[]): readonly Held[] {
  const isOpen = ({ applying }: Held): number => (applying.limit.measure === 'streams' ? 1 : 0)
  return held.splice(0).toSorted((one, other) => isOpen(other) - isOpen(one))
}

/** What is no number counts as it was reserved. */
const countable = (amount: number, reserved: number): number =>
  Number.isNaN(amount) ? reserved : Math.min(Math.max(0, Math.ceil(amount)), Number.MAX_SAFE_INTEGER)

/** Of what is only reserved, most is given back: nobody is warned of it. */
const isCertain = ({ applying: { limit } }: Held): boolean =>
  limit.measure === 'requests' || limit.measure === 'streams'

function usedOf({ limit, tool }: Applying, { tokens, spend, tools }: Used): number {
  if (limit.measure === 'tokens') return tokens
  if (limit.measure === 'spend') return spend
  // Tools are called what they like: `constructor` is a member of every object.
  if (tool !== undefined) return Object.hasOwn(tools, tool) ? (tools[tool] ?? 0) : 0
  return Object.values(tools).reduce((sum, calls) => sum + calls, 0)
}

const SHOWN: readonly Measure[] = ['requests', 'tokens']

function nearest(held: readonly Held[], leases: Leases): readonly LimitLeft[] {
  return SHOWN.flatMap((measure) => {
    let shown: LimitLeft | undefined
    for (const { applying, pot } of held) {
      if (applying.limit.measure !== measure) continue
      const left = Math.max(0, pot.most - leases.known(pot))
      if (!shown || left < shown.left) shown = { measure, most: pot.most, left, resets: pot.slot.resets }
    }
    return shown ?? []
  })
}
