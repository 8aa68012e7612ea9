// Entries of one growing log from a position on, each once and in order: from the tiles what they hold, then from the journal what was
// just recorded. Nothing here can hold up the writer, and nothing is believed to be true: `verify/` says that.
import { basename } from 'node:path'
import { bundleEntries, coveredSize } from '#audit/log-files.ts'
import { parseEntry } from '#audit/read.ts'
import { TILE_WIDTH } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import { journalCursor } from './journal-cursor.ts'

export interface FollowedEntry {
  readonly index: number
  /** Canonical JSON. */
  readonly bytes: Buffer
  /** RFC 6962 leaf hash. */
  readonly hash: Buffer
}

export interface LogFollower {
  /** The index of the next entry that is not given yet. */
  readonly next: number
  /** The log was sealed, which its checkpoint covers, and all of it was given. What was taken for a seal may be none: ask now and then. */
  readonly ended: boolean
  /**
   * The next entries, at most so many; none where there are no more now. An index is given twice only where its first entry could not
   * be recorded after all: the later one counts. Rejects where entries that were recorded cannot be read.
   */
  read(most: number): Promise<readonly FollowedEntry[]>
  /** Entries under the checkpoint that were not given yet. What the journal alone holds is not counted. */
  behind(): Promise<number>
  /** Goes on from there, forward or back. */
  moveTo(index: number): void
  close(): Promise<void>
}

const MOST_SEAL = 4096

/** `directory` is the log's own; a log that is not there has no entries. */
export function followLog(directory: string, from = 0): LogFollower {
  const journal = journalCursor(directory)
  let next = from
  let covered: number | undefined
  let ended = false
  /** The entry given last is a seal of this very log. Logs record those of others, too. */
  let sealed = false
  /** Read from the journal and not given yet. */
  let held: readonly FollowedEntry[] = []

  const take = (entries: readonly FollowedEntry[], most: number): readonly FollowedEntry[] => {
    const taken = entries.slice(0, most)
    held = entries.slice(taken.length)
    const last = taken.at(-1)
    if (!last) return taken
    next = last.index + 1
    ended = false
    sealed = isSeal(last, basename(directory))
    return taken
  }

  const fromTiles = async (size: number, most: number): Promise<readonly FollowedEntry[]> => {
    const entries: FollowedEntry[] = []
    let at = next
    while (at < size && entries.length < most) {
      const bundle = await bundleEntries(directory, Math.floor(at / TILE_WIDTH), size)
      const rest = bundle.slice(at % TILE_WIDTH)
      if (rest.length === 0) throw new Error(`entry ${at} is covered by the checkpoint and cannot be read`)
      for (const bytes of rest.slice(0, most - entries.length)) {
        entries.push({ index: at, bytes, hash: leafHash(bytes) })
        at += 1
      }
    }
    return take(entries, most)
  }

  return {
    get next() {
      return next
    },
    get ended() {
      return ended
    },
    async read(most) {
      if (held.length > 0) return take(held, most)
      covered ??= await coveredSize(directory)
      if (next < covered) return fromTiles(covered, most)
      const part = await journal.read(next)
      if (part !== 'moved' && (part.frames.length > 0 || !sealed)) {
        return take(
          part.frames.map(({ entry, hash }, at) => ({ index: part.first + at, bytes: entry, hash })),
          most,
        )
      }
      covered = await coveredSize(directory)
      if (next < covered) return fromTiles(covered, most)
      ended = sealed && next === covered
      return []
    },
    async behind() {
      return Math.max(0, (await coveredSize(directory)) - next)
    },
    moveTo(index) {
      next = index
      held = []
      covered = undefined
      ended = false
      sealed = false
    },
    close: () => journal.close(),
  }
}

/** The last entry of a log that is written no more. */
function isSeal({ index, bytes }: FollowedEntry, log: string): boolean {
  if (bytes.length > MOST_SEAL || !bytes.includes('log-seal')) return false
  const entry = parseEntry(bytes, index)
  return entry?.kind === 'change' && entry['what'] === 'log-seal' && entry['subject'] === log
}
