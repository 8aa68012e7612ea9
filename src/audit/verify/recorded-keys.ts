// What the control log says of the other logs: each one's key, as it was at its birth.
import { join } from 'node:path'
import { fieldsOf } from './entry-form.ts'
import { MOST, readRegularFile, UnreadableFile } from './regular-file.ts'
import { readEntries } from './tile-files.ts'

/**
 * A log is born once: a second birth is what somebody would write who put another log in its place. Nothing is verified
 * here; what cannot be read ends the search, and is a problem of the control log's own report.
 */
export async function recordedKeys(control: string): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  try {
    for await (const [log, key] of births(control)) if (!keys.has(log)) keys.set(log, key)
  } catch (error) {
    if (!(error instanceof UnreadableFile || (error instanceof Error && 'code' in error))) throw error
  }
  return keys
}

async function* births(control: string): AsyncGenerator<readonly [log: string, key: string]> {
  const size = Number((await readRegularFile(join(control, 'checkpoint'), MOST.note))?.toString().split('\n')[1] ?? 0)
  for (let index = 0; index * 256 < size; index++) {
    const read = await readEntries(control, index, Math.min(256, size - index * 256))
    // The size is not verified yet: what is not there ends the search, not what is claimed.
    if (read === 'missing') return
    for (const entry of read.parts) {
      const { kind, what, subject, after } = fieldsOf(entry) ?? {}
      const isBirth = kind === 'change' && what === 'log-birth'
      // No log vouches for itself, and the control log begins with its own birth.
      if (isBirth && isLogName(subject) && subject !== 'control' && typeof after === 'string') yield [subject, after]
    }
  }
}

/** The subject becomes a path: only a name that a log can have. */
function isLogName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)
}
