import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { challengeOf, offerNonce } from './challenge.ts'

const METADATA = 'resource_metadata="https://gate.example/.well-known/oauth-protected-resource"'

const asked = (authorization?: string, intent?: object) =>
  ({
    request: new Request('http://127.0.0.1:8400/v1/responses', { headers: authorization ? { authorization } : {} }),
    active: { bundle: { config: { public: 'https://gate.example' } } },
    account: intent ? { intent } : {},
  }) as unknown as Parameters<typeof challengeOf>[1]

const message = 'no'
const outOfScope = { indicator: { indicator: 'session-out-of-scope', subject: 's' } } as const
const wish = { action: 'infer', resource: { type: 'Model', id: 'm' }, also: [{ action: 'store' }, { action: 'infer' }] }

describe('a challenge', () => {
  test('of every 401 names a scheme, and where the gate is described', () => {
    for (const reason of ['unauthenticated', 'malformed_proof', 'groups_omitted', 'ambiguous_proof'] as const) {
      expect(challengeOf(new Refusal(reason, { message }), asked())).toBe(`Bearer ${METADATA}`)
    }
  })

  test('says what the refusal says, by the scheme that the caller speaks', () => {
    const refusal = new Refusal('session_ended', { message, challenge: 'Bearer error="invalid_token"' })
    expect(challengeOf(refusal, asked('Bearer a'))).toBe(`Bearer error="invalid_token", ${METADATA}`)
    expect(challengeOf(refusal, asked('dpop a'))).toBe(`DPoP error="invalid_token", ${METADATA}`)
    const proof = new Refusal('proof_required', { message, challenge: 'DPoP error="use_dpop_nonce", algs="ES256"' })
    expect(challengeOf(proof, asked('Bearer a'))).toBe(`DPoP error="use_dpop_nonce", algs="ES256", ${METADATA}`)
  })

  test('of what a session does not contain names every action that was asked for, once', () => {
    const refusal = new Refusal('not_permitted', { message, ...outOfScope })
    expect(challengeOf(refusal, asked('DPoP a', wish))).toBe(
      `DPoP error="insufficient_scope", scope="infer store", ${METADATA}`,
    )
  })

  test('is not made where another credential would change nothing', () => {
    expect(challengeOf(new Refusal('not_permitted', { message }), asked('Bearer a', wish))).toBeUndefined()
    expect(challengeOf(new Refusal('not_ready', { message }), asked())).toBeUndefined()
    expect(challengeOf(new Refusal('not_permitted', { message, ...outOfScope }), asked('Bearer a'))).toBeUndefined()
  })
})

test('a nonce is offered to whoever shows a proof, and to whoever should have, and to nobody else', () => {
  const offered = (authorization: string | undefined, challenge?: string) => {
    const response = new Response('', { headers: challenge === undefined ? {} : { 'www-authenticate': challenge } })
    offerNonce(response, asked(authorization).request, { dpopNonce: () => 'n' })
    return response.headers.get('dpop-nonce')
  }
  expect(offered('DPoP a')).toBe('n')
  expect(offered('dpop a')).toBe('n')
  expect(offered('Bearer a', 'DPoP error="invalid_token"')).toBe('n')
  expect(offered('Bearer a')).toBeNull()
  expect(offered(undefined, 'Bearer')).toBeNull()
})
