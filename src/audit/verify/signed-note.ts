// C2SP signed-note and tlog-checkpoint, read strictly: Ed25519 only, and unknown signatures (a witness's, say) are skipped.
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

/** What stands before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 section 4). */
const SPKI = '302a300506032b6570032100'
const MOST_NOTE_BYTES = 64 * 1024

export interface VerifierKey {
  readonly name: string
  /** The four bytes of the key id, hex. */
  readonly id: string
  readonly key: KeyObject
  /** The first 8 hex digits of the SHA-256 of the key's 32 bytes, as our origins carry them. */
  readonly fingerprint: string
}

/** `name+id+base64`; undefined for anything else, and where the id is not that of the key. */
export function readVerifierKey(line: string): VerifierKey | undefined {
  const [, name, id, coded] = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})\n?$/.exec(line) ?? []
  if (name === undefined || id === undefined || coded === undefined) return undefined
  const bytes = Buffer.from(coded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== 1) return undefined
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
  if (bytes.length > MOST_NOTE_BYTES) return 'it is too long'
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) return 'it is not UTF-8'
  const cut = text.lastIndexOf('\n\n')
  if (cut < 0 || !text.endsWith('\n')) return 'it has no signatures'
  const body = text.slice(0, cut + 1)
  const [origin, size, root] = body.split('\n')
  if (!origin) return 'it has no origin'
  if (size === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(size)) return 'its size is no number'
  if (root === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return 'its root is no hash'
  const signature = checkSignatures(body, text.slice(cut + 2), key)
  if (signature === undefined) return 'a signature line is malformed'
  return { origin, size: Number(size), root: Buffer.from(root, 'base64'), signature }
}

function checkSignatures(body: string, lines: string, key: VerifierKey): Checkpoint['signature'] | undefined {
  let found: Checkpoint['signature'] = 'unsigned'
  for (const line of lines.split('\n').slice(0, -1)) {
    const [, name, coded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    if (name === undefined || coded === undefined) return undefined
    const bytes = Buffer.from(coded, 'base64')
    if (name !== key.name || bytes.subarray(0, 4).toString('hex') !== key.id) continue
    if (!verify(null, Buffer.from(body), key.key, bytes.subarray(4))) return 'forged'
    found = 'holds'
  }
  return found
}
