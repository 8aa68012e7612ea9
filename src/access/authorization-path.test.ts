import { describe, expect, test } from 'bun:test'
import { methodsAt } from './authorization-path.ts'

const UID = 'V1StGXR8_Z5jdHi6B-myT-0123456789abcdefghijk'

const SERVED = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/oauth/authorize',
  `/oauth/authorize/${UID}`,
  '/oauth/device',
  `/oauth/device/${UID}`,
  '/oauth/device_authorization',
  '/oauth/introspect',
  '/oauth/jwks',
  `/oauth/login/${UID}`,
  `/oauth/login/${UID}/at/Okta.eu-1`,
  '/oauth/login/callback/Okta.eu-1',
  '/oauth/register',
  '/oauth/revoke',
  '/oauth/token',
]

describe('the paths of the authorization server', () => {
  test.each(SERVED)('%s is one', (path) => {
    expect(methodsAt(path)).toBeDefined()
  })

  test.each(SERVED)('%s is none in another case, with a slash at its end, or as a part of another', (path) => {
    const last = path.split('/').at(-1) ?? ''
    const cased = path.replace('/oauth/', '/OAuth/').replace('/.well-known/', '/.Well-Known/')
    const named = [UID, 'Okta.eu-1'].includes(last) ? [] : [path.replace(/[^/]+$/, (end) => end.toUpperCase())]
    const others = [cased, `${path}/`, `${path}//`, `/${path}`, `${path}/x`, `${path}%20`, `${path}?x=y`, ...named]
    for (const other of others) expect([other, methodsAt(other)]).toEqual([other, undefined])
  })

  test('are no others: what the library has besides is served to nobody', () => {
    for (const path of [
      '/session/end',
      '/session/end/confirm',
      '/me',
      '/request',
      '/oauth/register/registered-x',
      '/oauth/login/callback',
      '/',
    ]) {
      expect([path, methodsAt(path)]).toEqual([path, undefined])
    }
  })

  test('have methods of their own', () => {
    expect(methodsAt('/oauth/token')).toEqual(['POST'])
    expect(methodsAt('/oauth/authorize')).toEqual(['GET'])
    expect(methodsAt('/oauth/device')).toEqual(['GET', 'POST'])
  })
})
