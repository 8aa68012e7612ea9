// What the control log says of the logs beside it, over all of its generations.
import { join } from 'node:path'
import { generationOf } from '#audit/generation.ts'
import { logNames } from '#audit/log-files.ts'
import { readEntries } from '#audit/read.ts'
import type { KnownLogs } from '#control/births.ts'
import type { KnownSeals } from '#control/seals.ts'

/** What the control log says already: each log, the key that it was born with, other keys that it was seen with, and which are sealed. */
export async function knownLogs(directory: string): Promise<KnownLogs & KnownSeals> {
  const known = { born: new Map<string, string>(), strange: new Set<string>(), sealed: new Set<string>() }
  for (const control of await controlLogs(directory)) {
    for await (const { kind, what, subject, after, indicator } of readEntries(join(directory, control))) {
      if (kind === 'indicator' && typeof indicator === 'string') known.strange.add(indicator)
      // Its own birth and seal say nothing of others.
      if (kind !== 'change' || typeof subject !== 'string' || typeof after !== 'string' || subject === control) continue
      if (what === 'log-birth' && !known.born.has(subject)) known.born.set(subject, after)
      if (what === 'log-seal') known.sealed.add(subject)
    }
  }
  return known
}

/** The first one first. */
async function controlLogs(directory: string): Promise<readonly string[]> {
  const ofControl = (await logNames(directory)).filter((log) => generationOf(log).family === 'control')
  return ofControl.sort((left, right) => generationOf(left).number - generationOf(right).number)
}
