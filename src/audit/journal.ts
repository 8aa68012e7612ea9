// The journal: what an append writes before it is answered. It owns the files in `journal/`, one of them open.
// A crash leaves at most one torn frame, at the end of the last segment; nobody was given a receipt for it. Nothing is
// repaired in place: the next writer begins a segment of its own. A segment goes only when a synced checkpoint covers it.
import { join } from 'node:path'
import type { Files } from './files.ts'
import { Frame } from './frame.ts'
import { makeChain } from './journal-chain.ts'
import { makeHead, segmentName } from './segment.ts'

interface OpenSegment {
  readonly path: string
  /** The descriptor; undefined for a segment of an earlier process. */
  readonly file: number | undefined
  /** Bytes up to the end of the last whole frame. */
  length: number
  /** The index after its last entry, once it is written no more. */
  end: number
}

/** All that came before a segment; asked when one is begun. */
export interface History {
  /** Exchanges with a decision and no outcome. */
  readonly open: Iterable<string>
  /** The root of the tree over that many entries: all that were accepted by now, or those that are signed. */
  rootAt(size: number): Buffer
}

/** Of what was to be written, the first `whole` stand, and the others do not. */
export interface Shortfall {
  readonly whole: number
  readonly cause: unknown
}

export interface JournalStart {
  readonly directory: string
  readonly log: string
  readonly files: Files
  /** That its frames are authenticated with. */
  readonly key: Uint8Array
  /** Of this opening alone: 16 bytes that nobody could guess, hex. */
  readonly life: string
  /** Segments of earlier processes: nothing more is written to them, but they must be kept until covered. */
  readonly earlier: readonly { readonly name: string; readonly end: number }[]
  /** The first sequence number that no file has. */
  readonly sequence: number
}

export class Journal {
  readonly #start: JournalStart
  readonly #dirty = new Set<OpenSegment>()
  /** Of the segment being written. */
  readonly #chain
  #sequence: number
  #sealed: OpenSegment[]
  #current: OpenSegment | undefined
  #syncing: Promise<void> | undefined
  #queued: Promise<void> | undefined
  #suspect: string | undefined

