import { expect, test } from 'bun:test'
import { generateKeyPair, SignJWT } from 'jose'
import { makeIssuer } from '#demo/issuer.ts'
import { type Page, around, fixes, pagesOf, partsOf, told } from './pages.fixture.ts'
import { checkToken } from './token.ts'

const NOW = Date.UTC(2026, 0, 5, 12)
const keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
const issuer = await makeIssuer({ url: 'https://login.example.com', now: () => NOW, keys })

/** As a directory signs that was never told to send groups. */
const mintBare = (): Promise<string> =>
  new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
    .setIssuer('https://login.example.com')
    .setAudience('sallyport-demo')
    .setIssuedAt(NOW / 1000)
    .setExpirationTime(NOW / 1000 + 60)
    .sign(keys.privateKey)
const OURS = ['audience: sallyport', 'audience: sallyport-demo'] as const

async function network(): Promise<Readonly<Record<string, Page>>> {
  const body = async (path: string): Promise<unknown> =>
    issuer.fetch(new Request(`https://login.example.com${path}`)).json()
  return {
    'https://login.example.com/.well-known/openid-configuration': {
      body: await body('/.well-known/openid-configuration'),
    },
    'https://login.example.com/jwks': { body: await body('/jwks') },
  }
}

const judge = async (token: string, ...changes: readonly (readonly [string, string])[]) =>
  checkToken(token, await partsOf(...changes), around(pagesOf(await network()).look))

test('a token that holds says whose it is, and in which teams', async () => {
  const token = await issuer.mint('alice', { groups: ['Engineering', 'Choir'], ttlSeconds: 3_000 })
  expect(told(await judge(token, OURS))).toEqual([
    'ok token staff: User::"staff/alice", in engineering; valid for 50 min',
    'ok groups staff: the claim groups lists 2',
  ])
})

test('groups of which no team is made are a warning', async () => {
  const found = await judge(await issuer.mint('alice', { groups: ['Choir'] }), OURS)
  expect(told(found)).toEqual([
    'ok token staff: User::"staff/alice", in no team; valid for 12 h',
    'warn groups staff: the claim groups lists 1, and no team of the bundle has one of them',
  ])
})

test('a claim that is not there is told with the names of those that could be meant, and none of their values', async () => {
  const found = await judge(await issuer.mint('alice', { groups: ['Choir'] }), OURS, [
    'groups: groups',
    'groups: roles',
  ])
  expect(told(found)[1]).toBe('warn groups staff: the token has no claim roles; it has lists in: groups')
  expect(JSON.stringify(found)).not.toContain('Choir')
})

test('a token without any list says so', async () => {
  const found = await judge(await issuer.mint('alice', { groups: [] }), OURS, ['groups: groups', 'groups: roles'])
  expect(told(found)[1]).toBe('warn groups staff: the token has no claim roles; it has lists in: groups')
  const none = await judge(await mintBare(), OURS)
  expect(told(none)[1]).toBe('warn groups staff: the token has no claim groups; it has no claim with a list')
})

test('a token for somebody else is refused, and says for whom it is', async () => {
  const found = await judge(await issuer.mint('alice'))
  expect(told(found)).toEqual([
    'wrong token staff: The token is for another audience (aud); ask your issuer for one for "sallyport".',
  ])
  expect(fixes(found)).toEqual(['It was made by https://login.example.com for sallyport-demo; expected for sallyport.'])
})

test('a token of a stranger is refused, and says whose it is', async () => {
  const stranger = await makeIssuer({ url: 'https://elsewhere.example', now: () => NOW })
  const found = await judge(await stranger.mint('alice'), OURS)
  expect(told(found)).toEqual([
    'wrong token given: The token was made by an issuer (iss) that is not trusted here; sign in with one that is.',
  ])
  expect(fixes(found)).toEqual([
    'It was made by https://elsewhere.example for sallyport-demo; trusted: https://login.example.com.',
  ])
})

test('a token whose signature is broken is not told whom it is for, which is right, but what to do', async () => {
  const [header, claims, signature = ''] = (await issuer.mint('alice')).split('.')
  const found = await judge(`${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`, OURS)
  expect(told(found)).toEqual(["wrong token staff: The token's signature is wrong; send it exactly as issued."])
  expect(fixes(found)).toEqual([
    'Its issuer and audience are the right ones: get a new one, and give it whole, exactly as it was issued.',
  ])
})

test('a virtual key is known as one, by its id and never by its secret', async () => {
  const secret = 'Zq'.repeat(20)
  const found = await judge(`sp_intake7_${secret}`, OURS)
  expect(told(found)).toEqual(['wrong token given: is a virtual key, and no token of an issuer'])
  expect(fixes(found)).toEqual(['Run: sallyport key show intake7'])
  expect(JSON.stringify(found)).not.toContain(secret)
  expect(fixes(await judge(`sp_${secret}`, OURS))).toEqual(['Run: sallyport key list'])
})

test('a token that has expired, or is none, is refused; nothing of it is repeated', async () => {
  const past = await makeIssuer({ url: 'https://login.example.com', now: () => NOW - 86_400_000 })
  const old = await past.mint('alice', { ttlSeconds: 60 })
  // Of another key: what it says of itself is believed by nobody.
  expect(told(await judge(old, OURS))).toEqual([
    'wrong token staff: The token is signed with a key that its issuer does not publish; sign in again for a new one.',
  ])
  const found = await judge('not-a-token-but-a-secret', OURS)
  expect(told(found)).toEqual(['wrong token given: The token is not a JWT of three parts.'])
  expect(JSON.stringify(found)).not.toContain('not-a-token')
})
