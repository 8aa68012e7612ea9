// C2SP signed-note and tlog-checkpoint, read strictly: Ed25519 only, and unknown signatures (a witness's, say) are skipped.
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type CheckpointNote, readNote } from './note-text.ts'

/** What stands before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 section 4). */
const SPKI = '302a300506032b6570032100'

export interface VerifierKey {
  readonly name: string
  /** The four bytes of the key id, hex. */
  readonly id: string
  readonly key: KeyObject
  /** The first 8 hex digits of the SHA-256 of the key's 32 bytes, as our origins carry them. */
  readonly fingerprint: string
}

/** The byte that a key begins with says what it signs: notes themselves, or a witness's timed cosignatures. */
const TYPES = { note: 0x01, cosignature: 0x04 } as const

/** `name+id+base64`; undefined for anything else, and where the id is not that of the key. */
export function readVerifierKey(line: string, type: keyof typeof TYPES = 'note'): VerifierKey | undefined {
  const [, name, id, coded] = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})\n?$/.exec(line) ?? []
  if (name === undefined || id === undefined || coded === undefined) return undefined
  const bytes = Buffer.from(coded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== TYPES[type]) return undefined
  const computed = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8)
  if (computed !== id) return undefined
  const raw = bytes.subarray(1)
  const key = createPublicKey({ key: Buffer.concat([Buffer.from(SPKI, 'hex'), raw]), format: 'der', type: 'spki' })
  return { name, id, key, fingerprint: createHash('sha256').update(raw).digest('hex').slice(0, 8) }
}

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  /** `unsigned`: no signature of this key at all; `forged`: one that does not hold. */
  readonly signature: 'holds' | 'forged' | 'unsigned'
}

/** A sentence where the text is no checkpoint at all. */
export function readCheckpoint(bytes: Buffer, key: VerifierKey): Checkpoint | string {
  const note = readNote(bytes)
  if (typeof note === 'string') return note
  const { origin, size, root } = note
  return { origin, size, root, signature: checkSignatures(note, key) }
}

/** One signature of this key that does not hold spoils the note, whatever others do. */
export function checkSignatures({ body, signatures }: CheckpointNote, key: VerifierKey): Checkpoint['signature'] {
  const ours = signatures.filter(({ name, id }) => name === key.name && id === key.id)
  if (ours.length === 0) return 'unsigned'
  return ours.every(({ bytes }) => verify(null, Buffer.from(body), key.key, bytes)) ? 'holds' : 'forged'
}
