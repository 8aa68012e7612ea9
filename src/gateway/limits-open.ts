// What is open at once. It is counted in slots of a minute and carried from one to the next while it is open: what a worker that
// was killed had open is forgotten within two minutes, and no other worker has to notice.
import type { Leases, Pot } from './limits-leases.ts'
import { slotAt } from './limits-window.ts'

export interface OpenCounts {
  /** 1, or 0 where as many are open as may be. */
  begin(pot: Pot, now: number): number
  /** One of those that were begun under this key. */
  end(key: string, now: number): void
  carry(now: number): void
}

export function openCounts(leases: Leases): OpenCounts {
  const open = new Map<string, { pot: Pot; count: number }>()

  const carryOne = (each: { pot: Pot; count: number }, now: number): void => {
    const { pot, count } = each
    const slot = slotAt(undefined, now)
    // Another also where the clock was set back: whoever asks by it looks there.
    if (slot.name === pot.slot.name) return
    each.pot = { ...pot, slot }
    // Before it is given back: for a moment it counts twice, never not at all.
    leases.add(each.pot, count, now)
    leases.put(pot, count, now)
  }
  return {
    begin(pot, now) {
      const found = open.get(pot.key)
      if (found) carryOne(found, now)
      const drawn = leases.draw(pot, { least: 1, wanted: 1 }, now)
      if (drawn === 0) return 0
      open.set(pot.key, { pot, count: (found?.count ?? 0) + 1 })
      return drawn
    },
    end(key, now) {
      const found = open.get(key)
      if (!found) return
      carryOne(found, now)
      found.count -= 1
      leases.put(found.pot, 1, now)
      if (found.count === 0) open.delete(key)
    },
    carry(now) {
      for (const each of open.values()) carryOne(each, now)
    },
  }
}
