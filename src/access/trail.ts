// The audit vocabulary. Entries are canonical JSON (RFC 8785) of at most 32 KiB and hold no prompt or answer text.
import type { Grounds } from './decision.ts'
import type { Check, Finding } from './finding.ts'
import type { Binding, Task, Trust } from './task.ts'
import type { Usage } from './usage.ts'

export interface ChainLink {
  readonly type: string
  readonly id: string
}

export interface PrincipalRecord extends ChainLink {
  readonly groups?: readonly string[]
  readonly issuer?: string
  /** How the identity was proven, where it was not by a token of the issuer alone. */
  readonly method?: string
  /** The id of the virtual key. */
  readonly key?: string
  /** From the actor to its origin, the actor included. */
  readonly chain: readonly ChainLink[]
}

export interface DecisionEntry {
  readonly kind: 'decision'
  readonly exchange: string
  readonly principal: PrincipalRecord
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string }
  /** The wish's other accesses, where it is more than one. */
  readonly also?: readonly {
    readonly action: string
    readonly resource: { readonly type: string; readonly id: string }
  }[]
  /** The caller's address, and the trusted proxy that says so. */
  readonly source?: string
  readonly via?: string
  readonly session?: string
  readonly system?: string
  readonly tier?: 1 | 2 | 3
  readonly decision: 'allow' | 'ask' | 'deny'
  /** The class of a denial or refusal: `not_permitted`, `unauthenticated`, `body_too_large`… */
  readonly reason?: string
  /** What the refusal may be a sign of, and of what: an entry of its own says so, too. */
  readonly indicator?: string
  readonly subject?: string
  /** The limit that is used up, and whose amount it is: `User::alice`. */
  readonly limit?: { readonly name: string; readonly whose: string }
  /** Ids of the determining policies. */
  readonly policies: readonly string[]
  readonly grounds?: Grounds
  /** `provider/model`, in the order in which they would be tried. */
  readonly targets?: readonly string[]
  /** The bundle's content hash. */
  readonly bundle: string
  /** SHA-256 of the request body as it arrived, hex. */
  readonly request?: string
  /** SHA-256 of that body without what inspection took out of it, hex; absent where nothing was. */
  readonly redacted?: string
  readonly protocol?: string
  /** Body fields that the protocol does not know and tier 1 passed. */
  readonly unknown?: readonly string[]
  readonly findings: readonly Finding[]
  readonly checks: readonly Check[]
  /** The span of this exchange in the caller's trace (W3C trace context), where the caller sent one that can be read. */
  readonly trace?: TraceRecord
}

/** Lower-case hex, as in W3C trace context: 32 digits, and 16 each. */
export interface TraceRecord {
  readonly id: string
  readonly span: string
  readonly parent: string
}

export interface OutcomeEntry {
  readonly kind: 'outcome'
  readonly exchange: string
  /** Microseconds from the request's arrival to this outcome. */
  readonly us?: number
  /** What the caller got; 0 where the connection was gone first. */
  readonly status: number
  readonly bytes: number
  readonly ended: 'complete' | 'refused' | 'caller-gone' | 'upstream-failed' | 'unknown'
  readonly reason?: string
  readonly usage?: Usage
  /** Millionths of a US dollar; `unpriced` where the bundle has no price for something that was used. */
  readonly cost?: number | 'unpriced'
  /** Every attempt, in order. */
  readonly attempts?: readonly {
    readonly target: string
    readonly status: number
    readonly us: number
    readonly error?: string
    /** `jti` of each identity token that went with it; more than one where it was sent again with a fresh secret. */
    readonly identities?: readonly string[]
    /** SHA-256 of the body as it was sent, hex. */
    readonly sent?: string
  }[]
  readonly findings: readonly Finding[]
  readonly checks: readonly Check[]
}

/** A change to what is in force, or to the logs themselves (birth, seal). */
export interface ChangeEntry {
  readonly kind: 'change'
  readonly what: 'log-birth' | 'log-seal' | 'log-removal' | 'bundle' | 'process' | 'key' | 'signing-key' | 'session'
  readonly subject: string
  readonly by: string
  readonly why: string
  readonly before?: string
  readonly after?: string
}

