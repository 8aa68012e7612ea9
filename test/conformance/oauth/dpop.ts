// Tokens that are bound to a key: RFC 9449, at the token endpoint and at the gate.
import * as dpop from 'dpop'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as openid from 'openid-client'
import { type Answer, bearer, claimsOf, holds, infer, proofOf, refused, same, token } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { dpopOf, openidOf } from './clients.ts'
import type { World } from './world.ts'

const CREDENTIALS = { grant_type: 'client_credentials' }

interface Bound {
  readonly keys: dpop.KeyPair
  readonly token: string
}

/** As the package `dpop` makes proofs, with the server's nonce. */
async function bound(world: World, application: 'helper' | 'archivist' = 'helper'): Promise<Bound> {
  const keys = await dpop.generateKeyPair('ES256', { extractable: true })
  const answer = await ask(world, keys, await nonceOf(world), application)
  same([answer.status, answer.body['token_type']], [200, 'DPoP'], answer.text)
  return { keys, token: String(answer.body['access_token']) }
}

async function ask(
  world: World,
  keys: dpop.KeyPair,
  nonce: string | undefined,
  application: 'helper' | 'archivist' = 'helper',
): Promise<Answer> {
  const proof = await dpop.generateProof(keys, `${world.origin}/oauth/token`, 'POST', nonce)
  return token(world, { ...CREDENTIALS, ...(await proofOf(world, application)) }, { dpop: proof })
}

async function nonceOf(world: World): Promise<string> {
  const refusal = await ask(world, await dpop.generateKeyPair('ES256'), undefined)
  refused(refusal, 'use_dpop_nonce')
  const nonce = refusal.headers.get('dpop-nonce')
  holds(nonce !== null, 'no dpop-nonce header')
  return nonce
}

interface Odd {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A proof that is wrong in one thing. */
async function oddProof(world: World, { header, claims }: Odd): Promise<Answer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const made = {
    htm: 'POST',
    htu: `${world.origin}/oauth/token`,
    jti: crypto.randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    nonce: await nonceOf(world),
  }
  const proof = await new SignJWT({ ...made, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey), ...header })
    .sign(privateKey)
  return token(world, { ...CREDENTIALS, ...(await proofOf(world, 'helper')) }, { dpop: proof })
}

const atGate = async (
  world: World,
  { keys, token: text }: Bound,
  nonce?: string,
): Promise<Readonly<Record<string, string>>> => ({
  authorization: `DPoP ${text}`,
  dpop: await dpop.generateProof(keys, `${world.origin}/v1/chat/completions`, 'POST', nonce, text),
})

/** What a client of RFC 9449 section 9 does: again, with the nonce that it was told. */
async function inferBound(world: World, of: Bound, model?: string): Promise<Answer> {
  const first = await infer(world, await atGate(world, of), model)
  const nonce = first.headers.get('dpop-nonce')
  if (first.status !== 401 || nonce === null) return first
  return infer(world, await atGate(world, of, nonce), model)
}

