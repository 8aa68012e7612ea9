// What a provider is told of a person: the same at every request, and without the key nobody's. Neither the name nor
// whether two gates serve the same person can be learned from it.
import { createHmac } from 'node:crypto'

const CHARACTERS = 26

/**
 * `user_` and 26 characters of base32 in lower case (RFC 4648 §6): the first 130 bits of HMAC-SHA256 over type and id, each
 * in UTF-8 behind its length in four bytes, so that no two people are written alike. Throws TypeError for half a surrogate pair.
 */
export function pseudonymOf(key: Uint8Array, person: { readonly type: string; readonly id: string }): string {
  const mac = createHmac('sha256', key)
  for (const text of [person.type, person.id]) {
    if (!text.isWellFormed()) throw new TypeError('a principal is named in well-formed text')
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    mac.update(length).update(bytes)
  }
  return `user_${base32(mac.digest(), CHARACTERS)}`
}

const MOST_KEPT = 10_000

/** Of one key, remembering the latest people: the same pseudonym costs a look-up. */
export function makePseudonyms(key: Uint8Array): (person: { readonly type: string; readonly id: string }) => string {
  const known = new Map<string, Map<string, string>>()
  let kept = 0
  return (person) => {
    const ofType = known.get(person.type) ?? new Map<string, string>()
    const before = ofType.get(person.id)
    if (before !== undefined) return before
    const pseudonym = pseudonymOf(key, person)
    if (kept === MOST_KEPT) known.clear()
    kept = kept === MOST_KEPT ? 1 : kept + 1
    known.set(person.type, known.get(person.type)?.set(person.id, pseudonym) ?? new Map([[person.id, pseudonym]]))
    return pseudonym
  }
}

function base32(bytes: Uint8Array, characters: number): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held & 31) << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += 'abcdefghijklmnopqrstuvwxyz234567'[(held >> (bits - 5)) & 31]
  }
  return text.slice(0, characters)
}
