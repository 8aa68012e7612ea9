// Every grant at the token endpoint, over HTTP: whose session it begins, what its token says, and what stands in the log by then.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { VirtualKey } from '#access/virtual-key.ts'
import { makeKey } from '#identity/forge.fixture.ts'
import {
  ACCESS_TOKEN,
  details,
  exchange,
  EXCHANGE,
  noOf,
  post,
  thumbprint,
  token,
  VIRTUAL_KEY,
} from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.entries.length = 0
})

const stateOf = (id: unknown) => world.parts.sessions.find(String(id))
const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF0123456789'

const key = (differs: Partial<VirtualKey> = {}): VirtualKey => ({
  id: 'k7',
  principal: { type: 'App', id: 'intake' },
  owner: 'owner@example.com',
  team: 'intake',
  environment: 'production',
  use: 'letters',
  models: ['desk-small'],
  actions: ['infer'],
  networks: ['192.0.2.0/24'],
  users: [],
  created: world.time.now - 86_400_000,
  notBefore: world.time.now - 86_400_000,
  expires: world.time.now + 86_400_000,
  secrets: [{ sha256: createHash('sha256').update(SECRET).digest() }],
  ...differs,
})

describe('an application for itself', () => {
  test('gets a session with its whole ceiling, and both stand in the log before the token leaves', async () => {
    const answer = await token(world, { grant_type: 'client_credentials' }, { by: 'helper' })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'embed infer' })
    expect(answer.body['refresh_token']).toBeUndefined()
    const { sid, iat, exp, jti, ...claims } = answer.claims
    expect(claims).toEqual({
      iss: 'https://gate.example',
      aud: 'https://gate.example',
      sub: 'App::helper',
      client_id: 'helper',
      scope: 'embed infer',
      tier: 1,
      task: {
        type: 'undeclared',
        models: ['desk-large', 'desk-small'],
        actions: ['embed', 'infer'],
        tools: [],
        output: 'text',
      },
    })
    expect(Number(exp) - Number(iat)).toBe(900)
    expect(world.entries.map((entry) => [entry.kind, 'what' in entry ? entry.what : ''])).toEqual([
      ['session', 'begin'],
      ['token', 'issued'],
    ])
    expect(world.entries[1]).toMatchObject({
      session: sid,
      token: jti,
      client: 'helper',
      grant: 'client_credentials',
      life: 900,
      bound: 'nothing',
    })
    expect(stateOf(sid)?.session).toMatchObject({
      kind: 'declared',
      tier: 1,
      client: 'helper',
      binding: { by: 'nothing' },
      principal: { type: 'App', id: 'helper', groups: ['intake'], attributes: { environment: 'test', use: 'helps' } },
    })
  })

  test('declares a task, and gets no more than that', async () => {
    const answer = await token(
      world,
      {
        grant_type: 'client_credentials',
        scope: 'infer',
        authorization_details: details({
          domain: 'customer 4711',
          models: ['desk-small'],
          actions: ['infer', 'embed'],
        }),
      },
      { by: 'helper' },
    )
    expect(answer.body['scope']).toBe('infer')
    expect(answer.body['authorization_details']).toEqual([
      {
        type: 'sallyport_task',
        task: 'letters',
        domain: 'customer 4711',
        models: ['desk-small'],
        actions: ['infer'],
        tools: [],
        output: 'text',
      },
    ])
  })

  test('proves itself with the token of its platform in place of a key', async () => {
    const answer = await token(world, {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: world.workload(),
    })
    expect(answer.claims).toMatchObject({ sub: 'App::builder', client_id: 'builder' })
    expect(stateOf(answer.claims['sid'])?.session.principal.proof).toMatchObject({
      method: 'client-assertion',
      issuer: 'platform',
    })
  })

  test('of tier 3 gets a session that is bound to the key of its proof, for no longer than tier 3 lasts', async () => {
    const holder = makeKey('holder')
    const answer = await token(world, { grant_type: 'client_credentials' }, { by: 'archivist', key: holder })
    expect(answer.body).toMatchObject({ token_type: 'DPoP', expires_in: 300 })
    expect(answer.claims).toMatchObject({ tier: 3, cnf: { jkt: thumbprint(holder) } })
    const { session, trust } = stateOf(answer.claims['sid']) ?? {}
    expect(trust).toBe('initial')
    expect((session?.bounds.expires ?? 0) - (session?.began ?? 0)).toBe(1_800_000)
  })

  test('of tier 2 is bound to its networks where it sends no proof', async () => {
    const answer = await token(world, { grant_type: 'client_credentials' }, { by: 'clerk' })
    expect(answer.claims).toMatchObject({ tier: 2, net: ['10.0.0.0/8'] })
    expect(answer.claims['cnf']).toBeUndefined()
  })
})

