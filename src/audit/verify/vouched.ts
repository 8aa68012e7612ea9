// Verifies a log under the key that others vouch for. Where nobody does, a first generation is taken at its word, which is said; a later
// one fails: it would otherwise be enough to name a log like the next one to have it taken for that.
import { join } from 'node:path'
import { generationBefore } from './generations.ts'
import { type Follower, provenSeal } from './last-entry.ts'
import type { Problem, Report } from './report.ts'
import { verifyLog } from './verify-log.ts'
import type { Witnessed } from './witnessed.ts'

/** Verifier keys by log, known from somewhere else than the audit directory. A log named here must be there. */
export interface Vouching {
  /** How a sentence names where they are from: `keys/`, `--key`. */
  readonly by: string
  readonly keys: ReadonlyMap<string, string>
}

export interface Verified {
  readonly report: Report
  /** Whether its key is known from elsewhere, if only by seals that lead to it from one that is. */
  readonly vouched: boolean
}

export interface VouchedLog {
  readonly auditDirectory: string
  readonly log: string
  /** The first that knows of it counts; where others say otherwise, that is a problem of the log. */
  readonly vouchings: readonly Vouching[]
  readonly witnessed: readonly Witnessed[]
  /** The generation before it, where it is there. */
  readonly before: Verified | undefined
  /** Whether it may be taken at its word though it is not the first generation: those before it were removed. */
  readonly first: boolean
}

export async function verifyVouched(place: VouchedLog): Promise<Verified> {
  const { auditDirectory, log, vouchings, witnessed, before } = place
  const seal = await sealBefore(auditDirectory, before)
  const said = vouchings.flatMap(({ by, keys }) => {
    const key = keys.get(log)?.trim()
    return key === undefined ? [] : [{ by, key }]
  })
  const outside = said.length > 0
  if (seal?.log === log && seal.key !== '') said.push({ by: `the seal of ${before?.report.log ?? ''}`, key: seal.key })
  const [first, ...others] = said
  const report = await verifyLog(join(auditDirectory, log), { witnessed, ...(first && { expectedKey: first.key }) })
  const problems = others
    .filter(({ key }) => key !== first?.key)
    .map(({ by, key }): Problem => {
      const message = `${by} says that the key of this log is ${key}, but ${first?.by ?? ''} says otherwise`
      return { kind: 'wrong-key', message }
    })
  const stray = strayness(place, first !== undefined, seal)
  if (stray !== undefined) problems.push({ kind: 'wrong-key', message: stray })
  const vouched = outside || (first !== undefined && before?.vouched === true)
  if (problems.length === 0) return { report, vouched }
  return { report: { ...report, ok: false, problems: [...report.problems, ...problems] }, vouched }
}

async function sealBefore(auditDirectory: string, before: Verified | undefined): Promise<Follower | undefined> {
  if (before?.report.ok !== true) return undefined
  const { log, entries: size, root } = before.report
  return provenSeal(join(auditDirectory, log), log, { size, root: Buffer.from(root, 'hex') })
}

/** Why a later generation is none. */
function strayness({ log, first }: VouchedLog, known: boolean, seal: Follower | undefined): string | undefined {
  const before = generationBefore(log)
  if (before === undefined) return undefined
  if (seal && seal.log !== log) return `${before} was sealed for ${seal.log}, and not for this log`
  if (known || first) return undefined
  return `nobody vouches for the key of this log: no key from elsewhere, no birth in the control log, no seal of ${before}`
}
