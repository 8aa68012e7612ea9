// Which sealed logs have been kept for as long as they must be, and which may not go yet all the same.
import { join } from 'node:path'
import type { Keeping, RetentionClass } from '#access/keeping.ts'
import { generationName, generationOf, retentionClassOf } from '#audit/generation.ts'
import { logNames } from '#audit/log-files.ts'
import { readSeal } from '#audit/seal.ts'
import { generationsIn, recordedChanges } from '#audit/verify/recorded-changes.ts'
import { type Vouching, verifyAll } from '#audit/verify/verify-all.ts'

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
}

/** Only sealed logs that another follows, whose retention is over, and that verify: what is wrong with a log is evidence. */
export async function oldLogs({ audit, retention, now, vouchings }: Pruning): Promise<OldLogs> {
  const names = await logNames(audit)
  const due: { readonly log: string; readonly sealed: string }[] = []
  for (const log of names) {
    const { family, number } = generationOf(log)
    if (!names.includes(generationName({ family, number: number + 1 }))) continue
    const seal = await readSeal(join(audit, log), log)
    if (seal && Date.parse(seal.time) + retention[retentionClassOf(log)] <= now) due.push({ log, sealed: seal.time })
  }
  if (due.length === 0) return { removable: [], kept: [] }
  const { logs } = await verifyAll(audit, vouchings)
  const removable: OldLog[] = []
  const kept: { log: string; why: string }[] = []
  for (const { log, sealed } of due) {
    const report = logs.find((each) => each.log === log)
    const going = new Set(removable.map((each) => each.log))
    const why = report?.ok === true ? await neededFor(audit, log, { names, going }) : 'it does not verify'
    if (why !== undefined) kept.push({ log, why })
    else if (report)
      removable.push({ log, kind: retentionClassOf(log), entries: report.entries, root: report.root, sealed })
  }
  return { removable, kept }
}

/** What other logs are held against stays for as long as they do. */
async function neededFor(
  audit: string,
  log: string,
  { names, going }: { readonly names: readonly string[]; readonly going: ReadonlySet<string> },
): Promise<string | undefined> {
  const { family } = generationOf(log)
  if (family === 'control') {
    for await (const { what, subject } of recordedChanges(audit, [log])) {
      const isThere = names.includes(subject) && !going.has(subject) && generationOf(subject).family !== 'control'
      if (what === 'log-birth' && isThere) return `it records the birth of ${subject}, which is still here`
    }
  }
  if (family === 'owner') {
    const removed = new Set<string>()
    for await (const { what, subject } of recordedChanges(audit, [log]))
      if (what === 'log-removal') removed.add(subject)
    const controls = generationsIn(names, 'control').filter((name) => !going.has(name))
    for await (const { what, subject } of recordedChanges(audit, controls)) {
      if (what === 'log-birth' && removed.has(subject))
        return `it records the removal of ${subject}, which would be missed`
    }
  }
  return undefined
}