describe('token exchange', () => {
  test('an application asks for a person: it is the actor, and the person the subject', async () => {
    const answer = await exchange(
      world,
      world.person('alice', { groups: ['clinicians'] }),
      { scope: 'infer' },
      { by: 'helper' },
    )
    expect(answer.body['issued_token_type']).toBe('urn:ietf:params:oauth:token-type:access_token')
    expect(answer.claims).toMatchObject({ sub: 'User::alice', act: { sub: 'App::helper' }, client_id: 'helper' })
    expect(stateOf(answer.claims['sid'])?.session.principal).toMatchObject({
      type: 'App',
      id: 'helper',
      onBehalfOf: { type: 'User', id: 'alice', groups: ['clinicians'] },
    })
  })

  test('a person asks for themselves, without a client: the person alone is the principal', async () => {
    const answer = await exchange(world, world.person('alice'), {
      authorization_details: details({ models: ['desk-small'] }),
    })
    expect(answer.claims).toMatchObject({ sub: 'User::alice', client_id: 'urn:sallyport:client:holder' })
    expect(answer.claims['act']).toBeUndefined()
  })

  test('a virtual key begins a session of its application, from its network, and not beyond its end', async () => {
    world.addKey(key({ expires: world.time.now + 60_000 }))
    const fields = { grant_type: EXCHANGE, subject_token: `sp_k7_${SECRET}`, subject_token_type: VIRTUAL_KEY }
    const answer = await token(world, fields, { source: '192.0.2.7' })
    expect(answer.claims).toMatchObject({ sub: 'App::intake', net: ['192.0.2.0/24'], scope: 'infer' })
    expect(answer.body['expires_in']).toBeLessThanOrEqual(60)
    expect(noOf(await token(world, fields, { source: '198.51.100.1' }))).toStartWith('400 invalid_request: ')
  })

  test('a session begins a child of its own, with the same chain, that ends with it', async () => {
    const parent = await exchange(world, world.person('alice'), {}, { by: 'helper' })
    const answer = await exchange(
      world,
      String(parent.body['access_token']),
      { scope: 'infer', authorization_details: details({ models: ['desk-small'] }) },
      { by: 'helper' },
    )
    expect(answer.claims).toMatchObject({ sub: 'User::alice', act: { sub: 'App::helper' }, scope: 'infer' })
    const child = stateOf(answer.claims['sid'])
    expect(child?.session.parent).toBe(String(parent.claims['sid']))
    world.parts.sessions.end(String(parent.claims['sid']), { at: world.time.now, why: 'ended', by: 'test' })
    expect(stateOf(answer.claims['sid'])?.ended?.why).toBe('parent-ended')
  })
})

describe('refresh', () => {
  const begin = (scope = 'infer embed offline_access') =>
    exchange(world, world.person('alice'), { scope }, { by: 'helper' })
  const refresh = (text: unknown, fields = {}, how: Parameters<typeof token>[2] = { by: 'helper' }) =>
    token(world, { grant_type: 'refresh_token', refresh_token: String(text), ...fields }, how)

  test('a token is rotated, keeps its scope where none is named, and stays in its session', async () => {
    const first = await begin()
    const second = await refresh(first.body['refresh_token'], { scope: 'infer' })
    expect(second.body['scope']).toBe('infer')
    expect(second.claims['sid']).toBe(first.claims['sid'])
    const third = await refresh(second.body['refresh_token'])
    expect(third.body['scope']).toBe('embed infer')
    expect(new Set([first, second, third].map(({ body }) => body['refresh_token'])).size).toBe(3)
  })

  test('the last use can be repeated for 30 s, with the same answer', async () => {
    const first = await begin()
    const answers = await Promise.all([1, 2, 3].map(() => refresh(first.body['refresh_token'])))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    world.time.now += 29_000
    expect((await refresh(first.body['refresh_token'])).body).toEqual(answers[0]?.body ?? {})
  })

  test('so can a use while the first is under way, though a new bundle has come into force between them', async () => {
    const first = await begin()
    const { promise, resolve } = Promise.withResolvers<void>()
    world.broken.held = promise
    const use = refresh(first.body['refresh_token'])
    while (world.parts.refreshing.size === 0) await Bun.sleep(1)
    await world.reload((yaml) => yaml)
    const again = refresh(first.body['refresh_token'])
    await Bun.sleep(200)
    world.broken.held = undefined
    resolve()
    expect((await again).body).toEqual((await use).body)
    expect(world.parts.refreshing.size).toBe(0)
  })

  test('a later use ends the session, and is a sign that two hold the token', async () => {
    const first = await begin()
    await refresh(first.body['refresh_token'])
    world.time.now += 31_000
    expect(noOf(await refresh(first.body['refresh_token']))).toBe(
      '400 invalid_grant: the refresh token was used before; its session has ended',
    )
    expect(stateOf(first.claims['sid'])?.ended?.why).toBe('refresh-reused')
    expect(world.entries).toContainEqual(
      expect.objectContaining({ kind: 'indicator', indicator: 'refresh-reused', subject: first.claims['sid'] }),
    )
  })

  test('so does a use after its successor was used, however soon', async () => {
    const first = await begin()
    const second = await refresh(first.body['refresh_token'])
    await refresh(second.body['refresh_token'])
    expect(noOf(await refresh(first.body['refresh_token']))).toStartWith('400 invalid_grant: ')
    expect(stateOf(first.claims['sid'])?.ended?.why).toBe('refresh-reused')
  })

  test('is for the client that it was issued to, within the scope that it has, while its session lasts', async () => {
    const first = await begin('infer offline_access')
    const text = first.body['refresh_token']
    expect(noOf(await refresh(text, {}, { by: 'other' }))).toBe(
      '400 invalid_grant: there is no such refresh token of this client',
    )
    expect(noOf(await refresh(text, { scope: 'embed' }))).toBe(
      '400 invalid_scope: the refresh token is not good for the action embed',
    )
    world.parts.sessions.end(String(first.claims['sid']), { at: world.time.now, why: 'ended', by: 'test' })
    expect(noOf(await refresh(text))).toBe('400 invalid_grant: the session has ended')
  })

  test('of a session that is bound to a key takes a proof by that key', async () => {
    const holder = makeKey('holder')
    const first = await exchange(
      world,
      world.person('alice'),
      { scope: 'infer offline_access' },
      { by: 'archivist', key: holder },
    )
    const text = first.body['refresh_token']
    expect(noOf(await refresh(text, {}, { by: 'archivist' }))).toBe(
      '400 invalid_grant: the session is bound to a key: send a DPoP proof by it',
    )
    expect(stateOf(first.claims['sid'])?.ended?.why).toBe('misuse')
  })
})