  constructor(start: JournalStart) {
    this.#start = start
    this.#chain = makeChain(start.key)
    this.#sequence = start.sequence
    this.#sealed = start.earlier.map(({ name, end }) => ({
      path: join(start.directory, name),
      file: undefined,
      length: 0,
      end,
    }))
  }

  /** Why a sync failed: what was written since the last good one may be lost, whatever a second sync would say. */
  get suspect(): string | undefined {
    return this.#suspect
  }

  /** Bytes in the segment being written. */
  get length(): number {
    return this.#current?.length ?? 0
  }

  /**
   * Writes frames by one write: at most MOST_AT_ONCE of them. Undefined where all of them stand now; otherwise why not, and how
   * many do. `index` is that of the first; it and `history` are also for a segment begun on the way.
   */
  write(frames: readonly Frame[], index: number, history: History): Shortfall | undefined {
    if (this.#suspect !== undefined) return { whole: 0, cause: new Error(this.#suspect) }
    let segment: OpenSegment
    try {
      segment = this.#current ?? this.roll(index, history)
    } catch (cause) {
      return { whole: 0, cause }
    }
    const file = segment.file ?? -1
    const bytes = this.#chained(frames, index)
    let done = 0
    try {
      while (done < bytes.length) {
        const taken = this.#start.files.write(file, bytes, done)
        if (taken <= 0) throw new Error('the disk takes no more')
        done += taken
      }
    } catch (cause) {
      const whole = this.#keepWhole(frames, done, segment)
      this.#mend(segment, file, index + whole)
      return { whole, cause }
    }
    this.#chain.keep()
    segment.length += bytes.length
    this.#dirty.add(segment)
    return undefined
  }

  /** What the disk took whole stays: whoever follows the log may have read it already. Returns how many frames that is. */
  #keepWhole(frames: readonly Frame[], taken: number, segment: OpenSegment): number {
    let [whole, length] = [0, 0]
    this.#chain.back()
    for (const frame of frames) {
      if (length + frame.bytes.length > taken) break
      length += frame.bytes.length
      whole += 1
      this.#chain.follow(frame)
    }
    if (whole === 0) return 0
    this.#chain.keep()
    segment.length += length
    this.#dirty.add(segment)
    return whole
  }

  #chained(frames: readonly Frame[], index: number): Buffer {
    let at = index
    for (const frame of frames) {
      this.#chain.seal(frame, at++)
      this.#chain.follow(frame)
    }
    const [only] = frames
    return only && frames.length === 1 ? only.bytes : Buffer.concat(frames.map(({ bytes }) => bytes))
  }

  /**
   * Takes away what was written behind its length. Where that fails the segment is written no more: its reader stops at the torn
   * frame, and those that stand whole without the disk having said so give their places to the next ones.
   */
  #mend(segment: OpenSegment, file: number, index: number): void {
    try {
      this.#start.files.truncate(file, segment.length)
    } catch {
      this.#dirty.add(segment)
      this.#seal(index)
    }
  }

  /**
   * Begins a segment, whose head is synced before it is used. The one before ends here even where this throws: a head
   * left behind would otherwise take away the entries that came after it.
   * The caller MUST NOT roll a suspect journal before everything written to it stands under a synced checkpoint.
   */
  roll(first: number, history: History): OpenSegment {
    const { directory, files } = this.#start
    if (this.#suspect === undefined) this.#settle()
    const sequence = this.#sequence++
    const path = join(directory, segmentName(sequence))
    const head = this.#headAt(first, history)
    this.#chain.begin(new Frame(head), sequence)
    this.#seal(first)
    const file = files.create(path)
    try {
      if (files.write(file, head, 0) !== head.length) throw new Error('the disk takes no more')
      files.settle(file)
      files.settleDirectory(directory)
    } catch (error) {
      this.#sealed.push({ path, file, length: 0, end: first })
      throw error
    }
    this.#suspect = undefined
    this.#current = { path, file, length: head.length, end: Number.POSITIVE_INFINITY }
    return this.#current
  }

  #headAt(first: number, history: History): Buffer {
    const { log, life } = this.#start
    return makeHead({ log, first, root: history.rootAt(first).toString('hex'), life, open: [...history.open] })
  }

  /** A head counts what came before it: were that lost with the machine, and the head not, the journal would have a gap. */
  #settle(): void {
    const written = new Set([...this.#dirty, ...(this.#current ? [this.#current] : [])])
    try {
      for (const { file } of written) this.#start.files.settle(file ?? -1)
    } catch (error) {
      throw new Error(this.#doubt(error), { cause: error })
    }
    this.#dirty.clear()
  }

  /**
   * For a suspect journal: writes down once more what it may have lost, `frames` from the index `first` on. Resolves when
   * they are synced; the journal is suspect no longer then. Nothing MUST be written meanwhile. No half of it is ever seen.
   */
  async rewrite(first: number, history: History, frames: readonly Frame[]): Promise<void> {
    const { directory, files, key } = this.#start
    const sequence = this.#sequence++
    const name = segmentName(sequence)
    const end = first + frames.length
    const [path, written] = [join(directory, name), join(directory, '../tmp', `journal-${name}`)]
    this.#seal(end)
    const head = this.#headAt(first, history)
    const chain = makeChain(key)
    chain.begin(new Frame(head), sequence)
    for (const [at, frame] of frames.entries()) {
      chain.seal(frame, first + at)
      chain.follow(frame)
    }
    await files.writeSynced(written, Buffer.concat([head, ...frames.map(({ bytes }) => bytes)]))
    await files.rename(written, path)
    this.#sealed.push({ path, file: undefined, length: 0, end })
    await files.syncDirectory(directory)
    this.#dirty.clear()
    this.#suspect = undefined
  }

  #seal(end: number): void {
    if (!this.#current) return
    this.#current.end = end
    this.#sealed.push(this.#current)
    this.#current = undefined
  }

  /** Resolves when all that is written by now is on the disk. Calls during a sync share the next one. */
  synced(): Promise<void> {
    // First: behind a sync that is just over, the queued one has still to begin, and must not begin beside another.
    if (this.#queued) return this.#queued
    if (!this.#syncing) return this.#sync()
    this.#queued = this.#syncing.then(
      () => this.#next(),
      () => this.#next(),
    )
    return this.#queued
  }

  #next(): Promise<void> {
    this.#queued = undefined
    return this.#sync()
  }

  #sync(): Promise<void> {
    // Linux reports a failed write-back once and calls the pages clean: asking again would be told a lie.
    if (this.#suspect !== undefined) return Promise.reject(new Error(this.#suspect))
    this.#syncing = this.#syncDirty()
    return this.#syncing
  }

  async #syncDirty(): Promise<void> {
    const segments = [...this.#dirty]
    this.#dirty.clear()
    try {
      await Promise.all(segments.map(async ({ file }) => this.#start.files.sync(file ?? -1)))
    } catch (error) {
      this.#doubt(error)
      throw error
    } finally {
      this.#syncing = undefined
    }
  }

  #doubt(error: unknown): string {
    this.#suspect = `a sync of the journal failed: ${error instanceof Error ? error.message : String(error)}`
    return this.#suspect
  }

  /** Removes segments that a synced checkpoint of this size covers. What cannot be removed is tried again next time. */
  async forget(size: number): Promise<void> {
    // The last segment stays whatever covers it, until another has begun: it says what is open, and that there is a log.
    if (!this.#current) return
    while (this.#syncing) await this.#syncing.catch(() => undefined)
    const covered = this.#sealed.filter(({ end }) => end <= size)
    this.#sealed = this.#sealed.filter(({ end }) => end > size)
    for (const segment of covered) this.#dirty.delete(segment)
    for (const segment of covered) {
      try {
        await this.#start.files.remove(segment.path)
      } catch {
        this.#sealed.push(segment)
        continue
      }
      if (segment.file !== undefined) await this.#start.files.close(segment.file).catch(() => undefined)
    }
  }

  /** Closes the files and leaves them where they are: the last segment carries what is still open to the next writer. */
  async close(): Promise<void> {
    while (this.#syncing) await this.#syncing.catch(() => undefined)
    for (const segment of [...this.#sealed, ...(this.#current ? [this.#current] : [])]) {
      if (segment.file !== undefined) await this.#start.files.close(segment.file)
    }
    this.#sealed = []
    this.#current = undefined
  }
}
