// Whether a session goes on under the bundle in force, as the gateway asks with every request: here it is asked before the session
// gets another token or a child, and before it is called active. One that does not go on has ended when this answers.
import type { EndReason, SessionState } from '#access/session.ts'
import { overdue, rests } from '#identity/session-token-standing.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'

export type StandingParts = Pick<AuthorizationParts, 'sessions' | 'findKey' | 'clock'>

/** Undefined where it goes on; otherwise why not, for its client. */
export function endedBecause(
  state: SessionState | undefined,
  { sessions, findKey, clock }: StandingParts,
  { config, rules }: Pick<ActiveAuthorization, 'config' | 'rules'>,
): string | undefined {
  const now = clock.now()
  if (!state || state.ended || overdue(state, now)) return 'the session has ended'
  const { session } = state
  const end = (why: EndReason, told: string): string => {
    sessions.end(session.id, { at: now, why, by: 'gate' })
    return `the session has ended: ${told}`
  }
  if (session.rules !== rules) {
    return end('rules-changed', 'the issuers or teams of the bundle have changed since it began')
  }
  const { applications } = config
  if (rests(session, { applications, keys: { find: findKey }, now: () => clock.now() })) return undefined
  return end('revoked', 'the application, or the key, that it rests on is not there any more')
}
