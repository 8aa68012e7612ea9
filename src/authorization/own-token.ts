// Reads an access token of this server: the signature by a key of the ring, then the claims, then the session's row, which is right
// where they differ. Undefined for whatever does not hold: who asks learns nothing of why.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SessionState } from '#access/session.ts'
import { readToken, type UnverifiedToken } from '#identity/token.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'

export interface OwnToken {
  readonly state: SessionState
  readonly jti: string
  readonly scope: string
  readonly subject: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

const FRESH_MS = 60_000
/** A key that is not there is looked for no more often. */
const RETRY_MS = 1_000

const keyObject = (x: string): KeyObject => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })

export function makeOwnTokens(
  { ring, sessions, clock }: Pick<AuthorizationParts, 'ring' | 'sessions' | 'clock'>,
  { config }: Pick<ActiveAuthorization, 'config'>,
): (text: string) => OwnToken | undefined {
  let held = { keys: new Map<string, KeyObject>(), at: Number.NEGATIVE_INFINITY }

  /** What was published a minute ago is good: keys stay published for a day longer than their tokens live. */
  function keyOf(kid: string): KeyObject | undefined {
    const now = clock.now()
    if (!(now >= held.at && now - held.at < FRESH_MS) || !held.keys.has(kid)) {
      if (now >= held.at && now - held.at < RETRY_MS) return held.keys.get(kid)
      held = { keys: new Map(ring.published().map((key) => [key.kid, keyObject(key.x)])), at: now }
    }
    return held.keys.get(kid)
  }

  function isSigned({ text, kid }: UnverifiedToken): boolean {
    const key = kid === undefined ? undefined : keyOf(kid)
    const dot = text.lastIndexOf('.')
    return (
      key !== undefined &&
      verify(null, Buffer.from(text.slice(0, dot)), key, Buffer.from(text.slice(dot + 1), 'base64url'))
    )
  }

  return (text) => {
    const token = readable(text)
    if (!token || token.typ !== 'at+jwt' || token.alg !== 'EdDSA' || token.issuer !== config.public) return undefined
    if (!isSigned(token)) return undefined
    const { aud, exp, iat, jti, sid, sub, scope, client_id: client } = token.claims
    if (aud !== config.public || typeof exp !== 'number' || typeof iat !== 'number' || exp * 1000 <= clock.now())
      return undefined
    if (typeof jti !== 'string' || typeof sid !== 'string' || typeof sub !== 'string' || typeof scope !== 'string') {
      return undefined
    }
    const state = sessions.find(sid)
    if (!state || state.ended || state.session.bounds.expires <= clock.now() || state.session.client !== client)
      return undefined
    if (sessions.isRevoked(jti)) return undefined
    return { state, jti, scope, subject: sub, issuedAt: iat, expiresAt: exp }
  }
}

/** Whether it says that it is one, whatever that is worth. */
export const isNamedOwn = (text: string, origin: string): boolean => readable(text)?.issuer === origin

function readable(text: string): UnverifiedToken | undefined {
  try {
    return readToken(text)
  } catch {
    return undefined
  }
}
