import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import {
  encode,
  forge,
  forgeWithHmac,
  GOOD_CLAIMS,
  makeKey,
  makeNetwork,
  NOW,
  NOW_SECONDS,
  refusalOf,
  URL_OF_ISSUER,
} from './forge.fixture.ts'
import type { Issuer, Teams } from './issuer.ts'
import { type JwtAuthenticator, makeJwtAuthenticator } from './jwt.ts'

const key = makeKey('k1')
const okta: Issuer = { name: 'okta', url: URL_OF_ISSUER, audience: ['sallyport'] }

interface Setting {
  readonly issuer?: Partial<Issuer>
  readonly teams?: Teams
  readonly keys?: readonly object[]
}

function gate(setting: Setting = {}) {
  const time = { now: NOW }
  const network = makeNetwork(setting.keys ?? [key.jwk])
  const authenticator = makeJwtAuthenticator([{ ...okta, ...setting.issuer }], setting.teams ?? {}, {
    fetchJson: network.fetchJson,
    clock: { now: () => time.now },
    report: () => undefined,
  })
  return { authenticator, network, time }
}

const show = (authenticator: JwtAuthenticator, credential: string) =>
  authenticator.identify({ credential, source: '192.0.2.1' })

/** What a fresh gate says to the token. */
const refusal = (token: string, setting: Setting = {}) => refusalOf(() => show(gate(setting).authenticator, token))

describe('a good token', () => {
  test('names its bearer', async () => {
    expect(await show(gate().authenticator, forge(key))).toEqual({
      type: 'User',
      id: 'okta/alice',
      groups: [],
      attributes: {},
      proof: { method: 'jwt', issuer: 'okta', issuedAt: 1768478340, expiresAt: 1768482000 },
    })
  })

  test.each(['EdDSA', 'ES256', 'RS256'] as const)('may be signed with %s', async (alg) => {
    const signer = makeKey('s', alg)
    const { authenticator } = gate({ keys: [signer.jwk] })
    expect((await show(authenticator, forge(signer)))?.id).toBe('okta/alice')
  })

  test('may carry no kid when the issuer has one fitting key only', async () => {
    const header = { alg: 'EdDSA' }
    expect((await show(gate().authenticator, forge(key, GOOD_CLAIMS, header)))?.id).toBe('okta/alice')
    const bare = JSON.stringify({ alg: 'EdDSA' })
    expect((await show(gate().authenticator, forge(key, GOOD_CLAIMS, bare)))?.id).toBe('okta/alice')
    const two = { keys: [key.jwk, makeKey('k2').jwk] }
    expect(await refusal(forge(key, GOOD_CLAIMS, bare), two)).toStartWith('unauthenticated: ')
  })

  test('is named by the template of its issuer', async () => {
    const { authenticator } = gate({ issuer: { as: 'App::ci/{repository}' } })
    const principal = await show(authenticator, forge(key, { ...GOOD_CLAIMS, repository: 'acme/site' }))
    expect([principal?.type, principal?.id]).toEqual(['App', 'ci/acme/site'])
  })

  test('brings attributes, whole numbers as they were written', async () => {
    const { authenticator } = gate({
      issuer: {
        attributes: {
          email: { claim: 'email', type: 'string' },
          level: { claim: 'https://acme.com/level', type: 'long' },
          badge: { claim: 'badge', type: 'long' },
          staff: { claim: 'staff', type: 'boolean' },
          sites: { claim: 'sites', type: 'strings' },
          phone: { claim: 'phone', type: 'string' },
          inherited: { claim: 'constructor', type: 'string' },
        },
      },
    })
    const text = JSON.stringify({
      ...GOOD_CLAIMS,
      email: 'a@acme.com',
      'https://acme.com/level': 3,
      staff: true,
      sites: ['n', 's'],
      phone: null,
    }).replace('{', '{"badge":9007199254740993,')
    expect((await show(authenticator, forge(key, text)))?.attributes).toEqual({
      email: 'a@acme.com',
      level: 3n,
      badge: 9007199254740993n,
      staff: true,
      sites: ['n', 's'],
    })
  })
})

describe('a credential that is not shaped like a JWT', () => {
  test.each(['sp_live_abc', 'garbage', 'a.b', 'a.b.c.d', ''])('is not ours to judge: %p', async (credential) => {
    expect(await show(gate().authenticator, credential)).toBeUndefined()
  })
})

