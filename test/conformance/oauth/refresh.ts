// Refresh tokens: RFC 6749 section 6, and RFC 9700 section 4.14.
import * as openid from 'openid-client'
import { bearer, type Fields, holds, infer, proofOf, refused, same, token } from './calls.ts'
import type { Application } from './bundle.ts'
import type { OAuthCase } from './case.ts'
import { dpopOf, openidOf, refusalOf } from './clients.ts'
import type { World } from './world.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token'

const refresh = async (world: World, text: string, more: Fields = {}, as: Application = 'helper') =>
  token(world, { grant_type: 'refresh_token', refresh_token: text, ...more, ...(await proofOf(world, as)) })

interface Begun {
  readonly access: string
  readonly refresh: string
}

async function begin(world: World, scope = 'infer offline_access'): Promise<Begun> {
  const subject = await world.staff.mint({ sub: 'alice', aud: world.origin })
  const fields = { grant_type: EXCHANGE, subject_token_type: ACCESS, subject_token: subject, scope }
  const { status, body, text } = await token(world, { ...fields, ...(await proofOf(world, 'helper')) })
  same(status, 200, text)
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
}

export const refreshCases: readonly OAuthCase[] = [
  {
    name: 'RFC 6749 section 6: openid-client refreshes; without scope the scope stays, and the token is another one',
    async run(world) {
      const config = await openidOf(world, 'helper')
      const begun = await begin(world)
      const answer = await openid.refreshTokenGrant(config, begun.refresh)
      same(answer.scope, 'infer')
      holds(answer.refresh_token !== undefined && answer.refresh_token !== begun.refresh, 'it was not rotated')
      same((await infer(world, bearer(answer.access_token))).status, 200)
    },
  },
  {
    name: 'only who asks for offline_access gets a refresh token',
    async run(world) {
      const begun = await begin(world, 'infer')
      same(begun.refresh, 'undefined')
    },
  },
  {
    name: 'RFC 9700 section 4.14: the last rotation can be repeated for a while, with the same answer',
    async run(world) {
      const begun = await begin(world)
      const once = await refresh(world, begun.refresh)
      const again = await refresh(world, begun.refresh)
      same([once.status, again.status], [200, 200], again.text)
      same(again.body['refresh_token'], once.body['refresh_token'])
      const [one, other] = await Promise.all([
        refresh(world, String(once.body['refresh_token'])),
        refresh(world, String(once.body['refresh_token'])),
      ])
      same([one.status, one.body['refresh_token']], [200, other.body['refresh_token']])
    },
  },
  {
    name: 'RFC 9700 section 4.14: an old one that comes back once its successor was used ends the session',
    async run(world) {
      const begun = await begin(world)
      const once = await refresh(world, begun.refresh)
      const twice = await refresh(world, String(once.body['refresh_token']))
      same(twice.status, 200, twice.text)
      refused(await refresh(world, begun.refresh), 'invalid_grant')
      refused(await refresh(world, String(twice.body['refresh_token'])), 'invalid_grant')
      same((await infer(world, bearer(twice.body['access_token']))).status, 401)
    },
  },
  {
    name: 'RFC 6749 section 6: a scope narrows, and one beyond what was granted is invalid_scope',
    async run(world) {
      const begun = await begin(world, 'infer embed offline_access')
      const narrow = await refresh(world, begun.refresh, { scope: 'embed' })
      same([narrow.status, narrow.body['scope']], [200, 'embed'], narrow.text)
      const other = await begin(world)
      refused(await refresh(world, other.refresh, { scope: 'infer embed' }), 'invalid_scope')
    },
  },
  {
    name: 'RFC 6749 section 6: one of another client, or a made-up one, is invalid_grant',
    async run(world) {
      const begun = await begin(world)
      refused(await refresh(world, begun.refresh, {}, 'other'), 'invalid_grant')
      refused(await refresh(world, 'made-up'), 'invalid_grant')
      refused(
        await token(world, { grant_type: 'refresh_token', ...(await proofOf(world, 'helper')) }),
        'invalid_request',
      )
    },
  },
  {
    name: 'RFC 9449 section 5: a session that is bound to a key is refreshed with it only',
    async run(world) {
      const config = await openidOf(world, 'helper')
      const subject = await world.staff.mint({ sub: 'alice', aud: world.origin })
      const parameters = { subject_token: subject, subject_token_type: ACCESS, scope: 'infer offline_access' }
      const DPoP = await dpopOf(config)
      const begun = await openid.genericGrantRequest(config, EXCHANGE, parameters, { DPoP })
      const text = String(begun.refresh_token)
      same(begun.token_type, 'dpop')
      same(await refusalOf(openid.refreshTokenGrant(config, text)), 'invalid_grant')
      same(
        await refusalOf(openid.refreshTokenGrant(config, text, undefined, { DPoP: await dpopOf(config) })),
        'invalid_grant',
      )
      same((await openid.refreshTokenGrant(config, text, undefined, { DPoP })).token_type, 'dpop')
    },
  },
]
