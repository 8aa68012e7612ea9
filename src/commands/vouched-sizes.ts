// How long the logs are, as far as a key from `keys/` vouches for it. A size that anybody could write would have others' entries passed
// over to make room for entries that there never were.
import { join } from 'node:path'
import { publicHalves } from '#audit/key.ts'
import { logNames } from '#audit/log-files.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { readCheckpoint, readVerifierKey } from '#audit/verify/signed-note.ts'

export interface VouchedSizes {
  /** Entries under the checkpoint of each log; 0 where there is none yet. */
  readonly sizes: ReadonlyMap<string, number>
  /** Logs whose checkpoint no key vouches for. */
  readonly unvouched: readonly string[]
}

/** Keys are read again only where a log is there without one. */
export function vouchedSizes(audit: string, keys: string): () => Promise<VouchedSizes> {
  let known: ReadonlyMap<string, string> = new Map()
  const sizeOf = async (log: string): Promise<number | undefined> => {
    const bytes = await readRegularFile(join(audit, log, 'checkpoint'), MOST.note).catch(() => Buffer.alloc(0))
    if (!bytes) return 0
    const key = readVerifierKey(known.get(log) ?? '')
    const read = key && readCheckpoint(bytes, key)
    return typeof read === 'object' && read.signature === 'holds' ? read.size : undefined
  }
  return async () => {
    const names = await logNames(audit)
    if (names.some((log) => !known.has(log))) known = await publicHalves(keys)
    const sizes = new Map<string, number>()
    const unvouched: string[] = []
    for (const log of names) {
      const size = await sizeOf(log)
      if (size === undefined) unvouched.push(log)
      else sizes.set(log, size)
    }
    return { sizes, unvouched }
  }
}
