// The layout of C2SP tlog-tiles: how a log grows by some entries, and which static files that makes. Pure.
// A tile is 256 hashes wide; one that is not full yet lies beside its place, under `.p/` and its width.
import { HASH_BYTES, perfectRoot, rootOf } from './tree.ts'

export const TILE_WIDTH = 256

/** The right edge of a log: all that is needed to append to it. */
export interface Edge {
  readonly size: number
  /** The hashes of the partial tile at each level, from the leaves up. */
  readonly levels: readonly (readonly Buffer[])[]
  /** The entries of the partial bundle, each with its uint16 length before it. */
  readonly bundle: readonly Buffer[]
}

export const EMPTY_EDGE: Edge = { size: 0, levels: [], bundle: [] }

export interface Leaf {
  readonly hash: Buffer
  readonly entry: Buffer
}

export interface Tile {
  readonly level: number | 'entries'
  /** Which tile of its level, from 0. */
  readonly index: number
  /** 256 for a full one. */
  readonly width: number
  readonly bytes: Buffer
}

/** `tile/0/x001/234.p/7`, relative to the log's directory. */
export function tilePath(tile: Pick<Tile, 'level' | 'index' | 'width'>): string {
  const place = `tile/${tile.level}/${digits(tile.index)}`
  return tile.width < TILE_WIDTH ? `${place}.p/${tile.width}` : place
}

function digits(index: number): string {
  let path = String(index % 1000).padStart(3, '0')
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  }
  return path
}

/** The widths that the partial tiles of a log of this size have, from level 0 up; 0 where there is none. */
export function partialWidths(size: number): readonly number[] {
  const widths: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / TILE_WIDTH)) widths.push(rest % TILE_WIDTH)
  return widths
}

/** Appends leaves; gives the new edge and every tile that is new or wider. Full tiles come before partial ones. */
export function grow(edge: Edge, leaves: readonly Leaf[]): { readonly edge: Edge; readonly tiles: readonly Tile[] } {
  const levels = edge.levels.map((level) => [...level])
  const touched = new Set<number>()
  const tiles: Tile[] = []
  let bundle = [...edge.bundle]
  let size = edge.size

  const push = (level: number, hash: Buffer): void => {
    const row = (levels[level] ??= [])
    row.push(hash)
    touched.add(level)
    if (row.length < TILE_WIDTH) return
    tiles.push({ level, index: size / TILE_WIDTH ** (level + 1) - 1, width: TILE_WIDTH, bytes: Buffer.concat(row) })
    levels[level] = []
    push(level + 1, perfectRoot(row))
  }

  for (const leaf of leaves) {
    bundle.push(withLength(leaf.entry))
    size += 1
    if (bundle.length === TILE_WIDTH) {
      tiles.push({ level: 'entries', index: size / TILE_WIDTH - 1, width: TILE_WIDTH, bytes: Buffer.concat(bundle) })
      bundle = []
    }
    push(0, leaf.hash)
  }

  const next: Edge = { size, levels, bundle }
  for (const [level, row] of levels.entries()) {
    if (row.length === 0 || !touched.has(level)) continue
    const index = Math.floor(size / TILE_WIDTH ** (level + 1))
    tiles.push({ level, index, width: row.length, bytes: Buffer.concat(row) })
    if (level > 0) continue
    tiles.push({ level: 'entries', index, width: bundle.length, bytes: Buffer.concat(bundle) })
  }
  return { edge: next, tiles }
}

export function edgeRoot(edge: Edge): Buffer {
  return rootOf(edge.levels)
}

/** The root over `size` entries: those of the edge, and as many of the leaves that follow them as that takes. */
export function rootWith(edge: Edge, leaves: readonly Leaf[], size: number): Buffer {
  return edgeRoot(grow(edge, leaves.slice(0, size - edge.size)).edge)
}

function withLength(entry: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(2 + entry.length)
  bytes.writeUInt16BE(entry.length)
  bytes.set(entry, 2)
  return bytes
}

/** The entries of a bundle, lengths included; undefined when the lengths do not add up. */
export function cutBundle(bytes: Buffer): readonly Buffer[] | undefined {
  const entries: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 2 > bytes.length || entries.length === TILE_WIDTH) return undefined
    const end = at + 2 + bytes.readUInt16BE(at)
    // No entry is empty: a file of zeros is no bundle.
    if (end === at + 2 || end > bytes.length) return undefined
    entries.push(bytes.subarray(at, end))
    at = end
  }
  return entries
}

/** The hashes of a tile; undefined when it is no whole number of them. */
export function cutTile(bytes: Buffer): readonly Buffer[] | undefined {
  if (bytes.length % HASH_BYTES !== 0) return undefined
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES))
  return hashes
}
