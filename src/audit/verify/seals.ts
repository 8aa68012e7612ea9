// How logs ended, as others recorded it: the control log each seal, the owner's log each removal. A log that was cut or replaced after
// its seal is found against the one, and the other tells a log that was removed on purpose from one that is gone.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { recordedChanges } from './recorded-changes.ts'
import type { Problem, Report } from './report.ts'

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

export interface RecordedEnds {
  readonly sealed: ReadonlyMap<string, RecordedEnd>
  /** Where a seal is recorded as well, both say the same. */
  readonly removed: ReadonlyMap<string, RecordedRemoval>
}

/** `controls` and `owners` are the generations of these logs, the first ones first. What was said first counts. */
export async function recordedEnds(
  auditDirectory: string,
  controls: readonly string[],
  owners: readonly string[],
): Promise<RecordedEnds> {
  const sealed = new Map<string, RecordedEnd>()
  for await (const { log, what, subject, fields } of recordedChanges(auditDirectory, controls)) {
    // The seal of the log itself says what follows it.
    const end = what === 'log-seal' && subject !== log ? readEnd(fields['after']) : undefined
    if (end && !sealed.has(subject)) sealed.set(subject, end)
  }
  const removed = new Map<string, RecordedRemoval>()
  for await (const { what, subject, fields } of recordedChanges(auditDirectory, owners)) {
    const end = what === 'log-removal' ? readEnd(fields['before']) : undefined
    if (!end || removed.has(subject) || !isSame(end, sealed.get(subject) ?? end)) continue
    const [by, time, why] = [fields['by'], fields['time'], fields['why']].map(String)
    removed.set(subject, { ...end, by: by ?? '', time: time ?? '', why: why ?? '' })
  }
  return { sealed, removed }
}

/** `1234 <64 hex digits>`. */
function readEnd(text: unknown): RecordedEnd | undefined {
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

/** Of logs that were removed, those without a checkpoint here: in a copy the whole log may stand. */
export async function removedFrom(auditDirectory: string, removed: Iterable<string>): Promise<readonly string[]> {
  const gone: string[] = []
  for (const log of removed) {
    const checkpoint = await lstat(join(auditDirectory, log, 'checkpoint')).catch(() => undefined)
    if (!checkpoint) gone.push(log)
  }
  return gone
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
