// The beginning and the end of a session as the trail keeps them: whose and for what; what it came to, and who ended it, why.
import type { Session, SessionState } from '#access/session.ts'
import type { SessionEntry } from '#access/trail.ts'
import { principalRecord } from '#access/principal-record.ts'

/** What a session is from its beginning to its end. */
const declared = ({ id, parent, principal, client, tier, task, binding }: Session) => ({
  session: id,
  ...(parent === undefined ? {} : { parent }),
  principal: principalRecord(principal),
  ...(client === undefined ? {} : { client }),
  tier,
  ...(task ? { task } : {}),
  bound: binding.by,
})

export const beginEntry = (session: Session, exchange: string): SessionEntry => ({
  kind: 'session',
  what: 'begin',
  ...declared(session),
  expires: new Date(session.bounds.expires).toISOString(),
  trust: session.bounds.clean === 0 ? 'standard' : 'initial',
  exchange,
})

/** Throws for a session that has not ended. */
export function endEntry(state: SessionState): SessionEntry {
  const { session, ended, trust, labels, calls, tokens, toolCalls, flags } = state
  if (!ended) throw new Error('a session that goes on has no end')
  return {
    kind: 'session',
    what: 'end',
    ...declared(session),
    trust,
    labels,
    why: ended.why,
    by: ended.by,
    // A clock may have stepped back since it began.
    duration: Math.max(0, ended.at - session.began),
    calls,
    tokens,
    toolCalls,
    flags,
  }
}
