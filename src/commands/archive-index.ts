// The search index as a chore. Where the file is damaged, or of another version, it is made anew: all that it says is in the logs.
import { rm } from 'node:fs/promises'
import type { Chore } from '#audit/follow/chore.ts'
import { openSearchIndex, type SearchIndex } from '#store/search-index.ts'
import { indexLogs, type LogIndexer } from './index-logs.ts'

interface Opened {
  readonly index: SearchIndex
  readonly indexer: LogIndexer
}

/** Entries of one turn, about: others want the processor, too. */
const MOST_BATCHES = 4

export function indexChore(audit: string, path: string): Chore {
  let opened: Opened | undefined
  let behind = 0
  const close = async (): Promise<void> => {
    const { index, indexer } = opened ?? {}
    opened = undefined
    await indexer?.close()
    index?.close()
  }
  return {
    name: 'index',
    async turn(signal) {
      try {
        opened ??= await open(audit, path)
        for (let batch = 0; batch < MOST_BATCHES && !signal.aborted; batch++) {
          if ((await opened.indexer.turn()) > 0) continue
          behind = await opened.indexer.behind()
          return 'done'
        }
        behind = await opened.indexer.behind()
        return 'more'
      } catch (error) {
        if (isDamaged(error)) {
          await close()
          await removeIndex(path)
        }
        throw error
      }
    },
    standing: () => ({ behind, dropped: 0 }),
    close,
  }
}

async function open(audit: string, path: string): Promise<Opened> {
  const index = openSearchIndex(path)
  try {
    return { index, indexer: await indexLogs(audit, index) }
  } catch (error) {
    index.close()
    throw error
  }
}

/** With what SQLite keeps beside it. */
export async function removeIndex(path: string): Promise<void> {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) await rm(name, { force: true })
}

/** What SQLite says of bytes that are no database of its own, or of one that was cut or written over; and a schema from elsewhere. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT') || /has schema \d+/.test(error.message)
}
