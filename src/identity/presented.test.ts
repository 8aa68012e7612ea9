import { describe, expect, test } from 'bun:test'
import { refusalOf } from './forge.fixture.ts'
import { presented } from './presented.ts'

const take = (headers: Record<string, string>) => presented(new Headers(headers), { source: '192.0.2.1' })

describe('what a caller presented', () => {
  test('is nothing when neither header is there', () => {
    expect(take({ cookie: 'token=abc' })).toBeUndefined()
  })

  test('comes from Authorization, whatever the case of its scheme', () => {
    expect(take({ authorization: 'Bearer abc.def' })).toEqual({ credential: 'abc.def', source: '192.0.2.1' })
    expect(take({ authorization: 'bearer abc' })?.credential).toBe('abc')
    expect(take({ authorization: 'BEARER abc' })?.credential).toBe('abc')
  })

  test('says by which scheme it came, and holds the proof and the request that it is for', () => {
    const request = { method: 'POST', url: 'https://gate.example/v1/chat/completions' }
    const headers = new Headers({ authorization: 'DPoP abc', dpop: 'a.b.c' })
    const shown = { credential: 'abc', scheme: 'DPoP', proof: 'a.b.c', request, source: '192.0.2.1' } as const
    expect(presented(headers, { source: '192.0.2.1', request })).toEqual(shown)
    expect(presented(headers, { source: '192.0.2.1', request, again: true })).toEqual({ ...shown, again: true })
    expect(take({ authorization: 'dpop abc' })?.scheme).toBe('DPoP')
    expect(take({ 'x-api-key': 'abc', dpop: 'a.b.c' })).toEqual({
      credential: 'abc',
      proof: 'a.b.c',
      source: '192.0.2.1',
    })
  })

  test.each(['', 'a.b.c, d.e.f', 'a b'])('is refused beside a proof that is not one: %p', async (dpop) => {
    expect(await refusalOf(() => take({ authorization: 'DPoP abc', dpop }))).toBe(
      'malformed_proof: The dpop header must hold exactly one proof, without spaces or commas.',
    )
  })

  test('comes from x-api-key', () => {
    expect(take({ 'x-api-key': 'sp_123' })).toEqual({ credential: 'sp_123', source: '192.0.2.1' })
  })

  test('is one proof when both headers hold the same', () => {
    expect(take({ authorization: 'Bearer abc', 'x-api-key': 'abc' })?.credential).toBe('abc')
  })

  test('is refused when the two differ, by length or by one character', async () => {
    for (const key of ['abd', 'ab', 'abcd']) {
      expect(await refusalOf(() => take({ authorization: 'Bearer abc', 'x-api-key': key }))).toStartWith(
        'ambiguous_proof: ',
      )
    }
  })

  test('holds the user token beside the credential', () => {
    expect(take({ authorization: 'Bearer abc', 'x-sallyport-user-token': 'a.b.c' })).toEqual({
      credential: 'abc',
      userToken: 'a.b.c',
      source: '192.0.2.1',
    })
    expect(take({ 'x-api-key': 'abc', 'x-sallyport-user-token': 'abc' })?.userToken).toBe('abc')
  })

  test('is refused when it is a user token alone', async () => {
    expect(await refusalOf(() => take({ 'x-sallyport-user-token': 'abc' }))).toBe(
      "unauthenticated: The x-sallyport-user-token header stands beside an application's key or token, never alone. " +
        'Your own token goes into "Authorization: Bearer …".',
    )
  })

  test.each(['', 'a, a', 'a,b', 'a b', 'Bearer a', 'é'])('is malformed as user token: %p', async (token) => {
    for (const beside of [{}, { authorization: 'Bearer abc' }]) {
      expect(await refusalOf(() => take({ ...beside, 'x-sallyport-user-token': token }))).toBe(
        'malformed_proof: The x-sallyport-user-token header must hold exactly one credential, without spaces or commas.',
      )
    }
  })

  test.each([
    'Bearer',
    'Bearer a, Bearer b',
    'Bearer a,Bearer a',
    'Bearer a,b',
    'Bearer a b',
    'Bearer  a',
    'Bearer\ta',
    'Basic YWxpY2U6c2VjcmV0',
    'DPoP',
    'DPoP abc, DPoP abc',
    'DPoPabc',
    'abc',
    'Bearer é',
    'Bearer a\u007f',
  ])('is malformed as Authorization: %p', async (authorization) => {
    expect(await refusalOf(() => take({ authorization }))).toBe(
      'malformed_proof: The Authorization header must read "Bearer" or "DPoP", one space, then one credential without spaces or commas.',
    )
  })

  test.each(['', 'a, a', 'a,b', 'a b', 'Bearer a', 'é'])('is malformed as x-api-key: %p', async (key) => {
    expect(await refusalOf(() => take({ 'x-api-key': key }))).toBe(
      'malformed_proof: The x-api-key header must hold exactly one credential, without spaces or commas.',
    )
  })

  test('is malformed when a header came twice, even with the same value', async () => {
    const headers = new Headers()
    headers.append('authorization', 'Bearer a')
    headers.append('authorization', 'Bearer a')
    expect(await refusalOf(() => presented(headers, { source: '192.0.2.1' }))).toStartWith('malformed_proof: ')
  })

  test('a malformed header is refused even beside a good one', async () => {
    expect(await refusalOf(() => take({ authorization: 'Basic abc', 'x-api-key': 'abc' }))).toStartWith(
      'malformed_proof: ',
    )
  })
})
