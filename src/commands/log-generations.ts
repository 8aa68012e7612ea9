// Which sealed logs have been kept for as long as they must be, and which may not go yet all the same.
import { join } from 'node:path'
import type { Keeping, RetentionClass } from '#access/keeping.ts'
import { generationOf, retentionClassOf } from '#audit/generation.ts'
import { logNames } from '#audit/log-files.ts'
import { readSeal, readSignedSeal } from '#audit/seal.ts'
import { generationsIn } from '#audit/verify/generations.ts'
import { provenChanges, type RecordedChange } from '#audit/verify/recorded-changes.ts'
import type { Report } from '#audit/verify/report.ts'
import { type AuditReport, verifyAll, type Vouching } from '#audit/verify/verify-all.ts'

export interface OldLog {
  readonly log: string
  readonly kind: RetentionClass
  readonly entries: number
  /** Hex. */
  readonly root: string
  /** RFC 3339. */
  readonly sealed: string
}

export interface OldLogs {
  readonly removable: readonly OldLog[]
  /** Old enough, but they must stay: why, as the end of a sentence. */
  readonly kept: readonly { readonly log: string; readonly why: string }[]
}

export interface Pruning {
  readonly audit: string
  readonly retention: Keeping['retention']
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly vouchings: readonly Vouching[]
  /** Where these logs were verified a moment ago. */
  readonly verified?: AuditReport
}

/** Only sealed logs that another follows, whose retention is over, and that verify: what is wrong with a log is evidence. */
export async function oldLogs(pruning: Pruning): Promise<OldLogs> {
  const { audit, retention, now, vouchings } = pruning
  const isOver = (log: string, sealed: string): boolean => Date.parse(sealed) + retention[retentionClassOf(log)] <= now
  const names = await logNames(audit)
  const due: string[] = []
  for (const log of names.filter((each) => isFollowed(each, names))) {
    const seal = await readSeal(join(audit, log), log)
    if (seal && isOver(log, seal.time)) due.push(log)
  }
  if (due.length === 0) return { removable: [], kept: [] }
  const { logs } = pruning.verified ?? (await verifyAll(audit, vouchings))
  const removable: OldLog[] = []
  const kept: { log: string; why: string }[] = []
  for (const log of inTurn(due)) {
    const report = logs.find((each) => each.log === log)
    // Again, now that its key is known.
    const seal = report?.ok === true ? await readSignedSeal(join(audit, log), log, report.key) : undefined
    const staying = names.filter((name) => !removable.some((going) => going.log === name))
    if (!report || !seal || seal.size !== report.entries) kept.push({ log, why: 'it does not verify' })
    else if (isOver(log, seal.time)) {
      const why = await neededFor(log, { audit, logs, staying })
      const { entries, root } = report
      if (why !== undefined) kept.push({ log, why })
      else removable.push({ log, kind: retentionClassOf(log), entries, root, sealed: seal.time })
    }
  }
  return { removable, kept }
}

function isFollowed(log: string, names: readonly string[]): boolean {
  const { family, number } = generationOf(log)
  return names.map(generationOf).some((other) => other.family === family && other.number > number)
}

/** The oldest first, and last those that say what the others are. */
function inTurn(logs: readonly string[]): readonly string[] {
  const rank = (log: string): number => ['control', 'owner'].indexOf(generationOf(log).family)
  return [...logs].sort((left, right) => {
    const [one, other] = [generationOf(left), generationOf(right)]
    if (rank(left) !== rank(right)) return rank(left) - rank(right)
    if (one.family !== other.family) return one.family < other.family ? -1 : 1
    return one.number - other.number
  })
}

interface Kept {
  readonly audit: string
  readonly logs: readonly Report[]
  /** Names of logs that are here, and stay as far as is known by now. */
  readonly staying: readonly string[]
}

/** What other logs are held against stays for as long as they do. */
async function neededFor(log: string, kept: Kept): Promise<string | undefined> {
  const { family } = generationOf(log)
  if (family === 'control') return neededControl(log, kept)
  if (family === 'owner') return neededOwner(log, kept)
  return undefined
}

async function neededControl(log: string, kept: Kept): Promise<string | undefined> {
  const controls = generationsIn(kept.staying, 'control')
  // The chain of keys begins with the oldest: one that is missing in between leaves the next to nobody's word.
  const earlier = controls.slice(0, controls.indexOf(log)).at(-1)
  if (earlier !== undefined) return `${earlier} before it is still here`
  for (const { what, subject } of await changesIn(log, kept)) {
    if (!kept.staying.includes(subject) || controls.includes(subject)) continue
    if (what === 'log-birth') return `it records the birth of ${subject}, which is still here`
    if (what === 'log-seal') return `it records the seal of ${subject}, which is still here`
  }
  return undefined
}

async function neededOwner(log: string, kept: Kept): Promise<string | undefined> {
  const said = await changesIn(log, kept)
  const removed = new Set(said.filter(({ what }) => what === 'log-removal').map(({ subject }) => subject))
  for (const control of generationsIn(kept.staying, 'control')) {
    const births = (await changesIn(control, kept)).filter(({ what }) => what === 'log-birth')
    const missed = births.find(({ subject }) => removed.has(subject))
    if (missed) return `it records the removal of ${missed.subject}, which would be missed`
  }
  return undefined
}

async function changesIn(log: string, { audit, logs }: Kept): Promise<readonly RecordedChange[]> {
  const report = logs.find((each) => each.log === log)
  return (report && (await provenChanges(audit, report))) ?? []
}