describe('a token that cannot be read is malformed', () => {
  const [head = '', body = '', signature = ''] = forge(key).split('.')
  const header = { alg: 'EdDSA', kid: 'k1' }

  test.each([
    ['rubbish with dots', 'a.b.c'],
    ['rubbish that begins like one', 'eyJ'],
    ['two parts', `${head}.${body}`],
    ['four parts', `${head}.${body}.${signature}.${signature}`],
    ['an encrypted token', `${head}.${body}.${body}.${body}.${signature}`],
    ['an empty payload', `${head}..${signature}`],
    ['padding', `${head}.${body}.${signature}==`],
    ['the other base64 alphabet', `${head}.${body}.+${signature.slice(1)}`],
    ['a line break', `${head}.${body}.${signature}\n`],
    ['a payload that is a list', `${head}.${encode('[]')}.${signature}`],
    ['a payload with a tail', `${head}.${encode('{} {}')}.${signature}`],
    ['a payload that is not UTF-8', `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`],
    ['more than 16 KiB', forge(key, { ...GOOD_CLAIMS, long: 'x'.repeat(12_300) })],
    ['crit', forge(key, GOOD_CLAIMS, { crit: ['exp'] })],
    ['an empty crit', forge(key, GOOD_CLAIMS, { crit: [] })],
    ['b64', forge(key, GOOD_CLAIMS, { b64: false, crit: ['b64'] })],
    ['b64 without crit', forge(key, GOOD_CLAIMS, { b64: true })],
    ['no alg', forge(key, GOOD_CLAIMS, JSON.stringify({ kid: 'k1' }))],
    ['an alg that is a list', forge(key, GOOD_CLAIMS, { ...header, alg: ['EdDSA'] })],
    ['a kid that is a number', forge(key, GOOD_CLAIMS, { kid: 1 })],
    ['a kid of 257 characters', forge(key, GOOD_CLAIMS, { kid: 'k'.repeat(257) })],
    ['a typ that is a number', forge(key, GOOD_CLAIMS, { typ: 1 })],
    ['no iss', forge(key, { ...GOOD_CLAIMS, iss: undefined })],
    ['an iss that is a list', forge(key, { ...GOOD_CLAIMS, iss: [URL_OF_ISSUER] })],
    ['a duplicate aud', forge(key, JSON.stringify(GOOD_CLAIMS).replace('{', '{"aud":"elsewhere",'))],
    ['a duplicate aud, escaped', forge(key, JSON.stringify(GOOD_CLAIMS).replace('{', '{"\\u0061ud":"elsewhere",'))],
    ['a duplicate alg', forge(key, GOOD_CLAIMS, '{"alg":"none","alg":"EdDSA","kid":"k1"}')],
    ['a nested duplicate', forge(key, JSON.stringify(GOOD_CLAIMS).replace('{', '{"act":{"sub":"a","sub":"b"},'))],
    ['a lone surrogate', forge(key, JSON.stringify(GOOD_CLAIMS).replace('alice', '\\ud800'))],
  ])('%s', async (_, token) => {
    expect(await refusal(token)).toStartWith('malformed_proof: ')
  })
})

