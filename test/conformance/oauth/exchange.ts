// Token exchange (RFC 8693): what proves somebody, for a token of a session; and of a session, for a narrower one.
import * as openid from 'openid-client'
import {
  type Answer,
  bearer,
  claimsOf,
  type Fields,
  holds,
  infer,
  post,
  proofOf,
  refused,
  same,
  token,
} from './calls.ts'
import type { Application } from './bundle.ts'
import type { OAuthCase } from './case.ts'
import { openidOf } from './clients.ts'
import type { World } from './world.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

const alice = ({ staff, origin }: World, more: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  staff.mint({ sub: 'alice', aud: origin, groups: ['clinicians'], ...more })

async function exchange(world: World, fields: Fields, as: Application = 'helper'): Promise<Answer> {
  const all = { grant_type: EXCHANGE, subject_token_type: ACCESS, ...fields }
  return token(world, { ...all, ...(await proofOf(world, as)) })
}

async function began(world: World, fields: Fields = {}): Promise<string> {
  const answer = await exchange(world, { subject_token: await alice(world), ...fields })
  same(answer.status, 200, answer.text)
  return String(answer.body['access_token'])
}

export const exchangeCases: readonly OAuthCase[] = [
  {
    name: 'RFC 8693: openid-client exchanges a person’s token, and the new one says who acts for whom',
    async run(world) {
      const answer = await openid.genericGrantRequest(await openidOf(world, 'helper'), EXCHANGE, {
        subject_token: await alice(world),
        subject_token_type: JWT,
        scope: 'infer',
      })
      same([answer['issued_token_type'], answer.scope], [ACCESS, 'infer'])
      const claims = claimsOf(answer.access_token)
      same([claims['sub'], claims['client_id'], claims['act']], ['User::staff/alice', 'helper', { sub: 'App::helper' }])
      same((await infer(world, bearer(answer.access_token))).status, 200)
    },
  },
  {
    name: 'RFC 8693 section 2.1: whoever holds a token may exchange it without naming a client',
    async run(world) {
      const fields = { grant_type: EXCHANGE, subject_token_type: ACCESS, subject_token: await alice(world) }
      const details = JSON.stringify([{ type: 'sallyport_task', task: 'x', models: ['desk-small'] }])
      const answer = await token(world, { ...fields, authorization_details: details })
      same(answer.status, 200, answer.text)
      same(
        [claimsOf(answer.body['access_token'])['sub'], claimsOf(answer.body['access_token'])['act']],
        ['User::staff/alice', undefined],
      )
    },
  },
  {
    name: 'RFC 8693 section 2.2.2: a subject token that is wrong is invalid_request',
    async run(world) {
      const now = Math.floor(Date.now() / 1000)
      for (const subject of [
        'nonsense',
        `${await alice(world)}x`,
        await alice(world, { aud: 'https://elsewhere.example' }),
        await alice(world, { iat: now - 900, exp: now - 600 }),
        await alice(world, { iss: 'https://evil.example' }),
      ]) {
        refused(await exchange(world, { subject_token: subject }), 'invalid_request')
      }
    },
  },
  {
    name: 'RFC 8693 section 2.1: subject_token and its type are needed, and must be ones that are taken',
    async run(world) {
      const proof = await proofOf(world, 'helper')
      refused(await token(world, { grant_type: EXCHANGE, ...proof }), 'invalid_request')
      const untyped = { grant_type: EXCHANGE, subject_token: await alice(world), ...(await proofOf(world, 'helper')) }
      refused(await token(world, untyped), 'invalid_request')
      const saml = 'urn:ietf:params:oauth:token-type:saml2'
      refused(await exchange(world, { subject_token: await alice(world), subject_token_type: saml }), 'invalid_request')
      refused(
        await exchange(world, { subject_token: await alice(world), requested_token_type: saml }),
        'invalid_request',
      )
    },
  },
  {
    name: 'RFC 8693 section 2.2.2: for another audience or resource it is invalid_target',
    async run(world) {
      const elsewhere = 'https://elsewhere.example'
      refused(await exchange(world, { subject_token: await alice(world), audience: elsewhere }), 'invalid_target')
      refused(await exchange(world, { subject_token: await alice(world), resource: elsewhere }), 'invalid_target')
    },
  },
  {
    name: 'RFC 8693 section 4.1: nobody adds a hop, or says who acts: an actor token of somebody else is refused',
    async run(world) {
      const actor = await world.platform.mint({ sub: 'repo:harbor/builder', aud: world.origin })
      const fields = { subject_token: await alice(world), actor_token: actor, actor_token_type: JWT }
      refused(await exchange(world, fields), 'invalid_request')
      refused(await exchange(world, { subject_token: await alice(world), actor_token_type: JWT }), 'invalid_request')
      refused(await exchange(world, { subject_token: await alice(world), actor_token: actor }), 'invalid_request')
      const forged = await alice(world, { act: { sub: 'App::other' } })
      const answer = await exchange(world, { subject_token: forged })
      holds(
        answer.status !== 200 || !JSON.stringify(claimsOf(answer.body['access_token'])['act']).includes('other'),
        answer.text,
      )
    },
  },
  {
    name: 'an application asks for people of the issuers that it names only',
    async run(world) {
      const workload = await world.platform.mint({ sub: 'repo:harbor/builder', aud: world.origin })
      refused(await exchange(world, { subject_token: workload }), 'invalid_request')
      refused(await exchange(world, { subject_token: await alice(world) }, 'accountant'), 'invalid_request')
    },
  },
  {
    name: 'a session has children that are narrower, of the same chain',
    async run(world) {
      const parent = await began(world)
      const answer = await exchange(world, { subject_token: parent, scope: 'embed' })
      same([answer.status, answer.body['scope']], [200, 'embed'], answer.text)
      const [one, other] = [claimsOf(parent), claimsOf(answer.body['access_token'])]
      same([other['sub'], other['act']], [one['sub'], one['act']])
      holds(one['sid'] !== other['sid'], 'they are one session')
    },
  },
  {
    name: 'an exchange never widens: scope is invalid_scope, models are invalid_target',
    async run(world) {
      const parent = await began(world, { scope: 'infer' })
      refused(await exchange(world, { subject_token: parent, scope: 'infer embed' }), 'invalid_scope')
      refused(await exchange(world, { subject_token: parent, scope: 'embed' }), 'invalid_scope')
      const details = JSON.stringify([{ type: 'sallyport_task', task: 'more', models: ['ledger-small'] }])
      refused(await exchange(world, { subject_token: parent, authorization_details: details }), 'invalid_target')
    },
  },
  {
    name: 'a session belongs to its client: another one cannot exchange its token',
    async run(world) {
      refused(await exchange(world, { subject_token: await began(world) }, 'other'), 'invalid_request')
    },
  },
  {
    name: 'a child ends with its parent',
    async run(world) {
      const parent = await began(world)
      const child = await exchange(world, { subject_token: parent })
      const text = child.body['access_token']
      same((await infer(world, bearer(text))).status, 200)
      same((await post(world, '/oauth/revoke', { token: parent, ...(await proofOf(world, 'helper')) })).status, 200)
      same((await infer(world, bearer(text))).status, 401)
    },
  },
]
