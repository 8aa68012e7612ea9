// The control log says how each log ended: one that is cut after its seal, or made anew up to another end, is found against it.
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { type Folders, generationOf } from '#audit/generation.ts'
import { logNames } from '#audit/log-files.ts'
import { publicHalf } from '#audit/public-half.ts'
import { readSignedSeal } from '#audit/seal.ts'

export interface KnownSeals {
  /** Each log and the verifier key that it was born with. */
  readonly born: ReadonlyMap<string, string>
  /** Logs whose seal stands in the control log. */
  readonly sealed: Set<string>
}

/**
 * Records the seal of every log that has one and that `known` does not hold, with its final size and root (hex), and adds it there. Only
 * a log that another follows is looked at: this runs every second. MUST NOT run twice at a time.
 */
export async function recordSeals({ directory, keys }: Folders, known: KnownSeals, trail: Trail): Promise<void> {
  const names = await logNames(directory)
  const newest = new Map<string, number>()
  for (const { family, number } of names.map(generationOf))
    newest.set(family, Math.max(number, newest.get(family) ?? 0))
  for (const log of names) {
    const { family, number } = generationOf(log)
    if (known.sealed.has(log) || number === newest.get(family)) continue
    // The control log has no birth there.
    const key = known.born.get(log) ?? (await publicHalf(keys, log))
    const seal = key === undefined ? undefined : await sealOf(join(directory, log), log, key)
    if (!seal) continue
    const end = { subject: log, by: 'control', why: 'sealed', after: `${seal.size} ${seal.root}` } as const
    await trail.append({ kind: 'change', what: 'log-seal', ...end }, 'machine')
    known.sealed.add(log)
  }
}

/** Undefined, too, for what cannot be read: `verify` says so. */
const sealOf = (directory: string, log: string, key: string) =>
  readSignedSeal(directory, log, key).catch(() => undefined)
