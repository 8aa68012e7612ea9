// Reads a DPoP proof (RFC 9449 section 4.2) before anything about it is proven: one compact JWS with the key inside. Strict, since two
// readers of one proof must never see two keys, two methods or two addresses in it. What is the same wherever one is taken stands
// here, too: how old it may be, and whether its key signed it.
import type { KeyObject } from 'node:crypto'
import { type Claims, isClaims, readClaims } from './claims.ts'
import { importProofKey, isSignedBy, type ProofKey, readProofKey } from './dpop-key.ts'

export interface ReadProof {
  readonly key: ProofKey
  /** The segment that the key stands in, as it was sent. */
  readonly head: string
  /** What was signed. */
  readonly text: Uint8Array
  readonly signature: Uint8Array
  readonly htm: string
  readonly htu: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly jti: string
  /** Absent where a token is asked for, and not yet shown (section 5). */
  readonly ath: string | undefined
  readonly nonce: string | undefined
}

/** Seconds. Older is refused, wherever proofs are taken, and so is one from the future: clocks differ by less. */
const PAST = 60
const FUTURE = 30

const MOST_CHARACTERS = 8 * 1024
const MOST_ID = 256
const MOST_ADDRESS = 2048
const SEGMENT = /^[A-Za-z0-9_-]+$/
/** None of them is looked at anywhere: a proof has its key in `jwk`, and extensions (RFC 7515 section 4.1.11) are not known. */
const FORBIDDEN = ['crit', 'b64', 'jku', 'x5u', 'x5c']

/** Undefined where it is of now; `now` in milliseconds. */
export function wrongAge(
  { iat }: Pick<ReadProof, 'iat'>,
  now: number,
): 'more than a minute ago' | 'in the future' | undefined {
  const age = now / 1000 - iat
  if (age > PAST) return 'more than a minute ago'
  return age < -FUTURE ? 'in the future' : undefined
}

/** Until when it must be remembered as used, in milliseconds: afterwards it is too old. */
export const usedUntil = ({ iat }: Pick<ReadProof, 'iat'>): number => Math.ceil((iat + PAST + 1) * 1000)

/** `keyOf`: imports it, or has it imported already. */
export function isSigned(
  { key, text, signature }: ReadProof,
  keyOf: (key: ProofKey) => KeyObject = importProofKey,
): boolean {
  try {
    return isSignedBy(keyOf(key), key.alg, text, signature)
  } catch {
    return false // no key at all, or a signature of no length that one could have
  }
}

/** What is wrong with it, in words for whoever made it. */
export class ProofFault extends Error {}

/** Throws a ProofFault. `keyIn`: reads the key of such a header, or has read it before. */
export function readProof(proof: string, keyIn: (head: string) => ProofKey = readHead): ReadProof {
  const [head = '', body = '', tail = '', ...more] = proof.length > MOST_CHARACTERS ? [] : proof.split('.', 4)
  if (more.length > 0 || tail === '') throw new ProofFault('it must be one signed JWT of at most 8 KiB')
  const key = keyIn(head)
  return {
    key,
    head,
    text: Buffer.from(`${head}.${body}`, 'latin1'),
    signature: bytesOf(tail, 'signature'),
    ...fieldsOf(claimsOf(body, 'payload')),
  }
}

/** Throws a ProofFault. */
export function readHead(head: string): ProofKey {
  const header = claimsOf(head, 'header')
  if (header['typ'] !== 'dpop+jwt') throw new ProofFault('its type (typ) must be dpop+jwt')
  const stray = FORBIDDEN.find((name) => Object.hasOwn(header, name))
  if (stray !== undefined) throw new ProofFault(`its header must not hold ${stray}`)
  const { alg, jwk } = header
  const key = isClaims(jwk) ? readProofKey(alg, jwk) : undefined
  if (key) return key
  throw new ProofFault(
    'it must be signed with EdDSA, ES256, RS256 or PS256 (alg), by a key whose public half stands in its header (jwk), and nothing else in there',
  )
}

function fieldsOf({ htm, htu, iat, jti, ath, nonce }: Claims) {
  return {
    htm: text(htm, 'htm', 32),
    htu: text(htu, 'htu', MOST_ADDRESS),
    iat: moment(iat),
    jti: text(jti, 'jti', MOST_ID),
    ath: ath === undefined ? undefined : text(ath, 'ath', 64),
    nonce: nonce === undefined ? undefined : text(nonce, 'nonce', MOST_ID),
  }
}

function text(value: unknown, name: string, most: number): string {
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  throw new ProofFault(`its ${name} must be a string of 1 to ${most} characters`)
}

function moment(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw new ProofFault('its iat must be a number of seconds since 1970')
}

function claimsOf(segment: string, part: string): Claims {
  try {
    return readClaims(bytesOf(segment, part))
  } catch (cause) {
    if (cause instanceof ProofFault) throw cause
    throw new ProofFault(`its ${part} must be one JSON object without duplicate keys`, { cause })
  }
}

/** Canonical base64url only: one proof has one spelling. */
function bytesOf(segment: string, part: string): Uint8Array {
  const bytes = Buffer.from(segment, 'base64url')
  if (SEGMENT.test(segment) && bytes.toString('base64url') === segment) return bytes
  throw new ProofFault(`its ${part} must be base64url`)
}
