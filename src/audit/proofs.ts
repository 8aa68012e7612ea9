// Inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2) from the tiles of a log, which may be written to
// meanwhile. Nothing is checked here: whoever gives a proof away holds it against the signed root first.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cutTile, TILE_WIDTH, tilePath } from './tiles.ts'
import { HASH_BYTES, perfectRoot } from './tree.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

/** A tile that a proof needs is not there, or not as wide as a log of that size has it. */
export class MissingTile extends Error {
  override readonly name = 'MissingTile'
}

/**
 * The audit path of entry `index` in the tree of the first `size` entries, from the leaf's sibling up. `logDirectory` is
 * the log's own. Rejects with RangeError, MissingTile, UnreadableFile, or the system's error.
 */
export async function inclusionProof(logDirectory: string, index: number, size: number): Promise<readonly Buffer[]> {
  if (!isSize(size) || !Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError(`a log of ${size} entries has no entry ${index}`)
  const tree = openTree(logDirectory, size)
  return auditPath(tree, index, { from: 0, to: size })
}

/**
 * Proves that the tree of `fromSize` entries is the beginning of that of `toSize`; empty where they are equal, or the
 * first is empty. Rejects as `inclusionProof` does.
 */
export async function consistencyProof(
  logDirectory: string,
  fromSize: number,
  toSize: number,
): Promise<readonly Buffer[]> {
  if (!isSize(fromSize) || !isSize(toSize) || fromSize > toSize)
    throw new RangeError(`a log of ${toSize} entries does not begin with ${fromSize} of them`)
  if (fromSize === 0 || fromSize === toSize) return []
  const tree = openTree(logDirectory, toSize)
  return subproof(tree, { from: 0, to: toSize }, fromSize, true)
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0

/** Entries `from` to before `to`. Never empty, and begins at a multiple of a power of two that is no less than its length. */
interface Span {
  readonly from: number
  readonly to: number
}

/** RFC 6962 section 2.1.1: PATH. */
async function auditPath(tree: Tree, index: number, span: Span): Promise<readonly Buffer[]> {
  if (span.to - span.from === 1) return []
  const [left, right] = halves(span)
  return index < left.to
    ? [...(await auditPath(tree, index, left)), await rootOfSpan(tree, right)]
    : [...(await auditPath(tree, index, right)), await rootOfSpan(tree, left)]
}

/** RFC 6962 section 2.1.2: SUBPROOF. `known`: whoever checks has the root of this span, so it is left out. */
async function subproof(tree: Tree, span: Span, end: number, known: boolean): Promise<readonly Buffer[]> {
  if (end === span.to) return known ? [] : [await rootOfSpan(tree, span)]
  const [left, right] = halves(span)
  return end <= left.to
    ? [...(await subproof(tree, left, end, known)), await rootOfSpan(tree, right)]
    : [...(await subproof(tree, right, end, false)), await rootOfSpan(tree, left)]
}

/** The left one is the largest power of two that is less than the whole. */
function halves({ from, to }: Span): readonly [Span, Span] {
  let half = 1
  while (half * 2 < to - from) half *= 2
  return [
    { from, to: from + half },
    { from: from + half, to },
  ]
}

/** MTH. A perfect subtree stands in one tile; only the right edge of the log is joined from several. */
async function rootOfSpan(tree: Tree, span: Span): Promise<Buffer> {
  const length = span.to - span.from
  const [left, right] = halves(span)
  if (length > 1 && left.to - left.from !== right.to - right.from)
    return perfectRoot([await rootOfSpan(tree, left), await rootOfSpan(tree, right)])
  let level = 0
  let first = span.from
  let count = length
  for (; count >= TILE_WIDTH; count /= TILE_WIDTH) {
    level += 1
    first /= TILE_WIDTH
  }
  const hashes = await tree(level, Math.floor(first / TILE_WIDTH))
  const at = first % TILE_WIDTH
  return perfectRoot(hashes.slice(at, at + count))
}

/** The hashes of one tile, each tile read once for a proof. */
type Tree = (level: number, index: number) => Promise<readonly Buffer[]>

function openTree(directory: string, size: number): Tree {
  const tiles = new Map<string, Promise<readonly Buffer[]>>()
  return (level, index) => {
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)
    const path = tilePath({ level, index, width })
    const known = tiles.get(path)
    if (known) return known
    const read = readTile(directory, { level, index, width })
    tiles.set(path, read)
    return read
  }
}

interface TilePlace {
  readonly level: number
  readonly index: number
  readonly width: number
}

/**
 * A tile's first hashes never change. In this order, since a writer adds the full tile before it takes the partial ones
 * away: what is not there as partial any more is there as full.
 */
async function readTile(directory: string, tile: TilePlace): Promise<readonly Buffer[]> {
  const exact = await readWidth(directory, tile, tile.width)
  if (exact) return exact
  for (const width of [...(await widerPartials(directory, tile)), TILE_WIDTH]) {
    const hashes = await readWidth(directory, tile, width)
    if (hashes) return hashes
  }
  throw new MissingTile(`the tile ${tilePath(tile)} is not there`)
}

async function readWidth(directory: string, tile: TilePlace, width: number): Promise<readonly Buffer[] | undefined> {
  const path = tilePath({ ...tile, width })
  const bytes = await readRegularFile(join(directory, path), MOST.tile)
  if (bytes && bytes.length !== width * HASH_BYTES) throw new MissingTile(`the tile ${path} has the wrong length`)
  return bytes && (cutTile(bytes) ?? []).slice(0, tile.width)
}

/** The log may have grown past a size without ever having had a checkpoint of it, or an older one is asked for. */
async function widerPartials(directory: string, tile: TilePlace): Promise<readonly number[]> {
  if (tile.width === TILE_WIDTH) return []
  const names = await readdir(join(directory, `${tilePath({ ...tile, width: TILE_WIDTH })}.p`)).catch(() => [])
  const widths = names.filter((name) => /^[1-9][0-9]{0,2}$/.test(name)).map(Number)
  return widths.filter((width) => width > tile.width && width < TILE_WIDTH).sort((left, right) => left - right)
}
