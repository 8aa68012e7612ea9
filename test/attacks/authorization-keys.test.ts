// Threat: a virtual key is exchanged for what it does not reach itself: a higher tier, another network, a longer life.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { VirtualKey } from '#access/virtual-key.ts'
import { makeKey } from '#identity/forge.fixture.ts'
import {
  ACCESS_TOKEN,
  type Answer,
  details,
  EXCHANGE,
  type How,
  noOf,
  post,
  token,
  VIRTUAL_KEY,
} from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())

const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF0123456789'

const HERE = { source: '192.0.2.7' }

/** Exchanged once it is there. */
function exchanged(differs: Partial<VirtualKey>, fields = {}, how: How = HERE): Promise<Answer> {
  world.addKey({
    id: 'k8',
    principal: { type: 'App', id: 'intake' },
    owner: 'owner@example.com',
    team: 'intake',
    environment: 'production',
    use: 'letters',
    models: ['desk-small', 'ledger-small', 'records-small'],
    actions: ['infer'],
    networks: ['192.0.2.0/24'],
    users: [],
    created: world.time.now - 86_400_000,
    notBefore: world.time.now - 86_400_000,
    expires: world.time.now + 86_400_000,
    secrets: [{ sha256: createHash('sha256').update(SECRET).digest() }],
    ...differs,
  })
  const asked = { grant_type: EXCHANGE, subject_token: `sp_k8_${SECRET}`, subject_token_type: VIRTUAL_KEY }
  return token(world, { ...asked, ...fields }, how)
}

const ofModel = (model: string) => ({ authorization_details: details({ models: [model] }) })
const withUser = (sub = 'alice', claims = {}): How => ({
  ...HERE,
  headers: { 'x-sallyport-user-token': world.person(sub, claims) },
})

test('a key that is proven by its network alone begins sessions of tier 1, as it reaches no further itself', async () => {
  expect((await exchanged({})).claims).toMatchObject({ tier: 1, task: { models: ['desk-small'] } })
  for (const model of ['ledger-small', 'records-small']) {
    expect(noOf(await exchanged({}, ofModel(model)))).toBe(
      `400 invalid_target: the model ${model} is not among those that this client may ask for`,
    )
  }
})

test('a key with networks begins sessions that are bound to them, and to nothing else', async () => {
  expect(noOf(await exchanged({}, {}, { ...HERE, key: makeKey('caller') }))).toBe(
    '400 invalid_request: a key with networks begins sessions that are bound to them: send no DPoP proof',
  )
  expect((await exchanged({})).claims['net']).toEqual(['192.0.2.0/24'])
})

test('beside a user’s token a key with networks reaches tier 2, and one without reaches what it is for', async () => {
  const near = await exchanged({ users: ['harbor'] }, {}, withUser())
  expect(near.claims).toMatchObject({
    tier: 2,
    net: ['192.0.2.0/24'],
    task: { models: ['desk-small', 'ledger-small'] },
  })
  const holder = makeKey('caller')
  const far = await exchanged({ users: ['harbor'], networks: [] }, {}, { ...withUser(), key: holder })
  expect(far.claims).toMatchObject({ tier: 3, task: { models: ['desk-small', 'ledger-small', 'records-small'] } })
})

test('beside a user’s token a session lasts no longer than that, nor than the key', async () => {
  const exp = Math.floor(world.time.now / 1000) + 300
  const one = await exchanged({ users: ['harbor'] }, {}, withUser('alice', { exp }))
  const other = await exchanged({ users: ['harbor'], expires: (exp - 100) * 1000 }, {}, withUser('alice', { exp }))
  const ends = [one, other].map(
    ({ claims }) => world.parts.sessions.find(String(claims['sid']))?.session.bounds.expires,
  )
  expect(ends).toEqual([exp * 1000, (exp - 100) * 1000])
})

const PERSONAL = { principal: { type: 'User', id: 'alice' } } as const

test('a personal key begins sessions of tier 1', async () => {
  world.signIn('alice')
  expect((await exchanged(PERSONAL)).claims).toMatchObject({ tier: 1, task: { models: ['desk-small'] } })
  expect(noOf(await exchanged(PERSONAL, ofModel('records-small')))).toStartWith('400 invalid_target: ')
})

test('a session of such a key has no child above tier 1 either, where the bundle has raised a model since', async () => {
  const parent = await exchanged({})
  await world.reload((yaml) => yaml.replace('desk: { tier: 1,', 'desk: { tier: 2,'))
  const child = await token(
    world,
    { grant_type: EXCHANGE, subject_token: String(parent.body['access_token']), subject_token_type: ACCESS_TOKEN },
    HERE,
  )
  await world.reload((yaml) => yaml)
  expect(noOf(child)).toBe('400 invalid_target: there is no model that this client may ask for')
})

test('a key that was revoked takes what it began with it: no refresh, no child, and nothing that is active', async () => {
  const begin = () => exchanged({}, { scope: 'infer offline_access' })
  const begun = [await begin(), await begin(), await begin()] as const
  await exchanged({ revoked: { at: world.time.now, why: 'it leaked' } })
  const [refreshed, exchangedAgain, described] = begun
  const told = 'the session has ended: the application, or the key, that it rests on is not there any more'
  const refresh = { grant_type: 'refresh_token', refresh_token: String(refreshed.body['refresh_token']) }
  expect(noOf(await token(world, refresh, HERE))).toBe(`400 invalid_grant: ${told}`)
  const child = {
    grant_type: EXCHANGE,
    subject_token: String(exchangedAgain.body['access_token']),
    subject_token_type: ACCESS_TOKEN,
  }
  expect(noOf(await token(world, child, HERE))).toBe(`400 invalid_request: ${told}`)
  const introspected = await post(world, '/oauth/introspect', { token: String(described.body['access_token']) })
  expect(introspected.body).toEqual({ active: false })
  const refreshToken = { token: String(described.body['refresh_token']), token_type_hint: 'refresh_token' }
  expect((await post(world, '/oauth/introspect', refreshToken)).body).toEqual({ active: false })
  for (const { claims } of begun) {
    expect(world.parts.sessions.find(String(claims['sid']))?.ended?.why).toBe('revoked')
  }
})
