// The key of the pseudonyms that providers see, `keys/pseudonym.key`: 32 bytes. With another key every person would be a new
// one to every provider, so a file that is no such key is refused, never replaced.
import { constants } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { syncDirectory, writeSynced } from './synced-file.ts'

const LENGTH = 32

/**
 * Made where it is missing; however many processes start at once, all get the same. `random` returns that many bytes that
 * nobody can guess. Rejects with a Refusal `not_ready` that says what is wrong with the file, never what it holds.
 */
export async function pseudonymKey(keys: string, random: (length: number) => Uint8Array): Promise<Uint8Array> {
  const path = join(keys, 'pseudonym.key')
  try {
    return (await read(path)) ?? (await make(path, keys, random))
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw refused(`cannot be read or made${code}`, cause)
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
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
async function make(path: string, keys: string, random: (length: number) => Uint8Array): Promise<Uint8Array> {
  const draft = `${path}.${process.pid}-${Buffer.from(random(8)).toString('hex')}`
  await writeSynced(draft, random(LENGTH))
  try {
    await link(draft, path).catch(taken)
    await syncDirectory(keys)
  } finally {
    await rm(draft, { force: true })
  }
  const key = await read(path)
  if (!key) throw refused('was taken away while it was made')
  return key
}

function refused(what: string, cause?: unknown): Refusal {
  return new Refusal('not_ready', { message: `The key of the pseudonyms (keys/pseudonym.key) ${what}.`, cause })
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

function taken(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
  throw error
}
