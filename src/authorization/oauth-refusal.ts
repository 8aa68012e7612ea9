// A no in OAuth's words (RFC 6749 section 5.2): one of its error codes, and a description that names what to do. What it may be a sign
// of goes to the trail, never to the caller.
import { errors } from 'oidc-provider'
import { Refusal, type Sign } from '#access/refusal.ts'

export type OAuthCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_authorization_details'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'access_denied'

export class OAuthRefusal extends errors.CustomOIDCProviderError {
  readonly sign: Sign | undefined

  constructor(code: OAuthCode, description: string, sign?: Sign) {
    super(code, description)
    this.sign = sign
  }
}

/** What a part of the gate refused, under this code. What nobody can help just now stays a Refusal, and becomes a 503, or a 429. */
export function asOAuth(code: OAuthCode, error: unknown): unknown {
  if (!(error instanceof Refusal) || error.status >= 500 || error.status === 429) return error
  return new OAuthRefusal(code, error.detail.message, error.detail.indicator)
}

const LONGEST = 500

/** The characters that RFC 6749 section 5.2 allows in a description. */
export const describable = (text: string): string =>
  text
    .replace(/["\\]/g, "'")
    .replace(/…/g, '...')
    .replace(/[^\x20-\x7e]/g, ' ')
    .slice(0, LONGEST)
