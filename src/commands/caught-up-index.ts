// The search index for one answer: brought up to the logs as far as that is quick, and then held still. Undefined where there is none to
// be had; why is said in one line, and whoever asked reads the logs instead.
import { join } from 'node:path'
import { UnreadableLog } from '#audit/follow/follow-logs.ts'
import { openSearchIndex, type SearchIndex } from '#store/search-index.ts'
import { type IndexQueries, indexQueries } from '#store/search-query.ts'
import { indexLogs } from './index-logs.ts'
import type { Io } from './io.ts'
import { plain } from './print-problems.ts'
import { isOwn } from './reader-log.ts'

/** Entries that are indexed before an answer; about a second's. */
const CATCH_UP = 100_000

export interface CaughtUpIndex {
  readonly queries: IndexQueries
  readonly positions: ReturnType<SearchIndex['positions']>
  /** A log could not be read; it has been said. */
  readonly damaged: boolean
  close(): void
}

export const indexPath = (home: string): string => join(home, 'index.db')

export async function caughtUpIndex(
  io: Pick<Io, 'err' | 'settings'>,
  most: number = CATCH_UP,
): Promise<CaughtUpIndex | undefined> {
  const { home } = io.settings
  const without = (why: string): undefined => {
    io.err(plain(`sallyport: the logs are read without the search index, which takes longer: ${why}`))
    return undefined
  }
  let index: SearchIndex | undefined
  try {
    // A file of ours beside somebody else's index would keep its owner from it.
    if (!(await isOwn(home))) return without(`${home} belongs to somebody else`)
    index = openSearchIndex(indexPath(home))
    const damaged = await catchUp(join(home, 'audit'), index, most, io)
    const { database } = index
    // From here on nothing that others add or throw away is seen: positions and rows belong together.
    database.run('BEGIN')
    const positions = index.positions()
    const queries = indexQueries(database)
    const opened = index
    return {
      queries,
      positions,
      damaged,
      close() {
        queries.close()
        database.run('ROLLBACK')
        opened.close()
      },
    }
  } catch (error) {
    index?.close()
    const why = error instanceof Error ? error.message : String(error)
    return without(`${why}. If that stays so: sallyport audit index --rebuild`)
  }
}

/** Resolves to whether a log could not be read. What can be read of it is, later; `verify` says what is wrong with it. */
async function catchUp(audit: string, index: SearchIndex, most: number, io: Pick<Io, 'err'>): Promise<boolean> {
  const indexer = await indexLogs(audit, index)
  try {
    for (let left = most, count = 1; left > 0 && count > 0; left -= count) count = await indexer.turn()
    const behind = await indexer.behind()
    if (behind > 0)
      io.err(
        `sallyport: the search index is ${behind} entries behind; these are read from the logs. sallyport audit index catches it up`,
      )
    return false
  } catch (error) {
    if (!(error instanceof UnreadableLog)) throw error
    io.err(plain(`sallyport: ${error.message}. Run sallyport audit verify --all`))
    return true
  } finally {
    await indexer.close()
  }
}
