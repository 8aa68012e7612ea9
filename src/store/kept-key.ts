// A key of 32 bytes that is made once and then stays, in a file of its own below keys/. A file that is no such key is refused, never
// replaced: what another key would change is not for us to know.
import { constants } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { syncDirectory, writeSynced } from './synced-file.ts'

const LENGTH = 32

export interface KeptKey {
  readonly file: string
  /** As a refusal names it: `The key of the pseudonyms`. */
  readonly name: string
}

/**
 * Made where it is missing; however many processes start at once, all get the same. `random` returns that many bytes that
 * nobody can guess. Rejects with a Refusal `not_ready` that says what is wrong with the file, never what it holds.
 */
export async function keptKey(
  keys: string,
  kept: KeptKey,
  random: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  const path = join(keys, kept.file)
  const refused: Refuse = (what, cause) =>
    new Refusal('not_ready', { message: `${kept.name} (keys/${kept.file}) ${what}.`, cause })
  try {
    const found = await read(path, refused)
    if (found) return found
    await make(path, keys, random)
    const made = await read(path, refused)
    if (!made) throw refused('was taken away while it was made')
    return made
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw refused(`cannot be read or made${code}`, cause)
  }
}

type Refuse = (what: string, cause?: unknown) => Refusal

async function read(path: string, refused: Refuse): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(absent)
  if (!file) return undefined
  try {
    const found = await file.stat()
    if (!found.isFile()) throw refused('is not a regular file')
    if ((found.mode & 0o077) !== 0) throw refused('can be read by others: chmod 600, and consider it known')
    const key = new Uint8Array(await file.readFile())
    if (key.length !== LENGTH) throw refused(`is not ${LENGTH} bytes long: restore it`)
    return key
  } finally {
    await file.close()
  }
}

/** A key gets its name when it is whole and on the disk: the name is given once, and whoever comes second reads the first's. */
async function make(path: string, keys: string, random: (length: number) => Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}-${Buffer.from(random(8)).toString('hex')}`
  await writeSynced(draft, random(LENGTH))
  try {
    await link(draft, path).catch(taken)
    await syncDirectory(keys)
  } finally {
    await rm(draft, { force: true })
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

function taken(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
  throw error
}
