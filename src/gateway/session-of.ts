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
  /** What it goes on from: its session sees what was seen there, before anything is decided. */
  readonly before?: Before | undefined
}

/** What a request goes on from. */
export interface Before {
  /** The sessions that it was made in, ended or not. */
  readonly sessions: readonly string[]
  /** Of the systems that made it: that much is known, also where its session is forgotten, or it was made in none. */
  readonly labels: readonly string[]
  /** Those of the sessions whose conversation, or container, this request writes to: they see what it sees. */
  readonly keeps: readonly string[]
  readonly exchange: string
}

export type SessionOf = (
  principal: Principal,
  conversation: Conversation,
  config: SessionsConfig,
) => Promise<SessionState | undefined>
