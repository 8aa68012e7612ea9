// How a request comes to its session.
import type { Principal } from '#access/principal.ts'
import type { SessionState } from '#access/session.ts'
import type { SessionsConfig } from '#policy/bundle/config.ts'

/** What names the conversation that a plain token's request belongs to: the caller's word, within what is theirs. */
export interface Conversation {
  /** The session in which what it goes on from was made. */
  readonly session?: string | undefined
  /** What the caller calls it; empty: nothing. */
  readonly name: string
}

export type SessionOf = (
  principal: Principal,
  conversation: Conversation,
  config: SessionsConfig,
) => Promise<SessionState | undefined>
