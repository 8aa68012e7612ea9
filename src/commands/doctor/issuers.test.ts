import { expect, test } from 'bun:test'
import { exportJWK, generateKeyPair } from 'jose'
import { checkIssuers } from './issuers.ts'
import { around, fixes, type Page, pagesOf, partsOf, told } from './pages.fixture.ts'

const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
const KEY = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'EdDSA' }
const WELL_KNOWN = 'https://login.example.com/.well-known/openid-configuration'
const DOCUMENT = {
  issuer: 'https://login.example.com',
  jwks_uri: 'https://login.example.com/jwks',
  claims_supported: ['sub', 'groups'],
}

const network = (document: object, keys: readonly object[] = [KEY]): Readonly<Record<string, Page>> => ({
  [WELL_KNOWN]: { body: document },
  'https://login.example.com/jwks': { body: { keys } },
})

const examine = async (pages: Readonly<Record<string, Page>>, ...changes: readonly (readonly [string, string])[]) =>
  checkIssuers(await partsOf(...changes), around(pagesOf(pages).look), false)

test('an issuer that is there, is called so, and has keys is right; what only a token shows is not known', async () => {
  expect(told(await examine(network(DOCUMENT)))).toEqual([
    'ok issuer staff: https://login.example.com: 1 key for EdDSA',
    'not-known audience staff: expected: sallyport; only a token shows what it is made out to',
    'ok groups staff: its document lists the claim groups',
  ])
})

test('with a token at hand, audience and groups are left to it', async () => {
  const found = await checkIssuers(await partsOf(), around(pagesOf(network(DOCUMENT)).look), true)
  expect(told(found)).toEqual(['ok issuer staff: https://login.example.com: 1 key for EdDSA'])
})

test('a slash too few is named, with the line to write', async () => {
  const [found] = await examine(network({ ...DOCUMENT, issuer: 'https://login.example.com/' }))
  expect(told(found ? [found] : [])).toEqual([
    'wrong issuer staff: calls itself https://login.example.com/: with a slash at the end; the bundle says https://login.example.com, and iss is compared character by character',
  ])
  expect(found?.fix).toBe('Write issuers.staff.url: https://login.example.com/')
})

test('another name is shown with its first difference, and is not simply recommended', async () => {
  const [found] = await examine(network({ ...DOCUMENT, issuer: 'https://login.example.org' }))
  expect(found?.said).toBe(
    'calls itself https://login.example.org: from character 23 on it differs; the bundle says https://login.example.com, and iss is compared character by character',
  )
  expect(found?.fix).toBe(
    'If that is your issuer, write issuers.staff.url: https://login.example.org; if not, somebody else answers there.',
  )
})

test('an issuer that cannot be reached is wrong, and says why', async () => {
  const late = { ok: false, trouble: 'time', said: 'does not answer within 5 s' } as const
  const found = await examine({
    [WELL_KNOWN]: late,
    'https://login.example.com/.well-known/oauth-authorization-server': late,
  })
  expect(told(found)[0]).toBe(
    'wrong issuer staff: its keys cannot be fetched: login.example.com does not answer within 5 s',
  )
  expect(fixes(found)[0]).toBe(`Ask it from this machine: curl -i ${WELL_KNOWN}`)
  expect(told(found)[2]).toBe('not-known groups staff: its document does not say which claims there are')
})

test('without discovery, and with keys that nobody can use, its tokens cannot be checked', async () => {
  expect(told(await examine({}))[0]).toBe(`wrong issuer staff: its keys cannot be fetched: ${WELL_KNOWN} answered 404`)
  expect(told(await examine(network(DOCUMENT, [{ kty: 'oct', k: 'c2VjcmV0' }])))[0]).toBe(
    'wrong issuer staff: publishes no key that could be used',
  )
})

test('keys of another algorithm than the bundle takes are wrong', async () => {
  const [found] = await examine(network(DOCUMENT), ['groups: groups', 'groups: groups, algorithms: [RS256]'])
  expect(told(found ? [found] : [])).toEqual(['wrong issuer staff: publishes keys for EdDSA; accepted are RS256'])
  expect(found?.fix).toBe('Add the one that it signs with to issuers.staff.algorithms.')
})

test('groups that no document lists are not known; groups that nobody reads are a warning', async () => {
  const other = await examine(network({ ...DOCUMENT, claims_supported: ['sub'] }))
  expect(told(other)[2]).toBe(
    'not-known groups staff: its document does not list the claim groups, which may be sent all the same',
  )
  const none = await examine(network(DOCUMENT), [', groups: groups', ''])
  expect(told(none)[2]).toBe('warn groups staff: no claim is read for groups, so nobody from here is in engineering')
})

const LOGIN = ['groups: groups', 'groups: groups, login: { client: gate }'] as const
const ENDPOINTS = {
  authorization_endpoint: 'https://login.example.com/authorize',
  token_endpoint: 'https://login.example.com/token',
}

const login = async (document: object): Promise<readonly string[]> =>
  told(await examine(network({ ...DOCUMENT, ...document }), LOGIN)).filter((line) => line.includes(' login '))

test('people can log in where the document says where, and that PKCE is taken', async () => {
  const right = 'ok login staff: at login.example.com, as gate, a public client'
  expect(await login(ENDPOINTS)).toEqual([right])
  expect(await login({ ...ENDPOINTS, code_challenge_methods_supported: ['plain', 'S256'] })).toEqual([right])
  expect(await login({ ...ENDPOINTS, code_challenge_methods_supported: ['plain'] })).toEqual([
    'wrong login staff: it does not take PKCE with S256',
  ])
  expect(await login({})).toEqual(['wrong login staff: its document names no authorization_endpoint'])
  expect(await login({ ...ENDPOINTS, token_endpoint: 7 })).toEqual([
    'wrong login staff: its document names no token_endpoint',
  ])
})

test('a login whose secret cannot be had is not taken for one without a secret', async () => {
  const secret = ['groups: groups', 'groups: groups, login: { client: gate, secret: file:nowhere }'] as const
  expect(told(await examine(network({ ...DOCUMENT, ...ENDPOINTS }), secret)).join('\n')).not.toContain(' login ')
})

test('an issuer through which nobody logs in is not asked for it', async () => {
  expect(told(await examine(network(DOCUMENT))).join('\n')).not.toContain(' login ')
})
