// A caller without a proof, or with a wrong one, is nobody: 401 in the caller's own shape, recorded, and nothing leaves.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { forge, forgeWithHmac, makeKey } from '#identity/forge.fixture.ts'
import { type Rig, startRig } from '../rig.ts'
import { startForgedIssuer } from './forged-issuer.ts'
import { HELLO_TEXT, JSON_TYPE } from './hello.ts'
import { expectRefused, providerCount, type Refused } from './record.ts'

const issuer = startForgedIssuer()
const { key, url, claims: good } = issuer
const stranger = makeKey('forged-1')
const seconds = Math.floor(Date.now() / 1000)

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: issuer.files })
})
afterAll(async () => {
  await rig.stop()
  await issuer.stop()
})

const ask = (headers: Record<string, string>) =>
  fetch(`${rig.url}/v1/chat/completions`, { method: 'POST', body: HELLO_TEXT, headers: { ...JSON_TYPE, ...headers } })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

const UNKNOWN = { status: 401, type: 'authentication_error', code: 'unauthenticated' } as const
const MALFORMED = { ...UNKNOWN, code: 'malformed_proof', param: 'authorization' } as const

test('the proofs below are wrong in one way only: a right one of the same issuer is taken', async () => {
  const before = await providerCount(rig)
  expect((await ask(bearer(forge(key, good)))).status).toBe(200)
  expect(await providerCount(rig)).toBe(before + 1)
})

const wrong: readonly (readonly [string, () => Record<string, string>, Refused])[] = [
  ['no token', () => ({}), UNKNOWN],
  ['garbage', () => bearer('garbage'), UNKNOWN],
  ['garbage shaped like a token', () => bearer('aGVsbG8.d29ybGQ.eA'), { ...MALFORMED, param: null }],
  ['a token cut short', () => bearer(forge(key, good).slice(0, -10)), UNKNOWN],
  ['an expired token', () => bearer(forge(key, { ...good, iat: seconds - 7200, exp: seconds - 3600 })), UNKNOWN],
  ['a token that never expires', () => bearer(forge(key, { ...good, exp: undefined })), UNKNOWN],
  ['a token of tomorrow', () => bearer(forge(key, { ...good, nbf: seconds + 86_400 })), UNKNOWN],
  ['a wrong audience', () => bearer(forge(key, { ...good, aud: 'somebody-else' })), UNKNOWN],
  ['no audience', () => bearer(forge(key, { ...good, aud: undefined })), UNKNOWN],
  ['a wrong issuer', () => bearer(forge(key, { ...good, iss: 'https://evil.example' })), UNKNOWN],
  ['an issuer that is a prefix of the right one', () => bearer(forge(key, { ...good, iss: `${url}/` })), UNKNOWN],
  ["another issuer's key", () => bearer(forge(key, { ...good, iss: rig.issuer.url })), UNKNOWN],
  ["a stranger's key under a known kid", () => bearer(forge(stranger, good)), UNKNOWN],
  ['alg none', () => bearer(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(good)}.`), UNKNOWN],
  ['alg None', () => bearer(`${encode({ alg: 'None', typ: 'JWT', kid: 'forged-1' })}.${encode(good)}.e30`), UNKNOWN],
  ['HMAC with the public key', () => bearer(forgeWithHmac(key, good)), UNKNOWN],
  [
    'claims changed after signing',
    () => {
      const [head, , signature] = forge(key, good).split('.')
      return bearer(`${head}.${encode({ ...good, sub: 'alice' })}.${signature}`)
    },
    UNKNOWN,
  ],
  ["a key of the token's own", () => bearer(forge(stranger, good, { jwk: stranger.jwk })), UNKNOWN],
  ['another scheme', () => ({ authorization: 'Basic YWxpY2U6c2VjcmV0' }), MALFORMED],
  ['two credentials in one header', () => ({ authorization: 'Bearer a, Bearer b' }), MALFORMED],
  ['an empty credential', () => ({ authorization: 'Bearer' }), MALFORMED],
]

test.each(wrong)('%s proves nothing', async (_name, headers, told) => {
  const before = await providerCount(rig)
  const sent = headers()
  const { message, decision } = await expectRefused(rig, await ask(sent), told)
  expect(decision['principal']).toEqual({ type: 'Anonymous', id: 'anonymous', chain: [] })
  expect(await providerCount(rig)).toBe(before)
  const credential = sent['authorization']?.split(' ')[1] ?? ''
  if (credential.length > 8) expect(`${message} ${rig.log.join(' ')}`).not.toContain(credential)
})

test('a 401 names the scheme, and a wrong proof in either header is one', async () => {
  for (const [key, told] of [
    ['garbage', UNKNOWN],
    ['two words', { ...MALFORMED, param: 'x-api-key' }],
  ] as const) {
    const response = await ask({ 'x-api-key': key })
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer resource_metadata="https://gate.example/.well-known/oauth-protected-resource"',
    )
    await expectRefused(rig, response, told)
  }
})
