// Whether a key whose secret was right may be used, now and from here. A message may name the key and what to do:
// whoever reads it holds the secret. All comparisons are written so that a time that is no number is a no.
import { Refusal, type Sign } from '#access/refusal.ts'
import { type KeyUse, lastUsed, type VirtualKey } from '#access/virtual-key.ts'
import { isWithinAny } from '#lib/network.ts'
import type { StoredSecret } from './key-secret.ts'

export interface Attempt {
  readonly key: VirtualKey
  /** What is stored of the secret that was sent. */
  readonly matching: readonly StoredSecret[]
  readonly lastUse: KeyUse | undefined
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The stored secret that holds. Throws a Refusal `unauthenticated`. */
export function checkStanding({ key, matching, lastUse, source, now }: Attempt): StoredSecret {
  const { id } = key
  if (key.revoked) throw refused(`Key ${id} was revoked; ask its owner for another.`, 'key-revoked', id)
  if (!(now >= key.notBefore)) {
    throw refusedKey(`Key ${id} is not valid before ${print(key.notBefore)}; use it from then on.`)
  }
  if (!(now < key.expires)) {
    throw refused(`Key ${id} expired at ${print(key.expires)}; ask its owner for another.`, 'key-expired', id)
  }
  const secret = matching.find(({ until }) => until === undefined || now < until)
  if (!secret) {
    throw refused(`This secret of key ${id} was replaced by a rotation; use the new one.`, 'key-rotated-out', id)
  }
  if (key.unusedFor !== undefined && !(now - lastUsed(key, lastUse, now) < key.unusedFor)) {
    throw refused(
      `Key ${id} is suspended because it was not used for long; have its owner rotate it, and use the new secret.`,
      'key-suspended',
      id,
    )
  }
  if (key.networks.length > 0 && !isWithinAny(source, key.networks)) {
    throw refused(
      `Key ${id} is not taken from this address; use it from one of its networks.`,
      'key-from-another-network',
      id,
    )
  }
  return secret
}

/** What a key's refusal is a sign of, told to the trail. */
export function refused(message: string, indicator: Sign['indicator'], subject: string): Refusal {
  return new Refusal('unauthenticated', { message, indicator: { indicator, subject } })
}

/** A no that is no sign of anything but a mistake. */
export const refusedKey = (message: string): Refusal => new Refusal('unauthenticated', { message })

// The range of dates that JavaScript can print.
const print = (at: number): string => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : 'a moment nobody knows')
