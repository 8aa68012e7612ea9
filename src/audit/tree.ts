// The Merkle tree of RFC 6962 section 2.1 over SHA-256. The prefixes 0x00 and 0x01 keep a node from passing for a leaf.
import { hash } from 'node:crypto'

export const HASH_BYTES = 32

export function leafHash(entry: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + entry.length)
  input[0] = 0
  input.set(entry, 1)
  return hash('sha256', input, 'buffer')
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return hash('sha256', input, 'buffer')
}

/** The root over hashes whose number is a power of two. */
export function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let row = hashes
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at] ?? EMPTY, row[at + 1] ?? EMPTY))
    row = above
  }
  return row[0] ?? EMPTY
}

const EMPTY = hash('sha256', '', 'buffer')

/**
 * The root of a whole tree from its right edge: `levels[l]` holds the hashes of the partial tile at level `l`.
 * Each is cut into perfect subtrees, largest first, and these are joined from the right.
 */
export function rootOf(levels: readonly (readonly Buffer[])[]): Buffer {
  const peaks: Buffer[] = []
  for (const level of levels.toReversed()) {
    let from = 0
    for (let width = 128; width >= 1; width /= 2) {
      if (((level.length - from) & width) === 0) continue
      peaks.push(perfectRoot(level.slice(from, from + width)))
      from += width
    }
  }
  return (
    peaks.reduceRight<Buffer | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined) ?? EMPTY
  )
}
