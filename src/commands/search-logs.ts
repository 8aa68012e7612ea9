// Finds entries in one log or in all, newest or oldest first: with the index as far as it goes, and by reading the log from there on, so
// that nothing is missed that stands in a log. The index only says where; what is shown is the log's, and held against the index.
import { join } from 'node:path'
import { entryReader, type EntryReader } from '#audit/follow/entry-at.ts'
import { matches, type Search, timeOf } from '#audit/follow/search-terms.ts'
import { parseEntry, type ReadEntry, readEntries } from '#audit/read.ts'
import { leafHash } from '#audit/tree.ts'
import type { IndexPosition } from '#store/search-index.ts'
import type { IndexQueries } from '#store/search-query.ts'

export interface LogSearch {
  readonly logs: readonly string[]
  readonly search: Search
  readonly order: 'newest' | 'oldest'
  /** The first index, of each log. */
  readonly from?: number
  /** Undefined: the logs are read whole. */
  readonly index?: {
    readonly queries: IndexQueries
    readonly positions: ReadonlyMap<string, Pick<IndexPosition, 'next'>>
  }
  /** Told of each entry that is not, in the log, what the index says. */
  readonly differs: (log: string, index: number) => void
}

export interface Found {
  readonly log: string
  readonly entry: ReadEntry
}

/** Something that should be found, and when it was; the entry is read when it is its turn. */
interface Sight {
  readonly time: number
  readonly entry: () => Promise<ReadEntry | undefined>
}

/** In order of time between logs, and in a log's own order within it. */
export async function* searchLogs(audit: string, wanted: LogSearch): AsyncGenerator<Found> {
  const heads: { log: string; sights: AsyncGenerator<Sight>; head: Sight }[] = []
  for (const log of wanted.logs) {
    const sights = sightsIn(audit, log, wanted)
    const { value, done } = await sights.next()
    if (done !== true) heads.push({ log, sights, head: value })
  }
  const isBefore = (one: Sight, other: Sight): boolean =>
    wanted.order === 'newest' ? one.time > other.time : one.time < other.time
  for (let first = heads[0]; first; first = heads[0]) {
    for (const other of heads) if (isBefore(other.head, first.head)) first = other
    const entry = await first.head.entry()
    if (entry) yield { log: first.log, entry }
    const { value, done } = await first.sights.next()
    if (done === true) heads.splice(heads.indexOf(first), 1)
    else first.head = value
  }
}

async function* sightsIn(audit: string, log: string, wanted: LogSearch): AsyncGenerator<Sight> {
  const directory = join(audit, log)
  const { order, from = 0, index } = wanted
  const indexedTo = index?.positions.get(log)?.next ?? 0
  const reader = entryReader(directory)
  if (order === 'newest') {
    for await (const { index: at, bytes } of reader.back(Math.max(from, indexedTo))) yield* sightOf(bytes, at, wanted)
  }
  yield* indexedSights(log, reader, wanted, indexedTo)
  if (order === 'newest') return
  const begin = { from: Math.max(from, indexedTo), ...(wanted.search.exchange && { exchange: wanted.search.exchange }) }
  for await (const entry of readEntries(directory, begin)) {
    if (matches(entry, wanted.search)) yield { time: timeOf(entry), entry: async () => entry }
  }
}

function* sightOf(bytes: Buffer, at: number, { search }: LogSearch): Generator<Sight> {
  // A search in bytes costs a hundredth of reading JSON that is not wanted.
  if (search.exchange !== undefined && !bytes.includes(search.exchange)) return
  const entry = parseEntry(bytes, at)
  if (entry && matches(entry, search)) yield { time: timeOf(entry), entry: async () => entry }
}

function* indexedSights(
  log: string,
  reader: EntryReader,
  { search, order, from = 0, index, differs }: LogSearch,
  to: number,
): Generator<Sight> {
  const { terms, ...rest } = search
  for (const { index: at, time, hash } of index?.queries.candidates({ log, words: terms, ...rest, from, to, order }) ??
    []) {
    const entry = async (): Promise<ReadEntry | undefined> => {
      const bytes = await reader.at(at)
      if (!bytes || !leafHash(bytes).subarray(0, hash.length).equals(hash)) differs(log, at)
      const read = bytes && parseEntry(bytes, at)
      return read && matches(read, search) ? read : undefined
    }
    yield { time, entry }
  }
}
