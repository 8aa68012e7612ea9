// Reads the gate's own access tokens (RFC 9068) and proves that they are: by issuer, type, signature, audience and time. Whatever names
// this gate as its issuer is judged here and nowhere else. What a token says of its session is compared with what is kept of it later.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'
import { type Claims, type ClaimValue, stringsOf } from './claims.ts'
import { mediaType } from './issuer.ts'
import { type CacheStanding, digestFor, makeProofCache } from './proof-cache.ts'
import { makeRecent } from './recent.ts'
import { SESSION_TOKEN_TYPE } from './session-token-claims.ts'
import { isShapedLikeJwt, readToken, type UnverifiedToken } from './token.ts'

export interface SessionToken {
  readonly sid: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Undefined where it has none of its own. */
  readonly scope: readonly string[] | undefined
  readonly claims: Claims
  /** SHA-256 of the token, base64url: what a proof names (RFC 9449 section 4.2). */
  readonly ath: string
}

/** The public halves of the authorization server's keys; `x` in base64url (RFC 8037 section 2). */
export interface VerifyingRing {
  /** As of at most a few seconds ago. Throws a Refusal `not_ready` where they cannot be read. */
  find(kid: string): { readonly kid: string; readonly x: string } | undefined
}

export interface SessionTokenParts {
  readonly ring: VerifyingRing
  /** The gate's public origin: issuer and audience. */
  readonly origin: string
  readonly now: () => number
  /** How many proven tokens are remembered. Default 10,000. */
  readonly cached?: number
}

export interface SessionTokens {
  /** Whether it names this gate as its issuer, and so is nobody else's to judge. Never throws. */
  judges(presented: Presented): boolean
  /** MUST be asked only where it judges. Throws a Refusal. */
  read(presented: Presented): SessionToken
  remembered(): CacheStanding
}

interface Proven {
  readonly token: SessionToken
  readonly kid: string
  readonly x: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly until: number
}

const REMEMBER_MS = 60_000
/** Seconds. Nobody issues a longer one. */
const LONGEST = 15 * 60
/** Between the clock of whoever issued it and ours, seconds. It gives no token a longer life. */
const SKEW = 30
const MOST_ID = 256

export function makeSessionTokens({ ring, origin, now, cached = 10_000 }: SessionTokenParts): SessionTokens {
  const cache = makeProofCache<Proven>(cached)
  // Digests of tokens that name another issuer. That never changes, and strangers who push others out gain nothing by it.
  const elsewhere = makeRecent({ most: 2 * cached, forUs: REMEMBER_MS })
  const keys = importedKeys()
  const isPublished = ({ kid, x }: Proven): boolean => ring.find(kid)?.x === x

  function prove(digest: string, text: string): SessionToken {
    const unverified = readToken(text)
    if (mediaType(unverified.typ ?? '') !== SESSION_TOKEN_TYPE) {
      throw refused('The token is of a type (typ) that proves nobody here; send the access token.')
    }
    const key = unverified.kid === undefined ? undefined : ring.find(unverified.kid)
    if (!key || unverified.alg !== 'EdDSA') {
      throw refused('The token is not signed with a key of this gate; ask for a new one at /oauth/token.')
    }
    if (!isSigned(unverified, keys(key))) throw refused("The token's signature is wrong; send it exactly as issued.")
    const at = now()
    const token = tokenOf(unverified.claims, origin, { at: at / 1000, digest })
    const until = Math.min(token.expiresAt * 1000, at + REMEMBER_MS)
    cache.set(digest, { token, kid: key.kid, x: key.x, from: at, until })
    return token
  }

  return {
    remembered: () => cache.standing(),
    judges(presented) {
      if (!isShapedLikeJwt(presented.credential)) return false
      const digest = digestFor(presented)
      const at = now()
      if (elsewhere.has(digest, at)) return false
      if (cache.has(digest) || issuerOf(presented.credential) === origin) return true
      elsewhere.add(digest, at)
      return false
    },
    read(presented) {
      const { credential } = presented
      const digest = digestFor(presented)
      const proven = cache.get(digest)
      if (proven === undefined) return prove(digest, credential)
      const at = now()
      if (at >= proven.from && at < proven.until && isPublished(proven)) return proven.token
      cache.delete(digest)
      return prove(digest, credential)
    },
  }
}

/**
 * Who it says has made it, read leniently: that chooses who judges it, and both who may judge read it strictly, so that a token with
 * two issuers is refused by either.
 */
function issuerOf(credential: string): unknown {
  const body = credential.split('.', 2)[1] ?? ''
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
    return typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : undefined
  } catch {
    return undefined
  }
}

function isSigned({ text }: UnverifiedToken, key: KeyObject): boolean {
  const end = text.lastIndexOf('.')
  return verify(null, Buffer.from(text.slice(0, end), 'latin1'), key, Buffer.from(text.slice(end + 1), 'base64url'))
}

/** MUST be given verified claims: messages tell times. */
function tokenOf(
  claims: Claims,
  origin: string,
  { at, digest }: { readonly at: number; readonly digest: string },
): SessionToken {
  if (stringsOf(claims['aud'])?.includes(origin) !== true) {
    throw refused('The token is for another audience (aud); ask for one for this gate, by `resource`.')
  }
  const issuedAt = seconds(claims['iat'], 'iat')
  const expiresAt = seconds(claims['exp'], 'exp')
  const notBefore = claims['nbf'] === undefined ? issuedAt : seconds(claims['nbf'], 'nbf')
  if (at >= expiresAt) throw refused(`The token expired at ${print(expiresAt)}; ask for a new one.`)
  if (at < Math.max(issuedAt, notBefore) - SKEW)
    throw refused('The token is from the future (iat, nbf); is a clock wrong?')
  if (expiresAt - issuedAt > LONGEST) throw refused('The token is made to live for more than 15 minutes.')
  const { scope } = claims
  return {
    sid: name(claims['sid'], 'sid'),
    jti: name(claims['jti'], 'jti'),
    issuedAt,
    expiresAt,
    scope: scope === undefined ? undefined : scopeOf(scope),
    claims,
    ath: Buffer.from(digest, 'base64').toString('base64url'),
  }
}

function scopeOf(scope: ClaimValue): readonly string[] {
  if (typeof scope === 'string') return scope.split(' ').filter((word) => word !== '')
  throw refused("The token's scope is no string.")
}

// The range of dates that JavaScript can print.
const LATEST = 8.64e12

function seconds(claim: ClaimValue | undefined, what: string): number {
  if (typeof claim === 'number' && claim >= 0 && claim <= LATEST) return claim
  throw refused(`The token's ${what} is missing or is not a number of seconds since 1970.`)
}

function name(claim: ClaimValue | undefined, what: string): string {
  if (typeof claim === 'string' && claim !== '' && claim.length <= MOST_ID) return claim
  throw refused(`The token's ${what} is missing or is not a short string.`)
}

const print = (moment: number): string => new Date(moment * 1000).toISOString()

/** A ring holds a handful. */
function importedKeys(): (key: { readonly x: string }) => KeyObject {
  const byX = new Map<string, KeyObject>()
  return ({ x }) => {
    const known = byX.get(x)
    if (known) return known
    if (byX.size > 32) byX.clear()
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    byX.set(x, key)
    return key
  }
}

const refused = (message: string): Refusal =>
  new Refusal('unauthenticated', { message, challenge: 'Bearer error="invalid_token"' })
