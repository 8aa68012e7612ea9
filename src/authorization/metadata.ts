// What the server says of itself (RFC 8414), made from what is served and nothing else. The library's own document is not used: it
// speaks of ID tokens, and it makes its addresses from headers.
import type { Configuration } from 'oidc-provider'
import { ROUTES } from '#access/authorization-path.ts'
import { PROOF_ALGORITHMS } from '#identity/dpop-key.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { ASSERTION_ALGORITHMS } from './configuration.ts'
import { CODE, DEVICE_CODE, TASK } from './grant-types.ts'

export interface MetadataParts {
  /** The public origin. */
  readonly origin: string
  /** Names of the grants. */
  readonly grants: readonly string[]
  readonly features: NonNullable<Configuration['features']>
}

const AUTH_METHODS = ['private_key_jwt', 'none']

export function metadataOf({ origin, grants, features }: MetadataParts): object {
  const at = (route: keyof typeof ROUTES): string => origin + ROUTES[route]
  const code = grants.includes(CODE)
  const authentication = (endpoint: string) => ({
    [`${endpoint}_auth_methods_supported`]: AUTH_METHODS,
    [`${endpoint}_auth_signing_alg_values_supported`]: ASSERTION_ALGORITHMS,
  })
  return {
    issuer: origin,
    ...(code ? { authorization_endpoint: at('authorization') } : {}),
    token_endpoint: at('token'),
    ...authentication('token_endpoint'),
    jwks_uri: at('jwks'),
    ...(features.registration?.enabled === true ? { registration_endpoint: at('registration') } : {}),
    revocation_endpoint: at('revocation'),
    ...authentication('revocation_endpoint'),
    introspection_endpoint: at('introspection'),
    ...authentication('introspection_endpoint'),
    ...(grants.includes(DEVICE_CODE) ? { device_authorization_endpoint: at('device_authorization') } : {}),
    scopes_supported: ['offline_access', ...MODEL_ACTIONS],
    response_types_supported: code ? ['code'] : [],
    response_modes_supported: code ? ['query'] : [],
    grant_types_supported: grants,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    authorization_details_types_supported: [TASK],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(features.clientIdMetadataDocument?.enabled === true ? { client_id_metadata_document_supported: true } : {}),
    protected_resources: [origin],
  }
}
