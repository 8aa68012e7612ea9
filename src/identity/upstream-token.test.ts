import { describe, expect, test } from 'bun:test'
import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import type { ChainLink } from '#access/trail.ts'
import { makeUpstreamTokens, type SigningRing, type UpstreamRequest } from './upstream-token.ts'

const ISSUER = 'https://gate.example'
const AUDIENCE = 'https://models.internal'
const NOW = Date.parse('2026-07-01T10:00:00.400Z')
const ALICE: ChainLink = { type: 'User', id: 'alice' }
const INTAKE: ChainLink = { type: 'App', id: 'intake' }

/** The key of RFC 8037 appendix A. */
const secret = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
})
const key = {
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  // What no key set may ever show.
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  sign: (text: string) => sign(null, Buffer.from(text), secret),
}
const ring: SigningRing = { signing: () => key, published: () => [key] }

const tokensAt = (now: number) =>
  makeUpstreamTokens({ issuer: ISSUER, keys: ring, now: () => now, random: (length) => randomBytes(length) })
const tokens = tokensAt(NOW)

const BODY = Buffer.from('{"hello": "world"}')
const REQUEST: UpstreamRequest = {
  audience: AUDIENCE,
  chain: [ALICE],
  proof: 'personal-key',
  exchange: '01K0000000000000000000000A',
  method: 'POST',
  url: 'https://models.internal/v1/chat/completions',
  body: BODY,
}
const claimsOf = (request: Partial<UpstreamRequest>) => decodeJwt(tokens.sign({ ...REQUEST, ...request }).token)

describe('a token', () => {
  test('says who, for whom, for how long and for which request, and nothing else', () => {
    const { token, id } = tokens.sign(REQUEST)
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'EdDSA',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      typ: 'sallyport-identity+jwt',
    })
    expect(decodeJwt(token)).toEqual({
      iss: 'https://gate.example',
      aud: 'https://models.internal',
      sub: 'User::alice',
      proof: 'personal-key',
      iat: 1782900000,
      nbf: 1782900000,
      exp: 1782900060,
      jti: id,
      exchange: '01K0000000000000000000000A',
      htm: 'POST',
      htu: 'https://models.internal/v1/chat/completions',
      // RFC 9530 shows the digest of these very bytes.
      content_digest: 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
    })
  })

  test('that goes with no body has the digest of an empty one', () => {
    const empty = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'
    expect(claimsOf({ method: 'GET', body: undefined })['content_digest']).toBe(empty)
    expect(claimsOf({ body: new Uint8Array() })['content_digest']).toBe(empty)
  })

  test('names the origin as its subject, and those who act for it from the outside in', () => {
    expect(claimsOf({ chain: [INTAKE, ALICE] })).toMatchObject({ sub: 'User::alice', act: { sub: 'App::intake' } })
    const chain = [{ type: 'Agent', id: 'second' }, { type: 'Agent', id: 'first' }, INTAKE, ALICE]
    expect(claimsOf({ chain })).toMatchObject({
      sub: 'User::alice',
      act: { sub: 'Agent::second', act: { sub: 'Agent::first', act: { sub: 'App::intake' } } },
    })
  })

  test('holds no query, fragment or password of a URL', () => {
    const url = 'https://me:secret@models.internal:443/v1/a%20b?key=secret#secret'
    expect(claimsOf({ url })['htu']).toBe('https://models.internal/v1/a%20b')
  })

  test('has an id of 128 random bits that no other token has', () => {
    const ids = Array.from({ length: 5000 }, () => tokens.sign(REQUEST).id)
    expect(new Set(ids).size).toBe(5000)
    expect(ids.every((id) => /^[A-Za-z0-9_-]{22}$/.test(id))).toBe(true)
  })

  test('is not made for nobody, nor from too little chance', () => {
    expect(() => tokens.sign({ ...REQUEST, chain: [] })).toThrow('nobody is behind the request')
    const poor = makeUpstreamTokens({ issuer: ISSUER, keys: ring, now: () => NOW, random: () => new Uint8Array(8) })
    expect(() => poor.sign(REQUEST)).toThrow('16 random bytes')
  })
})

