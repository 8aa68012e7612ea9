// People who log in: the authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636), `iss` (RFC 9207) and what RFC 9700 adds.
import * as openid from 'openid-client'
import { type Browser, makeBrowser, type Seen } from './browser.ts'
import { REDIRECT } from './bundle.ts'
import { bearer, claimsOf, holds, infer, proofOf, refused, same, token } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { dpopOf, openidOf, refusalOf } from './clients.ts'
import { authorizationUrl, beginCode, codeOf, isClient, logIn, loggedIn, VERIFIER } from './log-in.ts'
import type { World } from './world.ts'

async function refusedThere(
  world: World,
  params: Readonly<Record<string, string | undefined>>,
  error: string,
): Promise<void> {
  const seen = await makeBrowser(isClient).open(authorizationUrl(world, params))
  holds(isClient(seen.url), `it did not go back to the client: ${seen.status} ${seen.text.slice(0, 300)}`)
  const { search, hash } = new URL(seen.url)
  // Where the response type is one whose answer would have come in a fragment, so does the refusal.
  const told = new URLSearchParams(search === '' ? hash.slice(1) : search)
  same([told.get('error'), told.get('state'), told.get('iss')], [error, 'state-1', world.origin])
}

/** RFC 6749 section 4.1.2.1: where the address or the client is wrong, the browser is sent nowhere. */
async function refusedHere(world: World, params: Readonly<Record<string, string | undefined>>): Promise<Seen> {
  const seen = await makeBrowser(() => false).open(authorizationUrl(world, params))
  same([seen.status, new URL(seen.url).origin], [400, world.origin])
  same(seen.headers.get('content-type')?.startsWith('text/html'), true)
  return seen
}

async function redeem(
  world: World,
  code: string,
  more: Readonly<Record<string, string>> = {},
  as: 'helper' | 'other' = 'helper',
) {
  const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...more }
  return token(world, { ...fields, ...(await proofOf(world, as)) })
}