describe('a token that is wrong is refused, and told why', () => {
  const changed = (claims: object) => forge(key, { ...GOOD_CLAIMS, ...claims })

  test.each([
    ['alg none without signature', `${encode({ alg: 'none' })}.${encode(GOOD_CLAIMS)}.`, 'is not signed'],
    ['alg none with one', forge(key, GOOD_CLAIMS, { alg: 'none' }), 'algorithm (alg) that is not accepted'],
    ['alg nOnE', forge(key, GOOD_CLAIMS, { alg: 'nOnE' }), 'algorithm (alg) that is not accepted'],
    ['HMAC with the public key', forgeWithHmac(key), 'algorithm (alg) that is not accepted'],
    ['an algorithm of another kind of key', forge(key, GOOD_CLAIMS, { alg: 'ES256' }), 'key that its issuer does not'],
    ['another issuer', changed({ iss: 'https://evil.example.com' }), 'issuer (iss) that is not trusted'],
    ['an issuer with one slash more', changed({ iss: `${URL_OF_ISSUER}/` }), 'issuer (iss) that is not trusted'],
    ['an issuer in capitals', changed({ iss: URL_OF_ISSUER.toUpperCase() }), 'issuer (iss) that is not trusted'],
    ["another's signature", forge({ ...makeKey('k1') }), 'signature is wrong'],
    ['an unknown kid', forge({ ...key, kid: 'k9' }), 'key that its issuer does not publish'],
    ['another audience', changed({ aud: 'other' }), 'another audience (aud); ask your issuer for one for "sallyport"'],
    ['no audience', changed({ aud: undefined }), 'another audience'],
    ['an empty list of audiences', changed({ aud: [] }), 'another audience'],
    ['an audience that is no string', changed({ aud: ['sallyport', 1] }), 'another audience'],
    ['an audience that begins alike', changed({ aud: 'sallyport2' }), 'another audience'],
    ['expired', changed({ exp: NOW_SECONDS - 3600 }), 'expired at 2026-01-15T11:00:00.000Z; sign in again'],
    ['no exp', changed({ exp: undefined }), "token's exp is missing"],
    ['exp as a string', changed({ exp: String(NOW_SECONDS + 60) }), "token's exp is missing or is not a number"],
    ['exp beyond any date', changed({ exp: 1e300 }), "token's exp is missing or is not a number"],
    ['no iat', changed({ iat: undefined }), "token's iat is missing"],
    ['iat in the future', changed({ iat: NOW_SECONDS + 600 }), 'issued in the future, at 2026-01-15T12:10:00.000Z'],
    ['nbf in the future', changed({ nbf: NOW_SECONDS + 600 }), 'not valid before 2026-01-15T12:10:00.000Z'],
    ['nbf as a string', changed({ nbf: 'soon' }), "token's nbf is missing or is not a number"],
    ['a type of another use', forge(key, GOOD_CLAIMS, { typ: 'logout+jwt' }), 'type (typ) that is not accepted'],
    ['no sub', changed({ sub: undefined }), 'claim sub must be a string'],
    ['a sub that is a number', changed({ sub: 7 }), 'claim sub must be a string'],
    ['an empty sub', changed({ sub: '' }), 'claim sub must be a string'],
    ['a sub with a control character', changed({ sub: 'alice\u0000' }), 'claim sub must be a string'],
    ['a sub with a line separator', changed({ sub: 'alice\u2028' }), 'claim sub must be a string'],
    ['a sub with a right-to-left override', changed({ sub: 'alice\u202e' }), 'claim sub must be a string'],
    ['a sub with a zero-width space', changed({ sub: 'al\u200bice' }), 'claim sub must be a string'],
    ['a sub with an invisible tag', changed({ sub: 'alice\u{e0041}' }), 'claim sub must be a string'],
    ['a sub of 257 characters', changed({ sub: 'a'.repeat(257) }), 'claim sub must be a string'],
  ])('%s', async (_, token, why) => {
    const said = await refusal(token)
    expect(said).toStartWith('unauthenticated: ')
    expect(said).toContain(why)
  })

  test('and never hears its own unproven words back', async () => {
    const words = { iss: 'https://WORDS.example.com', sub: 'WORDS', aud: 'WORDS' }
    const tokens = [
      changed(words),
      changed({ aud: 'WORDS' }),
      forge(makeKey('k1'), { ...GOOD_CLAIMS, sub: 'WORDS', WORDS: 'WORDS' }),
      forge({ ...key, kid: 'WORDS' }),
      forge(key, GOOD_CLAIMS, { alg: 'WORDS' }),
      forge(key, GOOD_CLAIMS, { typ: 'WORDS' }),
      forge(key, '{"WORDS":1,"WORDS":2}'),
      'eyJWORDS.WORDS.WORDS',
    ]
    for (const token of tokens) {
      const said = await refusal(token)
      expect(said).not.toContain('WORDS')
      expect(said).not.toContain(token.slice(0, 20))
    }
  })

  test('a key in the header is never used', async () => {
    const own = makeKey('own')
    for (const header of [
      { jwk: own.jwk },
      { jku: 'https://evil.example.com/keys' },
      { x5u: 'https://evil.example.com' },
    ]) {
      const { authenticator, network } = gate()
      const token = forge({ ...own, kid: 'k1' }, GOOD_CLAIMS, header)
      expect(await refusalOf(() => show(authenticator, token))).toContain('signature is wrong')
      expect(network.asked.filter((url) => url.includes('evil'))).toEqual([])
    }
  })
})

