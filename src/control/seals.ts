// The control log says how each log ended: one that is cut after its seal, or made anew up to another end, is found against it.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { generationName, generationOf } from '#audit/generation.ts'
import { readSeal } from '#audit/seal.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { readCheckpoint, readVerifierKey } from '#audit/verify/signed-note.ts'

export interface KnownSeals {
  /** Each log and the verifier key that it was born with. */
  readonly born: ReadonlyMap<string, string>
  /** Logs whose seal stands in the control log. */
  readonly sealed: Set<string>
}

/**
 * Records the seal of every log below `directory` that has one and that `known` does not hold, with its final size and root (hex), and
 * adds it there. Only a log that another follows is looked at: this runs every second. MUST NOT run twice at a time.
 */
export async function recordSeals(directory: string, known: KnownSeals, trail: Trail): Promise<void> {
  const names = new Set(await readdir(directory))
  for (const log of names) {
    const { family, number } = generationOf(log)
    if (known.sealed.has(log) || !names.has(generationName({ family, number: number + 1 }))) continue
    const after = await endOf(join(directory, log), log, known.born.get(log))
    if (after === undefined) continue
    await trail.append(
      { kind: 'change', what: 'log-seal', subject: log, by: 'control', why: 'sealed', after },
      'machine',
    )
    known.sealed.add(log)
  }
}

/** What its own key signed; undefined for what is not sealed, or not to be read: `verify` says so. */
async function endOf(directory: string, log: string, born: string | undefined): Promise<string | undefined> {
  try {
    const line = born ?? (await readRegularFile(join(directory, 'key.pub'), MOST.note))?.toString('utf8').trim()
    const key = line === undefined ? undefined : readVerifierKey(line)
    const seal = await readSeal(directory, log)
    const bytes = seal && (await readRegularFile(join(directory, 'checkpoint'), MOST.note))
    const checkpoint = key && bytes && readCheckpoint(bytes, key)
    if (!seal || typeof checkpoint !== 'object' || checkpoint.signature !== 'holds') return undefined
    return checkpoint.size === seal.size ? `${checkpoint.size} ${checkpoint.root.toString('hex')}` : undefined
  } catch {
    return undefined
  }
}
