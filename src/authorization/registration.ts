// Programs that register themselves (RFC 7591): those that the bundle names, with redirects to the machine that they run on and
// nowhere else (RFC 8252 section 7.3). A name is a claim, not a proof: people are told so when the program asks for something.
// The same program gets the same id each time, so that nobody fills the store by asking again.
import { createHash } from 'node:crypto'
import { errors } from 'oidc-provider'
import { CODE, DEVICE_CODE, REFRESH, TASK } from './grant-types.ts'
import { isLoopbackRedirect } from './interaction-redirect.ts'

export interface Registered {
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
  readonly token_endpoint_auth_method: 'none'
  readonly application_type: 'native'
  readonly authorization_details_types: readonly string[]
}

const GRANTS: ReadonlySet<string> = new Set([CODE, REFRESH, DEVICE_CODE])
const MOST_REDIRECTS = 4

/** Throws what the library answers: `invalid_client_metadata` or `invalid_redirect_uri` (RFC 7591 section 3.2.2). */
export function register(asked: Readonly<Record<string, unknown>>, names: readonly string[]): Registered {
  const { client_name: name, redirect_uris: redirects, grant_types: grants = [CODE] } = asked
  if (typeof name !== 'string' || !names.includes(name)) {
    throw new errors.InvalidClientMetadata('client_name is none of the programs that may register themselves here')
  }
  const method = asked['token_endpoint_auth_method'] ?? 'none'
  if (method !== 'none') {
    throw new errors.InvalidClientMetadata('token_endpoint_auth_method must be none: a program has no secret')
  }
  if (asked['application_type'] !== undefined && asked['application_type'] !== 'native') {
    throw new errors.InvalidClientMetadata('application_type must be native')
  }
  if (!isStrings(redirects) || redirects.length > MOST_REDIRECTS || !redirects.every(isLoopbackRedirect)) {
    throw new errors.InvalidRedirectUri(
      `redirect_uris must be 1 to ${MOST_REDIRECTS} addresses such as http://127.0.0.1/callback, whatever their port`,
    )
  }
  if (!isStrings(grants) || !grants.every((grant) => GRANTS.has(grant)) || !grants.includes(CODE)) {
    throw new errors.InvalidClientMetadata(`grant_types must be ${CODE}, and may be ${REFRESH} and ${DEVICE_CODE}, too`)
  }
  const kept = { name, redirects: [...new Set(redirects)].sort(), grants: [...new Set(grants)].sort() }
  return {
    client_id: `registered-${createHash('sha256').update(JSON.stringify(kept)).digest('base64url').slice(0, 32)}`,
    client_name: name,
    redirect_uris: kept.redirects,
    grant_types: kept.grants,
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    authorization_details_types: [TASK],
  }
}

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')
