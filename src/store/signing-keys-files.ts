// The files of the keys that sign, of each purpose its own: `keys/identity-<created>-<kid>.key`, 32 bytes each, the seed of RFC 8032. The
// kid is the key's RFC 7638 thumbprint, so a name vouches for its content. A file that is not what its name says is refused, never replaced.
import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { link, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { syncDirectory, writeSynced } from './synced-file.ts'

/** What signs to upstreams for whom a request is (`identity`), and what signs session tokens (`authorization`). */
export type Purpose = 'identity' | 'authorization'

export interface SigningKey {
  readonly kid: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly created: number
  /** The public key in base64url. */
  readonly x: string
  readonly sign: (text: string) => Uint8Array
}

const SEED = 32
/** What stands before the seed in PKCS #8 (RFC 8410 section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const NAME =
  /^(identity|authorization)-([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z-([A-Za-z0-9_-]{43})\.key$/

export function signingKeyOf(seed: Uint8Array, created: number): SigningKey {
  if (seed.length !== SEED) throw new RangeError('an Ed25519 seed is 32 bytes')
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const x = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url')
  const kid = hash('sha256', `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, 'base64url')
  return { kid, created: Math.floor(created / 1000) * 1000, x, sign: (text) => sign(null, Buffer.from(text), secret) }
}

/** `identity-20260728T101500Z-<kid>.key` */
export function signingKeyName({ kid, created }: Pick<SigningKey, 'kid' | 'created'>, purpose: Purpose): string {
  const time = new Date(created).toISOString().slice(0, 19).replace(/[-:]/g, '')
  return `${purpose}-${time}Z-${kid}.key`
}

/** Throws a Refusal `not_ready` when any of them cannot be relied on; it says which and why, never what it holds. */
export function readSigningKeys(directory: string, purpose: Purpose): readonly SigningKey[] {
  return namesIn(directory, purpose).flatMap((name) => {
    try {
      return readSigningKey(directory, name, purpose) ?? []
    } catch (cause) {
      throw cause instanceof Refusal ? cause : refused(name, `cannot be read${codeOf(cause)}`, cause)
    }
  })
}

function namesIn(directory: string, purpose: Purpose): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith(`${purpose}-`) && name.endsWith('.key'))
  } catch (cause) {
    throw new Refusal('not_ready', { message: `The directory keys/ cannot be read${codeOf(cause)}.`, cause })
  }
}

function readSigningKey(directory: string, name: string, purpose: Purpose): SigningKey | undefined {
  const created = createdOf(name)
  if (created === undefined) throw refused(name, 'has no name of a signing key: take it away')
  const seed = readSeed(directory, name)
  // Another worker has removed it since the directory was read.
  if (seed === undefined) return undefined
  const key = signingKeyOf(seed, created)
  if (signingKeyName(key, purpose) !== name)
    throw refused(name, 'is not the key that its name says: restore it, or take it away')
  return key
}

function createdOf(name: string): number | undefined {
  const [, , year, month, day, hours, minutes, seconds] = NAME.exec(name) ?? []
  const created = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
  return Number.isNaN(created) ? undefined : created
}

function readSeed(directory: string, name: string): Uint8Array | undefined {
  const file = openPresent(join(directory, name))
  if (file === undefined) return undefined
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw refused(name, 'is not a regular file')
    if ((found.mode & 0o077) !== 0) throw refused(name, 'can be read by others: take it away, a new one is made')
    if (found.size !== SEED) throw refused(name, `is not ${SEED} bytes long: restore it, or take it away`)
    return new Uint8Array(readFileSync(file))
  } finally {
    closeSync(file)
  }
}

function openPresent(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export interface SigningPlace {
  /** The directory. */
  readonly keys: string
  readonly purpose: Purpose
}

/** A key gets its name when it is whole and on the disk. MUST be called under the lock of all who make keys here. */
export async function writeSigningKey(place: SigningPlace, seed: Uint8Array, key: SigningKey): Promise<void> {
  const { keys, purpose } = place
  const draft = join(keys, `${purpose}.draft`)
  // Left by whoever died while making one.
  await rm(draft, { force: true })
  try {
    await writeSynced(draft, seed)
    await link(draft, join(keys, signingKeyName(key, purpose)))
    await syncDirectory(keys)
  } finally {
    await rm(draft, { force: true })
  }
}

export async function removeSigningKey({ keys, purpose }: SigningPlace, key: SigningKey): Promise<void> {
  await rm(join(keys, signingKeyName(key, purpose)), { force: true })
  await syncDirectory(keys)
}

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '')

function refused(name: string, what: string, cause?: unknown): Refusal {
  return new Refusal('not_ready', { message: `The signing key keys/${name} ${what}.`, cause })
}
