// Whoever has no proof, a wrong one, or a key that holds no more, is nobody on every route: 401 in the caller's own shape.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { VirtualKey } from '#access/virtual-key.ts'
import { encode, forge, forgeWithHmac, makeKey } from '#identity/forge.fixture.ts'
import { READS, SENDS } from './every-protocol.ts'
import { type Answered, expectNos, type Told } from './every-protocol-record.ts'
import { bearer, type EveryWorld, expectServed, type Headers, send, startEveryWorld } from './every-protocol-world.ts'

let world: EveryWorld
beforeAll(async () => {
  world = await startEveryWorld()
})
afterAll(() => world.stop())

const NO = { status: 401, code: 'unauthenticated' } as const
const MALFORMED = { status: 401, code: 'malformed_proof' } as const
const seconds = Math.floor(Date.now() / 1000)
const stranger = makeKey('forged-1')

const forged = (claims: object): string => forge(world.forged.key, { ...world.forged.claims, ...claims })
const signed = (by: (claims: object) => string): string => by(world.forged.claims)
const keyed = async (differs: Partial<VirtualKey>): Promise<string> => {
  const { text } = await world.rig.keys.make({
    models: ['clinic-small', 'clinic-embed', 'claude-clinic'],
    created: Date.now() - 864_000_000,
    ...differs,
  })
  return text
}

const wrong: readonly (readonly [string, () => string | Promise<string>, Told])[] = [
  ['no token', () => '', NO],
  ['garbage', () => 'garbage', NO],
  ['garbage shaped like a token', () => 'aGVsbG8.d29ybGQ.eA', MALFORMED],
  ['a token cut short', () => forged({}).slice(0, -10), NO],
  ['an expired token', () => forged({ iat: seconds - 7200, exp: seconds - 3600 }), NO],
  ['a token of tomorrow', () => forged({ nbf: seconds + 86_400 }), NO],
  ['a wrong audience', () => forged({ aud: 'somebody-else' }), NO],
  ['a wrong issuer', () => forged({ iss: 'https://evil.example' }), NO],
  ['alg none', () => signed((claims) => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`), NO],
  ['HMAC with the public key', () => signed((claims) => forgeWithHmac(world.forged.key, claims)), NO],
  ["a stranger's key under a known kid", () => signed((claims) => forge(stranger, claims)), NO],
  ['two credentials in one header', () => 'a, Bearer b', { ...MALFORMED, field: 'authorization' }],
  ['a revoked key', () => keyed({ revoked: { at: Date.now(), why: 'lost' } }), { ...NO, indicator: 'key-revoked' }],
  ['an expired key', () => keyed({ expires: Date.now() - 1 }), { ...NO, indicator: 'key-expired' }],
]

/** On all routes at once, as bearer or as Anthropic's clients send theirs. */
async function everywhere(headers: Headers, told: Told, at: EveryWorld = world): Promise<readonly Answered[]> {
  const sends = SENDS.map(async (route) => ({
    name: route.path,
    shape: route.shape,
    response: await send(at, route, { headers: { authorization: '', ...headers } }),
    told,
  }))
  const reads = READS.map(async ({ name, method, shape, path }) => ({
    name: `${method} ${name}`,
    shape,
    response: await fetch(`${at.rig.url}${path(at.owned)}`, { method, headers }),
    told,
  }))
  return Promise.all([...sends, ...reads])
}

test.each(wrong)('%s proves nothing on any route', async (_name, made, told) => {
  const before = world.provider.asked()
  const credential = await made()
  const headers = credential === '' ? {} : bearer(credential)
  const answers = await everywhere(headers, told)
  const texts = await Promise.all(answers.map(({ response }) => response.clone().text()))
  await expectNos(world, answers)
  if (credential.length > 8) expect(texts.join() + world.rig.log.join()).not.toContain(credential)
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})

test.each(wrong.filter(([name]) => !/no token|two credentials/.test(name)))(
  '%s proves nothing as x-api-key either',
  async (_name, made, told) => {
    const before = world.provider.asked()
    await expectNos(world, await everywhere({ 'x-api-key': await made() }, told))
    expect(world.provider.asked()).toBe(before)
  },
)

const guessed: readonly (readonly [string, (right: string) => string])[] = [
  ['a key that never was', () => `sp_never0000001_${'0'.repeat(64)}`],
  [
    'the id of a key and a wrong secret',
    (right) => `${right.slice(0, -8)}${right.endsWith('0') ? '1' : '0'.repeat(8)}`,
  ],
]

// Each in a gate of its own: an address has thirty tries.
test.each(guessed)('%s proves nothing on any route, and too many of them are told so there', async (_name, wrongly) => {
  const own = await startEveryWorld()
  const { text } = await own.rig.keys.make()
  const headers = bearer(wrongly(text))
  await expectNos(own, await everywhere(headers, NO, own))
  for (let more = READS.length + SENDS.length; more < 30; more++) await own.rig.callWith(wrongly(text), '/v1/models')
  const first = await own.rig.callWith(wrongly(text), '/v1/models')
  expect(first.status).toBe(429)
  const refused = await everywhere(headers, { status: 429, code: 'too_many_attempts' }, own)
  for (const { name, response } of refused) {
    const seconds = response.headers.get('retry-after')
    expect([name, seconds]).toEqual([name, expect.stringMatching(/^[12]$/)] as never)
  }
  await expectNos(own, refused)
  expect(own.provider.asked()).toBe(1)
  await expectServed(own)
  await own.stop()
})

test('the right ones are let in: a token and a key, in either header, on every route', async () => {
  for (const credential of [forged({}), await keyed({})]) {
    for (const headers of [bearer(credential), { 'x-api-key': credential, authorization: '' }]) {
      for (const route of SENDS) {
        const response = await send(world, route, { headers })
        expect([route.path, response.status, response.status === 200 ? '' : await response.text()]).toEqual([
          route.path,
          200,
          '',
        ])
      }
    }
  }
})

test('what is read is read with a proof, and deleted once', async () => {
  const { token, owned, rig } = world
  const ask = async ({ method, path }: (typeof READS)[number]): Promise<number> =>
    (await fetch(`${rig.url}${path(owned)}`, { method, headers: bearer(token) })).status
  const [deleting, others] = [READS.filter((r) => r.method === 'DELETE'), READS.filter((r) => r.method === 'GET')]
  for (const route of others) expect([route.name, await ask(route)]).toEqual([route.name, 200])
  for (const route of deleting) expect([route.name, await ask(route)]).toEqual([route.name, 200])
  for (const route of deleting) expect([route.name, await ask(route)]).toEqual([route.name, 404])
})
