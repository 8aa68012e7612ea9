// ULIDs: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32, sorting by time.
// Two of the same millisecond sort in either order.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LATEST = 2 ** 48 - 1

/** Ten bits as two characters. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ALPHABET.charAt(bits >> 5) + ALPHABET.charAt(bits & 31))
const lastTime = { now: -1, text: '' }

/** `now` is in milliseconds since the epoch; `random` returns that many bytes that nobody can guess. */
export function ulid(now: number, random: (length: number) => Uint8Array): string {
  if (now !== lastTime.now) Object.assign(lastTime, { text: timeText(now), now })
  const bytes = random(10)
  if (bytes.length !== 10) throw new RangeError('a ULID takes 10 random bytes')
  let { text } = lastTime
  // Five bytes are four pairs.
  for (let at = 0; at < 10; at += 5) {
    const a = bytes[at] ?? 0
    const b = bytes[at + 1] ?? 0
    const c = bytes[at + 2] ?? 0
    const d = bytes[at + 3] ?? 0
    const e = bytes[at + 4] ?? 0
    text += pair((a << 2) | (b >> 6)) + pair((b << 4) | (c >> 4)) + pair((c << 6) | (d >> 2)) + pair((d << 8) | e)
  }
  return text
}

const pair = (bits: number): string => PAIRS[bits & 1023] ?? ''

function timeText(now: number): string {
  if (!Number.isInteger(now) || now < 0 || now > LATEST) throw new RangeError('a ULID holds no such time')
  let text = ''
  for (let rest = now; text.length < 10; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text
  return text
}

/** Milliseconds since the epoch; undefined for anything but a ULID in its canonical, upper-case spelling. */
export function ulidTime(text: string): number | undefined {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)) return undefined
  let time = 0
  for (const character of text.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(character)
  return time
}
