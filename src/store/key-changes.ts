// What can become of a key. Each answers the key as it shall be; what cannot be is a Refusal that says why, and the fix.
import { Refusal } from '#access/refusal.ts'
import type { VirtualKey } from '#access/virtual-key.ts'

const DAY = 86_400_000
export const MOST_OVERLAP = 30 * DAY
/**
 * The good one, and those that are remembered as rotated out, so that their use is told from a guess. Few: whoever checks
 * a secret compares as many for every key, so that the time says nothing.
 */
const MOST_SECRETS = 8

export interface Rotation {
  readonly sha256: Uint8Array
  /** Milliseconds for which the secrets so far go on. */
  readonly overlap: number
  readonly now: number
}

/** Refuses an id that there is already: nothing takes the place of a key unseen. */
export function refuseTaken(held: readonly VirtualKey[], fresh: readonly VirtualKey[]): void {
  const ids = new Set(held.map(({ id }) => id))
  for (const { id } of fresh) {
    if (ids.has(id)) throw refused(`There is a key ${id} already.`)
    ids.add(id)
  }
}

/** The new secret is good at once, and a suspension is over. No secret ends later than it would have without. */
export function rotate(key: VirtualKey, { sha256, overlap, now }: Rotation): VirtualKey {
  if (key.revoked) throw refused(`The key ${key.id} is revoked: make a new one with sallyport key create.`)
  if (key.expires <= now)
    throw refused(`The key ${key.id} has expired, and no rotation lengthens its life: make a new one.`)
  if (!(overlap >= 0 && overlap <= MOST_OVERLAP)) throw refused('An overlap is at most 30 days.')
  const earlier = key.secrets.map((secret) => ({
    sha256: secret.sha256,
    until: Math.min(secret.until ?? Number.POSITIVE_INFINITY, now + overlap),
  }))
  return { ...key, rotated: now, secrets: [{ sha256 }, ...earlier].slice(0, MOST_SECRETS) }
}

/** For good. One that is revoked already stays as it was. */
export function revoke(key: VirtualKey, at: number, why: string): VirtualKey {
  return key.revoked ? key : { ...key, revoked: { at, why } }
}

const refused = (message: string): Refusal => new Refusal('invalid_field', { message })
