// How the library is set: what is served, under which paths, and what is switched off. Nothing is left to a default that would serve
// more than the metadata says. PKCE is S256 only (the library has no other), for every client; there are no ID tokens.
import { generateKeyPairSync, hkdfSync } from 'node:crypto'
import { type AdapterFactory, type Configuration, errors, type JWK } from 'oidc-provider'
import { ROUTES } from '#access/authorization-path.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { makeAskable } from './askable.ts'
import { CODE, TASK } from './grant-types.ts'
import type { Logins } from './logins.ts'
import { PROOF_ALGORITHMS } from '#identity/dpop-key.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import type { Plug } from './plug.ts'
import { readTask } from './task-request.ts'

/** Of client assertions. */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

const ASSERTION_TYPES: ReadonlySet<string> = new Set(['jwt', 'client-authentication+jwt'])

/** A media type: the same in any case, and with `application/` before it (RFC 7515 section 4.1.9). */
const isAssertionType = (typ: unknown): boolean =>
  typeof typ === 'string' && ASSERTION_TYPES.has(typ.toLowerCase().replace(/^application\//, ''))

export interface ConfigurationParts {
  readonly parts: AuthorizationParts
  readonly active: ActiveAuthorization
  readonly adapter: AdapterFactory
  readonly logins: Logins
  readonly plugs: readonly Plug[]
}

export function configurationOf({ parts, active, adapter, logins, plugs }: ConfigurationParts): Configuration {
  const base = baseConfiguration(parts, active, { adapter, logins })
  const laid = plugs.map(({ configuration }) => configuration ?? {})
  const features = Object.assign({}, base.features, ...laid.map((each) => each.features)) as Configuration['features']
  return Object.assign({}, base, ...laid, { features }) as Configuration
}

/** The longest time that a client assertion may still be good for: so long its `jti` is remembered. */
const MOST_ASSERTION_S = 600
/** Of clocks. */
export const TOLERANCE_S = 30

function baseConfiguration(
  { onlyOnce, clock, secret, fetch, holdsCredential }: AuthorizationParts,
  { config }: ActiveAuthorization,
  { adapter, logins }: Pick<ConfigurationParts, 'adapter' | 'logins'>,
): Configuration {
  const origin = config.public
  const secure = origin.startsWith('https:')
  const askable = makeAskable({ holdsCredential }, { config })
  return {
    adapter,
    routes: ROUTES,
    responseTypes: ['code'],
    scopes: ['offline_access', ...MODEL_ACTIONS],
    clientAuthMethods: ['private_key_jwt', 'none'],
    clientDefaults: {
      grant_types: [CODE],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'EdDSA',
      authorization_details_types: [TASK],
    },
    enabledJWA: {
      idTokenSigningAlgValues: ['EdDSA'],
      clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS],
      dPoPSigningAlgValues: [...PROOF_ALGORITHMS],
    },
    // The library wants a key for ID tokens, of which there are none: this one signs nothing, and is published nowhere.
    jwks: { keys: [unusedKey()] },
    cookies: {
      keys: [Buffer.from(hkdfSync('sha256', secret, '', 'sallyport authorization cookies', 32))],
      names: { session: 'sallyport_login', interaction: 'sallyport_interaction', resume: 'sallyport_resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/oauth' },
      short: { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/oauth' },
    },
    clientBasedCORS: () => false,
    // Asked for every authorization request, whether it has this parameter or not.
    extraParams: { authorization_details: askable },
    pkce: { required: () => true },
    clockTolerance: TOLERANCE_S,
    fetch,
    ttl: { AuthorizationCode: 60, DeviceCode: 600, Interaction: 1800, Session: 1800, Grant: 1800 },
    interactions: { url: (_ctx, interaction) => `/oauth/interaction/${interaction.uid}` },
    findAccount: async (_ctx, sub) =>
      (await logins.find(sub)) ? { accountId: sub, claims: async () => ({ sub }) } : undefined,
    renderError: (ctx, out) => {
      ctx.type = 'text/plain'
      ctx.body = `${out.error}\n${out.error_description ?? ''}\n`
    },
    assertJwtClientAuthClaimsAndHeader(_ctx, { jti, exp, aud }, { typ }, client) {
      // One that is good elsewhere, too, could be taken from there (RFC 7523 section 3); and a token is no assertion.
      if (aud !== origin && aud !== origin + ROUTES.token) {
        throw new errors.InvalidClientAuth('aud of a client assertion must be the issuer, alone')
      }
      if (typ !== undefined && !isAssertionType(typ)) {
        throw new errors.InvalidClientAuth('the client assertion is a token of another type (typ)')
      }
      const now = clock.now()
      const until = Number(exp) * 1000
      if (!(until - now <= MOST_ASSERTION_S * 1000 && until + TOLERANCE_S * 1000 > now)) {
        throw new errors.InvalidClientAuth(`a client assertion may be good for ${MOST_ASSERTION_S} s at most`)
      }
      // The library looks first and writes later; this is one step, so that of two at once one is refused.
      if (!onlyOnce.use(`assertion ${client.clientId} ${JSON.stringify(jti)}`, until + TOLERANCE_S * 1000, now)) {
        throw new errors.InvalidClientAuth('this client assertion was used before')
      }
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      // Proofs are checked where grants are handled: here it is for `dpop_jkt` at the authorization endpoint (RFC 9449 section 10).
      dPoP: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy(_ctx, client, token) {
          if (token.clientId === client.clientId) return true
          throw new errors.InvalidRequest('the token was issued to another client')
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => origin,
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, resource) {
          if (!isOurs(resource, origin)) throw new errors.InvalidTarget(`the only resource here is ${origin}`)
          return { scope: MODEL_ACTIONS.join(' '), audience: origin, accessTokenFormat: 'opaque' }
        },
      },
      richAuthorizationRequests: {
        enabled: true,
        types: {
          [TASK]: {
            validate(_ctx, detail) {
              readTask([detail], holdsCredential)
            },
          },
        },
        authorizationDetailsForGrantSource: (ctx) => detailsOf(ctx.oidc.params?.['authorization_details']),
        authorizationDetailsForAccessToken: () => undefined,
        authorizationDetailsForIntrospection: () => undefined,
      },
    },
  }
}

/** The gate's public origin, with or without a slash. */
export const isOurs = (resource: string, origin: string): boolean => resource === origin || resource === `${origin}/`

const unusedKey = (): JWK => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  alg: 'EdDSA',
  use: 'sig',
})

function detailsOf(text: unknown) {
  return typeof text === 'string' ? (JSON.parse(text) as { type: string }[]) : undefined
}
