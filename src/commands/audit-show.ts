// `sallyport audit show`: entries of one log, or of all, that match. The reading is recorded before anything is shown.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { generationName, generationOf } from '#audit/generation.ts'
import { logNames } from '#audit/log-files.ts'
import { ulidTime } from '#lib/ulid.ts'
import { caughtUpIndex } from './caught-up-index.ts'
import { entryLines } from './entry-line.ts'
import type { Io } from './io.ts'
import { noLog } from './no-log.ts'
import { plain } from './print-problems.ts'
import { recordRead } from './reader-log.ts'
import { type Found, searchLogs } from './search-logs.ts'
import { type ShowOptions, showOptions } from './show-options.ts'
import { printJson } from './terminal.ts'

/** With more asked for, entries are shown as they are found, and not kept. */
const MOST_KEPT = 10_000

export async function auditShow(args: readonly string[], io: Io): Promise<number> {
  const options = showOptions(args, Date.now())
  const audit = join(io.settings.home, 'audit')
  const names = await logNames(audit)
  if (options.log !== undefined) tellGenerations(options.log, names, io)
  if (options.log !== undefined && !names.includes(options.log)) return noLog(options.log, names, io)
  if (!existsSync(audit)) return noLog(undefined, names, io)
  const logs = options.log === undefined ? names : [options.log]
  // In the order of one log, from a place in it or from its beginning, there is nothing to look up.
  const isPlain = options.log !== undefined && options.order === 'oldest' && isUnfiltered(options)
  const index = isPlain || options.noIndex ? undefined : await caughtUpIndex(io)
  const different: string[] = []
  try {
    const found = searchLogs(audit, {
      ...options,
      logs,
      ...(index && { index }),
      differs: (log, at) => void different.push(`${log} entry ${at}`),
    })
    const shown = await show(found, options, { io, width: Math.max(0, ...logs.map((log) => log.length)) })
    if (different.length > 0) io.err(plain(differing(different)))
    if (shown === 0)
      io.err(`sallyport: ${options.log === undefined ? 'no log holds such an' : `${options.log} holds no such`} entry`)
    return shown === 0 || different.length > 0 || index?.damaged === true ? 1 : 0
  } finally {
    index?.close()
  }
}

/** The name of a family is that of its first generation alone: whoever means all of them is told. */
function tellGenerations(log: string, names: readonly string[], io: Io): void {
  const all = names
    .map(generationOf)
    .filter(({ family }) => family === log)
    .sort((left, right) => left.number - right.number)
    .map(generationName)
  if (all.length === 0 || (all.length === 1 && all[0] === log)) return
  if (all[0] !== log) return io.err(plain(`sallyport: ${log} went on in ${all.join(', ')}`))
  io.err(
    plain(
      `sallyport: ${log} is the first of the generations ${all.join(', ')}; without a name all logs are looked through`,
    ),
  )
}

interface Page {
  readonly io: Io
  /** Of the longest name of a log. */
  readonly width: number
}

/** Resolves to how many were shown. */
async function show(found: AsyncGenerator<Found>, options: ShowOptions, { io, width }: Page): Promise<number> {
  const { most } = options
  const columns = io.terminal ? process.stdout.columns : undefined
  const print = ({ log, entry }: Found): void => {
    const isOne = options.log !== undefined
    if (options.json) return io.out(printJson(isOne ? entry : { log, ...entry }))
    const lines = entryLines(entry, { ...(isOne ? {} : { log: log.padEnd(width) }), ...(columns && { columns }) })
    for (const line of lines) io.out(line)
  }
  if (most > MOST_KEPT) {
    await record(options, undefined, io)
    let shown = 0
    for await (const each of found) {
      if (shown === most) return more(shown, io)
      print(each)
      shown += 1
    }
    return shown
  }
  // Found first: or the newest thing in the logs would always be this very reading.
  const kept: Found[] = []
  let isMore = false
  for await (const each of found) {
    isMore = kept.length === most
    if (isMore) break
    kept.push(each)
  }
  await record(options, kept.length, io)
  for (const each of kept) print(each)
  return isMore ? more(kept.length, io) : kept.length
}

function record(options: ShowOptions, entries: number | undefined, io: Io): Promise<void> {
  const { log = '*', selection, search } = options
  const exchange =
    search.exchange !== undefined && ulidTime(search.exchange) !== undefined ? search.exchange : undefined
  return recordRead(io, {
    what: 'show',
    subject: log,
    selection,
    ...(exchange === undefined ? {} : { exchange }),
    ...(entries === undefined ? {} : { entries }),
  })
}

function more(shown: number, io: Io): number {
  io.err(`sallyport: there is more than these ${shown}; --most N shows more, --since and --until another time`)
  return shown
}

const isUnfiltered = ({ search: { terms, exchange, since, until } }: ShowOptions): boolean =>
  terms.length === 0 && exchange === undefined && since === undefined && until === undefined

function differing(places: readonly string[]): string {
  const named = places.slice(0, 3).join(', ') + (places.length > 3 ? `, and ${places.length - 3} more` : '')
  return (
    `sallyport: what the log holds is not what was indexed: ${named}. ` +
    'Run sallyport audit verify --all; if it finds nothing, sallyport audit index --rebuild'
  )
}
