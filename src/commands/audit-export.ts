// `sallyport audit export`: the logs as JSON lines, OCSF events or CSV, for whoever keeps or searches them elsewhere. Any number of
// entries pass through in constant memory, at the pace of whoever reads. That it was done is recorded before the first of them.
import { join, resolve } from 'node:path'
import { csvHeader, csvRow } from '#audit/export/csv.ts'
import { type Logged, loggedEntry } from '#audit/export/logged.ts'
import { ocsfEvent } from '#audit/export/ocsf.ts'
import { openExchanges } from '#audit/export/open-exchanges.ts'
import { followLog } from '#audit/follow/follow-log.ts'
import { logNames } from '#audit/log-files.ts'
import { type Chosen, exportSelection, SELECTION_OPTIONS } from './audit-export-selection.ts'
import { type ExportTarget, fileTarget, streamTarget } from './audit-export-target.ts'
import { type Io, UsageError } from './io.ts'
import { noLog } from './no-log.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { recordRead } from './reader-log.ts'
import { releaseOf } from './release.ts'
import type { LineWriter } from './stream-lines.ts'

const BATCH = 1_024
const LINE_END = Buffer.from('\n')

export async function auditExport(
  args: readonly string[],
  io: Io,
  stdout: LineWriter = process.stdout,
): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: { ...SELECTION_OPTIONS, format: { type: 'string' }, out: { type: 'string' } },
    allowPositionals: true,
  })
  const { format = 'jsonl', out, ...selected } = values
  const [log] = positionals
  if (format !== 'jsonl' && format !== 'ocsf' && format !== 'csv')
    throw new UsageError('--format takes jsonl, ocsf or csv')
  if (positionals.length > 1) throw new UsageError('audit export takes the name of one log, or none for all of them')
  const chosen = exportSelection(selected, Date.now())
  const audit = join(io.settings.home, 'audit')
  const logs = await logNames(audit)
  if (log !== undefined && !logs.includes(log)) return noLog(log, logs, io)
  const asked = { format, ...(out !== undefined && { out }), ...chosen.asked }
  await recordRead(io, { what: 'export', subject: log ?? '*', selection: asked })
  const target =
    out === undefined ? streamTarget(io.terminal ? harmless(stdout) : stdout) : await fileTarget(resolve(io.cwd, out))
  try {
    const print = printerOf(format, () => releaseOf(io.settings.root))
    // Looked for again: the reader's own log may be new.
    const wanted = log === undefined ? await logNames(audit) : [log]
    const failed = await writeAll(wanted, { audit, chosen, print, target })
    await target.end()
    for (const line of failed) io.err(plain(`sallyport: ${line}; what stands before it is exported`))
    return failed.length > 0 ? 1 : 0
  } finally {
    await target.close()
  }
}

/** Line ends stay: of lines, and of rows. Entries that were forged, and cells, may hold the controls that JSON would escape. */
const STEERING = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\u2028\u2029\p{Cf}\p{Co}\p{Cn}]/gu

/** Before a terminal: what steers one is escaped as JSON does it. Into files and pipes go the bytes as they stand. */
function harmless(stdout: LineWriter): LineWriter {
  const escaped = (character: string): string =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join('')
  return {
    write: (bytes) => stdout.write(bytes.toString().replaceAll(STEERING, escaped)),
    on: (event, told) => stdout.on(event, told),
    off: (event, told) => stdout.off(event, told),
  }
}

interface Printer {
  readonly head: string | undefined
  /** Every entry, chosen or not, is shown to it: some are told with what stands before them. */
  see(logged: Logged): void
  print(logged: Logged): Buffer
}

function printerOf(format: 'jsonl' | 'ocsf' | 'csv', releaseNow: () => string): Printer {
  switch (format) {
    case 'jsonl':
      return { head: undefined, see: () => undefined, print: ({ bytes }) => Buffer.concat([bytes, LINE_END]) }
    case 'csv':
      return { head: csvHeader(), see: () => undefined, print: (logged) => Buffer.from(csvRow(logged)) }
    case 'ocsf': {
      const exchanges = openExchanges()
      const release = releaseNow()
      let decision: ReturnType<typeof exchanges.follow>
      return {
        head: undefined,
        see: (logged) => {
          decision = exchanges.follow(logged)
        },
        print: (logged) => Buffer.from(`${JSON.stringify(ocsfEvent(logged, release, decision))}\n`),
      }
    }
  }
}

interface Export {
  readonly audit: string
  readonly chosen: Chosen
  readonly print: Printer
  readonly target: ExportTarget
}

/** Log after log. Resolves to what could not be read. */
async function writeAll(logs: readonly string[], { audit, chosen, print, target }: Export): Promise<readonly string[]> {
  const failed: string[] = []
  if (print.head !== undefined) await target.write(Buffer.from(print.head))
  for (const log of logs) {
    const follower = followLog(join(audit, log))
    try {
      for (;;) {
        const entries = await follower.read(BATCH)
        if (entries.length === 0 || target.closed()) break
        const chosenOnes: Buffer[] = []
        for (const { index, bytes } of entries) {
          const logged = loggedEntry(log, index, bytes)
          print.see(logged)
          if (chosen.holds(logged)) chosenOnes.push(print.print(logged))
        }
        if (chosenOnes.length > 0) await target.write(Buffer.concat(chosenOnes))
      }
    } catch (error) {
      if (target.failed()) throw error
      failed.push(`${log}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await follower.close()
    }
  }
  return failed
}
