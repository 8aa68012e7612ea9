// Every foreseen no. One table gives reason, status and title; `docs/problems/` has a page per reason.

export const REASONS = {
  malformed_request: { status: 400, title: 'The request could not be read' },
  invalid_field: { status: 400, title: 'A field is missing or wrong' },
  unknown_field: { status: 400, title: 'A field is not known' },
  malformed_proof: { status: 401, title: 'The credential could not be read' },
  unauthenticated: { status: 401, title: 'No valid credential' },
  groups_omitted: { status: 401, title: 'The directory left the groups out of the token' },
  ambiguous_proof: { status: 401, title: 'Two different credentials' },
  session_ended: { status: 401, title: 'The session has ended' },
  proof_required: { status: 401, title: 'The token must be shown with its proof' },
  not_permitted: { status: 403, title: 'Not permitted' },
  content_blocked: { status: 403, title: 'Something was found that may not pass' },
  not_served: { status: 404, title: 'Not served here' },
  not_found: { status: 404, title: 'Not found' },
  model_not_found: { status: 404, title: 'No such model' },
  method_not_allowed: { status: 405, title: 'Method not allowed here' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  body_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported content type or encoding' },
  too_many_attempts: { status: 429, title: 'Too many wrong keys from this address' },
  limit_reached: { status: 429, title: 'A limit is used up' },
  provider_limited: { status: 429, title: 'The provider is at its limit' },
  internal: { status: 500, title: 'Internal error' },
  provider_failed: { status: 502, title: 'The provider failed' },
  provider_address_refused: { status: 502, title: 'The address of the provider may not be dialled' },
  provider_answer_invalid: { status: 502, title: 'The provider answered something that cannot be passed on' },
  audit_unavailable: { status: 503, title: 'The audit trail cannot be written' },
  not_ready: { status: 503, title: 'Not ready' },
  provider_unreachable: { status: 503, title: 'The provider cannot be reached' },
  provider_timeout: { status: 504, title: 'The provider took too long' },
} as const satisfies Record<string, { status: number; title: string }>

export type Reason = keyof typeof REASONS

export interface RefusalDetail {
  /** What the caller may read: names the field, what was expected, what to do. Never a secret, never matched text. */
  readonly message: string
  /** The request's field at fault, as a path: `messages[2].role`. */
  readonly field?: string
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number
  /** What `WWW-Authenticate` says, where it is not the plain `Bearer` (RFC 9110 section 11.6.1). */
  readonly challenge?: string
  /** Which limit, for the protocol's own rate-limit headers. */
  readonly limit?: LimitReached
  /** Of which session what was shown is a token, where its signature held: for the trail, never shown to the caller. */
  readonly session?: string
  /** What it may be a sign of: an entry of its own in the trail, never shown to the caller. */
  readonly indicator?: Sign
  /** For the log and for us: never shown to the caller. */
  readonly cause?: unknown
}

export interface LimitReached {
  /** As the bundle names it, and whose amount it is: `team support`. */
  readonly name: string
  readonly whose: string
  readonly measure: 'requests' | 'tokens' | 'spend' | 'tool-calls' | 'streams'
  /** Of spend: millionths of a US dollar. */
  readonly most: number
  readonly left: number
  /** Epoch milliseconds; undefined where it is no matter of time. */
  readonly resets: number | undefined
}

/** A sign that a credential is where it should not be, or that somebody tries. Names no secret. */
export interface Sign {
  readonly indicator:
    | 'key-guessing'
    | 'key-revoked'
    | 'key-expired'
    | 'key-rotated-out'
    | 'key-suspended'
    | 'key-from-another-network'
    | 'key-with-another-user'
    | 'egress-refused'
    | 'session-token-without-proof'
    | 'session-proof-replayed'
    | 'session-proof-foreign'
    | 'session-from-another-network'
    | 'session-mixed'
    | 'session-out-of-scope'
    | 'refresh-reused'
    | 'burst'
  /** The id of the key, the name of the provider. */
  readonly subject?: string
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: Reason
  readonly detail: RefusalDetail

  constructor(reason: Reason, detail: RefusalDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.reason = reason
    this.detail = detail
  }

  get status(): number {
    return REASONS[this.reason].status
  }
}
