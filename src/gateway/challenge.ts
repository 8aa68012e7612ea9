// What a no says about how to come back (RFC 9110 section 11.6.1): by which scheme, what was wrong with the token, which scope would
// do (RFC 6750 section 3.1), where this resource is described (RFC 9728 section 5.1), and which nonce a proof needs (RFC 9449).
import type { Refusal } from '#access/refusal.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'

type Asked = Pick<Exchange, 'request' | 'active'> & { readonly account: Pick<Exchange['account'], 'intent'> }

/** The value of `www-authenticate`; undefined where another credential would change nothing. */
export function challengeOf(refusal: Refusal, { request, active, account }: Asked): string | undefined {
  const named = refusal.detail.challenge ?? stepUp(refusal, account)
  // RFC 9110 §15.5.2: every 401 names a scheme.
  const challenge = named ?? (refusal.status === 401 ? 'Bearer' : undefined)
  if (challenge === undefined) return undefined
  const scheme = showsProof(request) ? challenge.replace(/^Bearer\b/, 'DPoP') : challenge
  const separator = scheme.includes(' ') ? ', ' : ' '
  return `${scheme}${separator}resource_metadata="${active.bundle.config.public}${RESOURCE_METADATA}"`
}

export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource'

/** A session was not begun for this: another could be. */
function stepUp({ detail: { indicator } }: Refusal, { intent }: Asked['account']): string | undefined {
  if (indicator?.indicator !== 'session-out-of-scope' || !intent) return undefined
  const actions = [intent.action, ...(intent.also ?? []).map(({ action }) => action)]
  return `Bearer error="insufficient_scope", scope="${[...new Set(actions)].join(' ')}"`
}

const showsProof = ({ headers }: Request): boolean => /^dpop /i.test(headers.get('authorization') ?? '')

/** Whoever makes proofs gets the nonce for the next one with each answer, and so does whoever should have made one. */
export function offerNonce({ headers }: Response, request: Request, gate: Pick<Gate, 'dpopNonce'>): void {
  if (!showsProof(request) && headers.get('www-authenticate')?.startsWith('DPoP') !== true) return
  const nonce = gate.dpopNonce?.()
  if (nonce !== undefined) headers.set('dpop-nonce', nonce)
}
