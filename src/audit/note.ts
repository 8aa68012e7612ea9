// C2SP signed notes with Ed25519, and the checkpoint (tlog-checkpoint) as the one text that is signed. The key file and
// the verifier key have the one-line forms that note tools read.
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto'

/** The byte that names Ed25519 in key ids and key lines. */
const ED25519 = Buffer.of(1)
/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410 section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface Signer {
  /** Key name and checkpoint origin: `sallyport/<first 8 hex digits of the key's SHA-256>/<log>`. */
  readonly name: string
  /** `name+id+base64`, one line without its newline. */
  readonly verifierKey: string
  /** The secret: the content of the key file. MUST NOT be logged. */
  readonly secretKey: string
  sign(text: string): string
}

/** `seed` is the 32 secret bytes of RFC 8032. */
export function makeSigner(log: string, seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed is 32 bytes')
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const key = publicBytes(secret)
  const name = `sallyport/${hash('sha256', key, 'hex').slice(0, 8)}/${log}`
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), ED25519, key]), 'buffer').subarray(0, 4)
  return {
    name,
    verifierKey: `${name}+${id.toString('hex')}+${Buffer.concat([ED25519, key]).toString('base64')}`,
    secretKey: `PRIVATE+KEY+${name}+${id.toString('hex')}+${Buffer.concat([ED25519, seed]).toString('base64')}`,
    sign: (text) => {
      const signature = Buffer.concat([id, sign(null, Buffer.from(text), secret)])
      return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`
    },
  }
}

/** From a key file. Undefined for anything that is not exactly what `makeSigner` gave for this log. */
export function readSigner(log: string, file: string): Signer | undefined {
  const line = file.trim()
  const [, coded] = /^PRIVATE\+KEY\+[^+]{1,200}\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/.exec(line) ?? []
  if (coded === undefined) return undefined
  const seed = Buffer.from(coded, 'base64')
  const signer = makeSigner(log, seed.subarray(1))
  return signer.secretKey === line ? signer : undefined
}

function publicBytes(secret: KeyObject): Buffer {
  return createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
}

export function writeCheckpoint(signer: Signer, size: number, root: Buffer): string {
  return signer.sign(`${signer.name}\n${size}\n${root.toString('base64')}\n`)
}

/** Size and root of a checkpoint that this very key signed: signing is deterministic, so it is simply signed again. */
export function readOwnCheckpoint(signer: Signer, text: string): { size: number; root: Buffer } | undefined {
  const [, size, root] = text.split('\n', 3)
  if (size === undefined || root === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(size)) return undefined
  const read = { size: Number(size), root: Buffer.from(root, 'base64') }
  return writeCheckpoint(signer, read.size, read.root) === text ? read : undefined
}
