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
  PERSONAL,
  refusalTo,
  SECRET,
  sha256,
  show,
  signedIn,
} from './key.fixture.ts'

const UNKNOWN = 'unauthenticated: No such key; send it exactly as it was shown when it was made.'
const NEWER = 'N'.repeat(40)

describe('a good key', () => {
  test('stands for its application from one of its networks', async () => {
    expect(await show(keyScene())).toEqual({
      type: 'App',
      id: 'intake',
      groups: ['intake'],
      attributes: { environment: 'production', use: 'letters' },
      proof: {
        method: 'key-and-network',
        issuer: 'sallyport',
        key: 'k7',
        issuedAt: 1768305600,
        expiresAt: 1768564800,
      },
      grants: [{ of: 'key k7', models: new Set(['small']), actions: new Set(['infer']) }],
    })
  })

  test('stands for its application on behalf of the user whose token is beside it', async () => {
    const scene = keyScene({ networks: [], users: ['okta'] })
    const principal = await show(scene, { userToken: 'of-okta', source: '203.0.113.9' })
    expect(principal?.proof.method).toBe('key-and-user-token')
    expect(principal).toMatchObject({ type: 'App', id: 'intake', onBehalfOf: { type: 'User', id: 'okta/alice' } })
  })

  test('with networks and users is both: alone it has its network, and with a user it still needs it', async () => {
    const scene = keyScene({ users: ['okta'] })
    expect((await show(scene))?.proof.method).toBe('key-and-network')
    expect((await show(scene, { userToken: 'of-okta' }))?.proof.method).toBe('key-and-user-token')
    expect((await refusalTo(scene, { userToken: 'of-okta', source: '203.0.113.9' }))[1]?.indicator).toBe(
      'key-from-another-network',
    )
  })

  test('is in its team only while the bundle in force has that team', async () => {
    expect((await show(keyScene({ team: 'gone' })))?.groups).toEqual([])
  })

  test('is noted as used, with when and from where', async () => {
    const scene = keyScene()
    await show(scene)
    expect([...scene.uses]).toEqual([['k7', { at: NOW, source: '192.0.2.7' }]])
  })

  test('is taken from an address of IPv4 that is written as IPv6', async () => {
    expect((await show(keyScene(), { source: '::ffff:192.0.2.7' }))?.id).toBe('intake')
  })

  test('is found again at every request, so that a change holds at the next', async () => {
    const scene = keyScene()
    await show(scene)
    scene.keys.set(ID, { ...GOOD_KEY, revoked: { at: NOW, why: 'lost' } })
    expect(await refusalTo(scene)).toEqual([
      'unauthenticated: Key k7 was revoked; ask its owner for another.',
      { indicator: 'key-revoked', subject: 'k7' },
    ])
    expect(scene.found).toEqual(['k7', 'k7'])
  })
})

