// Names of members are mostly the same few. Each is made into a string once and then known by its bytes, which costs a
// third, and whoever compares it with a name of their own compares two of the same.
import type { Buffer } from 'node:buffer'

const LONGEST = 32
const SLOT_BITS = 12
/** By a hash of the name: the last of that hash. Whoever sends others only makes the next ones be made again. */
const known: (string | undefined)[] = Array.from({ length: 1 << SLOT_BITS }, () => undefined)

/** The characters from `start` up to `end`, not included, of sound UTF-8. */
export function nameAt(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  if (length > LONGEST) return bytes.toString('utf8', start, end)
  let hash = length
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
  // Spread by a multiplication (Knuth's): two names of every body in one slot would be made anew each time.
  const slot = Math.imul(hash, 0x9e3779b1) >>> (32 - SLOT_BITS)
  const before = known[slot]
  if (before !== undefined && stands(before, bytes, start, length)) return before
  const name = bytes.toString('utf8', start, end)
  // As many characters as bytes: it is ASCII.
  if (name.length === length) known[slot] = name
  return name
}

function stands(name: string, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false
  for (let at = 0; at < length; at++) if (name.charCodeAt(at) !== bytes[start + at]) return false
  return true
}
