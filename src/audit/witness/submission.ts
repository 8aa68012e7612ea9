// The body of `add-checkpoint` (C2SP tlog-witness): the size that the caller believes to be known, a proof from there, and
// the checkpoint. Every line as the specification has it, or nothing.
import { type CheckpointNote, readHash, readNote } from '#audit/verify/note-text.ts'

/** As long as a checkpoint can be, with the longest proof before it. */
export const MOST_SUBMISSION_BYTES = 72 * 1024
const MOST_HASHES = 63

export interface Submission {
  readonly old: number
  readonly proof: readonly Buffer[]
  readonly note: CheckpointNote
}

/** A sentence for its sender where it is malformed. */
export function readSubmission(bytes: Buffer): Submission | string {
  // The first empty line ends the proof; the checkpoint has one of its own.
  const cut = bytes.indexOf('\n\n')
  if (cut < 0) return 'An empty line is expected between the proof and the checkpoint.'
  const [first = '', ...coded] = bytes.subarray(0, cut).toString('latin1').split('\n')
  const [, old] = /^old (0|[1-9][0-9]{0,14})$/.exec(first) ?? []
  if (old === undefined) return 'The first line is expected to be "old", a space and a size.'
  if (coded.length > MOST_HASHES) return `A proof has at most ${MOST_HASHES} lines.`
  const proof = coded.map(readHash)
  const note = readNote(bytes.subarray(cut + 2))
  if (typeof note === 'string') return `The checkpoint is malformed: ${note}.`
  if (Number(old) > note.size) return 'The old size is larger than the checkpoint.'
  const hashes = proof.filter((hash) => hash !== undefined)
  if (hashes.length < proof.length) return 'Each line of the proof is expected to be 32 bytes in base64.'
  return { old: Number(old), proof: hashes, note }
}

export function writeSubmission(old: number, proof: readonly Buffer[], checkpoint: string): string {
  return `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`
}
