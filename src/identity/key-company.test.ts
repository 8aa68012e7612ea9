// What stands beside a key: a network, a user's token, or the sign-ins of a person.
import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { VirtualKey } from '#access/virtual-key.ts'
import { NOW } from './forge.fixture.ts'
import {
  CREDENTIAL,
  DAY,
  GOOD_KEY,
  ID,
  keyScene,
  personOf,
  PERSONAL,
  refusalTo,
  show,
  signedIn,
} from './key.fixture.ts'

const UNKNOWN = 'unauthenticated: No such key; send it exactly as it was shown when it was made.'

describe('a user token beside a key', () => {
  const scene = () => keyScene({ networks: [], users: ['okta'] })

  test('of another issuer is refused', async () => {
    expect(await refusalTo(scene(), { userToken: 'of-entra' })).toEqual([
      'unauthenticated: Key k7 takes user tokens of okta only; send one of those as x-sallyport-user-token.',
      { indicator: 'key-with-another-user', subject: 'k7' },
    ])
  })

  test('is refused where the key takes none, and nobody looks at it', async () => {
    const bound = keyScene()
    bound.meanwhile = () => {
      throw new Error('it was looked at')
    }
    const told = 'unauthenticated: Key k7 takes no user token; leave x-sallyport-user-token out.'
    expect(await refusalTo(bound, { userToken: 'of-okta' })).toEqual([
      told,
      { indicator: 'key-with-another-user', subject: 'k7' },
    ])
    const personal = keyScene({ ...PERSONAL, users: ['okta'] })
    expect((await refusalTo(personal, { userToken: 'of-okta' }))[0]).toBe(told)
  })

  test('that is wrong is refused for what is wrong with it, by the name of its header', async () => {
    expect(await refusalTo(scene(), { userToken: 'expired' })).toEqual([
      'unauthenticated: x-sallyport-user-token: The token expired.',
    ])
  })

  test.each(['of-an-app', CREDENTIAL, 'nonsense'])('%p is no user', async (userToken) => {
    expect(await refusalTo(scene(), { userToken })).toEqual([
      "unauthenticated: The x-sallyport-user-token header must hold a person's token of an issuer that is trusted here.",
    ])
  })

  test('does not outlive the key: what is revoked while it is proven is revoked', async () => {
    const slow = scene()
    slow.meanwhile = () => slow.keys.set(ID, { ...GOOD_KEY, users: ['okta'], revoked: { at: NOW, why: 'lost' } })
    expect((await refusalTo(slow, { userToken: 'of-okta' }))[1]?.indicator).toBe('key-revoked')
    const gone = scene()
    gone.meanwhile = () => gone.keys.delete(ID)
    expect(await refusalTo(gone, { userToken: 'of-okta' })).toEqual([UNKNOWN])
  })
})

describe('a personal key', () => {
  const TOLD =
    'unauthenticated: Key k7 works for 24 hours after you signed in: sign in once with your own token, then the key works again.'

  test('stands for its person, with the teams and attributes of their last sign-in', async () => {
    const scene = keyScene(PERSONAL)
    scene.signIns.set('okta/alice', signedIn(NOW - DAY + 1))
    expect(await show(scene)).toMatchObject({
      type: 'User',
      id: 'okta/alice',
      groups: ['clinicians'],
      attributes: { ward: 'north', level: 3n },
      proof: { method: 'personal-key', key: 'k7' },
    })
  })

  test('is refused when its person never signed in, or not for 24 hours, or tomorrow', async () => {
    expect(await refusalTo(keyScene(PERSONAL))).toEqual([TOLD])
    for (const at of [NOW - DAY, NOW + 300_001, Number.NaN]) {
      const scene = keyScene(PERSONAL)
      scene.signIns.set('okta/alice', signedIn(at))
      expect(await refusalTo(scene)).toEqual([TOLD])
    }
    const scene = keyScene(PERSONAL)
    scene.signIns.set('okta/alice', signedIn(NOW + 300_000))
    expect((await show(scene))?.id).toBe('okta/alice')
  })

  test('is refused where the sign-in was read by other rules than those in force', async () => {
    const scene = keyScene(PERSONAL)
    scene.signIns.set('okta/alice', { ...signedIn(NOW), rules: 'those before' })
    expect(await refusalTo(scene)).toEqual([TOLD])
  })
})

test('no key alone authenticates anybody, whatever else is true of it', async () => {
  const key = fc.record({
    networks: fc.subarray(['192.0.2.0/24', '10.0.0.0/8', '::/0', 'nonsense']),
    users: fc.subarray(['okta', 'entra']),
    principal: fc.constantFrom<VirtualKey['principal']>(
      { type: 'App', id: 'intake' },
      { type: 'User', id: 'okta/alice' },
    ),
    expires: fc.constantFrom(NOW - 1, NOW, NOW + 1),
    notBefore: fc.constantFrom(NOW - 1, NOW, NOW + 1),
  })
  const sent = fc.record({
    source: fc.constantFrom('192.0.2.7', '10.1.1.1', '203.0.113.9', '2001:db8::1'),
    userToken: fc.constantFrom(undefined, 'of-okta', 'of-entra', 'of-an-app', 'expired', CREDENTIAL),
  })
  let taken = 0
  await fc.assert(
    fc.asyncProperty(key, sent, async (made, { source, userToken }) => {
      const scene = keyScene(made)
      scene.signIns.set('okta/alice', signedIn(NOW))
      const presented = { source, ...(userToken === undefined ? {} : { userToken }) }
      const [told] = await refusalTo(scene, presented)
      if (told !== 'no refusal') return
      taken += 1
      const inNetwork =
        (source === '192.0.2.7' && made.networks.includes('192.0.2.0/24')) ||
        (source === '10.1.1.1' && made.networks.includes('10.0.0.0/8')) ||
        (source === '2001:db8::1' && made.networks.includes('::/0'))
      const withUser = made.users.some((issuer) => userToken === `of-${issuer}`)
      expect(inNetwork || (withUser && made.networks.length === 0)).toBe(true)
      expect(withUser || userToken === undefined).toBe(true)
      expect(made.notBefore <= NOW && NOW < made.expires).toBe(true)
    }),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(10)
})

test('a person proven by a token is handed on as they were proven', async () => {
  const scene = keyScene({ networks: [], users: ['okta'] })
  expect((await show(scene, { userToken: 'of-okta' }))?.onBehalfOf).toEqual(personOf('okta'))
})
