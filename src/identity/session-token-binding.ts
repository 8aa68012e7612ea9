// What must be shown beside a token, by what its session is bound to. A token that is shown without it is in the wrong hands until the
// opposite is proven: refused, told of, and counted against its session, which ends by its bound.
import type { Presented } from '#access/authenticator.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import type { Sessions, SessionState } from '#access/session.ts'
import type { Clock } from '#lib/clock.ts'
import { isWithinAny } from '#lib/network.ts'
import { PROOF_ALGORITHMS } from './dpop-key.ts'
import type { Dpop, RefusedProof } from './dpop.ts'
import type { SessionToken } from './session-token-read.ts'
import { sessionOver } from './session-token-standing.ts'

export interface BindingParts {
  readonly dpop: Dpop
  readonly sessions: Pick<Sessions, 'strike'>
  readonly clock: Pick<Clock, 'now'>
}

/** Throws a Refusal `proof_required`, `unauthenticated`, or `session_ended` where that was once too often. */
export function checkShown(shown: Presented, token: SessionToken, state: SessionState, parts: BindingParts): void {
  const { binding, tier } = state.session
  if (binding.by !== 'key' && shown.scheme === 'DPoP') {
    throw unproven('The token is bound to no key; send it as "Authorization: Bearer …".')
  }
  switch (binding.by) {
    case 'key':
      return checkKey(shown, token, { state, jkt: binding.jkt }, parts)
    case 'network':
      // Nobody begins such a session: whatever the row says, it is not enough there.
      if (tier === 3) throw unproven('In tier 3 a token must be bound to a key.')
      if (!isWithinAny(shown.source, binding.networks)) throw foreignNetwork(state, parts)
      return
    case 'nothing':
      if (tier !== 1) throw unproven(`In tier ${tier} a token must be bound.`)
  }
}

interface Key {
  readonly state: SessionState
  readonly jkt: string
}

function checkKey(shown: Presented, { ath }: SessionToken, { state, jkt }: Key, parts: BindingParts): void {
  const { scheme, proof, request, again } = shown
  if (scheme !== 'DPoP' || proof === undefined || request === undefined) throw withoutProof(state, parts)
  const needsNonce = state.session.tier === 3
  const refused = parts.dpop.check(proof, { jkt, ath, request, needsNonce, again: again === true })
  if (refused) throw wrongProof(refused, state, parts)
}

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`

function withoutProof(state: SessionState, parts: BindingParts): Refusal {
  return misused('session-token-without-proof', { state, parts }, (indicator) => {
    const message =
      'The token is bound to a key: send it as "Authorization: DPoP …", with a proof by that key in the header DPoP.'
    const challenge = `DPoP error="invalid_token", ${ALGORITHMS}`
    return new Refusal('proof_required', { message, field: 'authorization', challenge, indicator })
  })
}

function wrongProof({ error, message, sign }: RefusedProof, state: SessionState, parts: BindingParts): Refusal {
  const told = { message, field: 'dpop', challenge: `DPoP error="${error}", ${ALGORITHMS}` }
  if (!sign) return new Refusal('proof_required', told)
  return misused(sign, { state, parts }, (indicator) => new Refusal('proof_required', { ...told, indicator }))
}

function foreignNetwork(state: SessionState, parts: BindingParts): Refusal {
  return misused('session-from-another-network', { state, parts }, (indicator) =>
    unproven('The token is bound to networks, and this address is in none of them.', indicator),
  )
}

function unproven(message: string, indicator?: Sign): Refusal {
  const challenge = 'Bearer error="invalid_token"'
  return new Refusal('unauthenticated', { message, challenge, ...(indicator && { indicator }) })
}

/**
 * Counted, and told as what it is a sign of. Whoever has ended the session by it is told that: no proof helps any more. A store that
 * cannot be written changes nothing about the refusal, whose sign is recorded elsewhere.
 */
function misused(
  indicator: Sign['indicator'],
  { state, parts }: { readonly state: SessionState; readonly parts: BindingParts },
  refusal: (sign: Sign) => Refusal,
): Refusal {
  const { id } = state.session
  const sign = { indicator, subject: id }
  try {
    const counted = parts.sessions.strike(id, 'misuse', parts.clock.now())
    if (counted === 'counted') return refusal(sign)
    return new Refusal('session_ended', { ...sessionOver(counted, id).detail, indicator: sign })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return refusal(sign)
  }
}
