// Remembers proven tokens, so that the next request with the same one costs a hash instead of a signature check.
// Keyed by SHA-256 of the whole token: a prefix, or its claims, would let one token pass for another. Never holds a token.
import { hash } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import type { KeySet } from './key-set.ts'
import type { PublicKey } from './public-key.ts'

export interface Proven {
  readonly principal: Principal
  readonly keys: KeySet
  readonly key: PublicKey
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly until: number
}

export interface ProofCache<Of = Proven> {
  /** Counts as no use. */
  has(digest: string): boolean
  get(digest: string): Of | undefined
  set(digest: string, proven: Of): void
  delete(digest: string): void
  standing(): CacheStanding
}

/** Of a cache; hits and misses since it was made. */
export interface CacheStanding {
  readonly size: number
  readonly hits: number
  readonly misses: number
}

export function digestOf(token: string): string {
  return hash('sha256', token, 'base64')
}

const digests = new WeakMap<Presented, string>()

/** Of the credential: worked out once a request, however many authenticators ask for it. */
export function digestFor(presented: Presented): string {
  const known = digests.get(presented)
  if (known !== undefined) return known
  const digest = digestOf(presented.credential)
  digests.set(presented, digest)
  return digest
}

/** Forgets the one that was used longest ago. Only what was proven gets in, so strangers cannot push others out. */
export function makeProofCache<Of = Proven>(most: number): ProofCache<Of> {
  const byDigest = new Map<string, Of>()
  let hits = 0
  let misses = 0
  return {
    has: (digest) => byDigest.has(digest),
    get(digest) {
      const proven = byDigest.get(digest)
      if (proven === undefined) {
        misses++
        return undefined
      }
      hits++
      byDigest.delete(digest)
      byDigest.set(digest, proven)
      return proven
    },
    set(digest, proven) {
      byDigest.delete(digest)
      byDigest.set(digest, proven)
      if (byDigest.size <= most) return
      for (const eldest of byDigest.keys()) {
        byDigest.delete(eldest)
        return
      }
    },
    delete(digest) {
      byDigest.delete(digest)
    },
    standing: () => ({ size: byDigest.size, hits, misses }),
  }
}
