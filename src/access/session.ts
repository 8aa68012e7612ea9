// A session: what credentials of minutes belong to, and what ends with them. Its id is made by the gate. What was declared
// when it began never changes; what happens in it only counts up, and its labels only grow. Times are epoch milliseconds.
import type { Principal } from './principal.ts'
import type { Binding, Task, Trust } from './task.ts'

export interface Bounds {
  /** The end, whatever happens. */
  readonly expires: number
  /** Without a call for that long it ends. Milliseconds. */
  readonly idle: number
  /** Input and output of all its calls: looked at before each, counted after it. What is under way then goes on. */
  readonly tokens: number
  readonly calls: number
  /** Clean calls until `initial` becomes `standard`. */
  readonly clean: number
  /** Attempts beyond its scope that end it. */
  readonly outOfScope: number
  /** Uses of its token by somebody else that end it; 0: they never do. */
  readonly misuse: number
}

export interface Session {
  /** ULID. */
  readonly id: string
  /** `declared`: by token exchange, with a task. `implicit`: of a person's own token, a conversation, without agentic rights. */
  readonly kind: 'declared' | 'implicit'
  /** Ends with it. */
  readonly parent?: string
  readonly tier: 1 | 2 | 3
  /** As it was proven when the session began, its chain included; its own `session` is absent. */
  readonly principal: Principal
  /** The OAuth client that it was begun for. */
  readonly client?: string
  readonly task?: Task
  readonly binding: Binding
  readonly bounds: Bounds
  readonly began: number
  /** `signInRules` of the bundle under which its principal was proven. */
  readonly rules: string
  /** Of an implicit one: what the caller calls the conversation; empty for the one that has no name. */
  readonly conversation?: string
}

export type EndReason =
  | 'expired'
  | 'idle'
  | 'tokens'
  | 'calls'
  | 'out-of-scope'
  /** Its token was used by somebody else. */
  | 'misuse'
  | 'refresh-reused'
  | 'revoked'
  /** By an operator. */
  | 'ended'
  | 'parent-ended'
  /** The bundle's issuers or teams changed: its principal might be another now. */
  | 'rules-changed'

export interface Ending {
  readonly at: number
  readonly why: EndReason
  /** Who ended it: `gate`, the name of an operator, or whom the revoking credential names. */
  readonly by: string
}

export interface SessionState {
  readonly session: Session
  /** The first of those that it came from; its own id where nothing stands above it. */
  readonly root: string
  readonly trust: Trust
  readonly usedAt: number
  readonly calls: number
  readonly tokens: number
  readonly toolCalls: number
  /** Calls in a row that earned trust. */
  readonly clean: number
  readonly outOfScope: number
  readonly misuse: number
  /** Calls in which inspection found something. */
  readonly flags: number
  /** Sorted. They only grow. */
  readonly labels: readonly string[]
  readonly ended?: Ending
}

/** What a call came to. */
export interface Spent {
  readonly tokens: number
  readonly toolCalls: number
  /** Inspection found something. */
  readonly flagged: boolean
  /** A model's answer came, whole, and inspection, which read all of it, found nothing. Absent: it was none. */
  readonly earns?: boolean
}

/** What calls in one session came to that were not counted one by one. */
export interface Tally {
  readonly id: string
  readonly calls: number
  /** Of the last of them. Milliseconds since the epoch. */
  readonly usedAt: number
  readonly tokens: number
  readonly toolCalls: number
  /** Calls in which inspection found something. */
  readonly flags: number
}

/**
 * Where sessions are kept. Nothing is remembered beside it: what one worker wrote is what another reads next. Everything throws
 * a Refusal `not_ready` where the store cannot be read or written.
 *
 * A session that is begun below another spends what is the other's: its calls, tokens and attempts count in all that it came from, and
 * none of them can go beyond its bounds that way. All of one origin have the same labels: whoever holds one of them may hold the others.
 */
