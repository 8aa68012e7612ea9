// The demo world's OpenID Connect issuer: discovery, keys, and tokens for four people of Harbor Clinic.
// It signs in nobody: tokens are minted in this process, and its key lives only as long as that does.
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const DEMO_AUDIENCE = 'sallyport-demo'

export const PEOPLE = {
  alice: ['clinicians'],
  bob: ['billing'],
  carol: ['payments-approvers'],
  erin: ['auditors'],
} as const satisfies Record<string, readonly string[]>

export type Person = keyof typeof PEOPLE

export interface IssuerKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export interface IssuerOptions {
  /** Its address and issuer identifier, without a slash at the end. */
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** An Ed25519 pair; a fresh one by default. */
  readonly keys?: IssuerKeys
}

export interface MintOptions {
  /** Default: the person's own. */
  readonly groups?: readonly string[]
  /** Default: 12 hours. */
  readonly ttlSeconds?: number
}

export interface DemoIssuer {
  readonly url: string
  fetch(request: Request): Response
  /** A token for a person, of the demo's audience. */
  mint(person: Person, options?: MintOptions): Promise<string>
}

const TTL_SECONDS = 12 * 3600

export async function makeIssuer(options: IssuerOptions): Promise<DemoIssuer> {
  const { url, now } = options
  const keys = options.keys ?? (await generateKeyPair('EdDSA', { crv: 'Ed25519' }))
  const published = await publish(keys.publicKey)
  const documents = new Map<string, unknown>([
    ['/.well-known/openid-configuration', metadata(url)],
    ['/jwks', { keys: [published] }],
  ])
  return {
    url,
    fetch: (request) => answer(request, documents),
    mint: (person, { groups = PEOPLE[person], ttlSeconds = TTL_SECONDS } = {}) => {
      const issuedAt = Math.floor(now() / 1000)
      return new SignJWT({ groups })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: published.kid })
        .setIssuer(url)
        .setSubject(person)
        .setAudience(DEMO_AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .sign(keys.privateKey)
    },
  }
}

async function publish(publicKey: CryptoKey): Promise<JWK & { kid: string }> {
  const jwk = await exportJWK(publicKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'EdDSA' }
}

/** What OpenID Connect Discovery 1.0 §3 requires, and no endpoint that is not there. */
function metadata(url: string) {
  return {
    issuer: url,
    jwks_uri: `${url}/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'groups'],
  }
}

function answer(request: Request, documents: ReadonlyMap<string, unknown>): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return Response.json({ error: 'method_not_allowed' }, { status: 405, headers: { allow: 'GET, HEAD' } })
  }
  const document = documents.get(new URL(request.url).pathname)
  if (document === undefined) return Response.json({ error: 'not_found' }, { status: 404 })
  return Response.json(document, { headers: { 'cache-control': 'no-store' } })
}
