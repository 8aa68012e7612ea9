// How logs ended, as others recorded it: the control log each seal, the owner's log each removal. A log that was cut or replaced after
// its seal is found against the one, and the other tells a log that was removed on purpose from one that is gone.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordedChange } from './recorded-changes.ts'
import type { Problem, Report } from './report.ts'
import { readOrigin, type Witnessed } from './witnessed.ts'

export interface RecordedEnd {
  readonly size: number
  /** Hex. */
  readonly root: string
}

export interface RecordedRemoval extends RecordedEnd {
  readonly by: string
  readonly time: string
  readonly why: string
}

/** Adds the seals of others that one generation of the control log records. What was said first counts. */
export function addRecordedSeals(sealed: Map<string, RecordedEnd>, changes: readonly RecordedChange[]): void {
  for (const { log, what, subject, fields } of changes) {
    // The seal of the log itself says what follows it.
    const end = what === 'log-seal' && subject !== log ? readEnd(fields['after']) : undefined
    if (end && !sealed.has(subject)) sealed.set(subject, end)
  }
}

/** Adds the removals in one generation of the owner's log: of logs whose seal is recorded, and as it is. A live log is never removed. */
export function addRemovals(
  removed: Map<string, RecordedRemoval>,
  changes: readonly RecordedChange[],
  sealed: ReadonlyMap<string, RecordedEnd>,
): void {
  for (const { what, subject, fields } of changes) {
    const [end, seal] = [what === 'log-removal' ? readEnd(fields['before']) : undefined, sealed.get(subject)]
    if (!end || !seal || removed.has(subject) || !isSame(end, seal)) continue
    const [by, time, why] = [fields['by'], fields['time'], fields['why']].map(String)
    removed.set(subject, { ...end, by: by ?? '', time: time ?? '', why: why ?? '' })
  }
}

/** `1234 <64 hex digits>`. */
export function readEnd(text: unknown): RecordedEnd | undefined {
  const [, size, root] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(typeof text === 'string' ? text : '') ?? []
  return size === undefined || root === undefined ? undefined : { size: Number(size), root }
}

const isSame = (one: RecordedEnd, other: RecordedEnd): boolean => one.size === other.size && one.root === other.root

/** The report of a log whose seal is recorded, held to it. */
export function heldToSeal(report: Report, end: RecordedEnd | undefined): Report {
  const problem = end && faultOf(report, end)
  return problem ? { ...report, ok: false, problems: [...report.problems, problem] } : report
}

function faultOf({ entries: size, root }: Report, end: RecordedEnd): Problem | undefined {
  // No readable checkpoint: that is a problem already.
  if (root === '' || isSame({ size, root }, end)) return undefined
  const was = `the control log recorded that it was sealed with ${end.size} entries`
  if (size < end.size) return { kind: 'truncated', index: size, message: `the log was cut off at ${size}: ${was}` }
  if (size > end.size) return { kind: 'inserted', index: end.size, message: `the log has ${size} entries, but ${was}` }
  return {
    kind: 'wrong-root',
    message: `the root is not the one that the control log recorded at its seal, ${end.root}`,
  }
}

export interface Vouchers {
  /** Logs whose key is known from outside: who gives it, or keeps it, says that the log is there. */
  readonly outside: ReadonlySet<string>
  /** By log. */
  readonly heads: ReadonlyMap<string, readonly Witnessed[]>
  /** By log, as recorded at its birth. */
  readonly keys: ReadonlyMap<string, string>
}

/**
 * Of logs that were removed, those that need not be here: without a checkpoint (in a copy the whole log may stand), and with nobody who
 * says otherwise. A witness that saw more of a log than was removed, or another one, does.
 */
export async function removedFrom(
  auditDirectory: string,
  removed: ReadonlyMap<string, RecordedEnd>,
  { outside, heads, keys }: Vouchers,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>()
  for (const [log, end] of removed) {
    if (outside.has(log) || !(heads.get(log) ?? []).every((head) => isWithin(head, end, keys.get(log)))) continue
    const checkpoint = await lstat(join(auditDirectory, log, 'checkpoint')).catch(() => undefined)
    if (!checkpoint) gone.add(log)
  }
  return gone
}

function isWithin(head: Witnessed, end: RecordedEnd, key: string | undefined): boolean {
  const fingerprint = readOrigin(key?.split('+')[0] ?? head.origin)?.fingerprint
  if (readOrigin(head.origin)?.fingerprint !== fingerprint || head.size > end.size) return false
  return head.size < end.size || head.root.toString('hex') === end.root
}

/** `there` are logs whose directory is here, `gone` those of which no whole log can be. */
export function notesOnRemovals(
  removed: ReadonlyMap<string, RecordedRemoval>,
  { there, gone }: { readonly there: readonly string[]; readonly gone: ReadonlySet<string> },
): readonly string[] {
  return [...removed].map(([log, { size, root, by, time, why }]) => {
    const left =
      there.includes(log) && gone.has(log) ? ' Some of its files are still here: `sallyport audit prune` ends it.' : ''
    const end = `${size} entries, root ${root.slice(0, 16)}…`
    return `${log} was removed on ${time.slice(0, 10)} by ${by} (${end}): ${why}.${left}`
  })
}
