// Threat: a virtual key that somebody lost, copied or kept. It counts where, when and with whom it may, on every route, and a
// change to it holds for the very next request. No part of a secret is written down anywhere.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { forge } from '#identity/forge.fixture.ts'
import { exchangeOf } from '../rig.ts'
import { sha256 } from '../rig-keys.ts'
import { filesBelow, told as heard } from './canary-sinks.ts'
import {
  bearer,
  DAY,
  expectKeyRefused,
  type Headers,
  KEY_ROUTES,
  type KeyRefused,
  type KeyWorld,
  post,
  startKeyWorld,
} from './key-world.ts'

let world: KeyWorld
beforeAll(async () => {
  world = await startKeyWorld()
})
afterAll(() => world.stop())

const NO = { status: 401, code: 'unauthenticated' } as const
const [CHAT] = KEY_ROUTES as readonly [(typeof KEY_ROUTES)[number], ...(typeof KEY_ROUTES)[number][]]

interface Sent {
  readonly headers: Headers
  readonly subject?: string
}
const sent = ({ id, credential }: { id: string; credential: string }, beside: Headers = {}): Sent => ({
  headers: { ...bearer(credential), ...beside },
  subject: id,
})
const userToken = (token: string): Headers => ({ 'x-sallyport-user-token': token })
const ofForged = (claims: object = {}): Headers =>
  userToken(forge(world.forged.key, { ...world.forged.claims, ...claims }))
const ofHarbor = async (): Promise<Headers> => userToken(await world.rig.issuer.mint('alice'))
const seconds = Math.floor(Date.now() / 1000)
const withUsers = { networks: [], users: ['forged'] } as const

const attacks: readonly (readonly [string, () => Promise<Sent>, KeyRefused])[] = [
  [
    'a revoked key',
    async () => sent(await world.make({ revoked: { at: Date.now(), why: 'lost' } })),
    { ...NO, says: 'was revoked', indicator: 'key-revoked' },
  ],
  [
    'an expired key',
    async () => sent(await world.make({ expires: Date.now() - 1 })),
    { ...NO, says: 'expired at', indicator: 'key-expired' },
  ],
  [
    'a key before its time',
    async () => sent(await world.make({ notBefore: Date.now() + 60_000 })),
    { ...NO, says: 'is not valid before' },
  ],
  [
    'a rotated-out secret',
    async () => {
      const key = await world.make()
      const until = Date.now() - 1
      await world.change(key.id, ({ secrets }) => ({
        rotated: until,
        secrets: [{ sha256: sha256('newer') }, ...secrets.map((old) => ({ ...old, until }))],
      }))
      return sent(key)
    },
    { ...NO, says: 'was replaced by a rotation', indicator: 'key-rotated-out' },
  ],
  [
    'a key that nobody used for too long',
    async () => sent(await world.make({ unusedFor: DAY })),
    { ...NO, says: 'is suspended', indicator: 'key-suspended' },
  ],
  [
    'a key of another network',
    async () => sent(await world.make({ networks: ['10.0.0.0/8'] })),
    { ...NO, says: 'not taken from this address', indicator: 'key-from-another-network' },
  ],
  [
    'a key of another network beside a right user token',
    async () => sent(await world.make({ networks: ['10.0.0.0/8'], users: ['forged'] }), ofForged()),
    { ...NO, says: 'not taken from this address', indicator: 'key-from-another-network' },
  ],
  [
    "another issuer's user token",
    async () => sent(await world.make(withUsers), await ofHarbor()),
    { ...NO, says: 'takes user tokens of forged only', indicator: 'key-with-another-user' },
  ],
  [
    'a user token beside a key that takes none',
    async () => sent(await world.make(), await ofHarbor()),
    { ...NO, says: 'takes no user token', indicator: 'key-with-another-user' },
  ],
  [
    'an expired user token',
    async () => sent(await world.make(withUsers), ofForged({ iat: seconds - 7200, exp: seconds - 3600 })),
    { ...NO, says: 'x-sallyport-user-token: The token expired' },
  ],
  [
    'a key as the user token of another key',
    async () => sent(await world.make(withUsers), userToken((await world.make()).credential)),
    { ...NO, says: "must hold a person's token" },
  ],
  [
    'two user tokens',
    async () => sent(await world.make(withUsers), userToken('a.b.c, d.e.f')),
    { status: 401, code: 'malformed_proof', says: 'must hold exactly one credential' },
  ],
  [
    'a key that needs a user token, alone',
    async () => sent(await world.make(withUsers)),
    { ...NO, says: "send the user's own token beside it, as x-sallyport-user-token" },
  ],
  ['a user token alone', async () => ({ headers: ofForged() }), { ...NO, says: 'never alone' }],
  [
    'two different keys in two headers',
    async () => {
      const [one, other] = [await world.make(), await world.make()]
      return { headers: { ...bearer(one.credential), 'x-api-key': other.credential } }
    },
    { status: 401, code: 'ambiguous_proof', says: 'two different credentials' },
  ],
  [
    "a person's own token beside another's",
    async () => ({
      headers: { authorization: `Bearer ${await world.rig.issuer.mint('alice')}`, ...ofForged() },
    }),
    { status: 401, code: 'ambiguous_proof', says: 'names a person, too' },
  ],
  [
    'a personal key of somebody who never signed in',
    async () => sent(await world.make({ principal: { type: 'User', id: 'harbor/nobody' } })),
    { ...NO, says: 'sign in once with your own token' },
  ],
]

