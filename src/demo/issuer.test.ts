import { describe, expect, test } from 'bun:test'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { makeIssuer } from './issuer.ts'

const url = 'http://127.0.0.1:8412'
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0)
const issuer = await makeIssuer({ url, now: () => NOW })
const get = (path: string, init?: RequestInit) => issuer.fetch(new Request(`${url}${path}`, init))

describe("the demo's issuer", () => {
  test('publishes where its keys are', async () => {
    const metadata: unknown = await get('/.well-known/openid-configuration').json()
    expect(metadata).toMatchObject({ issuer: 'http://127.0.0.1:8412', jwks_uri: 'http://127.0.0.1:8412/jwks' })
  })

  test('publishes one public key', async () => {
    const { keys } = (await get('/jwks').json()) as JSONWebKeySet
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']])
  })

  test('has nothing else, and takes nothing', () => {
    expect(get('/').status).toBe(404)
    expect(get('/token').status).toBe(404)
    expect(get('/jwks', { method: 'POST' }).status).toBe(405)
  })

  test.each([
    ['alice', 'clinicians'],
    ['bob', 'billing'],
    ['carol', 'payments-approvers'],
    ['erin', 'auditors'],
  ] as const)('mints %s a token of %s, for twelve hours, that its key verifies', async (person, group) => {
    const token = await issuer.mint(person)
    const keys = createLocalJWKSet((await get('/jwks').json()) as JSONWebKeySet)
    const { payload } = await jwtVerify(token, keys, { currentDate: new Date(NOW) })
    expect(payload).toEqual({
      iss: 'http://127.0.0.1:8412',
      sub: person,
      aud: 'sallyport-demo',
      groups: [group],
      iat: 1768478400,
      exp: 1768521600,
    })
    expect(decodeProtectedHeader(token).typ).toBe('JWT')
  })

  test('mints other groups and lifetimes when asked', async () => {
    const claims = decodeJwt(await issuer.mint('bob', { groups: [], ttlSeconds: 60 }))
    expect([claims['groups'], claims.exp]).toEqual([[], 1768478460])
  })

  test('has another key after each start', async () => {
    const other = await makeIssuer({ url, now: () => NOW })
    expect(decodeProtectedHeader(await other.mint('bob')).kid).not.toBe(
      decodeProtectedHeader(await issuer.mint('bob')).kid,
    )
  })
})
