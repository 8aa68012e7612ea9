// A session as JSON, for programs. Nothing in it opens anything; what a caller called the conversation is left out.
import { chainOf } from '#access/principal.ts'
import type { SessionState } from '#access/session.ts'
import { standingOf } from './session-tools.ts'

export function sessionRecord(state: SessionState, now: number) {
  const { session, ended, usedAt, trust, labels, ...counts } = state
  const { id, kind, parent, tier, principal, client, task, binding, bounds, began } = session
  const { proof, groups } = principal
  const [actor] = chainOf(principal)
  return {
    id,
    kind,
    state: standingOf(state, now),
    ...(parent === undefined ? {} : { parent }),
    tier,
    principal: {
      type: actor?.type,
      id: actor?.id,
      groups,
      ...(proof.key === undefined ? {} : { key: proof.key }),
      chain: chainOf(principal).map((link) => ({ type: link.type, id: link.id })),
    },
    ...(client === undefined ? {} : { client }),
    ...(task ? { task } : {}),
    bound: binding,
    trust,
    labels,
    began: time(began),
    used: time(usedAt),
    expires: time(bounds.expires),
    idle_seconds: Math.round(bounds.idle / 1000),
    calls: counts.calls,
    tokens: counts.tokens,
    tool_calls: counts.toolCalls,
    clean: counts.clean,
    out_of_scope: counts.outOfScope,
    misuse: counts.misuse,
    flags: counts.flags,
    bounds: {
      calls: boundOf(bounds.calls),
      tokens: boundOf(bounds.tokens),
      clean: bounds.clean,
      out_of_scope: boundOf(bounds.outOfScope),
      misuse: boundOf(bounds.misuse),
    },
    ...(ended ? { ended: { at: time(ended.at), why: ended.why, by: ended.by } } : {}),
  }
}

/** `null`: not bounded, as by 0 strikes, and by what nothing reaches. */
export const boundOf = (most: number): number | null => (most === 0 || most >= Number.MAX_SAFE_INTEGER ? null : most)

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()
