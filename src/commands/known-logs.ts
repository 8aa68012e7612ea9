// What the control log says of the logs beside it.
import { join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import type { KnownLogs } from '#control/births.ts'

/** What the control log says already: each log, the key that it was born with, and other keys that it was seen with. */
export async function knownLogs(directory: string): Promise<KnownLogs> {
  const known: KnownLogs = { born: new Map(), strange: new Set() }
  for await (const { kind, what, subject, after, indicator } of readEntries(join(directory, 'control'))) {
    if (kind === 'change' && what === 'log-birth' && typeof subject === 'string' && typeof after === 'string') {
      if (!known.born.has(subject)) known.born.set(subject, after)
    }
    if (kind === 'indicator' && typeof indicator === 'string') known.strange.add(indicator)
  }
  return known
}
