// `sallyport audit index`: how far the search index is; `--check` holds it against the logs, entry by entry; `--rebuild` makes it anew.
import { join } from 'node:path'
import { coveredSize, logNames } from '#audit/log-files.ts'
import { openSearchIndex, type SearchIndex } from '#store/search-index.ts'
import { indexQueries } from '#store/search-query.ts'
import { checkIndexed } from './audit-index-check.ts'
import { isDamaged, removeIndex } from './archive-index.ts'
import { indexPath } from './caught-up-index.ts'
import { indexLogs } from './index-logs.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { isOwn } from './reader-log.ts'
import { printJson } from './terminal.ts'

const TELL_EVERY_MS = 1_000

export async function auditIndex(args: readonly string[], io: Io): Promise<number> {
  const flag = { type: 'boolean' } as const
  const { values } = readOptions({ args: [...args], options: { rebuild: flag, check: flag, json: flag } })
  if (values.rebuild && values.check) throw new UsageError('--rebuild makes what --check looks at: one after the other')
  const { home } = io.settings
  // A file of ours beside somebody else's index would keep its owner from it.
  if (!(await isOwn(home).catch(() => false))) {
    io.err(plain(`sallyport: ${home} is no state directory of yours; its owner keeps the index`))
    return 1
  }
  const audit = join(home, 'audit')
  const index = await openedIndex(indexPath(home), values.rebuild === true)
  try {
    if (values.rebuild) index.clear()
    await catchUp(audit, index, io)
    const lines = await standings(audit, index)
    for (const line of lines)
      io.out(values.json ? printJson(line) : `${line.log}  ${line.indexed} of ${line.entries} entries`)
    const differences = values.check ? await check(audit, index, io) : 0
    return differences > 0 || lines.some(({ indexed, entries }) => indexed < entries) ? 1 : 0
  } finally {
    index.close()
  }
}

/** What cannot be opened at all is removed where it is to be made anew. */
async function openedIndex(path: string, anew: boolean): Promise<SearchIndex> {
  try {
    return openSearchIndex(path)
  } catch (error) {
    if (!anew || !isDamaged(error)) throw error
    await removeIndex(path)
    return openSearchIndex(path)
  }
}

async function catchUp(audit: string, index: SearchIndex, io: Io): Promise<void> {
  const indexer = await indexLogs(audit, index)
  const begun = performance.now()
  let told = begun
  let done = 0
  try {
    for (let count = await indexer.turn(); count > 0; count = await indexer.turn()) {
      done += count
      if (performance.now() - told < TELL_EVERY_MS) continue
      told = performance.now()
      io.err(`sallyport: ${done} entries indexed, ${await indexer.behind()} to go`)
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    if (told > begun) io.err(`sallyport: ${done} entries indexed in ${seconds} s`)
  } catch (error) {
    io.err(
      plain(`sallyport: ${error instanceof Error ? error.message : String(error)}. Run sallyport audit verify --all`),
    )
  } finally {
    await indexer.close()
  }
}

async function standings(audit: string, index: SearchIndex) {
  const positions = index.positions()
  const all = []
  for (const log of await logNames(audit)) {
    const indexed = positions.get(log)?.next ?? 0
    all.push({ log, indexed, entries: Math.max(indexed, await coveredSize(join(audit, log))) })
  }
  return all
}

/** Resolves to how many entries differ. */
async function check(audit: string, index: SearchIndex, io: Io): Promise<number> {
  const queries = indexQueries(index.database)
  try {
    let differences = 0
    for (const [log, { next }] of index.positions())
      differences += await checkIndexed(join(audit, log), { log, next }, queries, io)
    if (differences === 0) io.out('the index agrees with the logs')
    return differences
  } finally {
    queries.close()
  }
}
