// Threat: an application that holds a user's token shows it alone, and is that user, without its own grant. Tokens of an issuer
// that is not `direct` are taken beside an application's proof only.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { forge } from '#identity/forge.fixture.ts'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { type ForgedIssuer, startForgedIssuer } from './forged-issuer.ts'
import { HELLO } from './hello.ts'
import { bearer, expectKeyRefused, type Headers, KEY_ROUTES, post } from './key-world.ts'

let forged: ForgedIssuer
let rig: Rig
beforeAll(async () => {
  forged = startForgedIssuer()
  const yaml = (forged.files['sallyport.yaml'] ?? '').replace(
    '"User::forged/{sub}" }',
    '"User::forged/{sub}", direct: false }',
  )
  rig = await startRig({ files: { ...forged.files, 'sallyport.yaml': yaml } })
})
afterAll(async () => {
  await rig.stop()
  await forged.stop()
})

const CHAT = { path: '/v1/chat/completions', body: HELLO }
const LARGE = { path: CHAT.path, body: { ...HELLO, model: 'clinic-large' } }
const token = (claims: object = {}): string => forge(forged.key, { ...forged.claims, ...claims })
const beside = (user: string): Headers => ({ 'x-sallyport-user-token': user })
const ALONE = {
  status: 401,
  code: 'unauthenticated',
  says:
    "Tokens of the issuer forged are taken beside an application's key or token only, as x-sallyport-user-token, and never " +
    'alone.',
} as const

test('beside the key of its application it counts, within the grant of the key', async () => {
  const { text } = await rig.keys.make({ networks: [], users: ['forged'] })
  const response = await post(rig, CHAT, { ...bearer(text), ...beside(token()) })
  expect(response.status).toBe(200)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision['principal']).toMatchObject({ chain: [{ id: 'intake' }, { type: 'User', id: 'forged/mallory' }] })
  expect((await post(rig, LARGE, { ...bearer(text), ...beside(token()) })).status).toBe(403)
})

test.each(KEY_ROUTES.map((route) => [route.path, route] as const))(
  'on %s it is nothing alone',
  async (_path, route) => {
    await expectKeyRefused(rig, () => post(rig, route, bearer(token())), ALONE)
    await expectKeyRefused(rig, () => post(rig, route, { 'x-api-key': token() }), ALONE)
  },
)

test('nor beside itself, or beside another person’s', async () => {
  for (const user of [token(), token({ sub: 'other' }), await rig.issuer.mint('alice')]) {
    await expectKeyRefused(rig, () => post(rig, LARGE, { ...bearer(token()), ...beside(user) }), ALONE)
  }
})

test('it lists no models, and reads no exchange, not even its person’s own', async () => {
  const { text } = await rig.keys.make({ networks: [], users: ['forged'] })
  const exchange = exchangeOf(await post(rig, CHAT, { ...bearer(text), ...beside(token()) }))
  await rig.settled(exchange)
  for (const path of ['/v1/models', `/v1/exchanges/${exchange}`]) {
    const response = await fetch(`${rig.url}${path}`, { headers: bearer(token()) })
    expect([path, response.status]).toEqual([path, 401])
  }
})

test('it signs nobody in for a personal key', async () => {
  const { id, text } = await rig.keys.make({ principal: { type: 'User', id: 'forged/mallory' } })
  await rig.keys.change(id, ({ team: _none, ...rest }) => rest)
  await post(rig, CHAT, bearer(token()))
  expect((await post(rig, CHAT, bearer(text))).status).toBe(401)
})

test('other issuers go on as they were', async () => {
  expect((await post(rig, CHAT, bearer(await rig.issuer.mint('alice')))).status).toBe(200)
})
