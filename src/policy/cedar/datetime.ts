// The datetime and duration extensions: milliseconds in 64 bits, before or after 1970-01-01T00:00:00Z.
// The surprise: a date past year 9999 has no text of its own, yet `offset` reaches it.
import { extensionError } from './evaluation-error.ts'
import { fitsLong, readDigits } from './long.ts'

export const MS_PER_DAY = 86_400_000n

const DATETIME = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{3}))?(?:Z|([+-])(\d{2})(\d{2})))?$/

const DURATION = /^(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

const UNITS = [MS_PER_DAY, 3_600_000n, 60_000n, 1_000n, 1n] as const

export function parseDatetime(text: string): bigint {
  const match = DATETIME.exec(text)
  if (match === null) throw extensionError('datetime', 'not a well-formed datetime')
  const part = (index: number) => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    throw extensionError('datetime', 'no such date')
  }
  const [offsetHours, offsetMinutes] = [part(9), part(10)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) {
    throw extensionError('datetime', 'no such time or offset')
  }
  // Date.UTC reads years 0 to 99 as 1900 to 1999; setUTCFullYear does not.
  const date = new Date(Date.UTC(2000, 0, 1, hour, minute, second, part(7)))
  date.setUTCFullYear(year, month - 1, day)
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000
  return BigInt(date.getTime() - (match[8] === '-' ? -offset : offset))
}

export function parseDuration(text: string): bigint {
  const match = DURATION.exec(text)
  if (match === null || !/\d/.test(text)) throw extensionError('duration', 'not a well-formed duration')
  let total = 0n
  for (const [index, unit] of UNITS.entries()) total += readDigits(match[index + 2] ?? '0') * unit
  const amount = match[1] === '-' ? -total : total
  if (!fitsLong(amount)) throw extensionError('duration', 'overflows internal representation')
  return amount
}

/** Midnight (UTC) of the day that holds the instant, also before 1970. */
export function dayOf(instant: bigint): bigint {
  const midnight = instant - timeOfDay(instant)
  if (!fitsLong(midnight)) throw extensionError('toDate', 'overflows when computing the date')
  return midnight
}

export function timeOfDay(instant: bigint): bigint {
  const rest = instant % MS_PER_DAY
  return rest < 0n ? rest + MS_PER_DAY : rest
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
