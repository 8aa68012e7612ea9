// What must not come of a session that is over, or that rests on what is there no more: another token, a child, or a word that it is
// active.
import { afterAll, beforeAll, expect, describe, test } from 'bun:test'
import { type Answer, exchange, noOf, post, token } from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())

const begin = (fields = {}): Promise<Answer> => exchange(world, world.person('alice'), fields, { by: 'helper' })
const again = (from: Answer): Promise<Answer> =>
  exchange(world, String(from.body['access_token']), {}, { by: 'helper' })

describe('a session that ends', () => {
  test('begins no child, and its children end with it, however many exchanges are under way', async () => {
    const parent = await begin()
    const sid = String(parent.claims['sid'])
    const under = Array.from({ length: 20 }, () => again(parent))
    world.parts.sessions.end(sid, { at: world.time.now, why: 'ended', by: 'test' })
    const answers = await Promise.all(under)
    for (const answer of answers) {
      const child = answer.claims['sid']
      if (typeof child !== 'string') expect(noOf(answer)).toStartWith('400 invalid_request: ')
      else expect(world.parts.sessions.find(child)?.ended?.why).toBe('parent-ended')
    }
    expect(noOf(await again(parent))).toStartWith('400 invalid_request: ')
  })

  test('is told so to whoever exchanges a token of it', async () => {
    const parent = await begin()
    world.parts.sessions.end(String(parent.claims['sid']), { at: world.time.now, why: 'ended', by: 'test' })
    expect(noOf(await again(parent))).toBe(
      '400 invalid_request: no session that goes on has this subject token: its session has ended, or it has expired',
    )
  })

  test('because the bundle names people otherwise now is over, though its token has time left', async () => {
    const parent = await begin()
    await world.reload((yaml) => yaml.replace('clinicians: [harbor:clinicians]', 'clinicians: [harbor:doctors]'))
    expect(noOf(await again(parent))).toBe(
      '400 invalid_request: the session has ended: the issuers or teams of the bundle have changed since it began',
    )
    expect(world.parts.sessions.find(String(parent.claims['sid']))?.ended?.why).toBe('rules-changed')
    await world.reload((yaml) => yaml)
  })
})

describe('a session whose application acts for its people no more', () => {
  test('is over: it is not refreshed, and not described as active', async () => {
    const begun = [await begin({ scope: 'infer offline_access' }), await begin()] as const
    await world.reload((yaml) =>
      yaml.replace('users: [harbor], models: [desk-small, desk-large]', 'models: [desk-small]'),
    )
    const [first, second] = begun
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
    expect(noOf(await token(world, refresh, { by: 'helper' }))).toBe(
      '400 invalid_grant: the session has ended: the application, or the key, that it rests on is not there any more',
    )
    const described = await post(
      world,
      '/oauth/introspect',
      { token: String(second.body['access_token']) },
      { by: 'helper' },
    )
    expect(described.body).toEqual({ active: false })
    await world.reload((yaml) => yaml)
    for (const { claims } of begun) {
      expect(world.parts.sessions.find(String(claims['sid']))?.ended?.why).toBe('revoked')
    }
  })

  test('nor does one get another token that was not used for as long as it may', async () => {
    const before = world.time.now
    const alice = world.person('alice', { exp: Math.floor(before / 1000) + 28_800 })
    const first = await exchange(world, alice, { scope: 'infer offline_access' }, { by: 'helper' })
    world.time.now += 3_600_001
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
    const answer = await token(world, refresh, { by: 'helper' })
    world.time.now = before
    expect(noOf(answer)).toBe('400 invalid_grant: the session has ended')
  })
})