describe('introspection and revocation', () => {
  test('a token is introspected by the client that has it, as its session is', async () => {
    const made = await exchange(world, world.person('alice'), {}, { by: 'helper' })
    const text = String(made.body['access_token'])
    const answer = await post(world, '/oauth/introspect', { token: text }, { by: 'helper' })
    expect(answer.body).toMatchObject({
      active: true,
      iss: 'https://gate.example',
      aud: 'https://gate.example',
      client_id: 'helper',
      sub: 'User::alice',
      act: { sub: 'App::helper' },
      scope: 'embed infer',
      sid: made.claims['sid'],
      jti: made.claims['jti'],
      tier: 1,
      token_type: 'Bearer',
    })
    expect((await post(world, '/oauth/introspect', { token: text }, { by: 'other' })).body).toEqual({ active: false })
    world.parts.sessions.end(String(made.claims['sid']), { at: world.time.now, why: 'ended', by: 'test' })
    expect((await post(world, '/oauth/introspect', { token: text }, { by: 'helper' })).body).toEqual({ active: false })
  })

  test('who revokes a token ends its session, and that is recorded', async () => {
    const made = await exchange(world, world.person('alice'), {}, { by: 'helper' })
    const text = String(made.body['access_token'])
    expect((await post(world, '/oauth/revoke', { token: text }, { by: 'other' })).status).toBe(400)
    expect(stateOf(made.claims['sid'])?.ended).toBeUndefined()
    expect((await post(world, '/oauth/revoke', { token: text }, { by: 'helper' })).status).toBe(200)
    expect(stateOf(made.claims['sid'])?.ended).toMatchObject({ why: 'revoked', by: 'helper' })
    expect(world.entries.at(-1)).toMatchObject({
      kind: 'token',
      what: 'revoked',
      session: made.claims['sid'],
      client: 'helper',
    })
    expect((await post(world, '/oauth/revoke', { token: text }, { by: 'helper' })).status).toBe(200)
  })

  test('who revokes a refresh token ends its session, too; whoever holds a token of nobody in particular can revoke it', async () => {
    const made = await exchange(world, world.person('alice'), {
      scope: 'infer offline_access',
      authorization_details: details({ models: ['desk-small'] }),
    })
    const { status } = await post(world, '/oauth/revoke', {
      token: String(made.body['refresh_token']),
      token_type_hint: 'refresh_token',
    })
    expect(status).toBe(200)
    expect(stateOf(made.claims['sid'])?.ended?.why).toBe('revoked')
  })
})

test('metadata names what is served, and nothing else', async () => {
  const answer = await world.ask('/.well-known/oauth-authorization-server')
  const metadata = (await answer.json()) as Record<string, unknown>
  expect(metadata).toMatchObject({
    issuer: 'https://gate.example',
    token_endpoint: 'https://gate.example/oauth/token',
    jwks_uri: 'https://gate.example/oauth/jwks',
    grant_types_supported: ['client_credentials', EXCHANGE, 'refresh_token'],
    response_types_supported: [],
    code_challenge_methods_supported: ['S256'],
  })
  expect(metadata['authorization_endpoint']).toBeUndefined()
  const keys = (await (await world.ask('/oauth/jwks')).json()) as { keys: object[] }
  expect(keys.keys.map((each) => Object.keys(each).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']])
})

test('a token says which type it is, and that of the subject is ours to choose', async () => {
  const answer = await exchange(
    world,
    world.person('alice'),
    { requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
    { by: 'helper' },
  )
  expect(answer.body['issued_token_type']).toBe('urn:ietf:params:oauth:token-type:jwt')
  expect(
    noOf(
      await exchange(
        world,
        world.person('alice'),
        { requested_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
        { by: 'helper' },
      ),
    ),
  ).toBe(
    `400 invalid_request: requested_token_type can only be ${ACCESS_TOKEN} or urn:ietf:params:oauth:token-type:jwt`,
  )
})
