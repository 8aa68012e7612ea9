// Reads a compact JWS (RFC 7515 §7.1) before anything about it is proven.
// Nothing read here may be shown to the caller or trusted: it only chooses the issuer and the key.
import { Refusal } from '#access/refusal.ts'
import { type Claims, readClaims } from './claims.ts'

export interface UnverifiedToken {
  readonly text: string
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
  readonly issuer: string
  readonly claims: Claims
}

const MOST_CHARACTERS = 16 * 1024
const MOST_KID = 256
const SEGMENT = /^[A-Za-z0-9_-]+$/

/** `{"` in base64url: all that begins so, and all that has the dots of a JWS or JWE, is ours to judge. */
export function isShapedLikeJwt(credential: string): boolean {
  if (credential.startsWith('eyJ')) return true
  const dots = credential.split('.', 6).length - 1
  return dots === 2 || dots === 4
}

/** Throws a Refusal `malformed_proof` when it cannot be read, `unauthenticated` when it may never be accepted. */
export function readToken(text: string): UnverifiedToken {
  if (text.length > MOST_CHARACTERS) throw malformed('The token is longer than 16 KiB; ask for one with fewer claims.')
  const segments = text.split('.', 6)
  if (segments.length === 5) throw malformed('Encrypted tokens are not accepted; send a signed JWT.')
  const [head = '', body = '', signature] = segments
  if (segments.length !== 3 || signature === undefined) throw malformed('The token is not a JWT of three parts.')
  const header = readSegment(head, 'header')
  const claims = readSegment(body, 'payload')
  if (signature === '') throw new Refusal('unauthenticated', { message: 'The token is not signed; send a signed one.' })
  decodeSegment(signature, 'signature')
  return { text, claims, ...readHeader(header), issuer: readIssuer(claims) }
}

/** `jwk`, `jku`, `x5u` and `x5c` are never looked at: a token does not choose the key it is checked with. */
function readHeader(header: Claims) {
  const { alg, kid, typ } = header
  // RFC 7515 §4.1.11, RFC 7797: an extension must be understood or refused, and none is understood here.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    throw malformed('The token uses header extensions (crit, b64), which are not accepted.')
  }
  if (typeof alg !== 'string') throw malformed('The token does not say how it is signed (alg).')
  if (kid !== undefined && !(typeof kid === 'string' && kid.length <= MOST_KID)) {
    throw malformed('The token names its key (kid) by something other than a short string.')
  }
  if (typ !== undefined && typeof typ !== 'string') throw malformed("The token's type (typ) is not a string.")
  return { alg, kid, typ }
}

function readIssuer(claims: Claims): string {
  const { iss } = claims
  if (typeof iss !== 'string') throw malformed('The token does not say who issued it (iss).')
  return iss
}

function readSegment(segment: string, part: string): Claims {
  const bytes = decodeSegment(segment, part)
  try {
    return readClaims(bytes)
  } catch (cause) {
    throw malformed(`The token's ${part} is not one JSON object without duplicate keys.`, cause)
  }
}

/** Canonical base64url only: otherwise the unused bits of its last character would let one token have many spellings. */
function decodeSegment(segment: string, part: string): Uint8Array {
  const bytes = Buffer.from(segment, 'base64url')
  if (SEGMENT.test(segment) && bytes.toString('base64url') === segment) return bytes
  throw malformed(`The token's ${part} is not base64url.`)
}

function malformed(message: string, cause?: unknown): Refusal {
  return new Refusal('malformed_proof', cause === undefined ? { message } : { message, cause })
}
