// Sets of entries, a chunk of 4,096 at a time: what the search index keeps for each word. As a list of offsets (uint16, little-endian)
// while they are few, else as one bit an entry: 512 bytes, which no list is long enough to be.

/** Entries to a chunk. */
export const CHUNK = 4096
const BITMAP_BYTES = CHUNK / 8
/** With so many a list takes less room than the bits. */
const MOST_LISTED = BITMAP_BYTES / 2 - 1

/** One bit an entry of a chunk, the first lowest. */
export type Bits = Uint32Array<ArrayBuffer>

export function noBits(): Bits {
  return new Uint32Array(CHUNK / 32)
}

/** Of the offsets `from`, up to and without `to`. */
export function bitsBetween(from: number, to: number): Bits {
  const bits = noBits()
  for (let offset = Math.max(0, from); offset < Math.min(CHUNK, to); offset++) setBit(bits, offset)
  return bits
}

export function setBit(bits: Bits, offset: number): void {
  const word = offset >>> 5
  bits[word] = (bits[word] ?? 0) | (1 << (offset & 31))
}

export function unpackBits(packed: Uint8Array): Bits {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const bits = noBits()
  if (packed.length === BITMAP_BYTES) {
    for (let word = 0; word < bits.length; word++) bits[word] = view.getUint32(4 * word, true)
    return bits
  }
  for (let at = 0; at + 1 < packed.length; at += 2) setBit(bits, view.getUint16(at, true) % CHUNK)
  return bits
}

export function packBits(bits: Bits): Uint8Array {
  return packOffsets([...offsetsIn(bits)])
}

/** Ascending, each once. */
export function packOffsets(offsets: readonly number[]): Uint8Array {
  const listed = offsets.length <= MOST_LISTED
  const packed = new Uint8Array(listed ? 2 * offsets.length : BITMAP_BYTES)
  for (let at = 0; at < offsets.length; at++) {
    const offset = offsets[at] ?? 0
    if (listed) {
      packed[2 * at] = offset & 255
      packed[2 * at + 1] = offset >>> 8
    } else {
      const byte = offset >>> 3
      packed[byte] = (packed[byte] ?? 0) | (1 << (offset & 7))
    }
  }
  return packed
}

/** Leaves in `bits` what is in both. */
export function intersect(bits: Bits, other: Bits): void {
  for (let word = 0; word < bits.length; word++) bits[word] = (bits[word] ?? 0) & (other[word] ?? 0)
}

export function* offsetsIn(bits: Bits): Generator<number> {
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) yield 32 * word + (31 - Math.clz32(rest & -rest))
  }
}
