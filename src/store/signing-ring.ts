// The public halves of keys that another process makes, for whoever checks what they signed: reads the same files, and never makes one.
import { Refusal } from '#access/refusal.ts'
import { type Purpose, readSigningKeys } from './signing-keys-files.ts'

export interface VerifyingKey {
  readonly kid: string
  /** The public key in base64url. */
  readonly x: string
}

export interface SigningRing {
  /** Throws a Refusal `not_ready` while the files cannot be relied on. */
  find(kid: string): VerifyingKey | undefined
}

/** A key that was taken away is good for so long, in milliseconds. */
const FRESH_MS = 2000
/** Whoever shows made-up kids has the files read no more often. */
const UNKNOWN_MS = 250

/** `now`: milliseconds since the epoch. Nothing is read before the first question. */
export function readSigningRing(keys: string, prefix: Purpose, now: () => number = Date.now): SigningRing {
  let held: ReadonlyMap<string, VerifyingKey> = new Map()
  let readAt = Number.NEGATIVE_INFINITY

  return {
    find(kid) {
      const at = now()
      const age = at - readAt
      // A clock that was set back says nothing about how long ago something was.
      if (age < 0 || age >= (held.has(kid) ? FRESH_MS : UNKNOWN_MS)) {
        held = read(keys, prefix)
        readAt = at
      }
      return held.get(kid)
    },
  }
}

function read(keys: string, prefix: Purpose): ReadonlyMap<string, VerifyingKey> {
  try {
    return new Map(readSigningKeys(keys, prefix).map(({ kid, x }) => [kid, { kid, x }]))
  } catch (cause) {
    throw new Refusal('not_ready', {
      message: 'The gate cannot check tokens just now: the keys that sign them cannot be read.',
      retryAfter: 1,
      cause,
    })
  }
}
