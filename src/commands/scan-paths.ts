// An inspector over files and standard input: what is read, and what the exit code says of it.
import { resolve } from 'node:path'
import type { Inspector } from '#access/inspector.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { filesOf, readText, reasonOf, type Skip, textDecoder } from './scan-files.ts'
import { printJsonLines, printSummary, printText, type ScanFinding, type ScanReport } from './scan-report.ts'
import { sarifOf } from './scan-sarif.ts'
import { openText, type OpenText } from './scan-text.ts'
import { printJson } from './terminal.ts'

export type ScanIo = Pick<Io, 'out' | 'err' | 'color' | 'cwd'>

export interface Sources {
  readonly inspector: Inspector
  stdin(): AsyncIterable<Uint8Array>
}

/** Answers 0 where nothing was found, 1 where something was, 2 where something could not be read, whatever was found. */
export async function scanPaths(args: readonly string[], io: ScanIo, sources: Sources): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: { json: { type: 'boolean' }, sarif: { type: 'boolean' }, stdin: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (values.json === true && values.sarif === true) throw new UsageError('scan prints --json or --sarif, not both')
  const paths = values.stdin === true ? [...positionals, '-'] : positionals
  if (paths.length === 0) throw new UsageError('scan takes at least one PATH, or - for standard input')
  const report = await readAll(paths, io.cwd, sources)
  if (values.sarif === true) io.out(printJson(sarifOf(report, io.cwd), 2))
  else if (values.json === true) printJsonLines(report, io)
  else printText(report, io)
  printSummary(report, io)
  if (report.unreadable.length > 0) return 2
  return report.findings.length > 0 ? 1 : 0
}

async function readAll(paths: readonly string[], cwd: string, sources: Sources): Promise<ScanReport> {
  const { inspector } = sources
  const tally = openTally()
  const seen = new Set<string>()
  for (const named of paths) {
    const key = named === '-' ? named : resolve(cwd, named)
    if (named === '-' && !seen.has(key)) await readStdin(sources.stdin(), openText(inspector), tally)
    else if (named !== '-') readPath(named, { cwd, seen, inspector, tally })
    seen.add(key)
  }
  return tally.report()
}

interface Reading {
  readonly cwd: string
  /** What lies below two of the paths is read once. */
  readonly seen: Set<string>
  readonly inspector: Inspector
  readonly tally: Tally
}

function readPath(named: string, { cwd, seen, inspector, tally }: Reading): void {
  for (const found of filesOf(named, cwd)) {
    if (found.is === 'skipped') tally.skip(found.why)
    else if (found.is === 'unreadable') tally.fail(found.shown, found.why)
    else if (!seen.has(found.path)) {
      seen.add(found.path)
      const text = openText(inspector)
      try {
        const skip = readText(found.path, (piece) => text.push(piece))
        tally.read(found.shown, text, skip)
      } catch (error) {
        tally.fail(found.shown, reasonOf(error))
      }
    }
  }
}

async function readStdin(stdin: AsyncIterable<Uint8Array>, text: OpenText, tally: Tally): Promise<void> {
  const decoder = textDecoder((piece) => text.push(piece))
  try {
    for await (const bytes of stdin) if (!decoder.push(bytes)) return tally.fail('-', 'it is binary')
  } catch (error) {
    return tally.fail('-', reasonOf(error))
  }
  if (decoder.finish()) tally.read('-', text, undefined)
  else tally.fail('-', 'it is binary')
}

interface Tally {
  /** What was found before a text was given up counts all the same. */
  read(path: string, text: OpenText, skip: Skip | undefined): void
  skip(why: Skip): void
  fail(path: string, why: string): void
  report(): ScanReport
}

function openTally(): Tally {
  const findings: ScanFinding[] = []
  const skipped = new Map<Skip, number>()
  const unreadable: { path: string; why: string }[] = []
  let [files, allowed] = [0, 0]
  const skip = (why: Skip): void => void skipped.set(why, (skipped.get(why) ?? 0) + 1)
  return {
    read(path, text, why) {
      const scanned = text.finish()
      for (const place of scanned.found) findings.push({ path, ...place })
      allowed += scanned.allowed
      if (why === undefined) files += 1
      else skip(why)
    },
    skip,
    fail: (path, why) => void unreadable.push({ path, why }),
    report: () => ({ findings, files, allowed, skipped, unreadable }),
  }
}
