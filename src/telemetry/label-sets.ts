// What labels may hold, where the values are ours. Anything else is `other`: whatever a caller could make up must not become a series
// of its own, nor be read by everybody who reads dashboards.
import { REASONS } from '#access/refusal.ts'
import { OTHER } from './counter.ts'

const ACTIONS: ReadonlySet<string> = new Set([
  'infer',
  'embed',
  'list',
  'read',
  'use-stored',
  'propose',
  'call',
  'retrieve',
  'ingest',
  'spawn',
  'delegate',
  'unknown',
])
const KNOWN_REASONS: ReadonlySet<string> = new Set(Object.keys(REASONS))
const INDICATORS: ReadonlySet<string> = new Set([
  'key-guessing',
  'key-revoked',
  'key-expired',
  'key-rotated-out',
  'key-suspended',
  'key-from-another-network',
  'key-with-another-user',
  'egress-refused',
  'session-token-without-proof',
  'session-proof-replayed',
  'session-proof-foreign',
  'session-from-another-network',
  'session-mixed',
  'session-out-of-scope',
  'refresh-reused',
  'burst',
  'limit-near',
])
/** The gate's own words for what is found, wherever it stands. */
const FINDING = /^[a-z][a-z0-9_.-]{0,63}$/

export const NONE = 'none'

export const actionLabel = (action: string): string => (ACTIONS.has(action) ? action : OTHER)

export const reasonLabel = (reason: string | undefined): string =>
  reason === undefined ? NONE : KNOWN_REASONS.has(reason) ? reason : OTHER

export const indicatorLabel = (indicator: string): string => (INDICATORS.has(indicator) ? indicator : OTHER)

const ENDS: ReadonlySet<string> = new Set([
  'expired',
  'idle',
  'tokens',
  'calls',
  'out-of-scope',
  'misuse',
  'refresh-reused',
  'revoked',
  'ended',
  'parent-ended',
  'rules-changed',
])

export const endLabel = (why: string | undefined): string => (why !== undefined && ENDS.has(why) ? why : OTHER)

/** By the last word: `urn:ietf:params:oauth:grant-type:token-exchange`. A grant that nobody serves is the caller's own text. */
const GRANTS: ReadonlySet<string> = new Set([
  'authorization_code',
  'client_credentials',
  'device_code',
  'jwt-bearer',
  'refresh_token',
  'token-exchange',
])

export function grantLabel(grant: string | undefined): string {
  const word = grant?.slice(grant.lastIndexOf(':') + 1)
  return word === undefined ? NONE : GRANTS.has(word) ? word : OTHER
}

/** Of RFC 6749 section 5.2 and its extensions. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  'access_denied',
  'authorization_pending',
  'expired_token',
  'invalid_client',
  'invalid_client_metadata',
  'invalid_dpop_proof',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'server_error',
  'slow_down',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_grant_type',
  'use_dpop_nonce',
])

export const tokenReasonLabel = (reason: string | undefined): string =>
  reason === undefined ? NONE : TOKEN_ERRORS.has(reason) || KNOWN_REASONS.has(reason) ? reason : OTHER

/** Of an inspector, of a step, of a kind of finding: words of the code, as long as they look like some. */
export const wordLabel = (word: string): string => (FINDING.test(word) ? word : OTHER)

const STATUSES: readonly string[] = Array.from({ length: 600 }, (_, status) => String(status))

/** 0 where the caller got none. */
export const statusLabel = (status: number): string =>
  status === 0 || status >= 100 ? (STATUSES[status] ?? OTHER) : OTHER
