// `/.well-known/oauth-protected-resource` (RFC 9728): where a client that was refused finds out how to get a token. Public, hence without
// proof; made from the bundle alone, so that no header of a request can send anybody's client elsewhere.
import { PROOF_ALGORITHMS } from '#identity/dpop-key.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import type { Gate } from './gate.ts'

export function protectedResource(gate: Pick<Gate, 'active'>): Response {
  const origin = gate.active().bundle.config.public
  return Response.json(
    {
      resource: origin,
      authorization_servers: [origin],
      scopes_supported: MODEL_ACTIONS,
      bearer_methods_supported: ['header'],
      authorization_details_types_supported: ['sallyport_task'],
      dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
      // Tiers differ: where a proof is needed the token says so, and so does the refusal.
      dpop_bound_access_tokens_required: false,
      resource_name: 'Sallyport',
    },
    { headers: { 'cache-control': 'max-age=300' } },
  )
}
