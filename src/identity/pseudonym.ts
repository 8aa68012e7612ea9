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
