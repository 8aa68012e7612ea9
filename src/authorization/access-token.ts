// The access token: a JWT of RFC 9068, signed with EdDSA. It says what its session's row says; where the two differ, the row is right.
import type { Session } from '#access/session.ts'
import { SESSION_TOKEN_TYPE, sessionClaims } from '#identity/session-token-claims.ts'
import type { SigningRing } from '#identity/upstream-token.ts'

export interface AccessToken {
  readonly text: string
  readonly jti: string
  /** Seconds from now until it ends. */
  readonly life: number
}

export interface AccessTokenOptions {
  readonly session: Session
  /** Space separated; never more than the session's actions. */
  readonly scope: string
  /** The public origin: issuer and audience. */
  readonly origin: string
  /** Milliseconds: the longest life. */
  readonly life: number
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly jti: string
}

/** Throws a Refusal `not_ready` where there is no key to sign with. */
export function signAccessToken(ring: SigningRing, options: AccessTokenOptions): AccessToken {
  const key = ring.signing()
  const { claims, life } = claimsOf(options)
  const signed = `${segment({ alg: 'EdDSA', kid: key.kid, typ: SESSION_TOKEN_TYPE })}.${segment(claims)}`
  return { text: `${signed}.${Buffer.from(key.sign(signed)).toString('base64url')}`, jti: options.jti, life }
}

function claimsOf({ session, scope, origin, life, now, jti }: AccessTokenOptions) {
  const iat = Math.floor(now / 1000)
  const exp = Math.floor(Math.min(now + life, session.bounds.expires) / 1000)
  return { claims: { iss: origin, aud: origin, iat, exp, jti, scope, ...sessionClaims(session) }, life: exp - iat }
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
