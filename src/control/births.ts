// The control log says which logs there are: a log that vanishes, or that comes back under another key, is found against it.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { generationOf } from '#audit/generation.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'

export interface KnownLogs {
  /** Each log and the verifier key that it was born with. */
  readonly born: Map<string, string>
  /** Indicators that were recorded, so that none is twice. */
  readonly strange: Set<string>
}

/**
 * Records the birth of every log below `directory` that `known` does not hold, with its verifier key, and adds it there.
 * A log that comes back under another key has no second birth: it is an indicator, once a key, and `verify` holds it to
 * the first. MUST NOT run twice at a time.
 */
export async function recordBirths(directory: string, known: KnownLogs, trail: Trail): Promise<void> {
  for (const log of await readdir(directory)) {
    const key = await keyOf(join(directory, log, 'key.pub'))
    const born = known.born.get(log)
    // No log vouches for itself: the generations of the control log vouch each for the next, by its seal.
    if (key === undefined || generationOf(log).family === 'control' || born === key) continue
    if (born === undefined) {
      const birth = { what: 'log-birth', subject: log, by: 'control', why: 'a new log', after: key } as const
      await trail.append({ kind: 'change', ...birth }, 'machine')
      known.born.set(log, key)
      continue
    }
    const indicator = `log-key-changed: ${log} ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`
    if (known.strange.has(indicator)) continue
    await trail.append({ kind: 'indicator', indicator }, 'machine')
    known.strange.add(indicator)
  }
}

/** Undefined where there is none, or something else lies in its place: `verify` says so, and other logs have births, too. */
async function keyOf(path: string): Promise<string | undefined> {
  const bytes = await readRegularFile(path, MOST.note).catch(() => undefined)
  return bytes?.toString('utf8').trim()
}