export const codeCases: readonly OAuthCase[] = [
  {
    name: 'RFC 6749 section 4.1: openid-client logs a person in, and the token says who acts for whom',
    async run(world) {
      world.org.next = { sub: 'alice', groups: ['clinicians'] }
      const config = await openidOf(world, 'helper')
      const { url, verifier, state } = await beginCode(config)
      const seen = await logIn(makeBrowser(isClient), url)
      const answer = await openid.authorizationCodeGrant(config, new URL(seen.url), {
        pkceCodeVerifier: verifier,
        expectedState: state,
      })
      const claims = claimsOf(answer.access_token)
      same([claims['sub'], claims['client_id'], claims['act']], ['User::org/alice', 'helper', { sub: 'App::helper' }])
      same((await infer(world, bearer(answer.access_token))).status, 200)
    },
  },
  {
    name: 'RFC 9449 section 10: openid-client binds what comes of a code to its key',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const config = await openidOf(world, 'helper')
      const DPoP = await dpopOf(config)
      const { url, verifier, state } = await beginCode(config, { dpop_jkt: await DPoP.calculateThumbprint() })
      const seen = await logIn(makeBrowser(isClient), url)
      const back = new URL(seen.url)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const answer = await openid.authorizationCodeGrant(config, back, checks, undefined, { DPoP })
      same(answer.token_type, 'dpop')
    },
  },
  {
    name: 'RFC 9449 section 10: a code that is bound to a key is nothing without it',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const config = await openidOf(world, 'helper')
      const DPoP = await dpopOf(config)
      const seen = await loggedIn(world, { dpop_jkt: await DPoP.calculateThumbprint() })
      refused(await redeem(world, codeOf(seen)), 'invalid_grant')
    },
  },
  {
    name: 'RFC 9207: the answer names its issuer, and openid-client refuses another one',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const config = await openidOf(world, 'helper')
      const { url, verifier, state } = await beginCode(config)
      const back = new URL((await logIn(makeBrowser(isClient), url)).url)
      same(back.searchParams.get('iss'), world.origin)
      back.searchParams.set('iss', 'https://elsewhere.example')
      const work = openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      holds(error instanceof openid.ClientError, 'the client took it')
    },
  },
  {
    name: 'RFC 7636: a request without challenge, or with a plain one, is refused',
    async run(world) {
      await refusedThere(world, { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request')
      await refusedThere(world, { code_challenge: VERIFIER, code_challenge_method: 'plain' }, 'invalid_request')
      await refusedThere(world, { code_challenge: VERIFIER, code_challenge_method: undefined }, 'invalid_request')
    },
  },
  {
    name: 'RFC 7636 section 4.6: another verifier, or none, is invalid_grant',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const one = codeOf(await loggedIn(world))
      refused(await redeem(world, one, { code_verifier: 'x'.repeat(43) }), 'invalid_grant')
      const other = codeOf(await loggedIn(world))
      refused(await redeem(world, other, { code_verifier: '' }), 'invalid_grant')
    },
  },
  {
    name: 'RFC 6749 section 4.1.2: a code is good once, and what came of it ends with its second use',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const code = codeOf(await loggedIn(world))
      const once = await redeem(world, code)
      same(once.status, 200, once.text)
      same((await infer(world, bearer(once.body['access_token']))).status, 200)
      refused(await redeem(world, code), 'invalid_grant')
      same((await infer(world, bearer(once.body['access_token']))).status, 401)
    },
  },
  {
    name: 'RFC 6749 section 4.1.3: a code of another client, or for another address, is invalid_grant',
    async run(world) {
      world.org.next = { sub: 'alice' }
      refused(await redeem(world, codeOf(await loggedIn(world)), {}, 'other'), 'invalid_grant')
      refused(
        await redeem(world, codeOf(await loggedIn(world)), { redirect_uri: 'http://127.0.0.1:9/other' }),
        'invalid_grant',
      )
      refused(await redeem(world, 'made-up'), 'invalid_grant')
    },
  },
  {
    name: 'RFC 9700 section 4.1: addresses are compared as they are written; a wrong one is never gone to',
    async run(world) {
      for (const address of [
        'https://evil.example/callback',
        `${REDIRECT}/`,
        `${REDIRECT}?x=1`,
        'http://127.0.0.1:9/callback#x',
        'http://127.0.0.1:9@evil.example/callback',
      ]) {
        await refusedHere(world, { redirect_uri: address })
      }
    },
  },
  {
    name: 'RFC 6749 section 4.1.2.1: an unknown client is told so on a page, and sent nowhere',
    async run(world) {
      const seen = await refusedHere(world, { client_id: '<script>alert(1)</script>' })
      holds(!seen.text.includes('<script'), 'the page holds what the caller wrote')
      const policy = seen.headers.get('content-security-policy') ?? ''
      holds(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"), `policy: ${policy}`)
    },
  },
  {
    name: 'RFC 6749 section 4.1.2.1: another response type, scope or resource is refused at the client',
    async run(world) {
      await refusedThere(world, { response_type: 'id_token' }, 'unsupported_response_type')
      await refusedThere(world, { response_type: undefined }, 'invalid_request')
      await refusedThere(world, { resource: 'https://elsewhere.example' }, 'invalid_target')
      await refusedThere(world, { authorization_details: '[{"type":"payment"}]' }, 'invalid_authorization_details')
      await refusedThere(world, { prompt: 'none' }, 'login_required')
    },
  },
  {
    name: 'RFC 9700 section 2.1.2: there is no implicit grant',
    run: (world) => refusedThere(world, { response_type: 'token' }, 'unsupported_response_type'),
  },
  {
    name: 'a login that the organisation declines is access_denied at the client, and stands in the trail',
    async run(world) {
      world.org.next = undefined
      const seen = await logIn(makeBrowser(isClient), authorizationUrl(world, {}))
      const work = openid.authorizationCodeGrant(await openidOf(world, 'helper'), new URL(seen.url), {
        pkceCodeVerifier: VERIFIER,
        expectedState: 'state-1',
      })
      same(await refusalOf(work), 'access_denied')
      const shown = await world.run(['audit', 'show', '--kind', 'token', '--newest', '--most', '20', '--json'])
      const entries = shown
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      const { what, grant, client } = entries.find(({ reason }) => reason === 'not_permitted') ?? {}
      same([what, grant, client], ['refused', 'authorization_code', 'helper'], shown.slice(-600))
    },
  },
  {
    name: 'people of an issuer that the application does not name cannot log in for it, and others choose where',
    async run(world) {
      world.org.next = { sub: 'alice' }
      world.partner.next = { sub: 'zoe' }
      const browser: Browser = makeBrowser(isClient)
      const choice = await browser.open(authorizationUrl(world, { client_id: 'other' }))
      holds(
        choice.text.includes('Log in with org') && choice.text.includes('Log in with partner'),
        choice.text.slice(-800),
      )
      const seen = await browser.follow(choice, 'Log in with partner')
      const answer = await redeem(world, codeOf(seen), {}, 'other')
      same(claimsOf(answer.body['access_token'])['sub'], 'User::partner/zoe')
      // Of `helper` there is only one, and the browser is sent there at once.
      await loggedIn(world)
    },
  },
  {
    name: 'RFC 9700 section 4.7: the way back from the organisation counts in the browser that began, and once',
    async run(world) {
      world.org.next = { sub: 'alice' }
      let isHeld = true
      const mine = makeBrowser((url) => isClient(url) || (isHeld && url.includes('/oauth/login/callback')))
      const { url: back } = await mine.open(authorizationUrl(world, {}))
      isHeld = false
      const other = await makeBrowser(isClient).open(back)
      same([other.status, isClient(other.url)], [401, false])
      // Of one that is not what it was, all but the end may be right.
      const forged = back.replace(/state=([^&]{8})[^&]*/, `state=$1${'x'.repeat(35)}`)
      same((await mine.open(forged)).status, 401)
      same(isClient((await mine.open(back)).url), true)
      same((await mine.open(back)).status, 401)
    },
  },
  {
    name: 'two logins in one browser do not get in each other’s way',
    async run(world) {
      const browser = makeBrowser((url) => isClient(url) || url.includes('/oauth/login/callback'))
      world.org.next = { sub: 'alice' }
      const first = await browser.open(authorizationUrl(world, { state: 'one' }))
      const second = await browser.open(authorizationUrl(world, { state: 'two' }))
      holds(first.url !== second.url, 'they are one')
      const ways = browser.cookies.filter((name) => name.startsWith('sallyport_way_back_'))
      same(ways.length, 2)
    },
  },
  {
    name: 'the next person in the same browser is who logged in last',
    async run(world) {
      const browser = makeBrowser(isClient)
      world.org.next = { sub: 'alice' }
      const first = await redeem(world, codeOf(await logIn(browser, authorizationUrl(world, {}))))
      world.org.next = { sub: 'bob' }
      browser.forget(world.org.url)
      const second = await redeem(world, codeOf(await logIn(browser, authorizationUrl(world, {}))))
      same(claimsOf(first.body['access_token'])['sub'], 'User::org/alice')
      same(claimsOf(second.body['access_token'])['sub'], 'User::org/bob')
    },
  },
  {
    name: 'RFC 9396: the task of a login bounds its token, and a token request cannot declare another',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const details = JSON.stringify([
        { type: 'sallyport_task', task: 'answer', models: ['desk-small'], actions: ['embed'] },
      ])
      const code = codeOf(await loggedIn(world, { authorization_details: details, scope: undefined }))
      const answer = await redeem(world, code)
      same([answer.status, answer.body['scope']], [200, 'embed'], answer.text)
      const other = codeOf(await loggedIn(world))
      refused(await redeem(world, other, { authorization_details: details }), 'invalid_authorization_details')
    },
  },
  {
    name: 'who asks for nothing in particular gets what the application may',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const answer = await redeem(world, codeOf(await loggedIn(world, { scope: undefined })))
      same([answer.status, answer.body['scope']], [200, 'embed infer'], answer.text)
    },
  },
]
