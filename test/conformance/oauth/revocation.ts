// Revocation (RFC 7009) and introspection (RFC 7662): both speak of sessions, since a token is as good as its session.
import * as openid from 'openid-client'
import { bearer, infer, post, proofOf, refused, same, token } from './calls.ts'
import type { Application } from './bundle.ts'
import type { OAuthCase } from './case.ts'
import { openidOf } from './clients.ts'
import type { World } from './world.ts'

async function issued(world: World, as: Application = 'helper'): Promise<string> {
  const { status, body, text } = await token(world, { grant_type: 'client_credentials', ...(await proofOf(world, as)) })
  same(status, 200, text)
  return String(body['access_token'])
}

const introspect = async (world: World, text: string, as: Application = 'helper') =>
  post(world, '/oauth/introspect', { token: text, ...(await proofOf(world, as)) })

const revoke = async (world: World, text: string, as: Application = 'helper') =>
  post(world, '/oauth/revoke', { token: text, ...(await proofOf(world, as)) })

export const revocationCases: readonly OAuthCase[] = [
  {
    name: 'RFC 7009: openid-client revokes a token, and the gate refuses it from then on',
    async run(world) {
      const text = await issued(world)
      same((await infer(world, bearer(text))).status, 200)
      await openid.tokenRevocation(await openidOf(world, 'helper'), text)
      const { status, headers } = await infer(world, bearer(text))
      same(status, 401)
      same(headers.get('www-authenticate')?.includes('invalid_token'), true, headers.get('www-authenticate') ?? '')
    },
  },
  {
    name: 'RFC 7009 section 2.2: a token that is none, or was revoked, is no error',
    async run(world) {
      same((await revoke(world, 'made-up')).status, 200)
      const text = await issued(world)
      same([(await revoke(world, text)).status, (await revoke(world, text)).status], [200, 200])
    },
  },
  {
    name: 'RFC 7009 section 2.1: a token of another client is refused, and goes on',
    async run(world) {
      const text = await issued(world)
      const answer = await revoke(world, text, 'other')
      same([answer.status >= 400, answer.status < 500], [true, true])
      same((await infer(world, bearer(text))).status, 200)
    },
  },
  {
    name: 'RFC 7009 section 2.1: token is needed, and a client that proves itself',
    async run(world) {
      refused(await post(world, '/oauth/revoke', await proofOf(world, 'helper')), 'invalid_request')
      refused(await post(world, '/oauth/revoke', { token: 'x', client_id: 'helper' }), 'invalid_client', 401)
    },
  },
  {
    name: 'RFC 7009 section 2: revoking a refresh token ends what came of it',
    async run(world) {
      const subject = await world.staff.mint({ sub: 'alice', aud: world.origin })
      const answer = await token(world, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subject,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'infer offline_access',
        ...(await proofOf(world, 'helper')),
      })
      const hint = { token: String(answer.body['refresh_token']), token_type_hint: 'refresh_token' }
      same((await post(world, '/oauth/revoke', { ...hint, ...(await proofOf(world, 'helper')) })).status, 200)
      same((await infer(world, bearer(answer.body['access_token']))).status, 401)
    },
  },
  {
    name: 'RFC 7662: openid-client is told what a token says, while it is good',
    async run(world) {
      const config = await openidOf(world, 'helper')
      const text = await issued(world)
      const answer = await openid.tokenIntrospection(config, text)
      same([answer.active, answer.client_id, answer.sub, answer.scope], [true, 'helper', 'App::helper', 'embed infer'])
      await openid.tokenRevocation(config, text)
      const after = await openid.tokenIntrospection(config, text)
      same(after.active, false)
    },
  },
  {
    name: 'RFC 7662 section 2.2: of what is no token, or somebody else’s, nothing is told but that it is not active',
    async run(world) {
      same((await introspect(world, 'made-up')).body, { active: false })
      same((await introspect(world, await issued(world), 'other')).body, { active: false })
      const subject = await world.staff.mint({ sub: 'alice', aud: world.origin })
      same((await introspect(world, subject)).body, { active: false })
    },
  },
  {
    name: 'RFC 7662 section 2.1: who does not prove themselves is told nothing',
    async run(world) {
      refused(
        await post(world, '/oauth/introspect', { token: await issued(world), client_id: 'helper' }),
        'invalid_client',
        401,
      )
      refused(await post(world, '/oauth/introspect', await proofOf(world, 'helper')), 'invalid_request')
    },
  },
]
