// What must not come of a token exchange: more than its subject has, another actor, another chain, or a session that nobody recorded.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { forge, makeKey } from '#identity/forge.fixture.ts'
import { type Answer, details, exchange, noOf, token } from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.entries.length = 0
})

const begin = (fields = {}, by: 'helper' | 'other' = 'helper'): Promise<Answer> =>
  exchange(world, world.person('alice'), fields, { by })
const again = (from: Answer, fields = {}, by: 'helper' | 'other' = 'helper'): Promise<Answer> =>
  exchange(world, String(from.body['access_token']), fields, { by })
const open = () => world.parts.sessions.list({ open: true, most: 1000 }).length

describe('an exchange that would widen', () => {
  test('what an application may ask for is refused, by action and by model, whether the model exists or not', async () => {
    expect(noOf(await begin({ scope: 'infer embed' }, 'other'))).toBe(
      '400 invalid_scope: the action embed is not among those that this client may ask for',
    )
    expect(noOf(await begin({ authorization_details: details({ actions: ['embed'] }) }, 'other'))).toBe(
      '400 invalid_scope: the action embed is not among those that this client may ask for',
    )
    for (const model of ['records-small', 'no-such-model']) {
      expect(noOf(await begin({ authorization_details: details({ models: [model] }) }))).toBe(
        `400 invalid_target: the model ${model} is not among those that this client may ask for`,
      )
    }
  })

  test('the task of its parent is refused', async () => {
    const parent = await begin({ scope: 'infer', authorization_details: details({ models: ['desk-small'] }) })
    expect(noOf(await again(parent, { scope: 'embed' }))).toStartWith('400 invalid_scope: ')
    expect(noOf(await again(parent, { authorization_details: details({ models: ['desk-large'] }) }))).toStartWith(
      '400 invalid_target: ',
    )
    expect((await again(parent)).claims).toMatchObject({ scope: 'infer', task: { models: ['desk-small'] } })
  })

  test('what a token of its parent was narrowed to is refused', async () => {
    const first = await begin({ scope: 'infer embed offline_access' })
    const narrowed = await token(
      world,
      { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']), scope: 'infer' },
      { by: 'helper' },
    )
    expect(noOf(await again(narrowed, { scope: 'embed' }))).toStartWith('400 invalid_scope: ')
  })

  test('the time of its parent is not had', async () => {
    const parent = await begin()
    const { bounds } = world.parts.sessions.find(String(parent.claims['sid']))?.session ?? {}
    const before = world.time.now
    world.time.now += 300_000
    const child = await again(parent)
    world.time.now = before
    expect(world.parts.sessions.find(String(child.claims['sid']))?.session.bounds.expires).toBe(bounds?.expires ?? 0)
  })

  test('the time of the token that it began with is not had, and a refresh adds none', async () => {
    const exp = Math.floor(world.time.now / 1000) + 40
    for (const by of ['helper', undefined] as const) {
      const fields = { scope: 'infer offline_access', authorization_details: details({ models: ['desk-small'] }) }
      const how = by === undefined ? {} : { by }
      const first = await exchange(world, world.person('alice', { exp }), fields, how)
      const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
      const second = await token(world, refresh, how)
      for (const { claims, body } of [first, second]) {
        expect(world.parts.sessions.find(String(claims['sid']))?.session.bounds.expires).toBe(exp * 1000)
        expect(Number(claims['exp'])).toBeLessThanOrEqual(exp)
        expect(Number(body['expires_in'])).toBeLessThanOrEqual(40)
      }
    }
  })

  test('nor that of a token that is taken only because clocks differ', async () => {
    const iat = Math.floor(world.time.now / 1000) - 100
    expect(noOf(await exchange(world, world.person('alice', { iat, exp: iat + 95 }), {}, { by: 'helper' }))).toBe(
      '400 invalid_request: the subject token has expired: take a fresh one',
    )
  })

  test('an empty list of tasks declares none, and is not taken for the whole ceiling', async () => {
    for (const empty of ['[]', ' [] ']) {
      expect(noOf(await begin({ authorization_details: empty }))).toBe(
        '400 invalid_authorization_details: authorization_details: must be a list of one object of type sallyport_task',
      )
    }
  })

  test('tools are refused: there are none', async () => {
    expect(noOf(await begin({ authorization_details: details({ tools: ['payments/transfer'] }) }))).toBe(
      '400 invalid_authorization_details: authorization_details: tools: must be empty: no tools are served here yet',
    )
  })
})

describe('who acts, and for whom', () => {
  test('a session of another client cannot be exchanged: that would add a hop', async () => {
    const parent = await begin()
    expect(noOf(await again(parent, {}, 'other'))).toBe(
      '400 invalid_request: the subject token belongs to a session of another client',
    )
  })

  test('nor without the client that it was begun for: that would drop the actor', async () => {
    const parent = await begin()
    expect(noOf(await exchange(world, String(parent.body['access_token'])))).toBe(
      '400 invalid_request: the subject token belongs to a session of another client',
    )
  })

  test('an application cannot act for another application', async () => {
    expect(noOf(await exchange(world, world.workload(), {}, { by: 'helper' }))).toBe(
      '400 invalid_request: an application asks for people only: the subject token names an application',
    )
  })

  test('an actor token of anybody else is refused, and so is a forged one', async () => {
    const type = 'urn:ietf:params:oauth:token-type:jwt'
    for (const actor of [world.person('bob'), world.workload(), forge(makeKey('x'), { act: { sub: 'App::other' } })]) {
      expect(noOf(await begin({ actor_token: actor, actor_token_type: type }))).toBe(
        "400 invalid_request: actor_token can only be the client's own token: leave it out, the client acts in any case",
      )
    }
  })

  test('a chain that the subject token itself claims is not believed', async () => {
    const subject = world.person('alice', { act: { sub: 'App::other' }, client_id: 'other', sid: 'x' })
    const answer = await exchange(world, subject, {}, { by: 'helper' })
    expect(answer.claims['act']).toEqual({ sub: 'App::helper' })
  })

  test('a session token that was changed, or that another key signed, is nobody’s', async () => {
    const parent = await begin()
    const [head = '', , signature = ''] = String(parent.body['access_token']).split('.')
    const claims = Buffer.from(JSON.stringify({ ...parent.claims, scope: 'infer embed store' })).toString('base64url')
    const forged = forge(makeKey('x'), parent.claims, { typ: 'at+jwt', kid: world.parts.ring.signing().kid })
    for (const text of [`${head}.${claims}.${signature}`, forged]) {
      expect(noOf(await exchange(world, text, {}, { by: 'helper' }))).toStartWith('400 invalid_request: ')
    }
  })

  test('people of an issuer that the application may not ask for are refused', async () => {
    await world.reload((yaml) =>
      yaml.replace('users: [harbor], models: [desk-small, desk-large]', 'models: [desk-small]'),
    )
    expect(noOf(await begin())).toBe('400 invalid_request: the application helper may not ask for people of harbor')
    await world.reload((yaml) => yaml)
  })

  test('a token for somebody else, an expired one and one of a stranger prove nobody', async () => {
    const past = Math.floor(world.time.now / 1000) - 7200
    const wrong = [
      world.person('alice', { aud: 'another' }),
      world.person('alice', { iat: past, exp: past + 60 }),
      world.person('alice', { iss: 'https://evil.example' }),
      'not-a-token',
    ]
    for (const text of wrong) {
      expect(noOf(await exchange(world, text, {}, { by: 'helper' }))).toStartWith('400 invalid_request: ')
    }
  })

  test('a token for another resource is not made', async () => {
    for (const field of ['resource', 'audience']) {
      expect(noOf(await begin({ [field]: 'https://other.example' }))).toBe(
        '400 invalid_target: resource and audience can only be https://gate.example',
      )
    }
    expect((await begin({ resource: 'https://gate.example' })).status).toBe(200)
  })
})

describe('what nobody recorded', () => {
  test('never leaves: without a log there is no token, and the session that began is over', async () => {
    const before = open()
    world.broken.audit = true
    const answer = await begin()
    world.broken.audit = false
    expect(answer.status).toBe(503)
    expect(answer.body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The audit trail cannot be written.',
    })
    expect(open()).toBe(before)
  })

  test('a refresh neither: the token that was shown is still good afterwards', async () => {
    const first = await begin({ scope: 'infer offline_access' })
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
    world.broken.audit = true
    expect((await token(world, refresh, { by: 'helper' })).status).toBe(503)
    world.broken.audit = false
    expect((await token(world, refresh, { by: 'helper' })).status).toBe(200)
  })

  test('a no is recorded, with its reason, and without a word of the caller’s or any token', async () => {
    const subject = world.person('alice')
    await exchange(world, subject, { scope: 'store', grant_type: 'hunter2' }, { by: 'helper' })
    await exchange(world, subject, { scope: 'hunter2' }, { by: 'helper' })
    expect(world.entries).toMatchObject([
      { kind: 'token', what: 'refused', client: 'helper', reason: 'unsupported_grant_type' },
      { kind: 'token', what: 'refused', client: 'helper', reason: 'invalid_scope', source: '127.0.0.1' },
    ])
    const written = JSON.stringify(world.entries) + world.reports.join('\n')
    expect(written).not.toContain('hunter2')
    expect(written).not.toContain(subject.slice(0, 40))
  })

  test('a task that holds a credential begins nothing, and stands nowhere: not in the log, not in a token', async () => {
    const key = ['AKIA', 'Z7Q2MX4LK9TPWRE5'].join('')
    for (const fields of [{ domain: `the key ${key}` }, { task: `use ${key}` }]) {
      const before = open()
      expect(noOf(await begin({ authorization_details: details(fields) }))).toBe(
        `400 invalid_authorization_details: authorization_details: ${Object.keys(fields)[0]}: holds what looks like a credential; leave it out`,
      )
      expect(open()).toBe(before)
    }
    expect(world.entries).toMatchObject([
      { kind: 'token', what: 'refused', reason: 'invalid_authorization_details' },
      { kind: 'token', what: 'refused', reason: 'invalid_authorization_details' },
    ])
    expect(JSON.stringify(world.entries) + world.reports.join('\n')).not.toContain(key)
  })
})