export const dpopCases: readonly OAuthCase[] = [
  {
    name: 'RFC 9449: openid-client gets a token that is bound to its key, after the nonce that it is told',
    async run(world) {
      const config = await openidOf(world, 'helper')
      const answer = await openid.clientCredentialsGrant(config, undefined, { DPoP: await dpopOf(config) })
      same(answer.token_type, 'dpop')
      const { jkt } = claimsOf(answer.access_token)['cnf'] as { readonly jkt: string }
      holds(/^[\w-]{43}$/.test(jkt), 'no cnf.jkt')
    },
  },
  {
    name: 'RFC 9449 section 8: a proof without nonce is use_dpop_nonce, with a nonce beside it',
    async run(world) {
      holds((await nonceOf(world)).length > 10, 'no nonce')
    },
  },
  {
    name: 'RFC 9449 section 7: the token opens the gate with a proof by its key',
    async run(world) {
      same((await inferBound(world, await bound(world))).status, 200)
    },
  },
  {
    name: 'RFC 9449 section 7.2: a token that is bound to a key is refused as Bearer, and without proof',
    async run(world) {
      const { token: text } = await bound(world)
      const asBearer = await infer(world, bearer(text))
      same(asBearer.status, 401)
      holds(asBearer.headers.get('www-authenticate')?.includes('DPoP') === true, 'no challenge of scheme DPoP')
      same((await infer(world, { authorization: `DPoP ${text}` })).status, 401)
    },
  },
  {
    name: 'RFC 9449 section 11: a proof by another key is refused at the gate',
    async run(world) {
      const { token: text } = await bound(world)
      const thief = await dpop.generateKeyPair('ES256')
      same((await inferBound(world, { token: text, keys: thief })).status, 401)
    },
  },
  {
    name: 'RFC 9449 section 11.1: a proof that was used is refused at the gate',
    async run(world) {
      const of = await bound(world)
      const headers = await atGate(world, of)
      const first = await infer(world, headers)
      same(first.status, 200, first.text)
      same((await infer(world, headers)).status, 401)
    },
  },
  {
    name: 'RFC 9449 section 4.3: a proof for another method, address or token is refused at the gate',
    async run(world) {
      const { keys, token: text } = await bound(world)
      const url = `${world.origin}/v1/chat/completions`
      for (const proof of [
        await dpop.generateProof(keys, url, 'GET', undefined, text),
        await dpop.generateProof(keys, `${world.origin}/v1/embeddings`, 'POST', undefined, text),
        await dpop.generateProof(keys, 'https://elsewhere.example/v1/chat/completions', 'POST', undefined, text),
        await dpop.generateProof(keys, url, 'POST', undefined, `${text}x`),
        await dpop.generateProof(keys, url, 'POST'),
      ]) {
        same((await infer(world, { authorization: `DPoP ${text}`, dpop: proof })).status, 401)
      }
    },
  },
  {
    name: 'RFC 9449 section 5: a proof that was used is refused at the token endpoint',
    async run(world) {
      const keys = await dpop.generateKeyPair('ES256')
      const proof = await dpop.generateProof(keys, `${world.origin}/oauth/token`, 'POST', await nonceOf(world))
      const once = await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'helper')) }, { dpop: proof })
      same(once.status, 200, once.text)
      const twice = await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'helper')) }, { dpop: proof })
      refused(twice, 'invalid_dpop_proof')
    },
  },
  {
    name: 'RFC 9449 section 4.3: a proof for another method or address is invalid_dpop_proof',
    async run(world) {
      refused(await oddProof(world, { claims: { htm: 'GET' } }), 'invalid_dpop_proof')
      refused(await oddProof(world, { claims: { htu: `${world.origin}/oauth/revoke` } }), 'invalid_dpop_proof')
      refused(await oddProof(world, { claims: { htu: 'https://elsewhere.example/oauth/token' } }), 'invalid_dpop_proof')
    },
  },
  {
    name: 'RFC 9449 section 4.3: a proof of another type, without jti, or with a private key in it is invalid_dpop_proof',
    async run(world) {
      refused(await oddProof(world, { header: { typ: 'JWT' } }), 'invalid_dpop_proof')
      refused(await oddProof(world, { claims: { jti: undefined } }), 'invalid_dpop_proof')
      const { privateKey } = await generateKeyPair('ES256', { extractable: true })
      refused(await oddProof(world, { header: { jwk: await exportJWK(privateKey) } }), 'invalid_dpop_proof')
    },
  },
  {
    name: 'RFC 9449 section 4.3: a proof that another key signed than it names is invalid_dpop_proof',
    async run(world) {
      const { publicKey } = await generateKeyPair('ES256')
      refused(await oddProof(world, { header: { jwk: await exportJWK(publicKey) } }), 'invalid_dpop_proof')
    },
  },
  {
    name: 'RFC 9449: a session of tier 3 is for those who show a key, and the gate asks them for a nonce',
    async run(world) {
      const without = await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'archivist')) })
      refused(without, 'invalid_dpop_proof')
      const of = await bound(world, 'archivist')
      const first = await infer(world, await atGate(world, of), 'records-small')
      same(first.status, 401)
      holds(first.headers.get('www-authenticate')?.includes('use_dpop_nonce') === true, 'not use_dpop_nonce')
      same((await inferBound(world, of, 'records-small')).status, 200)
    },
  },
  {
    name: 'sessions of tier 2 are bound: to a key, or to the networks of their client',
    async run(world) {
      refused(await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'accountant')) }), 'invalid_dpop_proof')
      const distant = await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'distant')) })
      same([distant.status, distant.body['token_type']], [200, 'Bearer'], distant.text)
      same((await infer(world, bearer(distant.body['access_token']), 'ledger-small')).status, 401)
    },
  },
]
