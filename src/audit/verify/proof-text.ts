// A proof file: one C2SP tlog-proof an entry, one right after the other, each with its entry as `extra`. Taken apart strictly, and
// nothing is checked against a key or a root here.
import { type CheckpointNote, readHash, readNote } from './note-text.ts'

/** An entry is at most 32 KiB, so this is some hundreds of them. */
export const MOST_PROOF_BYTES = 16 * 2 ** 20
const MAGIC = 'c2sp.org/tlog-proof@v1\n'
/** Of a tree of 2^63 entries. */
const MOST_HASHES = 63

export interface EntryProof {
  readonly entry: Buffer
  readonly index: number
  readonly path: readonly Buffer[]
  readonly checkpoint: CheckpointNote
}

/** A sentence where it is no proof file. */
export function readProofs(bytes: Buffer): readonly EntryProof[] | string {
  if (bytes.length > MOST_PROOF_BYTES) return 'the file is larger than any proof'
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) return 'the file is not UTF-8'
  // A line of a checkpoint that reads like this one is cut in two, and then neither half is a proof.
  const [before, ...sections] = text.split(/(?<![^\n])c2sp\.org\/tlog-proof@v1\n/)
  if (before !== '' || sections.length === 0) return `the file does not begin with ${MAGIC.trim()}`
  const proofs: EntryProof[] = []
  for (const [at, section] of sections.entries()) {
    const proof = readProof(section)
    if (typeof proof === 'string') return `proof ${at + 1} is malformed: ${proof}`
    proofs.push(proof)
  }
  return proofs
}

/** What follows the first line. */
function readProof(section: string): EntryProof | string {
  const end = section.indexOf('\n\n')
  if (end < 0) return 'it has no checkpoint'
  const [extra = '', place = '', ...hashes] = section.slice(0, end).split('\n')
  if (!extra.startsWith('extra ')) return 'it does not hold its entry'
  const coded = extra.slice('extra '.length)
  const entry = Buffer.from(coded, 'base64')
  if (coded === '' || entry.toString('base64') !== coded) return 'its entry is no base64'
  const [, index] = /^index (0|[1-9][0-9]{0,14})$/.exec(place) ?? []
  if (index === undefined) return 'its index is no number'
  if (hashes.length > MOST_HASHES) return 'its path is too long'
  const path = hashes.map(readHash)
  if (!path.every((hash) => hash !== undefined)) return 'its path holds what is no hash'
  const checkpoint = readNote(Buffer.from(section.slice(end + 2)))
  if (typeof checkpoint === 'string') return `its checkpoint is malformed: ${checkpoint}`
  return { entry, index: Number(index), path, checkpoint }
}
