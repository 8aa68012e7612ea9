// Admits an issuer's published keys: signature keys that are public, strong enough and of a known kind.
// What does not fit is left out, not an error: key sets rightly hold encryption keys and kinds yet to come.
import { importJWK } from 'jose'
import type { Claims } from './claims.ts'
import type { Algorithm } from './issuer.ts'

export interface PublicKey {
  readonly kid: string | undefined
  /** The algorithms for which it may verify. */
  readonly algorithms: readonly Algorithm[]
  /** Only the members that make the key; frozen. jose caches the imported key by this object. */
  readonly jwk: Readonly<Record<string, string>>
  /** Equal for two equal keys. */
  readonly print: string
}

const MOST_KEYS = 100
const RSA_BITS = { least: 2048, most: 8192 }
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

interface Kind {
  readonly members: readonly string[]
  readonly algorithms: readonly Algorithm[]
}

/** By `kty`, for curves with `crv`. No `oct`: a published secret must not verify anything. */
const KINDS = new Map<string, Kind>([
  ['RSA', { members: ['n', 'e'], algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] }],
  ['EC P-256', { members: ['crv', 'x', 'y'], algorithms: ['ES256'] }],
  ['EC P-384', { members: ['crv', 'x', 'y'], algorithms: ['ES384'] }],
  ['EC P-521', { members: ['crv', 'x', 'y'], algorithms: ['ES512'] }],
  ['OKP Ed25519', { members: ['crv', 'x'], algorithms: ['EdDSA'] }],
])

/** The usable keys of a JWK set (RFC 7517 §5), in its order. Rejects with a plain Error when it is not one. */
export async function admitKeys(document: Claims): Promise<readonly PublicKey[]> {
  const keys = document['keys']
  if (!Array.isArray(keys)) throw new Error('its key set has no list of keys')
  if (keys.length > MOST_KEYS) throw new Error(`its key set has more than ${MOST_KEYS} keys`)
  const admitted = await Promise.all(keys.map(admit))
  return admitted.filter((key) => key !== undefined)
}

async function admit(candidate: unknown): Promise<PublicKey | undefined> {
  if (!isRecord(candidate)) return undefined
  const { kty, crv, kid, use, key_ops: operations, alg } = candidate
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(candidate, member))) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined
  if (kid !== undefined && typeof kid !== 'string') return undefined
  const kind = KINDS.get(kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`)
  if (kind === undefined) return undefined
  // RFC 9864 names the curve in the algorithm; tokens still say EdDSA.
  const declared = alg === 'Ed25519' ? 'EdDSA' : alg
  const algorithms = kind.algorithms.filter((name) => declared === undefined || declared === name)
  const [algorithm] = algorithms
  const jwk = pick(candidate, ['kty', ...kind.members])
  if (algorithm === undefined || jwk === undefined) return undefined
  if (kty === 'RSA' && !isStrongRsa(jwk)) return undefined
  try {
    await importJWK({ ...jwk }, algorithm)
  } catch {
    return undefined // a point off its curve, or letters that are no base64url
  }
  return { kid, algorithms, jwk: Object.freeze(jwk), print: JSON.stringify([kid, algorithms, jwk]) }
}

function pick(candidate: Readonly<Record<string, unknown>>, members: readonly string[]) {
  const picked: Record<string, string> = {}
  for (const member of members) {
    const value = candidate[member]
    if (typeof value !== 'string' || value === '') return undefined
    picked[member] = value
  }
  return picked
}

/** An exponent of 1 would make every signature its own proof; a giant modulus would make each check cost seconds. */
function isStrongRsa(jwk: Readonly<Record<string, string>>): boolean {
  const modulus = bits(jwk['n'] ?? '')
  const exponent = Buffer.from(jwk['e'] ?? '', 'base64url')
  if (modulus < RSA_BITS.least || modulus > RSA_BITS.most || exponent.length > 4 || exponent.length === 0) return false
  const value = exponent.readUIntBE(0, exponent.length)
  return value >= 3 && value % 2 === 1
}

function bits(number: string): number {
  const hex = Buffer.from(number, 'base64url').toString('hex').replace(/^0+/, '')
  return hex === '' ? 0 : (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
