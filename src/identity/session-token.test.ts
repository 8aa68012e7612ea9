import { describe, expect, test } from 'bun:test'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'
import { forge, forgeWithHmac, makeKey, NOW, NOW_SECONDS } from './forge.fixture.ts'
import { GOOD_KEY } from './key.fixture.ts'
import {
  alice,
  desk,
  HERE,
  holder,
  ORIGIN,
  proofOf,
  refusedAs,
  SESSION,
  type SessionScene,
  sessionScene,
  shownWith,
  SID,
  stateOf,
} from './session-token.fixture.ts'

const show = (scene: SessionScene, differs: Partial<Presented> = {}) =>
  scene.authenticator.identify({ ...shownWith(scene), ...differs })

describe('a session token with its proof', () => {
  test('is its chain, under the ceilings of the session, of the token, and of the application, then and now', async () => {
    expect(await show(sessionScene())).toEqual({
      ...desk,
      proof: { method: 'session', issuer: 'sallyport', issuedAt: NOW_SECONDS - 10, expiresAt: NOW_SECONDS + 290 },
      session: {
        id: SID,
        root: SID,
        kind: 'declared',
        tier: 3,
        trust: 'initial',
        bound: 'key',
        task: { type: 'answer-letters', models: ['small'], actions: ['infer'], tools: [], output: 'text' },
      },
      grants: [
        { of: `session ${SID}`, models: new Set(['small']), actions: new Set(['infer']) },
        { of: `session ${SID}`, models: new Set(['small', 'large', 'records']), actions: new Set(['infer']) },
        { of: 'application desk', models: new Set(['small', 'large']), actions: new Set(['infer', 'embed']) },
        { of: 'application desk', models: new Set(['small', 'large']), actions: new Set(['infer', 'embed']) },
      ],
    })
  })

  test('of a person alone is that person, and nobody in between', async () => {
    const scene = sessionScene({ principal: alice, client: 'https://app.example/client.json', tier: 1 })
    const found = await show(scene, {})
    expect(found).toMatchObject({
      type: 'User',
      id: 'okta/alice',
      groups: ['clinicians'],
      proof: { method: 'session' },
    })
    expect(found?.onBehalfOf).toBeUndefined()
  })

  test('is trusted as its row says at this moment', async () => {
    const scene = sessionScene()
    scene.rows.set(SID, { ...stateOf(SESSION), trust: 'elevated' })
    expect((await show(scene))?.session?.trust).toBe('elevated')
  })

  test('a scope that names no action narrows nothing', async () => {
    const scene = sessionScene()
    const token = scene.mint({ scope: 'offline_access openid' })
    const found = await scene.authenticator.identify(shownWith(scene, {}, token))
    expect(found?.grants?.map(({ of }) => of)).toEqual([`session ${SID}`, 'application desk', 'application desk'])
  })

  test('is remembered by its whole text only, and not beyond its end or the keys that are published', async () => {
    const scene = sessionScene()
    const token = scene.mint()
    const shown = () => ({ ...shownWith(scene, {}, token) })
    await scene.authenticator.identify(shown())
    const cut = token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    const [told] = await refusedAs(() => scene.authenticator.identify({ ...shown(), credential: cut }))
    expect(told).toMatch(/^(unauthenticated: The token's signature is wrong|malformed_proof: )/)
    const published = scene.ring.keys
    scene.ring.keys = []
    expect((await refusedAs(() => scene.authenticator.identify(shown())))[0]).toStartWith(
      'unauthenticated: The token is not signed with a key of this gate',
    )
    scene.ring.keys = published
    scene.time.now = NOW + 290_000
    expect((await refusedAs(() => scene.authenticator.identify(shown())))[0]).toStartWith(
      'unauthenticated: The token expired',
    )
  })
})

test('a token that is remembered ends when it says, all the same', async () => {
  const scene = sessionScene()
  const token = scene.mint({ exp: NOW_SECONDS + 30 })
  await scene.authenticator.identify(shownWith(scene, {}, token))
  scene.time.now = NOW + 29_999
  await scene.authenticator.identify(shownWith(scene, {}, token))
  scene.time.now = NOW + 30_000
  expect((await refusedAs(() => scene.authenticator.identify(shownWith(scene, {}, token))))[0]).toStartWith(
    'unauthenticated: The token expired',
  )
})

describe('whose token it is', () => {
  test.each(['sp_key_secret', 'nonsense', 'a.b.c', 'eyJh.eyJh', forge(holder), forge(holder, { iss: `${ORIGIN}/` })])(
    '%p is not ours to judge',
    async (credential) => {
      expect(await sessionScene().authenticator.identify({ credential, source: HERE })).toBeUndefined()
    },
  )

  test('a token of another issuer is nobody’s here the second time, too, and takes none of ours with it', async () => {
    const scene = sessionScene()
    const mint = scene.mint()
    for (const _ of [1, 2, 3]) {
      expect(await scene.authenticator.identify({ credential: forge(holder), source: HERE })).toBeUndefined()
      expect((await scene.authenticator.identify(shownWith(scene, {}, mint)))?.session?.id).toBe(SID)
    }
  })

  test('whatever names the gate as its issuer is judged here, whatever its type', async () => {
    const scene = sessionScene()
    for (const typ of ['JWT', 'sallyport-identity+jwt', undefined, 'dpop+jwt']) {
      expect([typ, (await refusedAs(() => show(scene, { credential: scene.mint({}, { typ }) })))[0]]).toEqual([
        typ,
        'unauthenticated: The token is of a type (typ) that proves nobody here; send the access token.',
      ])
    }
    const full = shownWith(scene, {}, scene.mint({}, { typ: 'application/at+JWT' }))
    expect((await scene.authenticator.identify(full))?.id).toBe('desk')
  })

  const stranger = makeKey('signing')
  const es256 = makeKey('signing', 'ES256')
  test.each([
    ['signed by a stranger', (scene: SessionScene) => scene.mint({}, {}, stranger), "The token's signature is wrong"],
    ['of an unknown key', (scene) => scene.mint({}, { kid: 'other' }), 'not signed with a key of this gate'],
    ['without a key', (scene) => scene.mint({}, { kid: undefined }), 'not signed with a key of this gate'],
    ['by another algorithm', (scene) => scene.mint({}, {}, es256), 'not signed with a key of this gate'],
    ['of algorithm none', (scene) => scene.mint({}, { alg: 'none' }), 'not signed with a key of this gate'],
    ['by a shared secret', () => forgeWithHmac(stranger, { iss: ORIGIN }), 'of a type (typ)'],
    ['for another audience', (scene) => scene.mint({ aud: 'https://other.example' }), 'another audience'],
    ['for nobody', (scene) => scene.mint({ aud: undefined }), 'another audience'],
    ['that has expired', (scene) => scene.mint({ exp: NOW_SECONDS }), 'The token expired at 2026-01-15T12:00:00.000Z'],
    ['that never expires', (scene) => scene.mint({ exp: undefined }), 'exp is missing'],
    ['of a day', (scene) => scene.mint({ exp: NOW_SECONDS + 86_400 }), 'more than 15 minutes'],
    ['of the future', (scene) => scene.mint({ iat: NOW_SECONDS + 31 }), 'from the future'],
    ['not yet valid', (scene) => scene.mint({ nbf: NOW_SECONDS + 31 }), 'from the future'],
    ['without a session', (scene) => scene.mint({ sid: undefined }), 'sid is missing'],
    ['without an id', (scene) => scene.mint({ jti: undefined }), 'jti is missing'],
    ['of no session that there is', (scene) => scene.mint({ sid: 'nothing' }), 'No session has this token'],
    ['with a scope of numbers', (scene) => scene.mint({ scope: 7 }), 'scope is no string'],
  ] as readonly (readonly [string, (scene: SessionScene) => string, string])[])(
    'a token %s is refused',
    async (_what, made, says) => {
      const scene = sessionScene()
      const credential = made(scene)
      const [told, sign] = await refusedAs(() => scene.authenticator.identify(shownWith(scene, {}, credential)))
      expect(told).toStartWith('unauthenticated: ')
      expect(told).toContain(says)
      expect(sign).toBeUndefined()
      expect(scene.strikes).toEqual([])
    },
  )

  test('two issuers in one token are refused by whoever judges it', async () => {
    const scene = sessionScene()
    const twice = forge(holder, `{"iss":"https://other.example","iss":"${ORIGIN}"}`, { typ: 'at+jwt' })
    expect((await refusedAs(() => show(scene, { credential: twice })))[0]).toStartWith('malformed_proof: ')
  })
})

describe('a token counts only while it is as its session has it', () => {
  test.each([
    { sub: 'User::okta/bob' },
    { sub: undefined },
    { tier: 1 },
    { client_id: 'other' },
    { client_id: undefined },
    { act: undefined },
    { act: { sub: 'App::desk', act: { sub: 'App::other' } } },
    { act: { sub: 'App::other' } },
    { task: undefined },
    { task: { type: 'answer-letters', models: ['large'], actions: ['infer'], tools: [], output: 'text' } },
    { cnf: undefined },
    { cnf: { jkt: 'another' } },
    { net: ['0.0.0.0/0'] },
  ])('%p', async (claims) => {
    const scene = sessionScene()
    const token = scene.mint(claims)
    expect(await refusedAs(() => scene.authenticator.identify(shownWith(scene, {}, token)))).toEqual([
      'unauthenticated: The token is not as its session has it; ask for a new one.',
      { indicator: 'session-mixed', subject: SID },
    ])
  })

  test('an implicit session has no tokens', async () => {
    const scene = sessionScene({ kind: 'implicit' })
    expect((await refusedAs(() => show(scene)))[0]).toBe('unauthenticated: No session has this token.')
  })

  test('a revoked one is refused at the very next request', async () => {
    const scene = sessionScene()
    await show(scene)
    scene.revoked.add('token-1')
    expect((await refusedAs(() => show(scene)))[0]).toBe('unauthenticated: The token was revoked; ask for a new one.')
  })
})

describe('the session', () => {
  test('that ended is over at the very next request', async () => {
    const scene = sessionScene()
    await show(scene)
    scene.rows.set(SID, { ...stateOf(SESSION), ended: { at: NOW, why: 'revoked', by: 'okta/alice' } })
    expect(await refusedAs(() => show(scene))).toEqual([
      'session_ended: The session has ended: it was revoked. Begin a new one.',
    ])
  })

  test('is over at its end, and when it was idle for too long, before anybody has written so', async () => {
    for (const [moved, why, words] of [
      [1_800_000, 'expired', 'its time was over'],
      [599_000, 'idle', 'nothing was asked in it for too long'],
    ] as const) {
      const scene = sessionScene({ bounds: { ...SESSION.bounds, idle: why === 'idle' ? 600_000 : 9_000_000 } })
      const later = { iat: NOW_SECONDS + moved / 1000 - 5, exp: NOW_SECONDS + moved / 1000 + 60 }
      const token = scene.mint(later)
      scene.time.now = NOW + moved - 1
      await scene.authenticator.identify(shownWith(scene, { claims: { iat: later.iat } }, token))
      scene.time.now = NOW + moved
      expect(await refusedAs(() => scene.authenticator.identify(shownWith(scene, {}, token)))).toEqual([
        `session_ended: The session has ended: ${words}. Begin a new one.`,
      ])
    }
  })

  test('ends where issuers or teams are others than when it began', async () => {
    const scene = sessionScene({ rules: 'those before' })
    expect((await refusedAs(() => show(scene)))[0]).toStartWith('session_ended: ')
    expect(scene.ended).toEqual([{ id: SID, at: NOW, why: 'rules-changed', by: 'gate' }])
  })

  test('that was begun under a bundle which is not in force here yet waits, and is not ended', async () => {
    const scene = sessionScene({ rules: 'those to come', began: NOW + 1 })
    expect((await refusedAs(() => show(scene)))[0]).toStartWith('not_ready: ')
    expect(scene.ended).toEqual([])
    scene.time.now = NOW + 10_001
    const shown = shownWith(scene, { claims: { iat: NOW_SECONDS + 10 } })
    expect((await refusedAs(() => scene.authenticator.identify(shown)))[0]).toStartWith('session_ended: ')
    expect(scene.ended).toHaveLength(1)
  })

  const terms = { environment: 'test', use: 'other', users: ['okta'], models: ['small'], actions: ['infer'] }

  test('ends where its application is gone, or acts for people of this issuer no more', async () => {
    for (const applications of [new Map(), new Map([['desk', { ...terms, users: ['entra'] }]])]) {
      const scene = sessionScene()
      const later = scene.beside({ applications })
      expect((await refusedAs(() => later.identify(shownWith(scene))))[0]).toStartWith('session_ended: ')
      expect(scene.ended).toMatchObject([{ id: SID, why: 'revoked', by: 'gate' }])
    }
  })

  test('goes on under the ceiling, the team and the environment that its application has now', async () => {
    const scene = sessionScene()
    const later = scene.beside({ applications: new Map([['desk', { ...terms, team: 'gone', models: [] }]]) })
    const found = await later.identify(shownWith(scene))
    expect(found).toMatchObject({ groups: [], attributes: { environment: 'test', use: 'other' } })
    expect(found?.grants?.at(-1)).toEqual({ of: 'application desk', models: new Set(), actions: new Set(['infer']) })
  })

  test('that rests on a virtual key ends with it, and lies under its ceiling', async () => {
    const proof = { ...desk.proof, method: 'key-and-network', key: GOOD_KEY.id } as const
    const principal = { ...desk, id: 'intake', proof, grants: [] }
    const scene = sessionScene({ principal })
    const found = await show(scene)
    expect(found?.proof).toMatchObject({ method: 'session', key: GOOD_KEY.id })
    expect(found?.grants?.at(-1)).toEqual({ of: 'key k7', models: new Set(['small']), actions: new Set(['infer']) })
    scene.keys.set(GOOD_KEY.id, { ...GOOD_KEY, revoked: { at: NOW, why: 'lost' } })
    expect((await refusedAs(() => show(scene)))[0]).toBe(
      'session_ended: The session has ended: it was revoked. Begin a new one.',
    )
    for (const differs of [{ expires: NOW }, { notBefore: NOW + 1 }, undefined]) {
      const other = sessionScene({ principal })
      if (differs) other.keys.set(GOOD_KEY.id, { ...GOOD_KEY, ...differs })
      else other.keys.delete(GOOD_KEY.id)
      expect((await refusedAs(() => show(other)))[0]).toStartWith('session_ended: ')
    }
  })

  test('takes no user token beside its own', async () => {
    expect((await refusedAs(() => show(sessionScene(), { userToken: 'a.b.c' })))[0]).toBe(
      "ambiguous_proof: A session's token says already in whose name it is used; leave x-sallyport-user-token out.",
    )
  })
})

describe('misuse', () => {
  test('a token that is bound to a key counts for nothing without a proof, and each try counts', async () => {
    const scene = sessionScene()
    const { proof: _proof, ...bare } = shownWith(scene)
    expect(await refusedAs(() => scene.authenticator.identify(bare))).toEqual([
      'proof_required: The token is bound to a key: send it as "Authorization: DPoP …", with a proof by that key in the header DPoP.',
      { indicator: 'session-token-without-proof', subject: SID },
    ])
    expect(scene.ended).toEqual([])
    const { scheme: _scheme, ...bearer } = shownWith(scene)
    expect(await refusedAs(() => scene.authenticator.identify(bearer))).toEqual([
      'session_ended: The session has ended: its token was used where it does not belong. Begin a new one.',
      { indicator: 'session-token-without-proof', subject: SID },
    ])
    expect(scene.strikes).toEqual([`${SID} misuse`, `${SID} misuse`])
    expect(scene.ended).toEqual([{ id: SID, at: NOW, why: 'misuse', by: 'gate' }])
    expect((await refusedAs(() => show(scene)))[0]).toBe(
      'session_ended: The session has ended: its token was used where it does not belong. Begin a new one.',
    )
  })

  test('a proof of another key, and one that was used before, are told of and counted', async () => {
    const scene = sessionScene()
    const token = scene.mint()
    const nonce = scene.nonces.current()
    const thief = proofOf(makeKey('thief'), token, { claims: { nonce } })
    expect((await refusedAs(() => show(scene, { proof: thief })))[1]).toEqual({
      indicator: 'session-proof-foreign',
      subject: SID,
    })
    const shown = shownWith(scene, {}, token)
    await scene.authenticator.identify(shown)
    expect((await refusedAs(() => scene.authenticator.identify(shown)))[1]).toEqual({
      indicator: 'session-proof-replayed',
      subject: SID,
    })
    expect(scene.ended).toMatchObject([{ why: 'misuse' }])
  })

  test('another worker, and the next bundle, know what was used', async () => {
    const scene = sessionScene()
    const shown = shownWith(scene)
    await scene.authenticator.identify(shown)
    expect((await refusedAs(() => scene.beside().identify(shown)))[1]?.indicator).toBe('session-proof-replayed')
  })

  test('a bound of none never ends it', async () => {
    const scene = sessionScene({ bounds: { ...SESSION.bounds, misuse: 0 } })
    for (let turn = 0; turn < 5; turn++) await refusedAs(() => show(scene, { scheme: 'Bearer' }))
    expect(scene.strikes).toHaveLength(5)
    expect(scene.ended).toEqual([])
  })

  test('a nonce that is missing, or of yesterday, and a clock that is wrong are none', async () => {
    const scene = sessionScene()
    for (const claims of [{ nonce: undefined }, { nonce: 'of-yesterday' }, { iat: NOW_SECONDS - 61 }]) {
      const refused = await scene.authenticator.identify(shownWith(scene, { claims })).catch((error: unknown) => error)
      if (!(refused instanceof Refusal)) throw new Error('it was not refused')
      expect(refused.reason).toBe('proof_required')
      expect(refused.detail.indicator).toBeUndefined()
      expect(refused.detail.challenge).toMatch(
        /^DPoP error="(use_dpop_nonce|invalid_dpop_proof)", algs="EdDSA Ed25519 ES256 RS256 PS256"$/,
      )
    }
    expect(scene.strikes).toEqual([])
  })

  test('a nonce is needed in tier 3 alone', async () => {
    for (const [tier, taken] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      const scene = sessionScene({ tier })
      const [told] = await refusedAs(() =>
        scene.authenticator.identify(shownWith(scene, { claims: { nonce: undefined } })),
      )
      expect([tier, told === 'no refusal']).toEqual([tier, taken])
    }
  })

  test('where the store cannot count it, it is refused and told of all the same', async () => {
    const scene = sessionScene()
    const broken = () => {
      throw new Refusal('not_ready', { message: 'the store cannot be written' })
    }
    const sessions = { find: (id: string) => scene.rows.get(id), isRevoked: () => false, strike: broken, end: broken }
    const { proof: _proof, ...bare } = shownWith(scene)
    expect((await refusedAs(() => scene.beside({ sessions }).identify(bare)))[1]?.indicator).toBe(
      'session-token-without-proof',
    )
  })
})

describe('a token that is bound to networks', () => {
  const scene = (tier: 1 | 2 | 3 = 2) =>
    sessionScene({ tier, binding: { by: 'network', networks: ['192.0.2.0/24', 'fd00::/8'] } })
  const bearer = (world: SessionScene, source: string): Presented => ({ credential: world.mint(), source })

  test('is taken from there, and from nowhere else', async () => {
    for (const [source, taken] of [
      ['192.0.2.7', true],
      ['fd12::1', true],
      ['::ffff:192.0.2.7', true],
      ['192.0.3.7', false],
      ['::1', false],
      ['nonsense', false],
    ] as const) {
      const world = scene()
      const [told, sign] = await refusedAs(() => world.authenticator.identify(bearer(world, source)))
      expect([source, told === 'no refusal']).toEqual([source, taken])
      if (!taken) {
        expect(sign).toEqual({ indicator: 'session-from-another-network', subject: SID })
        expect(world.strikes).toEqual([`${SID} misuse`])
      }
    }
  })

  test('is not shown with a proof, which would protect nothing', async () => {
    const world = scene()
    expect(await refusedAs(() => show(world))).toEqual([
      'unauthenticated: The token is bound to no key; send it as "Authorization: Bearer …".',
    ])
  })

  test('is not enough in tier 3, nor is one that is bound to nothing above tier 1', async () => {
    const third = scene(3)
    expect((await refusedAs(() => third.authenticator.identify(bearer(third, HERE))))[0]).toContain(
      'must be bound to a key',
    )
    for (const tier of [1, 2, 3] as const) {
      const free = sessionScene({ tier, binding: { by: 'nothing' } })
      const [told] = await refusedAs(() => free.authenticator.identify(bearer(free, HERE)))
      expect([tier, told === 'no refusal']).toEqual([tier, tier === 1])
    }
  })
})
