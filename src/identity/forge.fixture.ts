// For tests only: an issuer whose tokens can be wrong in any way, and a network on which it can die, hang or lie.
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JWK } from 'jose'
import { Refusal } from '#access/refusal.ts'
import type { FetchJson } from './document.ts'

export const NOW = Date.UTC(2026, 0, 15, 12, 0, 0)
export const NOW_SECONDS = NOW / 1000
export const URL_OF_ISSUER = 'https://login.example.com/tenant'

export interface ForgedKey {
  readonly kid: string
  readonly alg: 'EdDSA' | 'ES256' | 'RS256'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: JWK
}

export function makeKey(kid: string, alg: ForgedKey['alg'] = 'EdDSA'): ForgedKey {
  const pair =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, alg, ...pair, jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
}

export const GOOD_CLAIMS = {
  iss: URL_OF_ISSUER,
  sub: 'alice',
  aud: 'sallyport',
  iat: NOW_SECONDS - 60,
  exp: NOW_SECONDS + 3600,
}

export function encode(part: string | object): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A token with these claims; a string is taken as the payload's very text. */
export function forge(key: ForgedKey, claims: string | object = GOOD_CLAIMS, header: string | object = {}): string {
  const head = typeof header === 'string' ? header : { alg: key.alg, typ: 'JWT', kid: key.kid, ...header }
  const input = `${encode(head)}.${encode(claims)}`
  const digest = key.alg === 'EdDSA' ? null : 'sha256'
  const signature = sign(digest, Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** The old confusion: the public key's own text as an HMAC secret. */
export function forgeWithHmac(key: ForgedKey, claims: object = GOOD_CLAIMS): string {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${encode(claims)}`
  const secret = key.publicKey.export({ format: 'pem', type: 'spki' })
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

export interface Network {
  readonly fetchJson: FetchJson
  /** Every URL asked for, in order. */
  readonly asked: string[]
  /** What each URL answers; anything else is 404. */
  readonly pages: Map<string, () => Response | Promise<Response>>
  keys: readonly object[]
  down: boolean
}

export const DISCOVERY = `${URL_OF_ISSUER}/.well-known/openid-configuration`
export const JWKS = `${URL_OF_ISSUER}/jwks`

export function makeNetwork(keys: readonly object[]): Network {
  const network: Network = {
    asked: [],
    pages: new Map(),
    keys,
    down: false,
    fetchJson: async (url) => {
      network.asked.push(url)
      if (network.down) throw new Error('connection refused')
      return (await network.pages.get(url)?.()) ?? new Response('not found', { status: 404 })
    },
  }
  network.pages.set(DISCOVERY, () => Response.json({ issuer: URL_OF_ISSUER, jwks_uri: JWKS }))
  network.pages.set(JWKS, () => Response.json({ keys: network.keys }))
  return network
}

/** The refusal that the work ends in, as `reason: message`. */
export async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.message}`
    throw error
  }
  return 'no refusal'
}
