// Whether a secret is one of a key's. The work here is the same for a right secret, a wrong one, and one of a key that is not
// there. What comes before is not: a row that is there is read, and the first time parsed, which takes microseconds from which
// an id might be told. An id opens nothing, and no time says how much of a secret was right.
import { hash, timingSafeEqual } from 'node:crypto'
import type { VirtualKey } from '#access/virtual-key.ts'
import type { KeyText } from './key-text.ts'

export type StoredSecret = VirtualKey['secrets'][number]

const DIGEST_BYTES = 32
/** No secret that anybody knows has this digest. */
const NOBODYS: StoredSecret = { sha256: new Uint8Array(DIGEST_BYTES) }
/** So many are compared, however few there are. */
const LEAST_COMPARED = 8

/** Those stored for `key` that are this secret, the newest first; none where the key is another, or undefined. */
export function matchingSecrets(key: VirtualKey | undefined, { id, secret }: KeyText): readonly StoredSecret[] {
  const given = digestOf(secret)
  const isKey = timingSafeEqual(digestOf(key?.id ?? ''), digestOf(id))
  const stored = key?.secrets ?? []
  const matching: StoredSecret[] = []
  for (let at = 0; at < Math.max(LEAST_COMPARED, stored.length); at += 1) {
    const candidate = stored[at] ?? NOBODYS
    const isWhole = candidate.sha256.byteLength === DIGEST_BYTES
    const isSame = timingSafeEqual(isWhole ? candidate.sha256 : NOBODYS.sha256, given)
    if (isSame && at < stored.length) matching.push(candidate)
  }
  return isKey ? matching : []
}

const digestOf = (text: string): Uint8Array => hash('sha256', text, 'buffer')
