// Copies one log, file by file, up to a checkpoint of it. The order is the guarantee: entries and tiles, then the checkpoint that covers
// them, so that a copy is at any moment a log that verifies, as of some moments ago. How far it came is what the destination itself
// says, so that nothing need be remembered here.
import { join } from 'node:path'
import type { CopyDestination } from './copy-destination.ts'
import { CopySource, readHead, type SignedHead, UnsoundLog } from './copy-source.ts'
import { partialWidths, type Tile, TILE_WIDTH, tilePath } from './tiles.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

/** The destination holds other bytes than the log does, or more of it: one of the two was changed. Both are left as they are. */
export class CopyConflict extends Error {
  override readonly name = 'CopyConflict'
}

/** Files that are under way at a time. */
const AT_ONCE = 8

export interface CopyOrder {
  /** Where all logs lie. */
  readonly auditDirectory: string
  readonly log: string
  readonly to: CopyDestination
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds for which what fills no tile may wait for more. */
  readonly linger: number
}

interface Job {
  readonly source: CopySource
  readonly from: number
  readonly files: readonly Pick<Tile, 'level' | 'index'>[]
  /** Of `files`, how many are there. */
  done: number
}

export class LogCopy {
  readonly #order: CopyOrder
  readonly #directory: string
  /** What the destination holds; undefined until it was asked. */
  #held: SignedHead | 'nothing' | undefined
  #heldAt = Number.NEGATIVE_INFINITY
  #job: Job | undefined
  #key: string | undefined

  constructor(order: CopyOrder) {
    this.#order = order
    this.#directory = join(order.auditDirectory, order.log)
  }

  /** Files that wait, as of the last step. */
  get behind(): number {
    return this.#job ? this.#job.files.length - this.#job.done : 0
  }

  /** Copies up to `most` files. Rejects with CopyConflict, UnsoundLog, or as the destination does; then it is tried again. */
  async step(most: number): Promise<'more' | 'done'> {
    this.#job ??= await this.#begin()
    const job = this.#job
    if (!job) return 'done'
    const end = Math.min(job.files.length, job.done + most)
    while (job.done < end) {
      const batch = job.files.slice(job.done, Math.min(end, job.done + AT_ONCE))
      // Read one after the other: the source remembers the tile above.
      const tiles: Tile[] = []
      for (const { level, index } of batch) tiles.push(await job.source.tile(level, index))
      await Promise.all(tiles.map((tile) => this.#create(tilePath(tile), tile.bytes)))
      job.done += batch.length
    }
    if (job.done < job.files.length) return 'more'
    await this.#finish(job)
    return 'done'
  }

  /** Undefined where there is nothing to copy now. */
  async #begin(): Promise<Job | undefined> {
    const { to, now, linger, log } = this.#order
    const bytes = await readRegularFile(join(this.#directory, 'checkpoint'), MOST.note)
    if (!bytes) return undefined
    this.#key ??= await this.#readKey()
    const head = readHead(bytes, this.#key)
    this.#held ??= await this.#readHeld(this.#key)
    const from = this.#held === 'nothing' ? 0 : this.#held.size
    if (this.#held !== 'nothing' && this.#held.size === head.size && this.#held.root.equals(head.root)) return undefined
    const fillsTile = Math.floor(head.size / TILE_WIDTH) > Math.floor(from / TILE_WIDTH)
    if (!fillsTile && head.size > from && now() - this.#heldAt < linger) return undefined
    const source = await CopySource.open(this.#directory, head)
    if (this.#held !== 'nothing' && !(await source.rootAt(from))?.equals(this.#held.root)) {
      const why =
        from > head.size
          ? `the copy has ${from} entries and the log ${head.size}`
          : 'the copy is no beginning of the log'
      throw new CopyConflict(`${log} was rolled back, or made anew: ${why}`)
    }
    if (this.#held === 'nothing') await create(to, `${log}/key.pub`, Buffer.from(`${this.#key}\n`))
    return { source, from, files: filesBetween(from, head.size), done: 0 }
  }

  async #readKey(): Promise<string> {
    const line = (await readRegularFile(join(this.#directory, 'key.pub'), MOST.note))?.toString().trim()
    if (line === undefined) throw new UnsoundLog('it has no key.pub')
    return line
  }

  async #readHeld(key: string): Promise<SignedHead | 'nothing'> {
    const { to, log } = this.#order
    const there = await to.read(`${log}/key.pub`)
    if (there && Buffer.from(there).toString().trim() !== key)
      throw new CopyConflict(`${log} has another key than its copy`)
    const bytes = await to.read(`${log}/checkpoint`)
    if (!bytes) return 'nothing'
    try {
      return readHead(bytes, key)
    } catch {
      throw new CopyConflict(`the copy of ${log} has a checkpoint that the log never signed`)
    }
  }

  async #create(path: string, bytes: Buffer): Promise<void> {
    await create(this.#order.to, `${this.#order.log}/${path}`, bytes)
  }

  async #finish({ source, from }: Job): Promise<void> {
    const { to, log, now } = this.#order
    await to.settle()
    await to.replace(`${log}/checkpoint`, source.head.bytes)
    this.#held = source.head
    this.#heldAt = now()
    this.#job = undefined
    // What was partial and is full now. What stays behind costs space, nothing else.
    for (const { level, index } of filesBetween(from, source.head.size)) {
      const height = level === 'entries' ? 0 : level
      const isFull = index < Math.floor(source.head.size / TILE_WIDTH ** (height + 1))
      const wasPartial = index === Math.floor(from / TILE_WIDTH ** (height + 1))
      const folder = `${log}/${tilePath({ level, index, width: TILE_WIDTH })}.p`
      if (isFull && wasPartial && from > 0) await to.forget(folder).catch(() => undefined)
    }
  }
}

async function create(to: CopyDestination, path: string, bytes: Buffer): Promise<void> {
  if ((await to.create(path, bytes)) === 'created') return
  // Copied before, by a run that did not come to the checkpoint.
  const there = await to.read(path)
  if (!there || !bytes.equals(Buffer.from(there))) throw new CopyConflict(`the copy holds something else as ${path}`)
}

/** What a log of `size` entries has and one of `from` has not: level by level from the leaves up, entries before their hashes. */
function filesBetween(from: number, size: number): readonly Pick<Tile, 'level' | 'index'>[] {
  const files: Pick<Tile, 'level' | 'index'>[] = []
  for (const [level, width] of partialWidths(size).entries()) {
    const span = TILE_WIDTH ** (level + 1)
    const end = Math.floor(size / span) + (width > 0 ? 1 : 0)
    for (let index = Math.floor(from / span); index < end; index++) {
      // A level above that no entry came to is as it was.
      if (hashesIn(level, index, from) === hashesIn(level, index, size)) continue
      if (level === 0) files.push({ level: 'entries', index })
      files.push({ level, index })
    }
  }
  return files
}

/** How many hashes a tile has in a log of this size. */
function hashesIn(level: number, index: number, size: number): number {
  return Math.min(TILE_WIDTH, Math.max(0, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH))
}
