// What a checkpoint signs, hash by hash. Its right edge was held against the signed root; every full tile below is held against the
// one above it before it is believed, so that a tile that was changed on the disk vouches for nothing.
import { join } from 'node:path'
import type { Files } from './files.ts'
import { cutTile, type Edge, edgeRoot, partialWidths, TILE_WIDTH, tilePath } from './tiles.ts'
import { perfectRoot } from './tree.ts'

export interface SignedTree {
  /** The leaf hash of an entry; `index` MUST be below the size that is signed. */
  leafAt(index: number): Promise<Buffer | undefined>
  /** The root that the log had when it held `size` entries, which MUST NOT be more than are signed. */
  rootAt(size: number): Promise<Buffer>
}

/** `directory` is the log's own. Tiles that were read are kept as long as the tree is: no more than the journal has entries to compare. */
export function signedTree(directory: string, files: Files, edge: Edge): SignedTree {
  const kept = new Map<string, readonly Buffer[]>()

  const hashesOf = async (level: number, index: number): Promise<readonly Buffer[]> => {
    if (index >= Math.floor(edge.size / TILE_WIDTH ** (level + 1))) return edge.levels[level] ?? []
    const path = tilePath({ level, index, width: TILE_WIDTH })
    const known = kept.get(path)
    if (known) return known
    const hashes = cutTile((await files.read(join(directory, path))) ?? Buffer.alloc(0)) ?? []
    const above = await hashesOf(level + 1, Math.floor(index / TILE_WIDTH))
    if (hashes.length !== TILE_WIDTH || above[index % TILE_WIDTH]?.equals(perfectRoot(hashes)) !== true) {
      throw new Error(`the tile ${path} is missing or damaged`)
    }
    kept.set(path, hashes)
    return hashes
  }

  return {
    leafAt: async (index) => (await hashesOf(0, Math.floor(index / TILE_WIDTH)))[index % TILE_WIDTH],
    rootAt: async (size) => {
      const levels: (readonly Buffer[])[] = []
      for (const [level, width] of partialWidths(size).entries()) {
        const hashes = width === 0 ? [] : await hashesOf(level, Math.floor(size / TILE_WIDTH ** (level + 1)))
        levels.push(hashes.slice(0, width))
      }
      return edgeRoot({ size, levels, bundle: [] })
    },
  }
}
