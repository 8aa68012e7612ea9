// Clients that no bundle names: programs that register themselves (RFC 7591) with loopback redirects (RFC 8252), and client ids that
// are addresses of documents. Whoever they are, people are asked.
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { makeBrowser, type Seen } from './browser.ts'
import { PROGRAM } from './bundle.ts'
import { answerOf, type Answer, claimsOf, detailsFor, get, holds, refused, same } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { dpopOf, insecure, openidPublic, refusalOf, serverOf } from './clients.ts'
import { authorizationUrl, isClient, VERIFIER } from './log-in.ts'
import type { World } from './world.ts'

const REDIRECT = 'http://127.0.0.1/callback'
/** RFC 8252 section 7.3: the port is the program's choice of the moment. */
const WITH_PORT = 'http://127.0.0.1:9/callback'

async function registered(world: World): Promise<oauth.OmitSymbolProperties<oauth.Client>> {
  const metadata = {
    client_name: PROGRAM,
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  }
  const answer = await oauth.dynamicClientRegistrationRequest(await serverOf(world), metadata, insecure)
  return oauth.processDynamicClientRegistrationResponse(answer)
}

async function register(world: World, more: Readonly<Record<string, unknown>>): Promise<Answer> {
  const metadata = { client_name: PROGRAM, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', ...more }
  const body = JSON.stringify(metadata)
  const headers = { 'content-type': 'application/json' }
  return answerOf(await fetch(`${world.origin}/oauth/register`, { method: 'POST', body, headers }))
}

/** Up to the question whether the program may act. */
async function asked(world: World, client: string, more: Readonly<Record<string, string>> = {}) {
  world.org.next = { sub: 'alice' }
  const browser = makeBrowser(isClient)
  const choice = await browser.open(authorizationUrl(world, { client_id: client, redirect_uri: WITH_PORT, ...more }))
  return { browser, page: await browser.follow(choice, 'Log in with org') }
}

async function redeemed(world: World, client: string, seen: Seen): Promise<openid.TokenEndpointResponse> {
  const config = await openidPublic(world, client)
  const checks = { pkceCodeVerifier: VERIFIER, expectedState: 'state-1' }
  return openid.authorizationCodeGrant(config, new URL(seen.url), checks, undefined, { DPoP: await dpopOf(config) })
}

export const registrationCases: readonly OAuthCase[] = [
  {
    name: 'RFC 7591: oauth4webapi registers a program, which is a public client from then on',
    async run(world) {
      const client = await registered(world)
      same([client['token_endpoint_auth_method'], client['client_secret']], ['none', undefined])
      same(client['redirect_uris'], [REDIRECT])
      same((await registered(world)).client_id, client.client_id, 'the same program is another client')
    },
  },
  {
    name: 'RFC 8252 section 7.3: a person lets the program act, on any port, and the token is theirs alone',
    async run(world) {
      const { client_id: client } = await registered(world)
      const { browser, page } = await asked(world, client, { authorization_details: detailsFor('desk-small') })
      holds(
        page.text.includes(PROGRAM) && page.text.includes('org/alice') && page.text.includes('desk-small'),
        page.text.slice(-1500),
      )
      const seen = await browser.submit(page, { answer: 'allow' })
      holds(seen.url.startsWith(WITH_PORT), seen.url)
      const answer = await redeemed(world, client, seen)
      const claims = claimsOf(answer.access_token)
      same([claims['sub'], claims['client_id'], claims['act']], ['User::org/alice', client, undefined])
    },
  },
  {
    name: 'a person who says no is access_denied at the program',
    async run(world) {
      const { client_id: client } = await registered(world)
      const { browser, page } = await asked(world, client)
      const seen = await browser.submit(page, { answer: 'deny' })
      same(await refusalOf(redeemed(world, client, seen)), 'access_denied')
    },
  },
  {
    name: 'a yes counts from the page that asked only, and where it was asked',
    async run(world) {
      const { client_id: client } = await registered(world)
      const { browser, page } = await asked(world, client)
      same((await browser.submit(page, { answer: 'allow', token: 'x' })).status, 400)
      const stranger = await makeBrowser(isClient).submit(page, { answer: 'allow' })
      same([stranger.status, isClient(stranger.url)], [401, false])
    },
  },
  {
    name: 'who was let to act once is asked again',
    async run(world) {
      const { client_id: client } = await registered(world)
      const { browser, page } = await asked(world, client)
      await browser.submit(page, { answer: 'allow' })
      const again = await browser.open(authorizationUrl(world, { client_id: client, redirect_uri: WITH_PORT }))
      holds(again.text.includes('Log in with org'), again.text.slice(-600))
      const page2 = await browser.follow(again, 'Log in with org')
      holds(page2.text.includes('value="allow"'), page2.text.slice(-600))
    },
  },
  {
    name: 'a program that asks for offline_access gets a refresh token, although it does not say prompt=consent',
    async run(world) {
      const { client_id: client } = await registered(world)
      const { browser, page } = await asked(world, client, { scope: 'infer offline_access' })
      const answer = await redeemed(world, client, await browser.submit(page, { answer: 'allow' }))
      holds(answer.refresh_token !== undefined, 'no refresh token')
    },
  },
  {
    name: 'RFC 7591 section 3.2.2: redirects that leave the machine are invalid_redirect_uri',
    async run(world) {
      for (const address of [
        'https://evil.example/cb',
        'http://evil.example/cb',
        'http://127.0.0.1@evil.example/',
        'javascript:alert(1)',
      ]) {
        refused(await register(world, { redirect_uris: [address] }), 'invalid_redirect_uri')
      }
    },
  },
  {
    name: 'RFC 7591 section 3.2.2: another name, a secret, or another grant is invalid_client_metadata',
    async run(world) {
      refused(await register(world, { client_name: 'Another Program' }), 'invalid_client_metadata')
      refused(await register(world, { token_endpoint_auth_method: 'client_secret_basic' }), 'invalid_client_metadata')
      refused(await register(world, { grant_types: ['client_credentials'] }), 'invalid_client_metadata')
    },
  },
  {
    name: 'RFC 7591 section 3.1: what is no JSON object is refused',
    async run(world) {
      const send = (body: string, type: string) =>
        fetch(`${world.origin}/oauth/register`, { method: 'POST', body, headers: { 'content-type': type } })
      for (const [body, type] of [
        ['[]', 'application/json'],
        ['{', 'application/json'],
        ['client_name=x', 'application/x-www-form-urlencoded'],
      ] as const) {
        const { status } = await send(body, type)
        holds(status >= 400 && status < 500, `${body} answers ${status}`)
      }
    },
  },
  {
    name: 'RFC 8252 section 8.4: of a registered address only the port may differ',
    async run(world) {
      const { client_id: client } = await registered(world)
      for (const address of [
        'http://127.0.0.1:9/other',
        'http://localhost:9/callback',
        'https://127.0.0.1:9/callback',
        'http://[::1]:9/callback',
      ]) {
        const seen = await makeBrowser(() => false).open(
          authorizationUrl(world, { client_id: client, redirect_uri: address }),
        )
        same([address, seen.status, new URL(seen.url).origin], [address, 400, world.origin])
      }
    },
  },
  {
    name: 'client-id metadata documents: an id that points into the machine or its network is never fetched',
    async run(world) {
      let fetched = 0
      const own = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => ((fetched += 1), new Response('{}')) })
      try {
        for (const id of [
          `https://127.0.0.1:${own.port}/client.json`,
          `https://localhost:${own.port}/client.json`,
          `http://127.0.0.1:${own.port}/client.json`,
          'https://169.254.169.254/latest/meta-data',
          'https://[::1]/client.json',
        ]) {
          const { status } = await get(authorizationUrl(world, { client_id: id }))
          holds(status === 400 || status === 401, `${id} answers ${status}`)
        }
        same(fetched, 0)
      } finally {
        await own.stop(true)
      }
    },
  },
]
