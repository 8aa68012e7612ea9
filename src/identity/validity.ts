// For whom and for how long a token whose signature held is valid (RFC 7519 §4.1). Pure: the time is passed in.
import { Refusal } from '#access/refusal.ts'
import { type Claims, type ClaimValue, stringsOf } from './claims.ts'
import type { SettledIssuer } from './issuer.ts'

export interface Validity {
  /** All in seconds since the epoch, as the issuer wrote them. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The first moment at which it counts no more: the earlier of expiry and greatest age, skew included. */
  readonly endsAt: number
}

/** `at` in seconds since the epoch. Throws a Refusal `unauthenticated`. MUST be given verified claims: messages tell times. */
export function checkValidity(claims: Claims, issuer: SettledIssuer, at: number): Validity {
  checkAudience(claims['aud'], issuer.audience)
  const issuedAt = required(claims['iat'], 'iat')
  const expiresAt = required(claims['exp'], 'exp')
  const notBefore = claims['nbf'] === undefined ? undefined : required(claims['nbf'], 'nbf')
  const { skewSeconds, maxAgeSeconds = Infinity } = issuer
  const endsAt = Math.min(expiresAt, issuedAt + maxAgeSeconds) + skewSeconds
  if (at >= expiresAt + skewSeconds)
    throw refused(`The token expired at ${print(expiresAt)}; sign in again for a new one.`)
  if (at >= endsAt) throw refused(`The token is older than ${maxAgeSeconds} seconds; sign in again for a new one.`)
  if (notBefore !== undefined && at < notBefore - skewSeconds) {
    throw refused(`The token is not valid before ${print(notBefore)}; is a clock wrong?`)
  }
  if (issuedAt > at + skewSeconds) {
    throw refused(`The token was issued in the future, at ${print(issuedAt)}; is a clock wrong?`)
  }
  return { issuedAt, expiresAt, endsAt }
}

function checkAudience(claim: ClaimValue | undefined, accepted: readonly string[]): void {
  const audience = stringsOf(claim)
  if (audience?.some((name) => accepted.includes(name))) return
  const expected = accepted.map((name) => JSON.stringify(name)).join(' or ')
  throw refused(`The token is for another audience (aud); ask your issuer for one for ${expected}.`)
}

// The range of dates that JavaScript can print.
const LATEST = 8.64e12

function required(claim: ClaimValue | undefined, name: string): number {
  if (typeof claim === 'number' && claim >= 0 && claim <= LATEST) return claim
  throw refused(`The token's ${name} is missing or is not a number of seconds since 1970.`)
}

function print(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

function refused(message: string): Refusal {
  return new Refusal('unauthenticated', { message })
}
