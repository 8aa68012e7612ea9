// Verifies every log in the audit directory. A log's key has to be vouched for from outside of the log: by the control
// log, which records each log's key at its birth, or by whoever hands `expectedKeys` in. No log vouches for itself, so a
// control log and all that it records can be made anew by anybody, unless its own key is known from elsewhere.
import { readdir } from 'node:fs/promises'
import { generationBefore, generationsIn } from './generations.ts'
import { provenChanges, type RecordedChange } from './recorded-changes.ts'
import { addRecordedKeys } from './recorded-keys.ts'
import type { Report } from './report.ts'
import {
  addRecordedSeals,
  addRemovals,
  heldToSeal,
  notesOnRemovals,
  type RecordedEnd,
  type RecordedRemoval,
  removedFrom,
} from './seals.ts'
import { type Verified, verifyVouched, type Vouching } from './vouched.ts'
import { readOrigin, type Witnessed, type WitnessReading } from './witnessed.ts'

export type { Vouching } from './vouched.ts'

export interface AuditReport {
  readonly ok: boolean
  /** By name. A log that is only vouched for, and not there, has a report with the problem `missing-log`. */
  readonly logs: readonly Report[]
  /** Logs beside the control log whose birth it does not record. */
  readonly unrecorded: readonly string[]
  /** Whose word was taken, and what nobody could say: one line each. */
  readonly notes: readonly string[]
  /** What is wrong with a witness itself, and not with a log: whole sentences. */
  readonly faults: readonly string[]
  /** Logs that were removed on purpose, as a verified owner's log says of logs whose seal a verified control log records. */
  readonly removed: ReadonlyMap<string, RecordedRemoval>
}

const CONTROL = 'control'

/**
 * What the first of `vouchings` says counts; where others say otherwise, that is a problem of the log. `readings` are what
 * witnesses of these very logs remember, read before: each of their logs must be there.
 */
export async function verifyAll(
  auditDirectory: string,
  vouchings: readonly Vouching[] = [],
  readings: readonly WitnessReading[] = [],
): Promise<AuditReport> {
  const { there, links } = await logsIn(auditDirectory)
  const controls = generationsIn(there, CONTROL)
  const heads = headsByLog(readings)
  const recorded = new Map<string, string>()
  const sealed = new Map<string, RecordedEnd>()
  const all = [...vouchings, { by: 'the control log', keys: recorded }]
  const { verify, changesIn } = verifierOf({ auditDirectory, there, links, heads, vouchings: all })
  for (const log of controls) {
    const changes = await changesIn(log)
    addRecordedKeys(recorded, changes)
    addRecordedSeals(sealed, changes)
  }
  const removed = new Map<string, RecordedRemoval>()
  for (const log of generationsIn(there, 'owner')) addRemovals(removed, await changesIn(log), sealed)
  const outside = new Set(vouchings.flatMap(({ keys }) => [...keys.keys()]))
  const gone = await removedFrom(auditDirectory, removed, { outside, heads, keys: recorded })
  const named = [...there, ...links, ...outside, ...recorded.keys(), ...heads.keys()]
  const names = [...new Set(named)].filter((name) => !gone.has(name)).sort()
  const logs: Report[] = []
  for (const name of names) logs.push(heldToSeal((await verify(name)).report, sealed.get(name)))
  const unrecorded = names.filter((name) => name !== controls[0] && !recorded.has(name))
  const here = there.filter((name) => !gone.has(name))
  const notes = [
    ...notesOnKeys(here, recorded, outside),
    ...notesOnRecords(here, unrecorded, controls.length > 0),
    ...notesOnRemovals(removed, { there, gone }),
  ]
  const faults = readings.flatMap((reading) => reading.faults)
  const ok = logs.length > 0 && logs.every((log) => log.ok) && faults.length === 0
  return { ok, logs, unrecorded, notes, faults, removed }
}

interface Place {
  readonly auditDirectory: string
  readonly there: readonly string[]
  readonly links: readonly string[]
  readonly heads: ReadonlyMap<string, readonly Witnessed[]>
  readonly vouchings: readonly Vouching[]
}

function verifierOf({ auditDirectory, there, links, heads, vouchings }: Place) {
  const [oldest] = generationsIn(there, CONTROL)
  const verified = new Map<string, Verified>()
  // Each once, the generation before it first; what the control log says MUST be known by then.
  const verify = async (log: string): Promise<Verified> => {
    const known = verified.get(log)
    if (known) return known
    const earlier = generationBefore(log)
    const before = earlier !== undefined && there.includes(earlier) ? await verify(earlier) : undefined
    const place = { auditDirectory, log, before, witnessed: heads.get(log) ?? [], vouchings }
    const found = links.includes(log)
      ? { report: refuseLink(log), vouched: false }
      : await verifyVouched({ ...place, first: log === oldest })
    verified.set(log, found)
    return found
  }
  /** What a log says of others, where it may: the control log that is the oldest here may be taken at its word. */
  const changesIn = async (log: string): Promise<readonly RecordedChange[]> => {
    const { report, vouched } = await verify(log)
    if (!report.ok || !(vouched || log === oldest)) return []
    const changes = await provenChanges(auditDirectory, report)
    if (!changes) verified.set(log, { report: changedMeanwhile(report), vouched })
    return changes ?? []
  }
  return { verify, changesIn }
}

function changedMeanwhile(report: Report): Report {
  const message = 'its entries were changed while it was verified'
  return { ...report, ok: false, problems: [...report.problems, { kind: 'unreadable', message }] }
}

/** By the log that each origin names. What is not one of our logs was said by nobody that we should believe it of. */
function headsByLog(readings: readonly WitnessReading[]): ReadonlyMap<string, readonly Witnessed[]> {
  const heads = new Map<string, Witnessed[]>()
  for (const head of readings.flatMap(({ witnessed }) => witnessed)) {
    const log = readOrigin(head.origin)?.log
    if (log !== undefined) heads.set(log, [...(heads.get(log) ?? []), head])
  }
  return heads
}

async function logsIn(auditDirectory: string) {
  const found = await readdir(auditDirectory, { withFileTypes: true }).catch(() => [])
  return {
    there: found.filter((entry) => entry.isDirectory()).map(({ name }) => name),
    links: found.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name),
  }
}

/** A link could lead to another log each time that it is looked at; searches do not follow it either. */
function refuseLink(log: string): Report {
  const message = `${log} is a symbolic link: log directories are not followed through links`
  const problems = [{ kind: 'unreadable', message }] as const
  return { log, entries: 0, root: '', key: '', ok: false, problems, waiting: 0, unknown: [], witnessed: [] }
}

function notesOnKeys(
  there: readonly string[],
  recorded: ReadonlyMap<string, string>,
  outside: ReadonlySet<string>,
): readonly string[] {
  const atTheirWord = there.filter((log) => !outside.has(log) && !recorded.has(log)).sort()
  return atTheirWord.map((log) => {
    const only = [...recorded.keys()].filter((name) => !outside.has(name)).sort()
    const also = log === CONTROL && only.length > 0 ? ` The control log alone vouches for ${only.join(', ')}.` : ''
    return `The key of ${log} was taken at its word, from key.pub: whoever can write there can sign anew.${also}`
  })
}

function notesOnRecords(
  there: readonly string[],
  unrecorded: readonly string[],
  hasControl: boolean,
): readonly string[] {
  if (there.length === 0) return []
  if (!hasControl) return ['There is no control log here: nothing records which logs there must be.']
  return unrecorded.length === 0 ? [] : [`The control log records no birth of ${unrecorded.join(', ')}.`]
}