describe('what an issuer may allow', () => {
  test('several audiences, of which a token names one', async () => {
    const { authenticator } = gate({ issuer: { audience: ['a', 'b'] } })
    expect((await show(authenticator, forge(key, { ...GOOD_CLAIMS, aud: ['x', 'b'] })))?.id).toBe('okta/alice')
    expect(await refusal(forge(key), { issuer: { audience: ['a', 'b'] } })).toContain('for "a" or "b"')
  })

  test('one algorithm only', async () => {
    expect(await refusal(forge(key), { issuer: { algorithms: ['RS256'] } })).toContain('accepted: RS256.')
  })

  test('types, in any case and with or without application/', async () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+JWT']) {
      expect((await show(gate().authenticator, forge(key, GOOD_CLAIMS, { typ })))?.id).toBe('okta/alice')
    }
    const strict = { issuer: { types: ['at+jwt'] } }
    expect(await refusal(forge(key, GOOD_CLAIMS, { typ: 'JWT' }), strict)).toContain('(typ)')
    expect(await refusal(forge(key, GOOD_CLAIMS, JSON.stringify({ alg: 'EdDSA', kid: 'k1' })), strict)).toContain(
      '(typ)',
    )
  })

  test('an age, whatever the expiry says', async () => {
    const issuer = { maxAgeSeconds: 600 }
    const old = { ...GOOD_CLAIMS, iat: NOW_SECONDS - 660 }
    expect(await refusal(forge(key, old), { issuer })).toContain('older than 600 seconds')
    const { authenticator } = gate({ issuer })
    expect((await show(authenticator, forge(key, { ...old, iat: NOW_SECONDS - 659 })))?.id).toBe('okta/alice')
  })

  test('an attribute is refused when it is of another type than the bundle says', async () => {
    for (const wrong of [1.5, '1', true, [1], {}]) {
      const setting = { issuer: { attributes: { level: { claim: 'level', type: 'long' as const } } } }
      expect(await refusal(forge(key, { ...GOOD_CLAIMS, level: wrong }), setting)).toContain(
        'level is not of the type long',
      )
    }
    const big = JSON.stringify(GOOD_CLAIMS).replace('{', '{"level":9223372036854775808,')
    const setting = { issuer: { attributes: { level: { claim: 'level', type: 'long' as const } } } }
    expect(await refusal(forge(key, big), setting)).toContain('level is not of the type long')
  })
})

describe('the clock', () => {
  // A minute of skew by default: the last second that is allowed, and the first that is not.
  test.each([
    [{ exp: NOW_SECONDS - 59 }, true],
    [{ exp: NOW_SECONDS - 60 }, false],
    [{ nbf: NOW_SECONDS + 60 }, true],
    [{ nbf: NOW_SECONDS + 61 }, false],
    [{ iat: NOW_SECONDS + 60 }, true],
    [{ iat: NOW_SECONDS + 61 }, false],
  ])('%p is within the skew: %p', async (claims, good) => {
    const said = await refusal(forge(key, { ...GOOD_CLAIMS, iat: NOW_SECONDS - 7200, ...claims }))
    expect(said === 'no refusal').toBe(good)
  })

  test('skew can be set to nothing', async () => {
    const issuer = { skewSeconds: 0 }
    expect(await refusal(forge(key, { ...GOOD_CLAIMS, exp: NOW_SECONDS }), { issuer })).toContain('expired')
    expect(await refusal(forge(key, { ...GOOD_CLAIMS, exp: NOW_SECONDS + 1 }), { issuer })).toBe('no refusal')
  })

  test('a token that was accepted is refused once it expires, although it was remembered', async () => {
    const { authenticator, time } = gate()
    const token = forge(key, { ...GOOD_CLAIMS, exp: NOW_SECONDS + 10 })
    expect((await show(authenticator, token))?.id).toBe('okta/alice')
    time.now = NOW + 70_000 - 1
    expect((await show(authenticator, token))?.id).toBe('okta/alice')
    time.now = NOW + 70_000
    expect(await refusalOf(() => show(authenticator, token))).toContain('expired at 2026-01-15T12:00:10.000Z')
  })

  test('a clock that was set back makes a remembered token prove itself anew', async () => {
    const { authenticator, time } = gate()
    const token = forge(key, { ...GOOD_CLAIMS, nbf: NOW_SECONDS - 10 })
    expect((await show(authenticator, token))?.id).toBe('okta/alice')
    time.now = NOW - 3600_000
    expect(await refusalOf(() => show(authenticator, token))).toContain('not valid before')
  })
})

