// The access token: a JWT of RFC 9068, signed with EdDSA. It says what its session's row says; where the two differ, the row is right.
import type { Principal } from '#access/principal.ts'
import { chainOf, originOf } from '#access/principal.ts'
import type { Session } from '#access/session.ts'
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

const TYPE = 'at+jwt'

/** Throws a Refusal `not_ready` where there is no key to sign with. */
export function signAccessToken(ring: SigningRing, options: AccessTokenOptions): AccessToken {
  const key = ring.signing()
  const { claims, life } = claimsOf(options)
  const signed = `${segment({ alg: 'EdDSA', kid: key.kid, typ: TYPE })}.${segment(claims)}`
  return { text: `${signed}.${Buffer.from(key.sign(signed)).toString('base64url')}`, jti: options.jti, life }
}

function claimsOf({ session, scope, origin, life, now, jti }: AccessTokenOptions) {
  const { principal, client, tier, task, binding, id, bounds } = session
  const iat = Math.floor(now / 1000)
  const exp = Math.floor(Math.min(now + life, bounds.expires) / 1000)
  const claims = {
    iss: origin,
    aud: origin,
    sub: nameOf(originOf(principal)),
    client_id: client,
    iat,
    exp,
    jti,
    scope,
    sid: id,
    ...actorOf(principal),
    tier,
    task,
    ...(binding.by === 'key' ? { cnf: { jkt: binding.jkt } } : {}),
    ...(binding.by === 'network' ? { net: binding.networks } : {}),
  }
  return { claims, life: exp - iat }
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** `User::alice` */
export const nameOf = ({ type, id }: Pick<Principal, 'type' | 'id'>): string => `${type}::${id}`

/** RFC 8693 section 4.1: the outermost actor is the one that calls, and those before it stand within. */
export function actorOf(principal: Principal): { readonly act?: object } {
  let act: object | undefined
  for (const actor of chainOf(principal).slice(0, -1).toReversed()) {
    act = act === undefined ? { sub: nameOf(actor) } : { sub: nameOf(actor), act }
  }
  return act === undefined ? {} : { act }
}
