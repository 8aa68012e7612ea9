// The leaf hashes of a log as its tiles hold them, read by their places alone, and what they hash to.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export async function tileLeaves(directory: string, size: number): Promise<readonly Buffer[]> {
  const leaves: Buffer[] = []
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    const place = `tile/0/${String(index).padStart(3, '0')}${width < 256 ? `.p/${width}` : ''}`
    const bytes = await readFile(join(directory, place))
    for (let at = 0; at < bytes.length; at += 32) leaves.push(bytes.subarray(at, at + 32))
  }
  return leaves
}

const PREFIX = { 0: Buffer.of(0), 1: Buffer.of(1) } as const
const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** RFC 6962 section 2.1, as it stands there. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length <= 1) return leaves[0] ?? sha()
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return sha(PREFIX[1], treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)))
}
