// How often logins may be begun from one place: 120 at once, and two more each second. Each leaves a row in the store for half an
// hour, whoever begins it and whether or not they go on. A place is an IPv4 address, or an IPv6 /64.
import { Refusal } from '#access/refusal.ts'
import type { Clock } from '#lib/clock.ts'
import { readAddress } from '#lib/network.ts'

const AT_ONCE = 120
const EVERY_US = 500_000
const MOST_PLACES = 10_000

export interface LoginRate {
  /** Counts one; of somebody, where one place is that of many. Throws a Refusal `too_many_attempts`. */
  begin(source: string, of?: string): void
}

/** Beyond so many places the one that was seen longest ago is forgotten: an office is not locked out by strangers elsewhere. */
export function makeLoginRate(clock: Pick<Clock, 'monotonic'>, what = 'logins'): LoginRate {
  /** When all will be there again. */
  const whole = new Map<string, number>()
  return {
    begin(source, of = '') {
      const place = `${placeOf(source)} ${of}`
      const now = clock.monotonic()
      const next = Math.max(whole.get(place) ?? now, now) + EVERY_US
      const wait = next - now - AT_ONCE * EVERY_US
      if (wait > 0) throw tooMany(what, Math.ceil(wait / 1_000_000))
      whole.delete(place)
      whole.set(place, next)
      const [oldest] = whole.keys()
      if (whole.size > MOST_PLACES && oldest !== undefined) whole.delete(oldest)
    },
  }
}

/** Addresses that cannot be read share one place. */
const placeOf = (source: string): string => readAddress(source)?.words.slice(0, 4).join(':') ?? 'unreadable'

const tooMany = (what: string, retryAfter: number): Refusal =>
  new Refusal('too_many_attempts', {
    message: `Too many ${what} were begun from this address. Try again in ${retryAfter} s.`,
    retryAfter,
  })
