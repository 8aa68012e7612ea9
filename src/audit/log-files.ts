// Reads a log that may be written to meanwhile, without a lock and without checking anything: for showing entries.
// `verify/` is what says whether they are true.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readSegment, segmentSequence } from './segment.ts'
import { cutBundle, TILE_WIDTH, tilePath } from './tiles.ts'
import { MOST, readRegularFile, UnreadableFile } from './verify/regular-file.ts'

/** Sorted. Log directories that are symbolic links are not followed, here as in a verification. */
export async function logNames(auditDirectory: string): Promise<readonly string[]> {
  const entries = await readdir(auditDirectory, { withFileTypes: true }).catch(() => [])
  const directories = entries.filter((entry) => entry.isDirectory())
  return directories.map(({ name }) => name).sort()
}

/** Entries that the checkpoint covers; 0 where there is none yet. */
export async function coveredSize(directory: string): Promise<number> {
  const text = (await readOrSkip(join(directory, 'checkpoint'), MOST.note))?.toString() ?? ''
  const size = text.split('\n', 2)[1] ?? '0'
  return /^[0-9]{1,15}$/.test(size) ? Number(size) : 0
}

/** Whether a directory can be that of a log with anything in it. */
export async function hasEntries(directory: string): Promise<boolean> {
  if ((await coveredSize(directory)) > 0) return true
  return (await readdir(join(directory, 'journal')).catch(() => [])).some((name) => segmentSequence(name) !== undefined)
}

/** The entries of one bundle, as many as a log of this size has in it; none where they cannot be read. */
export async function bundleEntries(directory: string, index: number, size: number): Promise<readonly Buffer[]> {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
  if (width <= 0) return []
  const exact = await readOrSkip(join(directory, tilePath({ level: 'entries', index, width })), MOST.bundle)
  // The partial bundle goes once the full one is there.
  const bytes =
    exact ?? (await readOrSkip(join(directory, tilePath({ level: 'entries', index, width: TILE_WIDTH })), MOST.bundle))
  const entries = bytes && cutBundle(bytes)
  return entries?.slice(0, width).map((entry) => entry.subarray(2)) ?? []
}

export interface Tail {
  /** The index of the first of them. */
  readonly first: number
  readonly entries: readonly Buffer[]
}

/**
 * What the journal holds, up to where entries are missing in it; undefined where it holds nothing that can be read. Nothing of
 * it is signed, and who wrote it cannot be told without the key: what a checkpoint covers MUST be taken from the tiles.
 */
export async function journalTail(directory: string): Promise<Tail | undefined> {
  const journal = join(directory, 'journal')
  const names = await readdir(journal).catch(() => [])
  let first: number | undefined
  let entries: Buffer[] = []
  for (const name of names.filter((candidate) => segmentSequence(candidate) !== undefined).sort()) {
    const segment = await readSegmentIfThere(join(journal, name))
    if (!segment) continue
    const next = (first ?? 0) + entries.length
    if (first === undefined || segment.first < first || segment.first > next) {
      // What is signed may be missing: it is removed. Anything else that is missing is not waited for.
      if (first !== undefined && segment.first > next && segment.first > (await coveredSize(directory))) break
      first = segment.first
      entries = []
    }
    // Where it begins earlier, the writer gave those indices away again.
    entries.length = segment.first - first
    for (const frame of segment.entries) entries.push(frame.entry)
  }
  return first === undefined ? undefined : { first, entries }
}

async function readSegmentIfThere(path: string) {
  const bytes = await readOrSkip(path, MOST.segment)
  try {
    return bytes && readSegment(bytes)
  } catch {
    return undefined
  }
}

/** What is no regular file, or larger than one can be, is as good as not there: `verify/` says that it is. */
async function readOrSkip(path: string, most: number): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, most)
  } catch (error) {
    if (error instanceof UnreadableFile) return undefined
    throw error
  }
}
