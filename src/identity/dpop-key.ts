// The public key that a DPoP proof brings along (RFC 9449 section 4.2). It proves nothing by itself: it counts only where its
// thumbprint (RFC 7638) is the one that the token is bound to. Exactly the members that make a key may stand in it.
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import type { Claims } from './claims.ts'

export interface ProofKey {
  /** Its JWK thumbprint, SHA-256 in base64url. */
  readonly jkt: string
  readonly alg: ProofAlgorithm
  readonly jwk: Readonly<Record<string, string>>
}

/** As metadata names them (RFC 9728 section 2). `Ed25519` is the name of RFC 9864, `EdDSA` the one before. */
export const PROOF_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'RS256', 'PS256'] as const
export type ProofAlgorithm = (typeof PROOF_ALGORITHMS)[number]

interface Kind {
  readonly is: Readonly<Record<string, string>>
  /** In the order of RFC 7638 section 3, with those of `is`. */
  readonly members: readonly string[]
}

/** 256 bits, canonical: the last character holds two unused bits, which are zero. */
const COORDINATE = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const LONG = /^[A-Za-z0-9_-]{342,683}$/
const EXPONENT = /^[A-Za-z0-9_-]{2,6}$/

const OKP: Kind = { is: { kty: 'OKP', crv: 'Ed25519' }, members: ['crv', 'kty', 'x'] }
const EC: Kind = { is: { kty: 'EC', crv: 'P-256' }, members: ['crv', 'kty', 'x', 'y'] }
const RSA: Kind = { is: { kty: 'RSA' }, members: ['e', 'kty', 'n'] }

const KINDS: Readonly<Record<ProofAlgorithm, Kind>> = {
  EdDSA: OKP,
  Ed25519: OKP,
  ES256: EC,
  RS256: RSA,
  PS256: RSA,
}

const SHAPES: Readonly<Record<string, RegExp>> = { x: COORDINATE, y: COORDINATE, n: LONG, e: EXPONENT }

/** Undefined where it is none of the kinds, not for this algorithm, or holds anything else: half of a private key, say. */
export function readProofKey(alg: unknown, jwk: Claims): ProofKey | undefined {
  const algorithm = PROOF_ALGORITHMS.find((each) => each === alg)
  if (algorithm === undefined) return undefined
  const { is, members } = KINDS[algorithm]
  if (Object.keys(jwk).length !== members.length) return undefined
  const taken: Record<string, string> = {}
  for (const member of members) {
    const value = jwk[member]
    if (typeof value !== 'string' || !fits(member, value, is)) return undefined
    taken[member] = value
  }
  return { jkt: hash('sha256', JSON.stringify(taken), 'base64url'), alg: algorithm, jwk: taken }
}

const fits = (member: string, value: string, is: Kind['is']): boolean =>
  is[member] === undefined ? SHAPES[member]?.test(value) === true : value === is[member]

/** Throws where it is no key: a point off its curve, an RSA key that is too small or whose signatures anybody could make. */
export function importProofKey({ jwk }: ProofKey): KeyObject {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  if (jwk['kty'] !== 'RSA') return key
  // The runtime takes no exponent of which anybody could make signatures.
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048 || modulusLength > 4096) throw new Error('an RSA key that is not taken')
  return key
}

const PSS_PADDING = 6
const SALT = 32

export function isSignedBy(key: KeyObject, alg: ProofAlgorithm, text: Uint8Array, signature: Uint8Array): boolean {
  switch (alg) {
    case 'EdDSA':
    case 'Ed25519':
      return verify(null, text, key, signature)
    case 'ES256':
      return verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'RS256':
      return verify('sha256', text, key, signature)
    case 'PS256':
      return verify('sha256', text, { key, padding: PSS_PADDING, saltLength: SALT }, signature)
  }
}
