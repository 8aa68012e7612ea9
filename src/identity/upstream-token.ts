// `x-sallyport-identity`: who is behind a request, signed for the one upstream that it is made out to (RFC 7519, EdDSA).
// It says who, never what: of the request it holds a digest, of the people their ids.
import { hash } from 'node:crypto'
import type { ProofMethod } from '#access/principal.ts'
import type { ChainLink } from '#access/trail.ts'

export interface UpstreamRequest {
  readonly audience: string
  /** From the actor to its origin. */
  readonly chain: readonly ChainLink[]
  /** How the actor was proven. */
  readonly proof: ProofMethod
  readonly exchange: string
  readonly method: string
  /** Without query. */
  readonly url: string
  readonly body: Uint8Array | undefined
}

export interface UpstreamTokens {
  /** A token that ends within 60 s, and its `jti`. Throws a Refusal `not_ready` where there is no key to sign with. */
  sign(request: UpstreamRequest): { readonly token: string; readonly id: string }
  /**
   * The public keys (RFC 7517): of the tokens that may still be on their way, and of the next to come. Throws a Refusal
   * `not_ready` where they cannot be read.
   */
  keys(): { readonly keys: readonly object[] }
}

export interface SigningRing {
  signing(): { readonly kid: string; sign(text: string): Uint8Array }
  /** `x` is the public key in base64url (RFC 8037 section 2). */
  published(): readonly { readonly kid: string; readonly x: string }[]
}

export interface UpstreamTokenOptions {
  /** The gate's public origin, as its bundle names it. */
  readonly issuer: string
  readonly keys: SigningRing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Returns that many bytes that nobody can guess. */
  readonly random: (length: number) => Uint8Array
}

/**
 * A type of its own (RFC 8725 section 3.11): whoever takes this gate's other tokens, or another issuer's, cannot be handed this
 * one in their place, nor the other way round. As a plain `JWT` it would pass wherever audience and issuer happen to match.
 */
const TYPE = 'sallyport-identity+jwt'
const LIFE_SECONDS = 60
const ID_BYTES = 16

export function makeUpstreamTokens({ issuer, keys, now, random }: UpstreamTokenOptions): UpstreamTokens {
  return {
    sign(request) {
      const key = keys.signing()
      const id = random(ID_BYTES)
      if (id.length !== ID_BYTES) throw new RangeError('the id of a token takes 16 random bytes')
      const jti = Buffer.from(id).toString('base64url')
      const claims = { iss: issuer, ...times(now()), jti, ...claimsOf(request) }
      const signed = `${segment({ alg: 'EdDSA', kid: key.kid, typ: TYPE })}.${segment(claims)}`
      return { token: `${signed}.${Buffer.from(key.sign(signed)).toString('base64url')}`, id: jti }
    },
    keys: () => ({
      // Each member by name: nothing else of a key can ever stand here.
      keys: keys.published().map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' })),
    }),
  }
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function times(now: number) {
  const seconds = Math.floor(now / 1000)
  return { iat: seconds, nbf: seconds, exp: seconds + LIFE_SECONDS }
}

function claimsOf({ audience, chain, proof, exchange, method, url, body }: UpstreamRequest) {
  const origin = chain.at(-1)
  if (origin === undefined) throw new RangeError('nobody is behind the request')
  // RFC 9449 section 4.2 names method and URL. A query may hold anything, so whoever forgot to take it off leaks nothing.
  const { origin: host, pathname } = new URL(url)
  return {
    aud: audience,
    sub: nameOf(origin),
    ...actorOf(chain.slice(0, -1)),
    proof,
    exchange,
    htm: method,
    htu: `${host}${pathname}`,
    content_digest: digestOf(body),
  }
}

export const nameOf = ({ type, id }: ChainLink): string => `${type}::${id}`

/** RFC 8693 section 4.1: the outermost actor is the one that calls, and those before it stand within. */
export function actorOf(actors: readonly ChainLink[]): { readonly act?: object } {
  let act: object | undefined
  for (const actor of actors.toReversed()) {
    const sub = nameOf(actor)
    act = act === undefined ? { sub } : { sub, act }
  }
  return act === undefined ? {} : { act }
}

/** The value of a Content-Digest field (RFC 9530 section 2): of the bytes as they are sent, or of none. */
function digestOf(body: Uint8Array | undefined): string {
  return `sha-256=:${hash('sha256', body ?? '', 'base64')}:`
}
