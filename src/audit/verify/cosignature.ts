// What a witness says of a checkpoint: C2SP tlog-cosignature with Ed25519 (cosignature/v1). It vouches that, at the time that
// it names, this was the largest tree of the log that it had seen, and that all it had seen before are beginnings of it.
import { verify } from 'node:crypto'
import type { CheckpointNote, NoteSignature } from './note-text.ts'
import { readVerifierKey, type VerifierKey } from './signed-note.ts'

export interface WitnessKey extends VerifierKey {
  readonly signs: 'cosignatures'
}

/** `name+id+base64` of a key of type 0x04; undefined for anything else. */
export function readWitnessKey(line: string): WitnessKey | undefined {
  const key = readVerifierKey(line, 'cosignature')
  return key && { ...key, signs: 'cosignatures' }
}

/** The text that is signed; `time` in seconds since the epoch. */
export function cosignedText(body: string, time: number | bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${body}`)
}

/**
 * When the witness saw this checkpoint, in seconds since the epoch: the latest, where it says so more than once. `unsigned`
 * where no line is of this key; `forged` where one is, and does not hold.
 */
export function cosignedAt(note: Pick<CheckpointNote, 'body' | 'signatures'>, key: WitnessKey): CosignedAt {
  let latest: number | undefined
  for (const signature of note.signatures) {
    if (signature.name !== key.name || signature.id !== key.id) continue
    const time = timeOf(note.body, signature, key)
    if (time === undefined) return 'forged'
    latest = Math.max(latest ?? 0, time)
  }
  return latest ?? 'unsigned'
}

export type CosignedAt = number | 'unsigned' | 'forged'

function timeOf(body: string, { bytes }: NoteSignature, key: WitnessKey): number | undefined {
  if (bytes.length !== 72) return undefined
  const time = bytes.readBigUInt64BE(0)
  // No statement about a time is none about the largest tree at that time.
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return verify(null, cosignedText(body, time), key.key, bytes.subarray(8)) ? Number(time) : undefined
}
