// Tokens of ours, as whoever holds one shows it: to be exchanged, introspected or revoked. To the library they are two models that it
// can find and destroy; it refuses what looks like a JWT at those endpoints, so the front hands it ours in another spelling.
import type { AdapterPayload } from 'oidc-provider'
import { sessionClaims } from '#identity/session-token-claims.ts'
import type { Foreign } from './adapter.ts'
import { makeOwnTokens, type OwnToken } from './own-token.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { makeRefreshTokens, type RefreshTokens } from './refresh-tokens.ts'
import { endedBecause } from './session-standing.ts'

export interface Tokens {
  /** Undefined where it is none of ours, or does not hold any more. */
  readonly access: (text: string) => OwnToken | undefined
  readonly refresh: RefreshTokens
  /** For the library's introspection and revocation. */
  readonly models: ReadonlyMap<string, Foreign>
}

const DOT = '~'

/** A JWT as something that the library does not take for one. No base64url has this character. */
export const disguised = (text: string): string => text.replaceAll('.', DOT)

export function makeTokens(parts: AuthorizationParts, active: ActiveAuthorization): Tokens {
  const access = makeOwnTokens(parts, active)
  const refresh = makeRefreshTokens({ ...parts, now: () => parts.clock.now() })

  async function findAccess(id: string): Promise<AdapterPayload | undefined> {
    const token = id.includes(DOT) ? access(id.replaceAll(DOT, '.')) : undefined
    if (!token || endedBecause(token.state, parts, active) !== undefined) return undefined
    return describeAccess(token, active.config.public)
  }

  async function findRefresh(id: string): Promise<AdapterPayload | undefined> {
    const token = await refresh.find(id)
    if (!token || endedBecause(parts.sessions.find(token.session), parts, active) !== undefined) return undefined
    return {
      kind: 'RefreshToken',
      jti: id,
      clientId: token.client,
      scope: token.scope,
      sid: token.session,
      iat: Math.floor(token.made / 1000),
      exp: Math.floor(token.expires / 1000),
      ...(token.used ? { consumed: Math.floor(token.used.at / 1000) } : {}),
    }
  }

  return {
    access,
    refresh,
    models: new Map<string, Foreign>([
      ['AccessToken', { find: findAccess }],
      ['ClientCredentials', { find: async () => undefined }],
      ['RefreshToken', { find: findRefresh }],
    ]),
  }
}

function describeAccess({ state, jti, scope, subject, issuedAt, expiresAt }: OwnToken, origin: string): AdapterPayload {
  const { binding } = state.session
  const { sub: _, sid, client_id: client, cnf: __, ...rest } = sessionClaims(state.session)
  return {
    kind: 'AccessToken',
    jti,
    ...(client === undefined ? {} : { clientId: client }),
    accountId: subject,
    iat: issuedAt,
    exp: expiresAt,
    aud: origin,
    scope,
    sid,
    ...(binding.by === 'key' ? { jkt: binding.jkt } : {}),
    extra: { ...rest },
  }
}
