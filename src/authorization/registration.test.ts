import { describe, expect, test } from 'bun:test'
import { register } from './registration.ts'

const NAMES = ['Claude Code']
const asked = (more: Record<string, unknown> = {}) => ({
  client_name: 'Claude Code',
  redirect_uris: ['http://127.0.0.1/callback'],
  ...more,
})

function errorOf(more: Record<string, unknown>): unknown {
  try {
    register(asked(more), NAMES)
    return undefined
  } catch (error) {
    return (error as { error: unknown }).error
  }
}

describe('a program that registers itself', () => {
  test('becomes a public client of this machine, whatever else it says', () => {
    const client = register(asked({ client_secret: 'x', jwks_uri: 'https://evil.example/jwks', scope: 'infer' }), NAMES)
    expect(client).toEqual({
      client_id: expect.stringMatching(/^registered-[\w-]{32}$/),
      client_name: 'Claude Code',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      authorization_details_types: ['sallyport_task'],
    })
  })

  test('has the same id each time, and another program another one', () => {
    const first = register(asked({ redirect_uris: ['http://localhost/a', 'http://127.0.0.1/b'] }), NAMES)
    const again = register(asked({ redirect_uris: ['http://127.0.0.1/b', 'http://localhost/a'] }), NAMES)
    const other = register(asked({ redirect_uris: ['http://127.0.0.1/c'] }), NAMES)
    expect(again.client_id).toBe(first.client_id)
    expect(other.client_id).not.toBe(first.client_id)
  })

  test('must have a name that the bundle admits, exactly', () => {
    for (const name of [undefined, '', 'claude code', 'Claude Code ', 'Claude Сode', 4, ['Claude Code']]) {
      expect([name, errorOf({ client_name: name })]).toEqual([name, 'invalid_client_metadata'])
    }
  })

  test('can be sent to loopback only', () => {
    const elsewhere = [
      'https://evil.example/cb',
      'http://evil.example/cb',
      'https://127.0.0.1/cb',
      'http://127.0.0.1.evil.example/cb',
      'http://127.0.0.1@evil.example/cb',
      'http://127.0.0.1:80@evil.example/cb',
      'http://127.0.0.1\\@evil.example/cb',
      'http://127.1/cb',
      'http://0.0.0.0/cb',
      'http://localhost./cb',
      'http://localhost/cb?to=evil',
      'http://localhost/cb#x',
      'javascript://127.0.0.1/%0aalert(1)',
      'com.example:/cb',
      '',
      4,
    ]
    for (const address of elsewhere) {
      expect([address, errorOf({ redirect_uris: [address] })]).toEqual([address, 'invalid_redirect_uri'])
    }
    expect(errorOf({ redirect_uris: [] })).toBe('invalid_redirect_uri')
    expect(errorOf({ redirect_uris: undefined })).toBe('invalid_redirect_uri')
    for (const address of ['http://127.0.0.1:4711/cb', 'http://[::1]/cb', 'http://localhost/', 'http://localhost']) {
      expect([address, errorOf({ redirect_uris: [address] })]).toEqual([address, undefined])
    }
  })

  test('has no secret, and no grant but those of people who log in', () => {
    expect(errorOf({ token_endpoint_auth_method: 'client_secret_basic' })).toBe('invalid_client_metadata')
    expect(errorOf({ token_endpoint_auth_method: 'private_key_jwt' })).toBe('invalid_client_metadata')
    expect(errorOf({ grant_types: ['client_credentials'] })).toBe('invalid_client_metadata')
    expect(errorOf({ grant_types: ['refresh_token'] })).toBe('invalid_client_metadata')
    expect(errorOf({ grant_types: ['authorization_code', 'implicit'] })).toBe('invalid_client_metadata')
    expect(errorOf({ application_type: 'web' })).toBe('invalid_client_metadata')
    expect(errorOf({ grant_types: ['refresh_token', 'authorization_code'] })).toBeUndefined()
  })
})
