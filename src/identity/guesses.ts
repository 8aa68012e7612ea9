// How often a place may send wrong keys: 30 at once and one more every 2 s. Beyond that nothing is looked up any more.
// A place is an IPv4 address, or an IPv6 /64 (whoever has one address of it has them all).
//
// The trade: many callers may share one address, and one of them who guesses uses up everybody's tries. So a key that
// proved itself from there within the last hour is still admitted: exactly that key, recognised by a keyed digest of all of
// its text, so that not even somebody who knows its id can lock it out. To be recognised opens nothing: it is then looked
// up and checked like any other. What is left: a key that is new to a place where somebody guesses has to wait.
import { hash } from 'node:crypto'
import { Refusal } from '#access/refusal.ts'
import type { Clock } from '#lib/clock.ts'
import { readAddress } from '#lib/network.ts'
import { makeRecent } from './recent.ts'
import { makeTries } from './tries.ts'

export interface Guesses {
  /** MUST be asked before anything is looked up. Throws a Refusal `too_many_attempts`. */
  admit(source: string, credential: string): void
  /** Nobody's key: costs the place one try. MUST follow `admit` at once. */
  wrong(source: string, credential: string): void
  /** It authenticated. */
  right(source: string, credential: string): void
}

export interface GuessOptions {
  /** Monotonic, so that a wall clock that is set back locks nobody out. */
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: (bytes: number) => Uint8Array
}

const SECOND_US = 1_000_000

/** Of one process: with as many workers there are as many times the tries. */
export function makeGuesses({ clock, random }: GuessOptions): Guesses {
  const tries = makeTries()
  const known = makeRecent({ most: 10_000, forUs: 3600 * SECOND_US })
  const salt = Buffer.from(random(32)).toString('hex')
  const digestOf = (place: string, credential: string) => hash('sha256', `${salt} ${place} ${credential}`, 'base64')
  return {
    admit(source, credential) {
      const now = clock.monotonic()
      const place = placeOf(source)
      const wait = tries.wait(place, now)
      if (wait === 0 || known.has(digestOf(place, credential), now)) return
      throw tooMany(Math.ceil(wait / SECOND_US), tries.refuse(place, now))
    },
    wrong(source, credential) {
      const place = placeOf(source)
      known.delete(digestOf(place, credential))
      tries.spend(place, clock.monotonic())
    },
    right(source, credential) {
      known.add(digestOf(placeOf(source), credential), clock.monotonic())
    },
  }
}

/** Addresses that cannot be read share one place. */
function placeOf(source: string): string {
  const address = readAddress(source)
  return address === undefined ? 'unreadable' : address.words.slice(0, 4).join(':')
}

function tooMany(retryAfter: number, isToTell: boolean): Refusal {
  return new Refusal('too_many_attempts', {
    message: `Too many wrong keys came from this address. Try again in ${retryAfter} s, with the right one.`,
    retryAfter,
    ...(isToTell ? { indicator: { indicator: 'key-guessing' } } : {}),
  })
}
