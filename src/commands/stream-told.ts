// Whether the logs still are those that a stream told of. One that was rolled back, made anew, or put in another's place holds entries
// that nobody was told of at indices that are behind the stream; it is said, and told from its beginning: twice is better than never.
import { bundleEntries } from '#audit/log-files.ts'
import { TILE_WIDTH } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import type { Told } from './stream-position.ts'

/** A log, and how many entries its checkpoint has, for which somebody MUST have vouched. */
interface Vouched {
  readonly directory: string
  readonly size: number
}

/** The position after so many entries; no more than the log has. */
export async function toldOf(log: Vouched, next: number): Promise<Told> {
  const last = next === 0 ? undefined : await hashAt(log, next - 1)
  return { next, last }
}

/** What is wrong; undefined where the log goes on from what was told. What cannot be read is for whoever reads on to say. */
export async function whyAnotherLog(log: Vouched, { next, last }: Told): Promise<string | undefined> {
  const { size } = log
  if (next > size) return `it has ${size} entries, and ${next} were told`
  const found = next === 0 || last === undefined ? undefined : await hashAt(log, next - 1)
  return found === undefined || found === last ? undefined : `its entry ${next - 1} is not the one that was told`
}

/** Hex; undefined where it cannot be read. */
async function hashAt({ directory, size }: Vouched, index: number): Promise<string | undefined> {
  const bundle = await bundleEntries(directory, Math.floor(index / TILE_WIDTH), size)
  const bytes = bundle[index % TILE_WIDTH]
  return bytes && leafHash(bytes).toString('hex')
}
