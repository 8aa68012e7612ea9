import type { Gate } from './gate.ts'

/** `/.well-known/jwks.json`: what `x-sallyport-identity` is verified with (RFC 7517 §5, §8.5.2). Public, hence without proof. */
export function publicKeys(gate: Pick<Gate, 'active'>): Response {
  return new Response(JSON.stringify(gate.active().identityTokens.keys()), {
    headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=300' },
  })
}
