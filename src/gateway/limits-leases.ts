// What this worker holds of amounts that all workers share: taken in larger shares than are needed while much is left, so
// that the store is not asked for every request, and to the piece where it gets scarce. What lies unused goes back.
import type { Shares } from '#access/limit.ts'
import { Refusal } from '#access/refusal.ts'
import type { Slot } from './limits-window.ts'

/** One amount in one slot of its window. */
export interface Pot {
  /** Of the limit and of whose it is, without the slot. */
  readonly key: string
  readonly slot: Slot
  readonly most: number
  /** Nothing is taken ahead. */
  readonly exact: boolean
}

export interface SlotTaken {
  readonly name: string
  readonly taken: number
}

export interface Leases {
  /** `least` to `wanted`, or nothing where that is not left. Throws a Refusal `not_ready` where the store cannot be asked. */
  draw(pot: Pot, amount: { readonly least: number; readonly wanted: number }, now: number): number
  /** What was drawn and not used. Never throws: what cannot be written now is written by a later `tend`. */
  put(pot: Pot, amount: number, now: number): void
  /** What was used beyond what was drawn. Never throws. */
  add(pot: Pot, amount: number, now: number): void
  /** Taken in all and not lying here unused, as far as this worker knows. */
  known(pot: Pot): number
  /** The same as the store says it. Throws a Refusal `not_ready` where it cannot. */
  taken(pot: Pot, now: number): number
  /** What is taken in each slot that counts, the current one last. Throws as `taken` does. */
  slots(pot: Pot, now: number): readonly SlotTaken[]
  /** Gives back what lies unused. MUST be called a few times a second. */
  tend(now: number): void
  /** Gives back everything. */
  close(): void
}

interface Lease {
  readonly pot: Pot
  /** Of the pot that was drawn from last: a bundle may change it while the lease lasts. */
  most: number
  free: number
  /** Used, and not yet written. */
  owed: number
  /** How much of it is worth keeping. */
  spare: number
  /** Taken in all when the store was asked last, corrected by what happened here since. */
  taken: number
  used: number
  /** What was taken in the slots beside, and when that was read. */
  beside: { readonly at: number; readonly slots: readonly SlotTaken[] } | undefined
  /** Until when whoever wants more than was left then is refused unasked. */
  refusing: number
}

/** Ahead: of what is left, and of what is wanted. */
const PART_OF_LEFT = 64
const TIMES_WANTED = 64
/** Below this part of the whole, nothing is taken ahead. */
const SCARCE = 1 / 4
const IDLE_MS = 1_000
/** A crowd of refused callers asks the store ten times a second. */
const REFUSING_MS = 100
/** What is taken in other slots only goes back by now. */
const BESIDE_MS = 250
const MOST_LEASES = 20_000

/** Nothing, where it would not do for even one more. */
function spareOf(left: number, wanted: number): number {
  const part = Math.floor(left / PART_OF_LEFT)
  return part < wanted ? 0 : Math.min(part, TIMES_WANTED * wanted)
}

export const keyOf = ({ key, slot }: Pick<Pot, 'key' | 'slot'>): string => `${key} ${slot.name}`

/** Sums of what is used stay numbers that can be counted. */
const plus = (sum: number, amount: number): number => Math.min(sum + amount, Number.MAX_SAFE_INTEGER)

