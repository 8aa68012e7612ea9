// The control log says which logs there are: a log that vanishes, or that comes back under another key, is found against it.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { type Folders, generationOf } from '#audit/generation.ts'
import { publicHalf } from '#audit/public-half.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'

export interface KnownLogs {
  /** Each log and the verifier key that it was born with. */
  readonly born: Map<string, string>
  /** Indicators that were recorded, so that none is twice. */
  readonly strange: Set<string>
}

/**
 * Records the birth of every log that `known` does not hold, with its verifier key, and adds it there. A log is one of ours by its key in
 * `keys`: one that somebody put beside ours without is an indicator, once. So is, once a key, a log that comes back under another key: it
 * has no second birth, and `verify` holds it to the first. MUST NOT run twice at a time.
 */
export async function recordBirths({ directory, keys }: Folders, known: KnownLogs, trail: Trail): Promise<void> {
  for (const log of await readdir(directory)) {
    const key = await keyOf(join(directory, log, 'key.pub'))
    const born = known.born.get(log)
    // No log vouches for itself: the generations of the control log vouch each for the next, by its seal.
    const isControl = generationOf(log).family === 'control'
    if (key === undefined || !/^[a-z][a-z0-9-]{0,62}$/.test(log) || (born === key && !isControl)) continue
    const own = born === undefined ? await publicHalf(keys, log) : born
    if (own === undefined) await note(`log-without-key: ${log}`, known, trail)
    else if (born === undefined && !isControl) {
      const birth = { what: 'log-birth', subject: log, by: 'control', why: 'a new log', after: own } as const
      await trail.append({ kind: 'change', ...birth }, 'machine')
      known.born.set(log, own)
    }
    if (own === undefined || own === key) continue
    await note(`log-key-changed: ${log} ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`, known, trail)
  }
}

async function note(indicator: string, { strange }: KnownLogs, trail: Trail): Promise<void> {
  if (strange.has(indicator)) return
  await trail.append({ kind: 'indicator', indicator }, 'machine')
  strange.add(indicator)
}

/** Undefined where there is none, or something else lies in its place: `verify` says so, and other logs have births, too. */
async function keyOf(path: string): Promise<string | undefined> {
  const bytes = await readRegularFile(path, MOST.note).catch(() => undefined)
  return bytes?.toString('utf8').trim()
}
