// Makes entries part of the signed log. The order is the guarantee: tiles are written and synced, then the checkpoint
// that covers them takes the place of the old one, then the partial tiles that became full go. A crash in between
// leaves the old checkpoint, all its tiles, and some tiles that nothing covers yet; recovery takes those away.
import { dirname, join } from 'node:path'
import type { Files } from './files.ts'
import { type Signer, writeCheckpoint } from './note.ts'
import { type Edge, edgeRoot, grow, type Leaf, partialWidths, type Tile, TILE_WIDTH, tilePath } from './tiles.ts'

/** The log as far as it is signed. */
export interface Published {
  readonly edge: Edge
  /**
   * Checkpoints that may be found on disk; undefined stands for none. Normally one; after an attempt that failed at an
   * unknown point, two, and both are prefixes of all that will follow.
   */
  readonly checkpoints: readonly (string | undefined)[]
}

/** Entries of one batch at most: hashing them holds up nothing else for long. */
export const BATCH = 4096
/** Full tiles of one level that a batch makes at most. */
const MOST_TILES = BATCH / TILE_WIDTH + 1

export interface Press {
  /** The log's own directory. */
  readonly directory: string
  readonly files: Files
  readonly signer: Signer
  /** Directories of tiles whose own names this process has synced. */
  readonly settled: Set<string>
}

/** The checkpoint on disk is not the one last written: somebody else writes, or rolled it back. */
export class CheckpointConflict extends Error {
  override readonly name = 'CheckpointConflict'
}

/** Publishes leaves under a new checkpoint. Where it throws, the caller goes on from what `onAttempt` gave, if it did. */
export async function publish(
  press: Press,
  before: Published,
  leaves: readonly Leaf[],
  onAttempt: (unsure: Published) => void,
): Promise<Published> {
  const { edge, tiles } = grow(before.edge, leaves)
  const checkpoint = writeCheckpoint(press.signer, edge.size, edgeRoot(edge))
  await writeTiles(press, tiles)
  const found = (await press.files.read(join(press.directory, 'checkpoint')))?.toString()
  if (!before.checkpoints.includes(found)) {
    throw new CheckpointConflict('the checkpoint on disk is not the one this process wrote last')
  }
  onAttempt({ edge: before.edge, checkpoints: [found, checkpoint] })
  await put(press, 'checkpoint', Buffer.from(checkpoint))
  await press.files.syncDirectory(press.directory)
  await dropPartials(press, tiles)
  return { edge, checkpoints: [checkpoint] }
}

/**
 * A batch's tiles are written side by side: one after the other, each would wait for several turns of a busy process, and the log
 * would fall behind what is appended.
 */
async function writeTiles(press: Press, tiles: readonly Tile[]): Promise<void> {
  const parents = new Set(tiles.map((tile) => join(press.directory, dirname(tilePath(tile)))))
  const changed = new Set(parents)
  for (const parent of parents) {
    await press.files.makeDirectory(parent)
    // The name of a directory stands in the one above it. Whoever made it may have failed, or died, before it was synced.
    for (let at = parent; at !== press.directory && !press.settled.has(at); at = dirname(at)) changed.add(dirname(at))
  }
  await allOf(tiles.map((tile) => put(press, tilePath(tile), tile.bytes)))
  await allOf([...changed].map((directory) => press.files.syncDirectory(directory)))
  if (press.settled.size > MOST_SETTLED) press.settled.clear()
  for (const directory of changed) press.settled.add(directory)
}

/** Waits for all of them also where one fails: nothing may be written any more once the caller has heard of it. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}

const MOST_SETTLED = 1024

/** A reader sees the file as it was or as it is, never half of it. */
async function put({ directory, files }: Press, path: string, bytes: Buffer): Promise<void> {
  const written = join(directory, 'tmp', path.replaceAll('/', '-'))
  await files.writeSynced(written, bytes)
  await files.rename(written, join(directory, path))
}

/** tlog-tiles lets a partial tile go once the full one is there. What stays behind costs space, nothing else. */
async function dropPartials({ directory, files }: Press, tiles: readonly Tile[]): Promise<void> {
  // Of a batch, only the first full tile of a level was a partial one before.
  const levels = new Set<Tile['level']>()
  for (const tile of tiles) {
    if (tile.width < TILE_WIDTH || levels.has(tile.level)) continue
    levels.add(tile.level)
    await files.remove(join(directory, `${tilePath(tile)}.p`)).catch(() => undefined)
  }
}

/** Takes away tiles that lie beyond a checkpoint, and half-written files: what a crash while publishing leaves. */
export async function dropUncovered(directory: string, size: number, files: Files): Promise<void> {
  await files.remove(join(directory, 'tmp'))
  await files.makeDirectory(join(directory, 'tmp'))
  const widths = partialWidths(size)
  const found = (await files.list(join(directory, 'tile'))).filter((name) => /^([0-9]{1,2}|entries)$/.test(name))
  for (const name of found) {
    const level = name === 'entries' ? 'entries' : Number(name)
    const height = level === 'entries' ? 0 : level
    const edge = Math.floor(size / TILE_WIDTH ** (height + 1))
    // A batch's tiles are written in any order, so some of them may be missing: no further than a batch behind the last that is
    // there. From the far end back: killed on the way, the next opening still finds the rest.
    let end = edge
    for (let index = edge; index <= end + MOST_TILES; index++) {
      if (await files.has(join(directory, tilePath({ level, index, width: TILE_WIDTH })))) end = index + 1
    }
    for (let index = end; index > edge; index--) {
      await dropWider(directory, { level, index, width: 0 }, files)
      await files.remove(join(directory, tilePath({ level, index: index - 1, width: TILE_WIDTH })))
    }
    await dropWider(directory, { level, index: edge, width: widths[height] ?? 0 }, files)
  }
}

async function dropWider(directory: string, tile: Omit<Tile, 'bytes'>, files: Files): Promise<void> {
  const partials = join(directory, `${tilePath({ ...tile, width: TILE_WIDTH })}.p`)
  if (tile.width === 0) return files.remove(partials)
  for (const name of await files.list(partials)) {
    if (Number(name) > tile.width) await files.remove(join(partials, name))
  }
}
