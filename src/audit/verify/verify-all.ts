// Verifies every log in the audit directory. A log's key has to be vouched for from outside of the log: by the control
// log, which records each log's key at its birth, or by whoever hands `expectedKeys` in. No log vouches for itself, so a
// control log and all that it records can be made anew by anybody, unless its own key is known from elsewhere.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { generationsIn } from './recorded-changes.ts'
import { recordedKeys } from './recorded-keys.ts'
import type { Problem, Report } from './report.ts'
import { heldToSeal, notesOnRemovals, recordedEnds, removedFrom } from './seals.ts'
import { verifyLog } from './verify-log.ts'
import { readOrigin, type Witnessed, type WitnessReading } from './witnessed.ts'

/** Verifier keys by log, known from somewhere else than the audit directory. A log named here must be there. */
export interface Vouching {
  /** How a sentence names where they are from: `keys/`, `--key`. */
  readonly by: string
  readonly keys: ReadonlyMap<string, string>
}

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
  const recorded = await recordedKeys(auditDirectory, controls)
  const { sealed, removed } = await recordedEnds(auditDirectory, controls, generationsIn(there, 'owner'))
  const all = [...vouchings, { by: 'the control log', keys: recorded }]
  const heads = headsByLog(readings)
  const named = [...all.flatMap(({ keys }) => [...keys.keys()]), ...heads.keys()]
  const gone = new Set(await removedFrom(auditDirectory, removed.keys()))
  const names = [...new Set([...there, ...links, ...named])].filter((name) => !gone.has(name)).sort()
  const logs: Report[] = []
  for (const name of names) {
    const witnessed = heads.get(name) ?? []
    const report = links.includes(name) ? refuseLink(name) : await verifyVouched(auditDirectory, name, all, witnessed)
    logs.push(heldToSeal(report, sealed.get(name)))
  }
  const unrecorded = names.filter((name) => name !== controls[0] && !recorded.has(name))
  const outside = new Set(vouchings.flatMap(({ keys }) => [...keys.keys()]))
  const here = there.filter((name) => !gone.has(name))
  const notes = [
    ...notesOnKeys(here, recorded, outside),
    ...notesOnRecords(here, unrecorded, controls.length > 0),
    ...notesOnRemovals(removed, { there, gone }),
  ]
  const faults = readings.flatMap((reading) => reading.faults)
  const ok = logs.length > 0 && logs.every((log) => log.ok) && faults.length === 0
  return { ok, logs, unrecorded, notes, faults }
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

async function verifyVouched(
  auditDirectory: string,
  name: string,
  vouchings: readonly Vouching[],
  witnessed: readonly Witnessed[],
): Promise<Report> {
  const said = vouchings.flatMap(({ by, keys }) => {
    const key = keys.get(name)?.trim()
    return key === undefined ? [] : [{ by, key }]
  })
  const [first, ...others] = said
  const report = await verifyLog(join(auditDirectory, name), { witnessed, ...(first && { expectedKey: first.key }) })
  const conflicts = others
    .filter(({ key }) => key !== first?.key)
    .map(({ by, key }): Problem => {
      const message = `${by} says that the key of this log is ${key}, but ${first?.by ?? ''} says otherwise`
      return { kind: 'wrong-key', message }
    })
  return conflicts.length === 0 ? report : { ...report, ok: false, problems: [...report.problems, ...conflicts] }
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
