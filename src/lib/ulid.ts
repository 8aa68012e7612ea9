// ULIDs: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32, sorting by time.
// Two of the same millisecond sort in either order.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LATEST = 2 ** 48 - 1

/** `now` is in milliseconds since the epoch; `random` returns that many bytes that nobody can guess. */
export function ulid(now: number, random: (length: number) => Uint8Array): string {
  if (!Number.isInteger(now) || now < 0 || now > LATEST) throw new RangeError('a ULID holds no such time')
  let text = ''
  for (let rest = now; text.length < 10; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text
  const bytes = random(10)
  if (bytes.length !== 10) throw new RangeError('a ULID takes 10 random bytes')
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    // At most 4 bits are left over from the byte before.
    bits = ((bits << 8) | byte) & 0xfff
    for (held += 8; held >= 5; held -= 5) text += ALPHABET.charAt((bits >> (held - 5)) & 31)
  }
  return text
}

/** Milliseconds since the epoch; undefined for anything but a ULID in its canonical, upper-case spelling. */
export function ulidTime(text: string): number | undefined {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)) return undefined
  let time = 0
  for (const character of text.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(character)
  return time
}
