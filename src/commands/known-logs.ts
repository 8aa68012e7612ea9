// What the control log says of the logs beside it, over all of its generations.
import { join } from 'node:path'
import { type Folders, generationName, generationsOf } from '#audit/generation.ts'
import { readEntries } from '#audit/read.ts'
import type { KnownLogs } from '#control/births.ts'
import type { KnownSeals } from '#control/seals.ts'

/** What the control log says already: each log, the key that it was born with, other keys that it was seen with, and which are sealed. */
export async function knownLogs(folders: Folders): Promise<KnownLogs & KnownSeals> {
  const known = { born: new Map<string, string>(), strange: new Set<string>(), sealed: new Set<string>() }
  // Those whose key is here: what another says that looks like the next one is nobody's word.
  for (const number of await generationsOf(folders, 'control')) {
    const control = generationName({ family: 'control', number })
    for await (const { kind, what, subject, after, indicator } of readEntries(join(folders.directory, control))) {
      if (kind === 'indicator' && typeof indicator === 'string') known.strange.add(indicator)
      // Its own birth and seal say nothing of others.
      if (kind !== 'change' || typeof subject !== 'string' || typeof after !== 'string' || subject === control) continue
      if (what === 'log-birth' && !known.born.has(subject)) known.born.set(subject, after)
      if (what === 'log-seal') known.sealed.add(subject)
    }
  }
  return known
}
