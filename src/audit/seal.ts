// The seal: the last entry of a log. It says which log follows and with which key, so that the chain of generations holds by the
// first one's key alone. Nothing may come after it.
import { join } from 'node:path'
import type { ChangeEntry } from '#access/trail.ts'
import { bundleEntries, coveredSize } from './log-files.ts'
import { parseEntry } from './read.ts'
import { TILE_WIDTH } from './tiles.ts'
import { provenSeal } from './verify/last-entry.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'
import { readCheckpoint, readVerifierKey } from './verify/signed-note.ts'

/** The log has ended: it can be read and not written. */
export class SealedLog extends Error {
  override readonly name = 'SealedLog'
  readonly log: string

  constructor(log: string) {
    super(`the log ${log} is sealed: nothing is added to it any more`)
    this.log = log
  }
}

export interface Successor {
  readonly log: string
  readonly verifierKey: string
}

export function sealEntry(log: string, next: Successor, why: string): ChangeEntry {
  const after = `${next.log} ${next.verifierKey}`
  return { kind: 'change', what: 'log-seal', subject: log, by: 'sallyport', why, after }
}

export interface Seal {
  /** Entries of the sealed log, the seal included. */
  readonly size: number
  /** RFC 3339. */
  readonly time: string
  readonly next: string
}

/** As the checkpoint of the log has it, whose name is `log`; undefined where its last entry is no seal. Checks nothing: anybody who can write there can seal so. */
export async function readSeal(directory: string, log: string): Promise<Seal | undefined> {
  const size = await coveredSize(directory)
  if (size === 0) return undefined
  const last = (await bundleEntries(directory, Math.floor((size - 1) / TILE_WIDTH), size)).at((size - 1) % TILE_WIDTH)
  const entry = last && parseEntry(last, size - 1)
  if (entry?.kind !== 'change') return undefined
  const { what, subject, after } = entry
  if (what !== 'log-seal' || subject !== log || typeof after !== 'string') return undefined
  return { size, time: entry.time, next: after.split(' ')[0] ?? '' }
}

export interface SignedSeal extends Seal {
  /** The root that the checkpoint signs, hex. */
  readonly root: string
}

/** As `key` signed it, which is a verifier key that is known from elsewhere; undefined where it did not, or what it signed is not there. */
export async function readSignedSeal(directory: string, log: string, key: string): Promise<SignedSeal | undefined> {
  const [verifier, bytes] = [readVerifierKey(key), await noteIn(directory)]
  const checkpoint = verifier && bytes && readCheckpoint(bytes, verifier)
  if (typeof checkpoint !== 'object' || checkpoint.signature !== 'holds') return undefined
  if (checkpoint.origin !== verifier?.name) return undefined
  const seal = await provenSeal(directory, log, checkpoint)
  return seal && { size: checkpoint.size, time: seal.time, next: seal.log, root: checkpoint.root.toString('hex') }
}

const noteIn = (directory: string): Promise<Buffer | undefined> =>
  readRegularFile(join(directory, 'checkpoint'), MOST.note).catch(() => undefined)
