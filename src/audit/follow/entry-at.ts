// Single entries of one log by their index, and entries from its end back: for answers that begin with the newest.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { coveredSize, journalTail } from '#audit/log-files.ts'
import { TILE_WIDTH, tilePath } from '#audit/tiles.ts'
import { MOST } from '#audit/verify/regular-file.ts'

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
  let held: { bundle: number; bytes: Buffer } | undefined

  const look = async () => {
    // The journal first: what moves from it into the tiles meanwhile is then in both.
    const tail = await journalTail(directory)
    const size = await coveredSize(directory)
    return { size, first: tail?.first ?? size, tail: tail?.entries ?? [] }
  }

  const inBundle = (index: number, size: number): Buffer | undefined => {
    const bundle = Math.floor(index / TILE_WIDTH)
    if (held?.bundle !== bundle) held = { bundle, bytes: bundleNow(directory, bundle, size) }
    return nth(held.bytes, index % TILE_WIDTH)
  }

  const at = async (index: number): Promise<Buffer | undefined> => {
    end ??= look()
    const { size, first, tail } = await end
    if (index < size) return inBundle(index, size)
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

/**
 * The bytes of one bundle, read in one go: an answer reads a hundred of them, one after the other, and on a busy machine most of the time
 * of an asynchronous read is waiting for its turn. Empty where they cannot be read.
 */
function bundleNow(directory: string, index: number, size: number): Buffer {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
  // The partial bundle goes once the full one is there.
  for (const each of new Set([width, TILE_WIDTH])) {
    const bytes = regularFile(join(directory, tilePath({ level: 'entries', index, width: each })), MOST.bundle)
    if (bytes) return bytes
  }
  return Buffer.alloc(0)
}

/** Each entry has its uint16 length before it. */
function nth(bytes: Buffer, count: number): Buffer | undefined {
  let at = 0
  for (let passed = 0; at + 2 <= bytes.length; passed++) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) return undefined
    if (passed === count) return bytes.subarray(at + 2, end)
    at = end
  }
  return undefined
}

/** Only a regular file, and never waiting for a pipe. */
function regularFile(path: string, most: number): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile() || found.size > most) return undefined
    const bytes = Buffer.allocUnsafe(found.size)
    let done = 0
    for (let taken = 1; done < bytes.length && taken > 0; done += taken)
      taken = readSync(file, bytes, done, bytes.length - done, done)
    return bytes.subarray(0, done)
  } catch {
    return undefined
  } finally {
    closeSync(file)
  }
}
