// Login of people at their organisation's OIDC provider, of which the gate is a client (authorization code with PKCE, state and
// nonce). Nothing of a login is kept here: what is needed to finish it goes with the browser, sealed by whoever calls.
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { CALLBACK_PATH } from '#access/authorization-path.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Clock } from '#lib/clock.ts'
import type { Config, IssuerConfig, LoginConfig } from '#policy/bundle/config.ts'
import type { LoginFetch } from './login-fetch.ts'
import type { LoginPeople } from './login-people.ts'

/** What the browser keeps until the provider sends it back. */
export interface LoginBegun {
  readonly issuer: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface Login {
  /** Issuers of the bundle at which people can log in, in its order. */
  readonly issuers: readonly { readonly name: string; readonly host: string }[]
  /** `again`: although the provider may still know them. Rejects with a Refusal `not_found` or `provider_unreachable`. */
  begin(issuer: string, ask: { readonly again: boolean }): Promise<{ readonly url: string; readonly begun: LoginBegun }>
  /**
   * Who came back with this query. Rejects with a Refusal: `not_permitted` where the provider or the person said no,
   * `unauthenticated` or `groups_omitted` where its answer proves nobody, `provider_unreachable`.
   */
  finish(begun: LoginBegun, query: string): Promise<Principal>
}

export interface LoginOptions {
  readonly fetch: LoginFetch
  readonly people: LoginPeople
  readonly clock: Pick<Clock, 'now'>
  /** The secret of this issuer's client, where it has one. */
  readonly secretOf: (issuer: IssuerConfig) => Promise<string | undefined>
}

interface WithLogin extends IssuerConfig {
  readonly login: LoginConfig
}

/** Where a provider's endpoints are changes about never; its client's secret may. */
const REDISCOVER_MS = 600_000

export function makeLogin(config: Pick<Config, 'public' | 'issuers'>, options: LoginOptions): Login {
  const issuers = new Map([...config.issuers].filter((entry): entry is [string, WithLogin] => hasLogin(entry[1])))
  const known = new Map<
    string,
    { readonly at: number; readonly secret: string | undefined; readonly of: Configuration }
  >()
  /** Registered at the organisation's provider, exactly so. */
  const callbackOf = (issuer: string): string => `${config.public}${CALLBACK_PATH}/${issuer}`

  const issuerOf = (name: string): WithLogin => {
    const found = issuers.get(name)
    if (found) return found
    throw new Refusal('not_found', { message: 'Nobody can log in at an issuer of that name.' })
  }
  const clientOf = async (issuer: WithLogin): Promise<Configuration> => {
    const secret = await options.secretOf(issuer)
    const held = known.get(issuer.name)
    const now = options.clock.now()
    if (held && held.secret === secret && Math.abs(now - held.at) < REDISCOVER_MS) return held.of
    const of = await discover(issuer, secret, options.fetch)
    known.set(issuer.name, { at: now, secret, of })
    return of
  }
  return {
    issuers: [...issuers.values()].map(({ name, url }) => ({ name, host: new URL(url).host })),
    async begin(name, { again }) {
      const issuer = issuerOf(name)
      const client = await clientOf(issuer)
      const begun = { issuer: name, state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(client, {
        redirect_uri: callbackOf(name),
        scope: [...new Set(['openid', ...issuer.login.scopes])].join(' '),
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
        ...(again && { prompt: 'login' }),
      })
      return { url: url.href, begun }
    },
    async finish(begun, query) {
      const client = await clientOf(issuerOf(begun.issuer))
      const token = await exchange(client, begun, new URL(`${callbackOf(begun.issuer)}?${query}`))
      // By the same rules as the data plane's: signature, audience, times, name, teams, attributes.
      return options.people.identify(begun.issuer, token)
    },
  }
}

const hasLogin = (issuer: IssuerConfig): issuer is WithLogin => issuer.login !== undefined

/** Whether anybody can: without, there are no codes, no devices, and no clients that live of them. */
export const canLogIn = ({ issuers }: Pick<Config, 'issuers'>): boolean => [...issuers.values()].some(hasLogin)

async function discover(issuer: WithLogin, secret: string | undefined, fetch: LoginFetch): Promise<Configuration> {
  const { login, url } = issuer
  const server = new URL(url)
  try {
    return await discovery(server, login.client, undefined, authenticationOf(secret), {
      [customFetch]: (address, request) => fetch(address, request),
      timeout: 10,
      // Plain HTTP is for loopback only: the bundle's reader takes no other.
      execute: server.protocol === 'http:' ? [allowInsecureRequests] : [],
    })
  } catch (cause) {
    throw unreachable(issuer.name, cause)
  }
}

/** RFC 6749 section 2.3.1: by `Authorization: Basic`, unless the provider takes it in the body only. */
function authenticationOf(secret: string | undefined): ReturnType<typeof None> {
  if (secret === undefined) return None()
  const basic = ClientSecretBasic(secret)
  const post = ClientSecretPost(secret)
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported
    const inBody = methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic')
    return (inBody ? post : basic)(server, client, body, headers)
  }
}

async function exchange(client: Configuration, begun: LoginBegun, answer: URL): Promise<string> {
  try {
    const { id_token: token } = await authorizationCodeGrant(client, answer, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.verifier,
      idTokenExpected: true,
    })
    if (token !== undefined) return token
  } catch (cause) {
    if (cause instanceof AuthorizationResponseError) throw declined(begun.issuer, cause)
    if (cause instanceof Refusal) throw unreachable(begun.issuer, cause)
    throw unproven(begun.issuer, cause)
  }
  throw unproven(begun.issuer, undefined)
}

/** Its own words are not shown: whoever made the answer chose them. */
const declined = (issuer: string, cause: unknown): Refusal =>
  new Refusal('not_permitted', { message: `The login at ${issuer} was declined.`, cause })

const unproven = (issuer: string, cause: unknown): Refusal =>
  new Refusal('unauthenticated', { message: `What ${issuer} answered proves nobody's identity.`, cause })

const unreachable = (issuer: string, cause: unknown): Refusal =>
  new Refusal('provider_unreachable', { message: `The login of ${issuer} cannot be reached.`, retryAfter: 5, cause })
