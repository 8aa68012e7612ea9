// A log as one of its checkpoints has it, read to be copied. Every hash is held against the signed root before it is handed out, so that
// damage here never reaches a copy. What stands at the right edge is read at once: the log goes on and takes it away.
import { join } from 'node:path'
import { bundleEntries } from './log-files.ts'
import { cutTile, type Edge, edgeRoot, partialWidths, TILE_WIDTH, type Tile, tilePath } from './tiles.ts'
import { leafHash, perfectRoot } from './tree.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'
import { readCheckpoint, readVerifierKey } from './verify/signed-note.ts'

/** What is wrong with the log itself. */
export class UnsoundLog extends Error {
  override readonly name = 'UnsoundLog'
}

export interface SignedHead {
  readonly bytes: Buffer
  readonly size: number
  readonly root: Buffer
}

/** Throws UnsoundLog for what the key, `name+id+base64`, did not sign. */
export function readHead(bytes: Uint8Array, keyLine: string): SignedHead {
  const key = readVerifierKey(keyLine)
  const read = key && readCheckpoint(Buffer.from(bytes), key)
  if (typeof read !== 'object' || read.signature !== 'holds')
    throw new UnsoundLog('the checkpoint is not signed by the key of this log')
  return { bytes: Buffer.from(bytes), size: read.size, root: read.root }
}

export class CopySource {
  readonly head: SignedHead
  readonly #directory: string
  readonly #edge: Edge
  /** The tile read last at each level. */
  readonly #last = new Map<number, { readonly index: number; readonly hashes: readonly Buffer[] }>()

  private constructor(directory: string, head: SignedHead, edge: Edge) {
    this.#directory = directory
    this.head = head
    this.#edge = edge
  }

  static async open(directory: string, head: SignedHead): Promise<CopySource> {
    const edge = await readEdge(directory, head.size)
    if (!edgeRoot(edge).equals(head.root))
      throw new UnsoundLog('the tiles do not give the root that the checkpoint signs')
    return new CopySource(directory, head, edge)
  }

  /** The root of the first `size` entries, hex; undefined where there never were so many. */
  async rootAt(size: number): Promise<Buffer | undefined> {
    if (size > this.head.size) return undefined
    const levels: (readonly Buffer[])[] = []
    for (const [level, width] of partialWidths(size).entries()) {
      const index = Math.floor(size / TILE_WIDTH ** (level + 1))
      levels.push(width === 0 ? [] : (await this.hashes(level, index)).slice(0, width))
    }
    return edgeRoot({ size, levels, bundle: [] })
  }

  /** The hashes of a tile, 256 or as many as there are at the right edge. */
  async hashes(level: number, index: number): Promise<readonly Buffer[]> {
    if (index === Math.floor(this.head.size / TILE_WIDTH ** (level + 1))) return this.#edge.levels[level] ?? []
    const last = this.#last.get(level)
    if (last?.index === index) return last.hashes
    const hashes = await readTile(this.#directory, { level, index, width: TILE_WIDTH })
    const above = await this.hashes(level + 1, Math.floor(index / TILE_WIDTH))
    if (!above[index % TILE_WIDTH]?.equals(perfectRoot(hashes))) throw damaged({ level, index, width: TILE_WIDTH })
    this.#last.set(level, { index, hashes })
    return hashes
  }

  /** A tile as it stands in a file. */
  async tile(level: Tile['level'], index: number): Promise<Tile> {
    if (level !== 'entries') {
      const hashes = await this.hashes(level, index)
      return { level, index, width: hashes.length, bytes: Buffer.concat(hashes) }
    }
    const wanted = await this.hashes(0, index)
    const isEdge = index === Math.floor(this.head.size / TILE_WIDTH)
    const entries = isEdge ? this.#edge.bundle : await readBundle(this.#directory, index, this.head.size)
    const place = { level, index, width: wanted.length }
    const whole = entries.length === wanted.length && entries.every((entry, at) => wanted[at]?.equals(leafHash(entry)))
    if (!whole) throw damaged(place)
    return { ...place, bytes: Buffer.concat(entries.flatMap((entry) => [lengthOf(entry), entry])) }
  }
}

async function readEdge(directory: string, size: number): Promise<Edge> {
  const levels: (readonly Buffer[])[] = []
  for (const [level, width] of partialWidths(size).entries()) {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1))
    levels.push(width === 0 ? [] : await readTile(directory, { level, index, width }))
  }
  return { size, levels, bundle: await readBundle(directory, Math.floor(size / TILE_WIDTH), size) }
}

/** A partial tile may have become full since. */
async function readTile(directory: string, tile: Pick<Tile, 'index' | 'width'> & { readonly level: number }) {
  const exact = await readRegularFile(join(directory, tilePath(tile)), MOST.tile)
  const bytes = exact ?? (await readRegularFile(join(directory, tilePath({ ...tile, width: TILE_WIDTH })), MOST.tile))
  const hashes = bytes && cutTile(bytes)
  if (!hashes || hashes.length < tile.width) throw damaged(tile)
  return hashes.slice(0, tile.width)
}

const readBundle = (directory: string, index: number, size: number): Promise<readonly Buffer[]> =>
  bundleEntries(directory, index, size)

function lengthOf(entry: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeUInt16BE(entry.length)
  return bytes
}

const damaged = (tile: Pick<Tile, 'level' | 'index' | 'width'>): UnsoundLog =>
  new UnsoundLog(`${tilePath(tile)} is missing or damaged`)
