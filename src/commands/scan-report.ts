// What a scan prints: findings on standard output, never what was found; all else on standard error.
import type { Io } from './io.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import type { Skip } from './scan-files.ts'
import type { Place } from './scan-text.ts'
import { printJson } from './terminal.ts'

export interface ScanFinding extends Place {
  /** As it was named, and what was found below; `-` is standard input. */
  readonly path: string
}

export interface ScanReport {
  readonly findings: readonly ScanFinding[]
  /** How many files were read to their end. */
  readonly files: number
  readonly allowed: number
  readonly skipped: ReadonlyMap<Skip, number>
  readonly unreadable: readonly { readonly path: string; readonly why: string }[]
}

const WIDEST = 60

export function printText({ findings }: ScanReport, { out, color }: Pick<Io, 'out' | 'color'>): void {
  const paint = painter(color)
  const rows = findings.map(({ path, line, column, kind }) => ({ place: `${plain(path)}:${line}:${column}`, kind }))
  const width = Math.min(WIDEST, Math.max(0, ...rows.map(({ place }) => place.length)))
  for (const { place, kind } of rows) out(`${place.padEnd(width)}  ${paint.bad(plain(kind))}`)
}

export function printJsonLines({ findings }: ScanReport, { out }: Pick<Io, 'out'>): void {
  for (const { path, line, column, endLine, endColumn, kind } of findings)
    out(printJson({ path, line, column, endLine, endColumn, kind }))
}

export function printSummary(report: ScanReport, { err }: Pick<Io, 'err'>): void {
  for (const { path, why } of report.unreadable) err(plain(`sallyport scan: cannot read ${path}: ${why}`))
  const { findings, files, allowed, skipped } = report
  const inFiles = count(new Set(findings.map(({ path }) => path)).size, 'file')
  const reasons = [...skipped].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, times]) => `${times} ${why}`)
  const parts = [
    findings.length === 0 ? 'nothing found' : `${count(findings.length, 'finding')} in ${inFiles}`,
    `${count(files, 'file')} read`,
    ...(allowed > 0 ? [`${allowed} allowed`] : []),
    ...(reasons.length > 0 ? [`skipped: ${reasons.join(', ')}`] : []),
    ...(report.unreadable.length > 0 ? [`${report.unreadable.length} unreadable`] : []),
  ]
  err(parts.join('  '))
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
