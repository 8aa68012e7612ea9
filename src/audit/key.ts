// The key of a log: `keys/audit-<log>.key`, made at the log's birth, and `key.pub` beside its checkpoint.
// A key without its log, or a log without its key, is refused: signing a second history with one key is a rollback.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { readSigner, type Signer } from './note.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

export interface KeyPlace {
  readonly keys: string
  readonly directory: string
  readonly log: string
  readonly files: Files
}

export function keyFile({ keys, log }: Pick<KeyPlace, 'keys' | 'log'>): string {
  return join(keys, `audit-${log}.key`)
}

/** The key as it was kept; undefined where there is none. */
export async function keptSigner(place: KeyPlace): Promise<Signer | undefined> {
  const path = keyFile(place)
  const written = await place.files.read(path)
  if (written === undefined) return undefined
  const signer = readSigner(place.log, written.toString())
  if (!signer) throw new Error(`the file is no key of the log ${place.log}: ${path}`)
  return signer
}

/**
 * Resolves when key and `key.pub` are there to stay. MUST be called only where the journal exists, and with a key that was
 * not kept before only where no entry was ever written.
 */
export async function keepSigner(place: KeyPlace, signer: Signer, isKept: boolean): Promise<void> {
  const path = keyFile(place)
  if (!isKept) await writeWhole(place, path, place.keys, signer.secretKey)
  // Whoever made it may have been killed before its name was sure: lost with the machine, the log would have none.
  else await place.files.syncDirectory(place.keys)
  const published = await place.files.read(join(place.directory, 'key.pub'))
  if (published === undefined) {
    await writeWhole(place, join(place.directory, 'key.pub'), place.directory, signer.verifierKey)
  } else if (published.toString().trim() !== signer.verifierKey) {
    throw new Error(`key.pub is not the public half of ${path}`)
  }
}

async function writeWhole({ files }: KeyPlace, path: string, directory: string, line: string): Promise<void> {
  await files.writeSynced(`${path}.new`, Buffer.from(`${line}\n`))
  await files.rename(`${path}.new`, path)
  await files.syncDirectory(directory)
}

/** The verifier key of every log whose key file is there and can be read: what the logs are signed with on this machine. */
export async function publicHalves(keys: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const name of await readdir(keys).catch((): string[] => [])) {
    const [, log] = /^audit-([a-z][a-z0-9-]{0,62})\.key$/.exec(name) ?? []
    // An auditor may see the directory and not the keys in it: then nothing is vouched for, and the notes say so.
    const file =
      log === undefined ? undefined : await readRegularFile(join(keys, name), MOST.note).catch(() => undefined)
    const signer = log !== undefined && file ? readSigner(log, file.toString()) : undefined
    if (log !== undefined && signer) found.set(log, signer.verifierKey)
  }
  return found
}
