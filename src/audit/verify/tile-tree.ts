// Hashes anywhere in a log's tree, from its tiles: the root, and proofs that it begins with a smaller tree. What the tiles
// say is not taken for true: a proof that is made here still has to hold against both roots.
import { hashNode, rootOfAll } from './merkle.ts'
import { pathOfTile, readHashes } from './tile-files.ts'

/** A tile that the tree of this size must have is missing, or too short. */
export class DamagedTile extends Error {
  override readonly name = 'DamagedTile'
}

const TILE_BITS = 8

export class TileTree {
  readonly #directory: string
  readonly #size: number
  readonly #tiles = new Map<string, Promise<readonly Buffer[]>>()

  /** `size` is that of a checkpoint of the log: all its tiles must be there, and may be wider by now. */
  constructor(directory: string, size: number) {
    this.#directory = directory
    this.#size = size
  }

  /** Of all entries. Rejects with DamagedTile. */
  root(): Promise<Buffer> {
    return this.#size === 0 ? Promise.resolve(rootOfAll([])) : this.#hashOf(0, this.#size)
  }

  /** RFC 6962 section 2.1.2, in its order; empty from 0, and to itself. Rejects with DamagedTile. */
  async proofFrom(size: number): Promise<readonly Buffer[]> {
    if (size === 0) return []
    const proof: Buffer[] = []
    let [start, end] = [0, this.#size]
    // What lies to the other side at each split, from the top down; the proof lists it from the bottom up.
    while (size < end && start < end) {
      const middle = start + largestBelow(end - start)
      if (size <= middle) {
        proof.unshift(await this.#hashOf(middle, end))
        end = middle
      } else {
        proof.unshift(await this.#hashOf(start, middle))
        start = middle
      }
    }
    // Beginning with the whole earlier tree, its root is known already.
    return start === 0 ? proof : [await this.#hashOf(start, end), ...proof]
  }

  /** RFC 6962 section 2.1.1: what proves that entry `index` stands in it, from the leaf's sibling up. Rejects with DamagedTile. */
  async pathTo(index: number): Promise<readonly Buffer[]> {
    const path: Buffer[] = []
    let [start, end] = [0, this.#size]
    while (end - start > 1) {
      const middle = start + largestBelow(end - start)
      path.unshift(await (index < middle ? this.#hashOf(middle, end) : this.#hashOf(start, middle)))
      if (index < middle) end = middle
      else start = middle
    }
    return path
  }

  /** Of the entries from `start` to before `end`; `start` is where a subtree of that size begins. */
  async #hashOf(start: number, end: number): Promise<Buffer> {
    const count = end - start
    const middle = count === 1 ? end : start + largestBelow(count)
    if (count === 1 || (middle - start) * 2 === count) return this.#perfect(start, Math.log2(count))
    return hashNode(await this.#hashOf(start, middle), await this.#hashOf(middle, end))
  }

  /** 2^height entries from `start`. One tile holds all that it is joined from. */
  async #perfect(start: number, height: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_BITS)
    const first = start / 2 ** (level * TILE_BITS)
    const from = first % 256
    const hashes = await this.#tile(level, Math.floor(first / 256))
    return rootOfAll(hashes.slice(from, from + 2 ** (height % TILE_BITS)))
  }

  #tile(level: number, index: number): Promise<readonly Buffer[]> {
    const name = `${level}/${index}`
    const known = this.#tiles.get(name)
    if (known) return known
    const tile = this.#read(level, index)
    this.#tiles.set(name, tile)
    return tile
  }

  async #read(level: number, index: number): Promise<readonly Buffer[]> {
    const width = Math.min(256, Math.floor(this.#size / 256 ** level) - index * 256)
    const path = pathOfTile(String(level), index, width)
    const read = await readHashes(this.#directory, level, index, width)
    if (read === 'missing') throw new DamagedTile(`the tile ${path} is missing`)
    if (!read.whole || read.parts.length !== width) throw new DamagedTile(`the tile ${path} has the wrong length`)
    return read.parts
  }
}

/** The largest power of two below a number of two or more. */
function largestBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