export interface Sessions {
  /** Throws a Refusal `session_ended` where its parent has ended or is not there, and `not_permitted` eight sessions below the first. */
  begin(session: Session): void
  find(id: string): SessionState | undefined
  /**
   * The implicit session of this conversation of this principal that has not ended; `begin` makes one where there is none.
   * Of several workers at once, one makes it and all get the same. One that is past its end, or idle, is ended first. Who began very
   * many within the hour gets the one without a name instead; `begin` is told the name for which it begins one.
   */
  converse(subject: string, conversation: string, now: number, begin: (conversation: string) => Session): SessionState
  /**
   * Counts a call before anything is sent. Whoever would go beyond a bound does not, learns which, and has ended it: `parent-ended`
   * where it is the bound of one that it came from. Exact over all workers. One that is not there has `expired`.
   */
  call(id: string, now: number): 'counted' | EndReason
  /**
   * What a call came to. Raises `initial` to `standard` after enough calls in a row that earn it. One that is flagged begins the row
   * anew for all of one origin: none of them earns trust by what another does meanwhile.
   */
  settle(id: string, spent: Spent): void
  /** The same for each, in one write: for what is over together. */
  settleAll(all: readonly (readonly [id: string, spent: Spent])[]): void
  /** What happened in implicit sessions, which nothing bounds, since it was told last: all of it in one write. */
  tally(all: readonly Tally[]): void
  /**
   * Returns what is new. When it returns, every worker's next `find` shows them, and they survive the machine. Throws a Refusal
   * `session_ended` where there is no such session.
   */
  label(id: string, labels: readonly string[]): readonly string[]
  /**
   * One more attempt beyond its scope, or use by somebody else, of it and of all that it came from. Each of them that this brings to
   * its bound has ended when it returns, and that survives the machine: why this one is over. One that is not there has `expired`.
   */
  strike(id: string, what: 'outOfScope' | 'misuse', now: number): 'counted' | EndReason
  /** False where it has ended or is not there. */
  elevate(id: string): boolean
  /**
   * This session and all below it, where they have not ended yet: which did, itself first. Survives the machine.
   * One whose calls were used up is marked once more: what it had admitted before is cut then, too.
   */
  end(id: string, ending: Ending): readonly string[]
  /** The same for each, in one write. */
  endAll(ids: readonly string[], ending: Ending): readonly string[]
  /**
   * Those that ended after this mark, oldest first, and the mark to go on from; marks only grow. For whoever ends what they had opened:
   * they begin with `Infinity`, which lists none, and ask again at once where many came (there may be more).
   */
  endedSince(mark: number): { readonly mark: number; readonly ids: readonly string[] }
  /** Ends what is past its end, or idle: which. Some of it, where it is much; the rest with the next. Forgets what ended a month ago. */
  sweep(now: number): readonly string[]
  /** Ended, but its end does not stand in the log yet: the oldest of them. Nothing is forgotten before it does. */
  unrecorded(): readonly SessionState[]
  recorded(id: string): void
  /** The newest first. */
  list(filter: SessionFilter): readonly SessionState[]
  /** A single token (its `jti`), until it would have expired anyway. */
  revokeToken(jti: string, until: number): void
  isRevoked(jti: string): boolean
}

export interface SessionFilter {
  readonly open?: boolean
  /** Of this principal, anywhere in the chain: `User::alice`. */
  readonly principal?: string
  readonly client?: string
  readonly kind?: Session['kind']
  /** Begun at this moment or later. Milliseconds since the epoch. */
  readonly began?: number
  /** With a lesser id: what comes after a page whose last this is. */
  readonly before?: string
  readonly most: number
}

/** Remembers what may be used once. Shared by all workers. */
export interface OnlyOnce {
  /** False where it was used before. `until`: from when on it could not be used anyway. */
  use(key: string, until: number, now: number): boolean
}
