// Where the amounts of a moment are counted. A sliding window is cut into segments, and a segment counts whole for as long as
// any of it may lie within the window: never is more passed in any time of its length, and a twelfth of it is the price.
import type { Window } from '#access/limit.ts'

export interface Slot {
  /** Within one limit of one of whom it counts. */
  readonly name: string
  /** The slots that count together with it; those behind it, too: a worker may have been held up since it looked at the clock. */
  readonly beside: readonly string[]
  /** Epoch milliseconds: from when on another slot is the current one, and from when on nobody asks for this one. */
  readonly next: number
  readonly until: number
  /** When what is counted in it counts no longer; undefined where that is no matter of time. */
  readonly resets: number | undefined
}

const SEGMENTS = 12
/** What is open at once is carried from one slot to the next: what a worker that is gone had open is forgotten by then. */
const OPEN_MS = 60_000
/** A clock may step back, and what began in a slot is settled later. */
const GRACE_MS = 600_000

/** Without a window: what is open at once. Times are epoch milliseconds. */
export function slotAt(window: Window | undefined, now: number): Slot {
  if (window?.kind === 'calendar') return calendarSlot(window.unit, now)
  const segments = window ? SEGMENTS : 1
  const length = window ? Math.ceil(window.ms / SEGMENTS) : OPEN_MS
  const place = Math.floor(now / length)
  const next = (place + 1) * length
  const gone = next + segments * length
  return {
    name: String(place),
    beside: Array.from({ length: 2 * segments + 1 }, (_, index) => place - segments + index)
      .filter((each) => each !== place)
      .map(String),
    next,
    until: gone + GRACE_MS,
    resets: window && gone,
  }
}

function calendarSlot(unit: 'minute' | 'hour' | 'day' | 'month', now: number): Slot {
  const next = endOf(unit, now)
  const name = new Date(now).toISOString().slice(0, PRECISION[unit])
  return { name, beside: [], next, until: next + GRACE_MS, resets: next }
}

/** Of `2026-11-21T15:36`. */
const PRECISION = { minute: 16, hour: 13, day: 10, month: 7 } as const
const LENGTH = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

function endOf(unit: keyof typeof PRECISION, now: number): number {
  if (unit !== 'month') return (Math.floor(now / LENGTH[unit]) + 1) * LENGTH[unit]
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

/** The same all through one window, for what is told once a window. */
export function periodOf(window: Window | undefined, now: number): { readonly name: string; readonly until: number } {
  if (window?.kind === 'calendar') {
    const { name, until } = calendarSlot(window.unit, now)
    return { name, until }
  }
  const length = window?.ms ?? LENGTH.hour
  const place = Math.floor(now / length)
  return { name: String(place), until: (place + 1) * length + GRACE_MS }
}