describe('a remembered token', () => {
  test('is answered with the very same principal', async () => {
    const { authenticator } = gate()
    const token = forge(key)
    const first = await show(authenticator, token)
    expect(await show(authenticator, token)).toBe(first)
  })

  test('is not taken for another that shares its first 40 characters', async () => {
    const { authenticator } = gate()
    const [alice, bob] = [forge(key), forge(key, { ...GOOD_CLAIMS, sub: 'bob' })]
    expect(bob.slice(0, 40)).toBe(alice.slice(0, 40))
    expect((await show(authenticator, alice))?.id).toBe('okta/alice')
    expect((await show(authenticator, bob))?.id).toBe('okta/bob')
    const forged = `${alice.slice(0, alice.lastIndexOf('.'))}.${bob.slice(bob.lastIndexOf('.') + 1)}`
    expect(await refusalOf(() => show(authenticator, forged))).toContain('signature is wrong')
  })

  test('is forgotten by a new authenticator, and with it the old teams', async () => {
    const token = forge(key, { ...GOOD_CLAIMS, groups: ['Staff'] })
    const issuer = { groups: 'groups' }
    const before = gate({ issuer, teams: { staff: ['okta:Staff'] } })
    const after = gate({ issuer, teams: {} })
    expect((await show(before.authenticator, token))?.groups).toEqual(['staff'])
    expect((await show(after.authenticator, token))?.groups).toEqual([])
  })
})

describe('any single character changed', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='

  test('leaves a token that never verifies, remembered or not', async () => {
    const { authenticator } = gate()
    const token = forge(key)
    await show(authenticator, token)
    const place = fc.integer({ min: 0, max: token.length - 1 })
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(...letters.split('')), async (at, letter) => {
        fc.pre(token[at] !== letter)
        const said = await refusalOf(async () => {
          const principal = await show(authenticator, token.slice(0, at) + letter + token.slice(at + 1))
          expect(principal).toBeUndefined()
        })
        expect(said).toMatch(/^(unauthenticated|malformed_proof|no refusal)/)
      }),
      { numRuns: 2000 },
    )
  })

  test('at the very end, too, where base64url has bits to spare', async () => {
    for (const signer of [key, makeKey('k1', 'ES256'), makeKey('k1', 'RS256')]) {
      const { authenticator } = gate({ keys: [signer.jwk] })
      const token = forge(signer)
      await show(authenticator, token)
      for (const letter of letters.replace(token.at(-1) ?? '', '')) {
        const said = await refusalOf(() => show(authenticator, token.slice(0, -1) + letter))
        expect(said).toMatch(/^(unauthenticated|malformed_proof)/)
      }
    }
  })
})

describe('settings that would weaken the gate are an error', () => {
  const make = (issuers: readonly Issuer[], teams: Teams = {}) => {
    const { network } = gate()
    const options = { fetchJson: network.fetchJson, clock: { now: () => NOW }, report: () => undefined }
    return () => makeJwtAuthenticator(issuers, teams, options)
  }

  test.each([
    [{ url: 'http://login.example.com' }, 'url must be https'],
    [{ url: 'https://user:pass@login.example.com' }, 'url must be https'],
    [{ url: 'https://login.example.com?x=1' }, 'url must be https'],
    [{ url: 'http://127.0.0.1.evil.example.com' }, 'url must be https'],
    [{ url: 'login.example.com' }, 'url must be https'],
    [{ audience: [] }, 'audience must name at least one'],
    [{ audience: [''] }, 'audience must name at least one'],
    [{ algorithms: ['HS256'] }, 'algorithm HS256'],
    [{ algorithms: ['none'] }, 'algorithm none'],
    [{ algorithms: [] }, 'algorithms is an empty list'],
    [{ skewSeconds: 301 }, 'skewSeconds'],
    [{ skewSeconds: NaN }, 'skewSeconds'],
    [{ maxAgeSeconds: 0 }, 'maxAgeSeconds'],
    [{ as: 'User::everyone' }, 'has no {claim}'],
  ])('%p', (part, why) => {
    expect(make([{ ...okta, ...part }])).toThrow(why)
  })

  test('two issuers alike, or able to name two people alike', () => {
    const entra = { ...okta, name: 'entra', url: 'https://entra.example.com' }
    expect(make([okta, { ...okta, name: 'entra' }])).toThrow('two issuers have the same url')
    expect(make([okta, { ...entra, name: 'okta' }])).toThrow('two issuers have the same name')
    expect(make([okta, { ...entra, as: 'User::{sub}' }])).toThrow('could name two people alike')
    expect(make([okta, entra])).not.toThrow()
    expect(
      make([
        { ...okta, as: 'User::{email}' },
        { ...entra, as: 'User::{email}' },
      ]),
    ).toThrow('could name two people alike')
  })

  test('a team with members of a directory that is not there', () => {
    expect(make([okta], { staff: ['okto:Staff'] })).toThrow('team staff: okto:Staff is not issuer:group')
    expect(make([okta], { staff: ['Staff'] })).toThrow('team staff: Staff is not issuer:group')
    expect(make([okta], { staff: ['okta:Staff:North'] })).not.toThrow()
  })
})
