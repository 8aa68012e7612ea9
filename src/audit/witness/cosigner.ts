// The key of a witness: Ed25519 of type 0x04, in the one-line forms of note keys, and the cosignatures made with it
// (C2SP tlog-cosignature, cosignature/v1).
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { cosignedText, readWitnessKey, type WitnessKey } from '#audit/verify/cosignature.ts'

/** The byte that names timed Ed25519 cosignatures. */
const COSIGNATURE = Buffer.of(4)
/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410 section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface Cosigner {
  readonly key: WitnessKey
  /** `name+id+base64`, one line without its newline. */
  readonly verifierKey: string
  /** The content of the key file. MUST NOT be printed. */
  readonly secretKey: string
  /** A signature line without its newline; `time` in whole seconds since the epoch, more than 0. */
  cosign(body: string, time: number): string
}

/** `seed` is the 32 secret bytes of RFC 8032. Without a name, it is named by its key: `sallyport-witness/1a2b3c4d`. */
export function makeCosigner(seed: Uint8Array, given?: string): Cosigner {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed is 32 bytes')
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const raw = publicBytes(secret)
  const name = given ?? `sallyport-witness/${createHash('sha256').update(raw).digest('hex').slice(0, 8)}`
  const typed = Buffer.concat([COSIGNATURE, raw])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  const verifierKey = `${name}+${id.toString('hex')}+${typed.toString('base64')}`
  const key = readWitnessKey(verifierKey)
  if (!key) throw new RangeError('a witness is named without spaces and plus signs, in at most 200 characters')
  return {
    key,
    verifierKey,
    secretKey: `PRIVATE+KEY+${name}+${id.toString('hex')}+${Buffer.concat([COSIGNATURE, seed]).toString('base64')}`,
    cosign(body, time) {
      const stamp = Buffer.alloc(8)
      stamp.writeBigUInt64BE(BigInt(time))
      const signature = sign(null, cosignedText(body, time), secret)
      return `\u2014 ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}`
    },
  }
}

/** From a key file; undefined for anything that is not exactly what `makeCosigner` gave. */
export function readCosigner(file: string): Cosigner | undefined {
  const line = file.trim()
  const [, name, coded] = /^PRIVATE\+KEY\+([^+\s]{1,200})\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/.exec(line) ?? []
  if (name === undefined || coded === undefined) return undefined
  const cosigner = makeCosigner(Buffer.from(coded, 'base64').subarray(1), name)
  return cosigner.secretKey === line ? cosigner : undefined
}

function publicBytes(secret: KeyObject): Buffer {
  return createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
}
