// How often sessions of one person may be begun from one place, as logins are: 120 at once, and two more each second. Each is a row and
// two signed entries. Those of applications for themselves are not counted: they are few, and everybody's.
import { originOf, type Principal } from '#access/principal.ts'
import type { Clock } from '#lib/clock.ts'
import { makeLoginRate } from './login-rate.ts'

export interface SessionRate {
  /** Counts one. Throws a Refusal `too_many_attempts`. */
  begin(principal: Principal, source: string): void
}

export function makeSessionRate(clock: Pick<Clock, 'monotonic'>): SessionRate {
  const rate = makeLoginRate(clock, 'sessions')
  return {
    begin(principal, source) {
      const { type, id } = originOf(principal)
      if (type === 'User') rate.begin(source, id)
    },
  }
}