test('what is published of a key is its public half', () => {
  expect(tokens.keys()).toEqual({
    keys: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
        use: 'sig',
        alg: 'EdDSA',
      },
    ],
  })
})

interface Arrived {
  readonly token: string
  readonly method?: string
  readonly url?: string
  readonly body?: Uint8Array
}

/** A backend as docs/upstream-identity.md tells to write one. */
function backend(audience = AUDIENCE, at = NOW) {
  const keySet = createLocalJWKSet(tokens.keys() as JSONWebKeySet)
  const seen = new Set<string>()
  return async ({ token, method = 'POST', url = REQUEST.url, body = BODY }: Arrived): Promise<string> => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer: ISSUER,
        audience,
        algorithms: ['EdDSA'],
        typ: 'sallyport-identity+jwt',
        maxTokenAge: '60s',
        requiredClaims: ['sub', 'exp', 'jti', 'htm', 'htu', 'content_digest'],
        currentDate: new Date(at),
      })
      if (payload['htm'] !== method || payload['htu'] !== url) return 'another request'
      const digest = createHash('sha256').update(body).digest('base64')
      if (payload['content_digest'] !== `sha-256=:${digest}:`) return 'another body'
      if (seen.has(payload.jti ?? '')) return 'a replay'
      seen.add(payload.jti ?? '')
      return `${payload.sub}`
    } catch (error) {
      return error instanceof errors.JOSEError ? `${error.code}: ${error.message}` : 'a bug'
    }
  }
}

describe('a backend', () => {
  const { token } = tokens.sign(REQUEST)

  test('takes it once', async () => {
    const take = backend()
    expect(await take({ token })).toBe('User::alice')
    expect(await take({ token })).toBe('a replay')
  })

  test('refuses one that is made out to another', async () => {
    const other = tokens.sign({ ...REQUEST, audience: 'https://other.internal' }).token
    expect(await backend()({ token: other })).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED: unexpected "aud" claim value')
    expect(await backend('https://other.internal')({ token })).toContain('unexpected "aud" claim value')
  })

  test('refuses one of another gate', async () => {
    const options = { issuer: 'https://other.example', keys: ring, now: () => NOW, random: randomBytes }
    const other = makeUpstreamTokens(options).sign(REQUEST).token
    expect(await backend()({ token: other })).toContain('unexpected "iss" claim value')
  })

  test('refuses it with another body, method or URL', async () => {
    expect(await backend()({ token, body: Buffer.from('{"hello": "worlds"}') })).toBe('another body')
    expect(await backend()({ token, body: new Uint8Array() })).toBe('another body')
    expect(await backend()({ token, method: 'GET' })).toBe('another request')
    expect(await backend()({ token, url: 'https://models.internal/v1/embeddings' })).toBe('another request')
  })

  test('takes it up to its 60th second, and not from there on', async () => {
    expect(await backend(AUDIENCE, Date.parse('2026-07-01T10:00:59.900Z'))({ token })).toBe('User::alice')
    expect(await backend(AUDIENCE, Date.parse('2026-07-01T10:01:00.000Z'))({ token })).toBe(
      'ERR_JWT_EXPIRED: "exp" claim timestamp check failed',
    )
    expect(await backend(AUDIENCE, NOW - 5000)({ token })).toContain('"nbf" claim timestamp check failed')
  })

  test('refuses it with any claim changed, without signature, and under another key', async () => {
    const [head = '', , signature = ''] = token.split('.')
    const bob = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: 'User::bob' })).toString('base64url')
    expect(await backend()({ token: `${head}.${bob}.${signature}` })).toContain('ERR_JWS_SIGNATURE')
    const none = Buffer.from('{"alg":"none","typ":"sallyport-identity+jwt"}').toString('base64url')
    expect(await backend()({ token: `${none}.${bob}.` })).toContain('ERR_JOSE_ALG_NOT_ALLOWED')
    const strange = { ...key, kid: 'strange' }
    const options = { issuer: ISSUER, now: () => NOW, random: randomBytes }
    const other = makeUpstreamTokens({ ...options, keys: { signing: () => strange, published: () => [] } })
    expect(await backend()({ token: other.sign(REQUEST).token })).toContain('ERR_JWKS_NO_MATCHING_KEY')
  })
})
