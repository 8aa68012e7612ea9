// Single entries of one log by their index, and entries from its end back: for answers that begin with the newest.
import { bundleEntries, coveredSize, journalTail } from '#audit/log-files.ts'
import { TILE_WIDTH } from '#audit/tiles.ts'

export interface EntryPlace {
  readonly index: number
  /** Canonical JSON. */
  readonly bytes: Buffer
}

export interface EntryReader {
  /** Undefined where it cannot be read, or is not there yet. */
  at(index: number): Promise<Buffer | undefined>
  /** From the last entry of the log, as it is when this begins, down to `least`. */
  back(least: number): AsyncGenerator<EntryPlace>
}

/** `directory` is the log's own. It looks at the end of the log once, and then at nothing that is recorded later. */
export function entryReader(directory: string): EntryReader {
  let end: Promise<{ size: number; first: number; tail: readonly Buffer[] }> | undefined
  let held: { bundle: number; entries: readonly Buffer[] } | undefined

  const look = async () => {
    // The journal first: what moves from it into the tiles meanwhile is then in both.
    const tail = await journalTail(directory)
    const size = await coveredSize(directory)
    return { size, first: tail?.first ?? size, tail: tail?.entries ?? [] }
  }

  const inBundle = async (bundle: number, size: number): Promise<readonly Buffer[]> => {
    if (held?.bundle !== bundle) held = { bundle, entries: await bundleEntries(directory, bundle, size) }
    return held.entries
  }

  const at = async (index: number): Promise<Buffer | undefined> => {
    end ??= look()
    const { size, first, tail } = await end
    if (index < size) return (await inBundle(Math.floor(index / TILE_WIDTH), size))[index % TILE_WIDTH]
    return index < first ? undefined : tail[index - first]
  }

  return {
    at,
    async *back(least) {
      end ??= look()
      const { size, first, tail } = await end
      for (let index = Math.max(size, first + tail.length) - 1; index >= least; index--) {
        const bytes = await at(index)
        if (bytes) yield { index, bytes }
      }
    },
  }
}
