// Threat: an application that is proven by its own token says for whom it acts, and lies. A user token beside it is proven like
// any other, is never ignored, and the user must be permitted, too.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { forge, makeKey } from '#identity/forge.fixture.ts'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { type ForgedIssuer, startForgedIssuer } from './forged-issuer.ts'
import { HELLO } from './hello.ts'
import { bearer, expectKeyRefused, type Headers, KEY_ROUTES, post } from './key-world.ts'

const stranger = makeKey('forged-1')
let forged: ForgedIssuer
let rig: Rig
beforeAll(async () => {
  forged = startForgedIssuer()
  const yaml = (forged.files['sallyport.yaml'] ?? '').replace('User::forged/{sub}', 'App::forged/{sub}')
  rig = await startRig({ files: { ...forged.files, 'sallyport.yaml': yaml } })
})
afterAll(async () => {
  await rig.stop()
  await forged.stop()
})

const chat = { path: '/v1/chat/completions', body: HELLO }
const app = (): Headers => bearer(forge(forged.key, forged.claims))
const beside = (token: string): Headers => ({ ...app(), 'x-sallyport-user-token': token })

test('an application acts for the user whose token is beside its own, and both are recorded', async () => {
  const response = await post(rig, chat, beside(await rig.issuer.mint('alice')))
  expect(response.status).toBe(200)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision['principal']).toMatchObject({
    type: 'App',
    id: 'forged/mallory',
    chain: [
      { type: 'App', id: 'forged/mallory' },
      { type: 'User', id: 'harbor/alice' },
    ],
  })
})

test('a user who may not use the model may not use it through an application', async () => {
  const large = { path: chat.path, body: { ...HELLO, model: 'clinic-large' } }
  expect((await post(rig, large, beside(await rig.issuer.mint('alice')))).status).toBe(200)
  const token = await rig.issuer.mint('bob')
  await expectKeyRefused(rig, () => post(rig, large, beside(token)), { status: 403, code: 'not_permitted' })
})

test.each(KEY_ROUTES.map((route) => [route.path, route] as const))(
  'on %s nobody else stands for a user',
  async (_path, route) => {
    const { text } = await rig.keys.make()
    const alice = await rig.issuer.mint('alice')
    const [head, , signature] = alice.split('.')
    const tampered = `${head}.${Buffer.from('{"sub":"alice"}').toString('base64url')}.${signature}`
    for (const [token, says] of [
      [forge(forged.key, forged.claims), "must hold a person's token"],
      [text, "must hold a person's token"],
      ['nonsense', "must hold a person's token"],
      [await rig.issuer.mint('alice', { ttlSeconds: -3600 }), 'x-sallyport-user-token: The token expired'],
      [forge(stranger, { ...forged.claims, iss: rig.issuer.url }), 'x-sallyport-user-token: The token is signed with'],
    ] as const) {
      await expectKeyRefused(rig, () => post(rig, route, beside(token)), { status: 401, code: 'unauthenticated', says })
    }
    await expectKeyRefused(rig, () => post(rig, route, beside(tampered)), { status: 401, code: 'malformed_proof' })
    await expectKeyRefused(rig, () => post(rig, route, beside(`${alice}, ${alice}`)), {
      status: 401,
      code: 'malformed_proof',
      says: 'exactly one credential',
    })
    await expectKeyRefused(rig, () => post(rig, route, { ...beside(alice), ...bearer(alice) }), {
      status: 401,
      code: 'ambiguous_proof',
      says: 'names a person, too',
    })
  },
)
