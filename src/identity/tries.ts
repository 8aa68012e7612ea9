// Tries for many places in bounded memory: 30 at once, and one more every 2 s.
//
// Once 10,000 places have a row, a new one takes over the row of another *with what is left in it*: there are never more
// tries than 10,000 rows refill, however many addresses somebody has. It takes the fullest of the next 16: a row that is
// whole again loses nothing, and one that is used up is forgotten last.

const SECOND_US = 1_000_000
const AT_ONCE = 30
const EVERY_US = 2 * SECOND_US
const TELL_EVERY_US = 60 * SECOND_US
const MOST_ROWS = 10_000
const LOOKED_AT = 16

interface Row {
  place: string
  /** When all tries will be there again; every one that is spent moves it by 2 s. */
  whole: number
  /** When it was told last that none was left. */
  told: number
}

/** Moments and durations are microseconds of a clock that never steps back. */
export interface Tries {
  /** How long until there is a try for this place; 0 where there is one. */
  wait(place: string, now: number): number
  /** MUST follow `wait` at once, which was 0. */
  spend(place: string, now: number): void
  /** There is none: whether that is to be told, which is so once a minute. */
  refuse(place: string, now: number): boolean
}

export function makeTries(): Tries {
  const rows: Row[] = []
  const byPlace = new Map<string, Row>()
  // Moves only where a row was taken or denied: what `wait` saw is what `spend` takes.
  let hand = 0

  function fullest(): Row | undefined {
    let found: Row | undefined
    for (let step = 0; step < LOOKED_AT; step += 1) {
      const row = rows[(hand + step) % MOST_ROWS]
      if (row && (!found || row.whole < found.whole)) found = row
    }
    return found
  }

  const isFull = (): boolean => rows.length >= MOST_ROWS
  const move = (): void => void (hand = (hand + LOOKED_AT) % MOST_ROWS)
  /** Whose row counts for this place; undefined where it can have a new one. */
  const rowOf = (place: string): Row | undefined => byPlace.get(place) ?? (isFull() ? fullest() : undefined)

  function claim(place: string): Row {
    const row = rowOf(place)
    if (!row) {
      const fresh = { place, whole: -Infinity, told: -Infinity }
      rows.push(fresh)
      byPlace.set(place, fresh)
      return fresh
    }
    if (row.place === place) return row
    byPlace.delete(row.place)
    row.place = place
    byPlace.set(place, row)
    move()
    return row
  }

  return {
    wait(place, now) {
      const row = rowOf(place)
      return row ? Math.max(0, row.whole - now - (AT_ONCE - 1) * EVERY_US) : 0
    },
    spend(place, now) {
      const row = claim(place)
      row.whole = Math.max(row.whole, now) + EVERY_US
    },
    refuse(place, now) {
      const row = rowOf(place)
      if (row?.place !== place) move()
      if (!row || now - row.told < TELL_EVERY_US) return false
      row.told = now
      return true
    },
  }
}
