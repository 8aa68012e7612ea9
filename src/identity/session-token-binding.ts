// What must be shown beside a token, by what its session is bound to. A token that is shown without it is in the wrong hands until the
// opposite is proven: refused, told of, and counted against its session, which ends by its bound.
import type { Presented } from '#access/authenticator.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import type { Sessions, SessionState } from '#access/session.ts'
import type { Clock } from '#lib/clock.ts'
import { isInRange, readAddress, readNetwork } from '#lib/network.ts'
import { PROOF_ALGORITHMS } from './dpop-key.ts'
import type { Dpop, RefusedProof } from './dpop.ts'
import type { SessionToken } from './session-token-read.ts'

export interface BindingParts {
  readonly dpop: Dpop
  readonly sessions: Pick<Sessions, 'strike' | 'end'>
  readonly clock: Pick<Clock, 'now'>
}

/** Throws a Refusal `proof_required`, `unauthenticated`, or `not_ready`. */
export function checkBinding(shown: Presented, token: SessionToken, state: SessionState, parts: BindingParts): void {
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
      if (!isFrom(shown.source, binding.networks)) throw foreignNetwork(state, parts)
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

function isFrom(source: string, networks: readonly string[]): boolean {
  const address = readAddress(source)
  return (
    address !== undefined &&
    networks.some((text) => {
      const network = readNetwork(text)
      return network !== undefined && isInRange(address, network)
    })
  )
}

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`

function withoutProof(state: SessionState, parts: BindingParts): Refusal {
  const indicator = 'session-token-without-proof'
  countMisuse(state, parts)
  return new Refusal('proof_required', {
    message:
      'The token is bound to a key: send it as "Authorization: DPoP …", with a proof by that key in the header DPoP.',
    field: 'authorization',
    challenge: `DPoP error="invalid_token", ${ALGORITHMS}`,
    indicator: { indicator, subject: state.session.id },
  })
}

function wrongProof({ error, message, sign }: RefusedProof, state: SessionState, parts: BindingParts): Refusal {
  if (sign) countMisuse(state, parts)
  return new Refusal('proof_required', {
    message,
    field: 'dpop',
    challenge: `DPoP error="${error}", ${ALGORITHMS}`,
    ...(sign && { indicator: { indicator: sign, subject: state.session.id } }),
  })
}

function foreignNetwork(state: SessionState, parts: BindingParts): Refusal {
  const indicator: Sign['indicator'] = 'session-from-another-network'
  countMisuse(state, parts)
  return unproven('The token is bound to networks, and this address is in none of them.', {
    indicator,
    subject: state.session.id,
  })
}

function unproven(message: string, indicator?: Sign): Refusal {
  const challenge = 'Bearer error="invalid_token"'
  return new Refusal('unauthenticated', { message, challenge, ...(indicator && { indicator }) })
}

/** A store that cannot be written changes nothing about the refusal, whose sign is recorded elsewhere. */
function countMisuse({ session: { id, bounds } }: SessionState, { sessions, clock }: BindingParts): void {
  try {
    const strikes = sessions.strike(id, 'misuse')
    if (bounds.misuse === 0 || strikes < bounds.misuse) return
    sessions.end(id, { at: clock.now(), why: 'misuse', by: 'gate' })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
