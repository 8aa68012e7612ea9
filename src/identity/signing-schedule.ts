// When the keys that sign `x-sallyport-identity` come and go. Pure: the ages of the keys and the moment decide everything,
// so that workers that share a directory agree without talking. A key is published long before it signs and long after.
export interface KeyTimes {
  readonly kid: string
  /** Milliseconds since the epoch, by the clock of whoever made it. */
  readonly created: number
}

export interface SigningPlan<Key extends KeyTimes> {
  /** Undefined only where there is no key at all. */
  readonly signs: Key | undefined
  /** The oldest first. */
  readonly published: readonly Key[]
  /** A new key must be made. */
  readonly due: boolean
  /** Nothing that one of these signed can still be valid anywhere. */
  readonly removable: readonly Key[]
}

const HOUR = 3_600_000
const PERIOD = 30 * 24 * HOUR
/** Clocks of workers that differ by a minute, on either side of a comparison; and what the name of a file rounds off. */
const MARGIN = 120_000
/** No backend's copy of the published keys is that old: it has a key before it sees its first signature. */
const AHEAD = HOUR + MARGIN
const BEHIND = 24 * HOUR + MARGIN

/**
 * The oldest key signs at once: where it is the first, there is none to sign meanwhile. Keys from the future, made while a clock was
 * wrong, are published and otherwise left aside: one of them would end rotation until its time came.
 */
export function signingSchedule<Key extends KeyTimes>(keys: readonly Key[], now: number): SigningPlan<Key> {
  const all = keys.toSorted((one, other) => one.created - other.created || (one.kid < other.kid ? -1 : 1))
  const past = all.filter(({ created }) => created <= now + MARGIN)
  const newest = past.at(-1)
  const removable = past.filter((_, place) => {
    const successor = past[place + 1]
    return successor !== undefined && now >= successor.created + AHEAD + BEHIND
  })
  return {
    signs: past.findLast(({ created }) => now >= created + AHEAD) ?? all[0],
    published: all.filter((key) => !removable.includes(key)),
    due: newest === undefined || now >= newest.created + PERIOD,
    removable,
  }
}
