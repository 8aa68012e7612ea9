// Writes proof files: for each entry a C2SP tlog-proof, with the entry itself as its `extra`, one right after the other.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { bundleEntries } from './log-files.ts'
import { inclusionProof } from './proofs.ts'
import { TILE_WIDTH } from './tiles.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

export interface EntryPlace {
  readonly log: string
  readonly index: number
}

export interface ProofSource {
  /** All logs are below it. */
  readonly auditDirectory: string
  /** A witness's directory, or a copy: its cosigned checkpoints are taken where they cover the entries. */
  readonly witnessDirectory?: string
}

/** An entry that no checkpoint covers yet: it stands in the journal, and is signed within a second while its writer runs. */
export class NotSignedYet extends Error {
  override readonly name = 'NotSignedYet'
}

/** Entries of one log are proven under one checkpoint. Rejects with NotSignedYet, or where a log cannot be read. */
export async function proofsOfEntries(source: ProofSource, places: readonly EntryPlace[]): Promise<string> {
  const checkpoints = new Map<string, Checkpoint>()
  for (const log of new Set(places.map((place) => place.log))) {
    const last = Math.max(...places.filter((place) => place.log === log).map(({ index }) => index))
    checkpoints.set(log, await checkpointOver(source, log, last))
  }
  let text = ''
  for (const place of places) {
    const checkpoint = checkpoints.get(place.log)
    if (checkpoint) text += await proofOf(join(source.auditDirectory, place.log), place, checkpoint)
  }
  return text
}

async function proofOf(directory: string, { log, index }: EntryPlace, { size, text }: Checkpoint): Promise<string> {
  const bundle = await bundleEntries(directory, Math.floor(index / TILE_WIDTH), size)
  const entry = bundle[index % TILE_WIDTH]
  if (!entry) throw new Error(`entry ${index} of ${log} cannot be read from its tile`)
  const path = await inclusionProof(directory, index, size)
  const lines = ['c2sp.org/tlog-proof@v1', `extra ${entry.toString('base64')}`, `index ${index}`]
  return `${[...lines, ...path.map((hash) => hash.toString('base64'))].join('\n')}\n\n${text}`
}

interface Checkpoint {
  readonly size: number
  readonly text: string
}

async function checkpointOver(source: ProofSource, log: string, index: number): Promise<Checkpoint> {
  const own = await readCheckpoint(join(source.auditDirectory, log))
  if (!own || own.size <= index) throw new NotSignedYet(`no checkpoint of ${log} covers its entry ${index} yet`)
  const [origin = ''] = own.text.split('\n', 1)
  // Where a witness keeps what it saw of a log (C2SP tlog-witness).
  const place = createHash('sha256').update(origin).digest('hex')
  const cosigned =
    source.witnessDirectory === undefined ? undefined : await readCheckpoint(join(source.witnessDirectory, place))
  // A witness that saw more than is here is for `audit verify` to tell of.
  return cosigned && cosigned.size > index && cosigned.size <= own.size ? cosigned : own
}

async function readCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  const text = (await readRegularFile(join(directory, 'checkpoint'), MOST.note))?.toString()
  const [, size = ''] = text?.split('\n', 2) ?? []
  return text !== undefined && /^(0|[1-9][0-9]{0,14})$/.test(size) ? { size: Number(size), text } : undefined
}
