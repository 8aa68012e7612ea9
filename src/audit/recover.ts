// Finds out where a log stands: nowhere yet, cleanly closed, or cut off at any moment. All three take the same way.
// The signed checkpoint says what must be there; what it covers is only read, never repaired: damage to it is refused.
import { join } from 'node:path'
import type { Files } from './files.ts'
import { readOwnCheckpoint, type Signer } from './note.ts'
import type { Published } from './publish.ts'
import { cutBundle, cutTile, type Edge, edgeRoot, EMPTY_EDGE, partialWidths, TILE_WIDTH, tilePath } from './tiles.ts'
import { leafHash } from './tree.ts'

/** The size that a checkpoint claims, before its signature could be checked; undefined where there is none. */
export async function claimedSize(directory: string, files: Files): Promise<number | undefined> {
  const text = (await files.read(join(directory, 'checkpoint')))?.toString()
  if (text === undefined) return undefined
  const size = text.split('\n', 2)[1] ?? ''
  if (!/^[1-9][0-9]{0,15}$/.test(size)) throw new Error('the checkpoint is malformed')
  return Number(size)
}

/** The log under its checkpoint, its right edge read back and checked against the signed root. */
export async function readPublished(directory: string, signer: Signer, files: Files): Promise<Published> {
  const checkpoint = (await files.read(join(directory, 'checkpoint')))?.toString()
  if (checkpoint === undefined) return { edge: EMPTY_EDGE, checkpoints: [undefined] }
  const signed = readOwnCheckpoint(signer, checkpoint)
  if (!signed) throw new Error('the checkpoint is not signed by the key of this log')
  const edge = await readEdge(directory, signed.size, files)
  if (!edgeRoot(edge).equals(signed.root)) throw new Error('the tiles do not give the root that the checkpoint signs')
  return { edge, checkpoints: [checkpoint] }
}

async function readEdge(directory: string, size: number, files: Files): Promise<Edge> {
  const widths = partialWidths(size)
  const levels: (readonly Buffer[])[] = []
  for (const [level, width] of widths.entries()) {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1))
    const bytes = width === 0 ? Buffer.alloc(0) : await files.read(join(directory, tilePath({ level, index, width })))
    const hashes = bytes && cutTile(bytes)
    if (hashes?.length !== width) throw new Error(`the tile ${tilePath({ level, index, width })} is missing or damaged`)
    levels.push(hashes)
  }
  return { size, levels, bundle: await readBundle(directory, size, levels[0] ?? [], files) }
}

async function readBundle(directory: string, size: number, hashes: readonly Buffer[], files: Files) {
  if (hashes.length === 0) return []
  const path = tilePath({ level: 'entries', index: Math.floor(size / TILE_WIDTH), width: hashes.length })
  const bundle = cutBundle((await files.read(join(directory, path))) ?? Buffer.alloc(0))
  const whole = bundle?.length === hashes.length
  if (!whole || !bundle.every((entry, at) => hashes[at]?.equals(leafHash(entry.subarray(2))))) {
    throw new Error(`the entries in ${path} are missing or damaged`)
  }
  return bundle
}
