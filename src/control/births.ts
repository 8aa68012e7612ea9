// The control log says which logs there are: a log that vanishes, or that comes back under another key, is found against it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'

/**
 * Records the birth of every log below `directory` that `known` does not hold, with its verifier key, and adds it there.
 * A log that comes back under another key has no second birth: it is an indicator, once, and `verify` holds it to the first.
 */
export async function recordBirths(directory: string, known: Map<string, string>, trail: Trail): Promise<void> {
  for (const log of await readdir(directory)) {
    const key = await readFile(join(directory, log, 'key.pub'), 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    )
    const born = known.get(log)
    if (key === undefined || log === 'control' || born === key) continue
    if (born === undefined) {
      await trail.append(
        { kind: 'change', what: 'log-birth', subject: log, by: 'control', why: 'a new log', after: key },
        'machine',
      )
      known.set(log, key)
    } else if (known.get(`${log} seen`) !== key) {
      await trail.append({ kind: 'indicator', indicator: `log-key-changed: ${log}` }, 'machine')
      known.set(`${log} seen`, key)
    }
  }
}