export interface IndicatorEntry {
  readonly kind: 'indicator'
  readonly exchange?: string
  readonly indicator: string
  readonly principal?: PrincipalRecord
  /** What it is about: the id of a key, the name of a provider. */
  readonly subject?: string
  readonly source?: string
}

/** A secret was read from where it is kept. Never the secret. */
export interface SecretEntry {
  readonly kind: 'secret'
  readonly what: 'read' | 'lost'
  /** As the bundle refers to it: `file:/run/secrets/openai`, `vault:kv/billing#token`. */
  readonly reference: string
  /** Names of the providers that are called with it. */
  readonly used?: readonly string[]
  /** The same for the same secret in this state directory, and nothing to be guessed from: tells rotations apart. */
  readonly fingerprint?: string
  /** Why it is lost. */
  readonly why?: string
}

/** A session began, changed or ended (SESS-01, SESS-05). */
export interface SessionEntry {
  readonly kind: 'session'
  readonly what: 'begin' | 'end' | 'trust' | 'label'
  readonly session: string
  readonly parent?: string
  readonly principal?: PrincipalRecord
  readonly client?: string
  readonly tier?: 1 | 2 | 3
  /** Of a beginning: what was declared, what its token is bound to, and when it ends at the latest (RFC 3339). */
  readonly task?: Task
  readonly bound?: Binding['by']
  readonly expires?: string
  readonly trust?: Trust
  readonly labels?: readonly string[]
  /** Of an end. */
  readonly why?: string
  readonly by?: string
  /** Milliseconds. */
  readonly duration?: number
  readonly calls?: number
  readonly tokens?: number
  readonly toolCalls?: number
  readonly flags?: number
  readonly exchange?: string
}

/** The authorization server issued, refused or revoked a token. Never the token. */
export interface TokenEntry {
  readonly kind: 'token'
  readonly what: 'issued' | 'refused' | 'revoked'
  readonly grant?: string
  readonly session?: string
  readonly client?: string
  readonly principal?: PrincipalRecord
  /** Its `jti`. */
  readonly token?: string
  readonly scope?: string
  /** Seconds. */
  readonly life?: number
  readonly bound?: Binding['by']
  /** The error code of RFC 6749 section 5.2, and ours. */
  readonly reason?: string
  readonly indicator?: string
  readonly source?: string
  readonly exchange?: string
}

/** Somebody read the log. It stands in a log of the reader's, never in the one that was read. */
export interface ReadEntry {
  readonly kind: 'read'
  readonly what: 'show' | 'explain' | 'export' | 'proof' | 'search'
  /** The log, or `*` for all of them. */
  readonly subject: string
  /** The system's name for who ran the command. */
  readonly by: string
  /** What was asked for, as its options: `{ kind: 'decision', principal: 'alice' }`. */
  readonly selection: Readonly<Record<string, string>>
  readonly exchange?: string
  /** Entries that were shown; absent where the reading is recorded before it is known. */
  readonly entries?: number
}

/**
 * What a caller of the trail hands over. In the log stand, besides: `id` (ULID), `time` (RFC 3339, UTC, milliseconds),
 * `index` (the position in its log, from 0), and `truncated` (names of fields that were cut to fit 32 KiB), where any was.
 */
export type Entry =
  | DecisionEntry
  | OutcomeEntry
  | ChangeEntry
  | IndicatorEntry
  | SecretEntry
  | SessionEntry
  | TokenEntry
  | ReadEntry

/** Proof that an entry stands: written (survives the process) or synced (survives the machine), as asked. */
export interface Stamp {
  readonly log: string
  readonly index: number
  readonly id: string
  /** RFC 6962 leaf hash, hex. */
  readonly hash: string
}

export interface Trail {
  /**
   * Resolves when the entry has survived what `durable` names; rejects with a Refusal `audit_unavailable` when it
   * could not be written, or not synced as asked: it then counts for nothing, though after a failed sync it may still
   * stand, to be closed as `unknown`. Callers MUST NOT let the effect happen before it resolves.
   */
  append(entry: Entry, durable: 'process' | 'machine'): Promise<Stamp>
}

/** An entry that was accepted, with what the trail added to it. */
export interface Accepted {
  readonly entry: Entry
  readonly stamp: Stamp
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** Told of each entry once it is written, in order. MUST NOT throw, wait, or keep more than it bounds. */
export type Observe = (accepted: Accepted) => void
