// What a log is signed with on this machine: its key in `keys/`, where whoever can write below `audit/` cannot.
import { keyFile } from './key.ts'
import { readSigner } from './note.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

/** The verifier key; undefined where there is no key of this log, or it cannot be read. */
export async function publicHalf(keys: string, log: string): Promise<string | undefined> {
  const file = await readRegularFile(keyFile({ keys, log }), MOST.note).catch(() => undefined)
  return file && readSigner(log, file.toString())?.verifierKey
}