/** `lost`: of what is a bug, where a lease could not be given back, nor ever will be. */
export function makeLeases(shares: Shares, lost: (cause: unknown) => void): Leases {
  const leases = new Map<string, Lease>()

  const leaseOf = (pot: Pot, now: number): Lease => {
    const key = keyOf(pot)
    const found = leases.get(key)
    if (found) return found
    const [oldest] = leases
    if (leases.size >= MOST_LEASES && oldest && settle(oldest[1])) leases.delete(oldest[0])
    const made = {
      pot,
      most: pot.most,
      free: 0,
      owed: 0,
      spare: 0,
      taken: 0,
      used: now,
      beside: undefined,
      refusing: 0,
    }
    leases.set(key, made)
    return made
  }
  const slotsOf = (lease: Lease, now: number): readonly SlotTaken[] => {
    const { key, slot } = lease.pot
    const read = (name: string): SlotTaken => ({ name, taken: shares.taken(`${key} ${name}`) })
    if (!lease.beside || Math.abs(now - lease.beside.at) >= BESIDE_MS)
      lease.beside = { at: now, slots: slot.beside.map(read) }
    return [...lease.beside.slots, read(slot.name)]
  }
  const takenIn = (lease: Lease, now: number): number => slotsOf(lease, now).reduce((sum, { taken }) => sum + taken, 0)

  /** False where the store cannot be written just now. */
  const settle = (lease: Lease, keep = 0): boolean => {
    const { pot } = lease
    try {
      if (lease.owed > 0) shares.add(keyOf(pot), lease.owed, pot.slot.until)
      lease.owed = 0
      const back = lease.free - keep
      if (back <= 0) return true
      shares.give(keyOf(pot), back)
      lease.free -= back
      lease.taken = Math.max(0, lease.taken - back)
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      // It would go wrong at every turn: what it held stays taken, and the others go on.
      leases.delete(keyOf(pot))
      lost(error)
      return true
    }
  }

  /** What was taken ahead of a larger amount is more than may lie here. False where the store cannot be written just now. */
  const follow = (lease: Lease, { most }: Pot): boolean => {
    if (most === lease.most) return true
    lease.spare = 0
    lease.refusing = 0
    if (most < lease.most && !settle(lease)) return false
    lease.most = most
    return true
  }

  const fetch = (lease: Lease, { least, wanted }: { least: number; wanted: number }, now: number): boolean => {
    const { pot, most } = lease
    const { slot, exact } = pot
    lease.taken = takenIn(lease, now)
    const left = Math.max(0, most - lease.taken)
    lease.spare = exact || left < most * SCARCE ? 0 : spareOf(left, wanted)
    const missing = Math.max(1, least - lease.free)
    const amount = { least: missing, wanted: Math.max(missing, wanted - lease.free + lease.spare), most }
    const beside = slot.beside.map((name) => `${pot.key} ${name}`)
    const got = shares.take(keyOf(pot), beside.length > 0 ? { ...amount, beside } : amount, slot.until)
    lease.free += got
    lease.taken += got
    return got > 0
  }

  return {
    draw(pot, { least, wanted }, now) {
      const lease = leaseOf(pot, now)
      if (!follow(lease, pot)) return 0
      if (lease.free < wanted) {
        // A clock that was set back makes no moment of it.
        const refusing = now < lease.refusing && lease.refusing - now <= REFUSING_MS
        const hopeless = refusing && least > lease.free + Math.max(0, pot.most - lease.taken)
        if (!hopeless && !fetch(lease, { least, wanted }, now)) lease.refusing = now + REFUSING_MS
      }
      if (lease.free < least) return 0
      const drawn = Math.min(wanted, lease.free)
      lease.free -= drawn
      lease.used = now
      return drawn
    },
    put(pot, amount, now) {
      if (!(amount > 0)) return
      const lease = leaseOf(pot, now)
      lease.free += amount
      settle(lease, now < pot.slot.next ? lease.spare : 0)
    },
    add(pot, amount, now) {
      if (!(amount > 0)) return
      const lease = leaseOf(pot, now)
      const covered = Math.min(lease.free, amount)
      lease.free -= covered
      lease.owed = plus(lease.owed, amount - covered)
      lease.taken = plus(lease.taken, amount - covered)
      settle(lease, lease.free)
    },
    known(pot) {
      const lease = leases.get(keyOf(pot))
      return lease ? Math.max(0, lease.taken - lease.free) : 0
    },
    taken: (pot, now) => takenIn(leaseOf(pot, now), now),
    slots: (pot, now) => slotsOf(leaseOf(pot, now), now),
    tend(now) {
      for (const [key, lease] of leases) {
        const idle = now >= lease.pot.slot.next || Math.abs(now - lease.used) >= IDLE_MS
        if (!idle) continue
        // The store is away: it is asked again at the next turn, once.
        if (!settle(lease)) return
        if (now >= lease.refusing) leases.delete(key)
      }
    },
    close() {
      for (const lease of leases.values()) if (!settle(lease)) return
      leases.clear()
    },
  }
}