describe('what is no key', () => {
  test('is left to others unless it begins like one', async () => {
    for (const credential of ['eyJhbGciOi', 'SP_k7_x', 'sp', 'sp-k7', ' sp_', '']) {
      expect(await show(keyScene(), { credential })).toBeUndefined()
    }
  })

  test.each([
    'sp_',
    'sp__',
    `sp_${ID}`,
    `sp_${ID}_`,
    `sp_${ID}_${'a'.repeat(31)}`,
    `sp_${ID}_${'a'.repeat(129)}`,
    `sp_${'i'.repeat(65)}_${SECRET}`,
    `sp__${SECRET}`,
    `${CREDENTIAL}\n`,
    `${CREDENTIAL}_`,
    `sp_${ID}_${SECRET}é`,
    `sp_${ID}.a.b_${SECRET}`,
  ])('%p is refused like an unknown key, and nothing is looked up', async (credential) => {
    const scene = keyScene()
    expect(await refusalTo(scene, { credential })).toEqual([UNKNOWN])
    expect(scene.found).toEqual([])
  })

  test('an unknown id and a wrong secret are answered alike, whatever is the matter with the key', async () => {
    const wrong = `sp_${ID}_${'w'.repeat(40)}`
    expect(await refusalTo(keyScene(), { credential: `sp_nobody_${SECRET}` })).toEqual([UNKNOWN])
    for (const key of [{}, { revoked: { at: 1, why: 'lost' } }, { expires: NOW - 1 }, { networks: ['10.0.0.0/8'] }]) {
      expect(await refusalTo(keyScene(key), { credential: wrong })).toEqual([UNKNOWN])
    }
    expect(
      await refusalTo(keyScene({ networks: [], users: ['okta'] }), { credential: wrong, userToken: 'of-okta' }),
    ).toEqual([UNKNOWN])
  })

  test('a store that answers with another key than was asked for authenticates nobody', async () => {
    const scene = keyScene()
    scene.keys.set('other', GOOD_KEY)
    expect(await refusalTo(scene, { credential: `sp_other_${SECRET}` })).toEqual([UNKNOWN])
  })

  test('a stored digest that is cut short or empty matches nothing', async () => {
    for (const length of [0, 16, 31]) {
      const key = { secrets: [{ sha256: sha256(SECRET).subarray(0, length) }] }
      expect(await refusalTo(keyScene(key))).toEqual([UNKNOWN])
    }
    expect(await refusalTo(keyScene({ secrets: [] }))).toEqual([UNKNOWN])
  })

  test('any one character of a key changed, left out or put in, authenticates nobody', async () => {
    const character = fc.constantFrom('a', 'b', 'c', 'X', 'Y', 'Z', '0', '1', '9', '_', '-', '.', ' ')
    await fc.assert(
      fc.asyncProperty(fc.nat(CREDENTIAL.length - 1), character, fc.constantFrom(0, 1, 2), async (at, put, kind) => {
        const [head, tail] = [CREDENTIAL.slice(0, at), CREDENTIAL.slice(at + 1)]
        const old = CREDENTIAL.charAt(at)
        const changed = [`${head}${put}${tail}`, `${head}${tail}`, `${head}${put}${old}${tail}`][kind] ?? ''
        fc.pre(changed !== CREDENTIAL)
        const [told] = await refusalTo(keyScene(), { credential: changed })
        const principal = told === 'no refusal' ? await show(keyScene(), { credential: changed }) : undefined
        expect(principal).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})

describe('a key whose secret is right is refused', () => {
  const refusals: readonly (readonly [string, Partial<VirtualKey>, string, string?])[] = [
    ['revoked', { revoked: { at: NOW, why: 'lost' } }, 'Key k7 was revoked; ask its owner for another.', 'key-revoked'],
    [
      'before its time',
      { notBefore: NOW + 1 },
      'Key k7 is not valid before 2026-01-15T12:00:00.001Z; use it from then on.',
    ],
    [
      'at the moment it expires',
      { expires: NOW },
      'Key k7 expired at 2026-01-15T12:00:00.000Z; ask its owner for another.',
      'key-expired',
    ],
    [
      'at the moment its rotated secret ends',
      { secrets: [{ sha256: sha256(NEWER) }, { sha256: sha256(SECRET), until: NOW }] },
      'This secret of key k7 was replaced by a rotation; use the new one.',
      'key-rotated-out',
    ],
    [
      'once it was unused for as long as it may be',
      { unusedFor: 2 * DAY },
      'Key k7 is suspended because it was not used for long; have its owner rotate it, and use the new secret.',
      'key-suspended',
    ],
    [
      'from another network',
      { networks: ['192.0.3.0/24', '2001:db8::/32'] },
      'Key k7 is not taken from this address; use it from one of its networks.',
      'key-from-another-network',
    ],
    [
      'with nothing to stand beside it',
      { networks: [] },
      'Key k7 was made without anything to prove itself beside; ask its owner for one with networks.',
    ],
    [
      'without the user token that it needs',
      { networks: [], users: ['okta'] },
      "Key k7 is no proof by itself: send the user's own token beside it, as x-sallyport-user-token.",
    ],
    [
      'as a personal key without a network',
      { ...PERSONAL, networks: [] },
      'Key k7 was made without anything to prove itself beside; ask its owner for one with networks.',
    ],
    [
      'as a personal key that names issuers',
      { ...PERSONAL, users: ['okta'] },
      'Key k7 was made without anything to prove itself beside; ask its owner for one with networks.',
    ],
    [
      'whose times are no numbers',
      { expires: Number.NaN },
      'Key k7 expired at a moment nobody knows; ask its owner for another.',
      'key-expired',
    ],
  ]

  test.each(refusals)('%s', async (_when, key, message, ...indicators) => {
    const scene = keyScene(key)
    scene.signIns.set('okta/alice', signedIn(NOW))
    const signs = indicators.filter((name) => typeof name === 'string')
    expect(await refusalTo(scene)).toEqual([
      `unauthenticated: ${message}`,
      ...signs.map((indicator) => ({ indicator, subject: 'k7' })),
    ] as never)
    expect(scene.uses.size).toBe(0)
  })

  test('from an address that cannot be read, or is of the other family', async () => {
    for (const source of ['', 'unknown', '192.0.2.07', '192.0.2.7:443', 'fe80::1%eth0', '::c000:207']) {
      expect((await refusalTo(keyScene(), { source }))[1]?.indicator).toBe('key-from-another-network')
    }
    expect((await refusalTo(keyScene({ networks: ['nonsense'] })))[1]?.indicator).toBe('key-from-another-network')
  })
})

describe('the moments of a key', () => {
  test.each<readonly [string, Partial<VirtualKey>]>([
    ['is valid at the very moment it begins', { notBefore: NOW }],
    ['is valid one millisecond before it expires', { expires: NOW + 1 }],
    ['is not suspended one millisecond before', { unusedFor: 2 * DAY + 1 }],
    ['is not suspended since it was rotated', { unusedFor: DAY, rotated: NOW - DAY + 1 }],
  ])('%s', async (_name, key) => {
    expect((await show(keyScene(key)))?.id).toBe('intake')
  })

  test('a use keeps it from being suspended, and a rotated secret is good until its end, with an older date', async () => {
    const secrets = [{ sha256: sha256(NEWER) }, { sha256: sha256(SECRET), until: NOW + 1 }]
    const scene = keyScene({ unusedFor: 60_000, secrets, rotated: NOW - DAY })
    scene.uses.set(ID, { at: NOW - 59_999, source: '192.0.2.9' })
    expect((await show(scene))?.proof).toMatchObject({ issuedAt: 1768305600, expiresAt: 1768478400 })
    expect((await show(scene, { credential: `sp_${ID}_${NEWER}` }))?.proof).toMatchObject({
      issuedAt: 1768392000,
      expiresAt: 1768564800,
    })
  })

  test('a use that lies more than five minutes in the future was noted by a wrong clock, and keeps nothing alive', async () => {
    const scene = keyScene({ unusedFor: DAY })
    scene.uses.set(ID, { at: NOW + 300_000, source: '192.0.2.9' })
    expect((await show(scene))?.id).toBe('intake')
    scene.uses.set(ID, { at: NOW + 300_001, source: '192.0.2.9' })
    expect((await refusalTo(scene))[1]?.indicator).toBe('key-suspended')
  })

  test('many secrets that are no longer good do not hide the one that is', async () => {
    const old = Array.from({ length: 20 }, (_, at) => ({ sha256: sha256(`old ${at}`), until: NOW - 1 }))
    expect((await show(keyScene({ secrets: [...old, { sha256: sha256(SECRET) }] })))?.id).toBe('intake')
  })
})
