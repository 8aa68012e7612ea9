// Brings the search index up to the logs. Several processes may do so at once: whoever is too late goes on from where the other one is.
// A log that is not the one that was indexed any more (restored, begun anew, an end lost with the machine) is indexed again from where
// they part.
import { join } from 'node:path'
import { entryReader } from '#audit/follow/entry-at.ts'
import { type FollowedEntry } from '#audit/follow/follow-log.ts'
import { followLogs } from '#audit/follow/follow-logs.ts'
import { termsOf, timeOf } from '#audit/follow/search-terms.ts'
import { logNames } from '#audit/log-files.ts'
import { parseEntry } from '#audit/read.ts'
import { leafHash } from '#audit/tree.ts'
import { type IndexedEntry, PositionMoved, type SearchIndex } from '#store/search-index.ts'
import { indexQueries } from '#store/search-query.ts'

/** What can stand in a journal, and so be lost with the machine. */
const LOST_AT_MOST = 65_536

export interface LogIndexer {
  /** Indexes the next entries, some thousands at most; resolves to how many these were, 0 where there are none now. */
  turn(): Promise<number>
  /** Entries under the checkpoints that are not indexed. */
  behind(): Promise<number>
  /** Closes what it reads; the index stays open. */
  close(): Promise<void>
}

export async function indexLogs(audit: string, index: SearchIndex): Promise<LogIndexer> {
  dropAllBut(new Set(await logNames(audit)), index)
  await rewindWhatDiffers(audit, index)
  const next = (log: string): number => index.positions().get(log)?.next ?? 0
  const positions = new Map([...index.positions()].map(([log, position]) => [log, position.next]))
  const follower = followLogs(audit, { positions })
  return {
    async turn() {
      const batch = await follower.read()
      if (!batch) {
        dropAllBut(follower.positions(), index)
        return 0
      }
      const { log, entries } = batch
      try {
        const first = entries[0]?.index ?? 0
        // An index that the writer gave away again: what has it now counts.
        if (first < next(log)) follower.moveTo(log, index.rewind(log, first))
        else index.add(log, entries.map(indexed))
      } catch (error) {
        follower.moveTo(log, next(log))
        if (!(error instanceof PositionMoved)) throw error
      }
      return entries.length
    },
    behind: () => follower.behind(),
    close: () => follower.close(),
  }
}

function indexed({ index, bytes, hash }: FollowedEntry): IndexedEntry {
  const entry = parseEntry(bytes, index)
  // What is no entry has no words, and is `verify`'s to name.
  if (!entry) return { index, time: 0, hash, words: [] }
  const { exchange } = entry
  return {
    index,
    time: timeOf(entry),
    hash,
    words: termsOf(entry),
    ...(typeof exchange === 'string' ? { exchange } : {}),
  }
}

/** A log that was removed must not be remembered by the index. */
function dropAllBut(there: { has(log: string): boolean }, index: SearchIndex): void {
  for (const log of index.positions().keys()) if (!there.has(log)) index.drop(log)
}

async function rewindWhatDiffers(audit: string, index: SearchIndex): Promise<void> {
  const queries = indexQueries(index.database)
  try {
    for (const [log, { next }] of index.positions()) {
      const reader = entryReader(join(audit, log))
      let end = next
      for (; end > 0; end = index.rewind(log, end - LOST_AT_MOST)) {
        const bytes = await reader.at(end - 1)
        const mark = queries.mark(log, end - 1)
        if (bytes && mark && leafHash(bytes).subarray(0, mark.hash.length).equals(mark.hash)) break
      }
    }
  } finally {
    queries.close()
  }
}
