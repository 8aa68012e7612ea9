// Whether whoever shows a token of a session holds what the session is bound to. A wrong key or another network is a sign that the
// token is where it should not be: it is counted against the session, which ends once there were too many.
import type { Session } from '#access/session.ts'
import { isWithinAny } from '#lib/network.ts'
import { OAuthRefusal, type OAuthCode } from './oauth-refusal.ts'
import type { AuthorizationParts } from './parts.ts'

export interface Shown {
  readonly jkt: string | undefined
  readonly source: string
}

/** Throws OAuthRefusal with this code. */
export function checkBinding(
  { id, binding }: Session,
  { jkt, source }: Shown,
  code: OAuthCode,
  { sessions, clock }: Pick<AuthorizationParts, 'sessions' | 'clock'>,
): void {
  const misused = (
    description: string,
    indicator: 'session-token-without-proof' | 'session-proof-foreign' | 'session-from-another-network',
  ): never => {
    sessions.strike(id, 'misuse', clock.now())
    throw new OAuthRefusal(code, description, { indicator, subject: id })
  }
  switch (binding.by) {
    case 'nothing':
      return
    case 'key':
      if (jkt === undefined)
        misused('the session is bound to a key: send a DPoP proof by it', 'session-token-without-proof')
      if (jkt !== binding.jkt) misused('the session is bound to another key', 'session-proof-foreign')
      return
    case 'network':
      if (!isWithinAny(source, binding.networks)) {
        misused('the session is bound to networks, and this address is in none of them', 'session-from-another-network')
      }
  }
}