describe.each(KEY_ROUTES.map((route) => [route.path, route] as const))('on %s', (_path, route) => {
  test('a good key is taken, in either header', async () => {
    const { credential } = await world.make()
    for (const headers of [bearer(credential), { 'x-api-key': credential }]) {
      const response = await post(world.rig, route, headers)
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)] as never)
    }
  })

  test.each(attacks)('%s proves nothing', async (_name, make, refused) => {
    const { headers, subject } = await make()
    await expectKeyRefused(world.rig, () => post(world.rig, route, headers), {
      ...refused,
      ...(subject === undefined ? {} : { subject }),
    })
  })

  test('a key in x-api-key is judged as one in Authorization is', async () => {
    const { credential, id } = await world.make({ networks: ['10.0.0.0/8'] })
    await expectKeyRefused(world.rig, () => post(world.rig, route, { 'x-api-key': credential }), {
      ...NO,
      indicator: 'key-from-another-network',
      subject: id,
    })
  })

  test('a key in the query is none, and is not written down', async () => {
    const { credential } = await world.make()
    for (const query of [`api_key=${credential}`, `key=${credential}`, credential]) {
      const place = { ...route, path: `${route.path}?${query}` }
      const refused = { status: 400, code: 'invalid_field', says: 'takes no query parameters' }
      await expectKeyRefused(world.rig, () => post(world.rig, place, {}), refused)
    }
  })

  test('a key for another model, or another action, is not permitted', async () => {
    const other = await world.make({ models: ['clinic-large', 'claude-large'] })
    const idle = await world.make({ actions: ['use-file'] })
    for (const { id, credential } of [other, idle]) {
      await expectKeyRefused(world.rig, () => post(world.rig, route, bearer(credential)), {
        status: 403,
        code: 'not_permitted',
        says: `key ${id} is not for`,
      })
    }
  })

  test('what is revoked is revoked for the very next request', async () => {
    const { id, credential } = await world.make()
    expect((await post(world.rig, route, bearer(credential))).status).toBe(200)
    await world.change(id, () => ({ revoked: { at: Date.now(), why: 'lost' } }))
    await expectKeyRefused(world.rig, () => post(world.rig, route, bearer(credential)), {
      ...NO,
      indicator: 'key-revoked',
      subject: id,
    })
  })
})

describe('the chain', () => {
  test('of application and user is recorded whole, and each of them may read it', async () => {
    const { id, credential } = await world.make(withUsers)
    const response = await post(world.rig, CHAT, { ...bearer(credential), ...ofForged() })
    expect(response.status).toBe(200)
    const { decision } = await world.rig.settled(exchangeOf(response))
    expect(decision['principal']).toMatchObject({
      type: 'App',
      id: 'intake',
      method: 'key-and-user-token',
      key: id,
      chain: [
        { type: 'App', id: 'intake' },
        { type: 'User', id: 'forged/mallory' },
      ],
    })
  })

  test('allows no more than its user may: a user without permit is refused', async () => {
    const { credential } = await world.make(withUsers)
    await expectKeyRefused(
      world.rig,
      () => post(world.rig, CHAT, { ...bearer(credential), ...ofForged({ groups: [] }) }),
      { status: 403, code: 'not_permitted' },
    )
  })
})

test("a personal key lives on its person's own sign-ins, and has their teams", async () => {
  const { credential, id } = await world.make({ principal: { type: 'User', id: 'forged/mallory' } })
  const own = bearer(forge(world.forged.key, world.forged.claims))
  expect((await post(world.rig, CHAT, bearer(credential))).status).toBe(401)
  expect((await post(world.rig, CHAT, own)).status).toBe(200)
  const response = await post(world.rig, CHAT, bearer(credential))
  expect(response.status).toBe(200)
  const { decision } = await world.rig.settled(exchangeOf(response))
  expect(decision['principal']).toMatchObject({
    type: 'User',
    id: 'forged/mallory',
    method: 'personal-key',
    key: id,
    groups: ['clinicians'],
  })
  // Out of the team by one's own token is out of it by the key, at once.
  expect(
    (await post(world.rig, CHAT, bearer(forge(world.forged.key, { ...world.forged.claims, groups: [] })))).status,
  ).toBe(403)
  expect((await post(world.rig, CHAT, bearer(credential))).status).toBe(403)
})

test('an unknown id and a wrong secret are told alike', async () => {
  const { id, secret } = await world.make()
  const answers: string[] = []
  for (const credential of [`sp_${id}_${secret.slice(0, -1)}x`, `sp_000000000000_${secret}`, `sp_${id}`, 'sp_']) {
    const response = await post(world.rig, CHAT, bearer(credential))
    answers.push((await heard(response)).replaceAll(exchangeOf(response), '…').replaceAll(/^date:.*$/gim, ''))
  }
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toStartWith('401 ')
})

test('no part of a secret stands in any file of the gate or line of its log', async () => {
  const files = await filesBelow(world.rig.home)
  expect([...files.keys()]).toContain('control.db')
  const written = [...files.values(), world.rig.log.join('\n')].join('\n')
  expect(written.length).toBeGreaterThan(10_000)
  expect(world.secrets.length).toBeGreaterThan(100)
  for (const secret of world.secrets) {
    const parts = [secret.slice(0, 12), secret.slice(14, 26), secret.slice(-12)]
    expect(parts.filter((part) => written.includes(part))).toEqual([])
  }
})
