// Opens a log: makes a new one, or goes on where the last writer stopped, however it stopped. What a crash left open is
// closed in the log itself. Killed on the way, the next opening does the same again: every step finds what is done.
//
// Whoever opens a log owns everything in `audit/<log>/` and MUST hold the lock on it; readers take no lock.
import { basename, dirname, join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import type { Observe } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import { AuditLog } from './audit-log.ts'
import { diskFiles, type Files } from './files.ts'
import { Journal } from './journal.ts'
import { journalKey } from './journal-chain.ts'
import { keepSigner, keptSigner } from './key.ts'
import { makeSigner, type Signer } from './note.ts'
import { dropUncovered, type Published } from './publish.ts'
import { claimedSize, readPublished } from './recover.ts'
import { type Replay, replay, unborn } from './replay.ts'
import { readSeal, SealedLog } from './seal.ts'
import { EMPTY_EDGE, rootWith } from './tiles.ts'

export interface LogPlace {
  /** Where all logs lie; this one in a directory of its own name. */
  readonly directory: string
  /** Where the keys lie. */
  readonly keys: string
  /** Lower-case letters, digits and dashes, starting with a letter: `gateway-0`. */
  readonly log: string
  readonly clock: Clock
  /** Returns that many bytes that nobody can guess. */
  readonly random: (length: number) => Uint8Array
  readonly files?: Files
  /** Milliseconds from an append to its integration, at most; 400 unless given. */
  readonly interval?: number
  readonly observe?: Observe
}

/** Rejects with a Refusal `audit_unavailable` that says why the log cannot be written, or must not be. */
export async function openLog(place: LogPlace): Promise<AuditLog> {
  try {
    return await open(place, place.files ?? diskFiles)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Refusal('audit_unavailable', { message: `The audit log ${place.log} cannot be opened: ${why}`, cause })
  }
}

async function open(place: LogPlace, files: Files): Promise<AuditLog> {
  const { log, keys, clock, random } = place
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(log)) throw new Error('a log is named by lower-case letters, digits and dashes')
  const directory = join(place.directory, log)
  const keyPlace = { keys, directory, log, files }
  const kept = await keptSigner(keyPlace)
  const signer = kept ?? makeSigner(log, random(32))
  const { published, found } = await whereItStands(directory, kept, files)
  const size = published.edge.size
  // Read under a checkpoint that this key signed.
  if (size > 0 && (await readSeal(directory, log))) throw new SealedLog(log)
  const journalDirectory = join(directory, 'journal')
  for (const needed of [keys, journalDirectory]) await makeLasting(needed, dirname(place.directory), files)
  // The last writer may have been killed before it came to this, and the head of the next segment counts on it.
  for (const { name } of found.earlier) await files.syncWritten(join(journalDirectory, name))
  // The journal comes before the key: a key whose log is missing is thus never what a crash at birth left.
  const key = journalKey(signer.secretKey)
  const life = Buffer.from(random(16)).toString('hex')
  const journal = new Journal({ directory: journalDirectory, log, files, key, life, ...found })
  try {
    // The key of a head that a crash at birth left was never kept: under another one it would be a stranger's.
    if (!kept) for (const { name } of found.earlier) await files.remove(join(journalDirectory, name))
    const rootAt = (entries: number) => rootWith(published.edge, found.waiting, entries)
    journal.roll(size + found.waiting.length, { open: found.open, rootAt })
    await keepSigner(keyPlace, signer, kept !== undefined)
    await dropUncovered(directory, size, files)
    const recovered = { entries: found.waiting.length, open: found.open.size, torn: found.torn }
    const state = { published, waiting: found.waiting, open: found.open, recovered }
    const opened = new AuditLog(
      { log, clock, random, interval: place.interval ?? 400, ...(place.observe && { observe: place.observe }) },
      { directory, files, signer, settled: new Set() },
      journal,
      state,
    )
    await opened.begin()
    // The last writer was killed when it had written the seal and not signed it: now it is.
    if (await readSeal(directory, log)) {
      await opened.close()
      throw new SealedLog(log)
    }
    return opened
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** What the last writer left, as far as the key of the log vouches for it. Only reads. */
async function whereItStands(
  directory: string,
  signer: Signer | undefined,
  files: Files,
): Promise<{ readonly published: Published; readonly found: Replay }> {
  const journal = join(directory, 'journal')
  const size = await claimedSize(directory, files)
  if (!signer) {
    const found = size === undefined ? await unborn(journal, files) : undefined
    if (!found) throw new Error(`the key of the log ${basename(directory)} is missing`)
    return { published: { edge: EMPTY_EDGE, checkpoints: [undefined] }, found }
  }
  const published = await readPublished(directory, signer, files)
  const found = await replay({ directory, files, key: journalKey(signer.secretKey) }, published.edge)
  if (found.earlier.length === 0) {
    throw new Error('its key is there but the log is gone; restore it, or move the key away to begin a new log')
  }
  return { published, found }
}

/** Its name, and those above it up to the one in `top`, survive the machine, whoever made them and was killed then. */
async function makeLasting(path: string, top: string, files: Files): Promise<void> {
  const made = await files.makeDirectory(path)
  const highest = Math.min(dirname(made ?? path).length, dirname(path).startsWith(top) ? top.length : Infinity)
  for (let at = dirname(path); ; at = dirname(at)) {
    await files.syncDirectory(at)
    if (at.length <= highest) return
  }
}
