// An organisation's OIDC provider for tests: the real library, with a login that asks nothing and is whoever the test says.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JWK, Provider } from 'oidc-provider'

export interface Person {
  readonly sub: string
  readonly groups?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface LoginProvider {
  readonly url: string
  readonly client: { readonly id: string; readonly secret: string }
  /** Who the next login is; undefined: it is refused. */
  next: Person | undefined
  /** Queries of authorization requests, in order. */
  readonly asked: readonly URLSearchParams[]
  stop(): Promise<void>
}

const CLIENT = { id: 'sallyport-gate', secret: 'a-client-secret-of-the-login-provider' }

/** `redirect`: the gate's callback. */
export async function loginProvider(redirect: string): Promise<LoginProvider> {
  const people = new Map<string, Person>()
  const asked: URLSearchParams[] = []
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state: LoginProvider = {
    url,
    client: CLIENT,
    next: { sub: 'alice' },
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  const provider = makeProvider(url, redirect, people)
  provider.use(async (ctx, next) => {
    if (ctx.path === '/auth') asked.push(new URLSearchParams(ctx.querystring))
    if (!ctx.path.startsWith('/interaction/')) return next()
    const { next: person } = state
    if (person) people.set(person.sub, person)
    const result = person
      ? { login: { accountId: person.sub, remember: false }, consent: {} }
      : { error: 'access_denied', error_description: 'the provider said no' }
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true })
    ctx.respond = false
  })
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
  return state
}

function makeProvider(url: string, redirect: string, people: ReadonlyMap<string, Person>): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'login-1' } as JWK
  const provider = new Provider(url, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] }],
    jwks: { keys: [key] },
    cookies: { keys: ['of-tests'] },
    claims: { openid: ['sub'], profile: ['groups', 'department'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    async loadExistingGrant(ctx) {
      const { account, client } = ctx.oidc
      if (!account || !client) return undefined
      const grant = new ctx.oidc.provider.Grant({ accountId: account.accountId, clientId: client.clientId })
      grant.addOIDCScope([...ctx.oidc.requestParamScopes])
      await grant.save()
      return grant
    },
    findAccount: (_ctx, sub) => {
      const person = people.get(sub)
      return person && { accountId: sub, claims: async () => ({ sub, groups: person.groups ?? [], ...person.claims }) }
    },
  })
  provider.silent = true
  return provider
}
