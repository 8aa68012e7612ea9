// Durations and moments as people write them on a command line.

const DURATION = /^(\d{1,6})([smhdw])$/
const MILLISECONDS = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** Milliseconds of `30d`, `24h`, `0s`; undefined where it is none. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? []
  const length = MILLISECONDS.get(unit ?? '')
  return length === undefined ? undefined : Number(amount) * length
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since the epoch of a duration from now, a date (its beginning in UTC) or an RFC 3339 time. */
export function readMoment(text: string, now: number): number | undefined {
  const duration = readDuration(text)
  if (duration !== undefined) return now + duration
  const [, year, month, day] = DATE.exec(text) ?? []
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  // 30 February would quietly be a day in March.
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined
  if (midnight.getUTCMonth() !== Number(month) - 1) return undefined
  const moment = Date.parse(text)
  return Number.isNaN(moment) ? undefined : moment
}

/** `2026-11-21 09:31 UTC`. */
export function printMoment(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
