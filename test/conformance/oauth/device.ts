// The device flow (RFC 8628): a device without browser, and a person with one.
import * as openid from 'openid-client'
import { makeBrowser, type Seen } from './browser.ts'
import { bearer, claimsOf, holds, infer, post, proofOf, refused, same, token } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { openidOf, refusalOf } from './clients.ts'
import type { World } from './world.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

interface Begun {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
}

async function begin(world: World): Promise<Begun> {
  const { status, body, text } = await post(world, '/oauth/device_authorization', {
    scope: 'infer',
    ...(await proofOf(world, 'helper')),
  })
  same(status, 200, text)
  return body as unknown as Begun
}

const poll = async (world: World, code: string, as: 'helper' | 'other' = 'helper') =>
  token(world, { grant_type: GRANT, device_code: code, ...(await proofOf(world, as)) })

const nowhere = (): boolean => false

/** Up to the question whether it is theirs. */
async function enter(
  address: string,
  userCode: string,
): Promise<{ readonly browser: ReturnType<typeof makeBrowser>; readonly page: Seen }> {
  const browser = makeBrowser(nowhere)
  const first = await browser.open(address)
  return { browser, page: await browser.submit(first, { user_code: userCode }) }
}

async function approve({ verification_uri: address, user_code: userCode }: Begun): Promise<Seen> {
  const { browser, page } = await enter(address, userCode)
  holds(page.text.includes(userCode), `the page does not show the code: ${page.text.slice(-600)}`)
  const where = await browser.submit(page, { confirm: 'yes' })
  return browser.follow(where, 'Log in with org')
}

export const deviceCases: readonly OAuthCase[] = [
  {
    name: 'RFC 8628: openid-client waits for the person, who enters the code and logs in',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const config = await openidOf(world, 'helper')
      const begun = await openid.initiateDeviceAuthorization(config, { scope: 'infer' })
      holds(begun.verification_uri.startsWith(`${world.origin}/oauth/`), begun.verification_uri)
      same((await approve(begun)).status, 200)
      const answer = await openid.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0 })
      const claims = claimsOf(answer.access_token)
      same([claims['sub'], claims['act']], ['User::org/alice', { sub: 'App::helper' }])
      same((await infer(world, bearer(answer.access_token))).status, 200)
    },
  },
  {
    name: 'RFC 8628 section 3.5: until then it is authorization_pending; a code is good once',
    async run(world) {
      world.org.next = { sub: 'alice' }
      const begun = await begin(world)
      refused(await poll(world, begun.device_code), 'authorization_pending')
      await approve(begun)
      same((await poll(world, begun.device_code)).status, 200)
      refused(await poll(world, begun.device_code), 'invalid_grant')
    },
  },
  {
    name: 'RFC 8628 section 3.5: whose owner says no gets access_denied',
    async run(world) {
      const begun = await begin(world)
      const { browser, page } = await enter(begun.verification_uri, begun.user_code)
      const said = await browser.submit(page, { abort: 'yes' })
      holds(said.text.includes('role="alert"'), said.text.slice(-600))
      refused(await poll(world, begun.device_code), 'access_denied')
    },
  },
  {
    name: 'RFC 8628 section 3.5: a login that the organisation declines is access_denied',
    async run(world) {
      world.org.next = undefined
      const config = await openidOf(world, 'helper')
      const begun = await openid.initiateDeviceAuthorization(config, { scope: 'infer' })
      await approve(begun)
      same(await refusalOf(openid.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0 })), 'access_denied')
    },
  },
  {
    name: 'RFC 8628 section 3.4: a device code of another client, or a made-up one, is invalid_grant',
    async run(world) {
      const begun = await begin(world)
      refused(await poll(world, begun.device_code, 'other'), 'invalid_grant')
      refused(await poll(world, 'made-up'), 'invalid_grant')
    },
  },
  {
    name: 'RFC 8628 section 3.1: a client that does not prove itself begins nothing',
    async run(world) {
      refused(await post(world, '/oauth/device_authorization', { client_id: 'helper' }), 'invalid_client', 401)
      const accountant = await post(world, '/oauth/device_authorization', await proofOf(world, 'accountant'))
      holds(accountant.status === 400 || accountant.status === 401, `a client without people: ${accountant.status}`)
    },
  },
  {
    name: 'RFC 8628 section 3.3.1: a link that brings the code along fills it in, and does no more',
    async run(world) {
      const begun = await begin(world)
      const page = await makeBrowser(nowhere).open(`${begun.verification_uri}?user_code=${begun.user_code}`)
      holds(page.text.includes(`value="${begun.user_code}"`) && !page.text.includes('<script'), page.text.slice(-600))
      refused(await poll(world, begun.device_code), 'authorization_pending')
    },
  },
  {
    name: 'RFC 8628 section 5.1: a wrong code is told, and a form from elsewhere is not taken',
    async run(world) {
      const begun = await begin(world)
      const { page } = await enter(begun.verification_uri, 'XXXX-XXXX')
      holds(page.text.includes('not valid'), page.text.slice(-600))
      const forged = await post(world, '/oauth/device', { xsrf: 'x', user_code: begun.user_code, confirm: 'yes' })
      holds(!forged.headers.has('location'), 'a form without its token was taken')
      refused(await poll(world, begun.device_code), 'authorization_pending')
    },
  },
  {
    name: 'the pages of a login run no script, and stand in no frame',
    async run(world) {
      const begun = await begin(world)
      const { page } = await enter(begun.verification_uri, begun.user_code)
      const policy = page.headers.get('content-security-policy') ?? ''
      holds(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"), policy)
      holds(/<html lang="en">/.test(page.text) && /<h1>/.test(page.text), page.text.slice(0, 300))
    },
  },
]
