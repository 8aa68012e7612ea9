// The end of a session as the trail keeps it: what it came to, and who ended it, why.
import type { SessionState } from '#access/session.ts'
import type { SessionEntry } from '#access/trail.ts'
import { principalRecord } from './principal-record.ts'

/** Throws for a session that has not ended. */
export function endEntry(state: SessionState): SessionEntry {
  const { session, ended, trust, labels, calls, tokens, toolCalls, flags } = state
  if (!ended) throw new Error('a session that goes on has no end')
  const { id, parent, principal, client, tier, task, binding, began } = session
  return {
    kind: 'session',
    what: 'end',
    session: id,
    ...(parent === undefined ? {} : { parent }),
    principal: principalRecord(principal),
    ...(client === undefined ? {} : { client }),
    tier,
    ...(task ? { task } : {}),
    bound: binding.by,
    trust,
    labels,
    why: ended.why,
    by: ended.by,
    // A clock may have stepped back since it began.
    duration: Math.max(0, ended.at - began),
    calls,
    tokens,
    toolCalls,
    flags,
  }
}
