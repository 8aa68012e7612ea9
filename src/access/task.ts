// What a session is for, what its token is bound to, and how far it is trusted.

/** What a session may do so far (SESS-04). */
export type Trust = 'initial' | 'standard' | 'elevated'

/** What it was declared to be for (SESS-03): each list is a ceiling, never a permission. */
export interface Task {
  /** What is being done: `answer-customer-query`. */
  readonly type: string
  /** Which data it is about: `customer 4711`. */
  readonly domain?: string
  /** Names of the bundle's models. */
  readonly models: readonly string[]
  /** Bare Cedar ids of actions on them. */
  readonly actions: readonly string[]
  /** Tools behind the gate. None can be declared until there are some. */
  readonly tools: readonly string[]
  readonly output: 'text' | 'text-and-changes'
}

/** What must be shown beside its token. */
export type Binding =
  /** A proof by the key with this JWK thumbprint (RFC 9449 section 6.1). */
  | { readonly by: 'key'; readonly jkt: string }
  /** An address in one of these CIDR networks. */
  | { readonly by: 'network'; readonly networks: readonly string[] }
  | { readonly by: 'nothing' }

/** Of the principal of a request, as of its identification. */
export interface SessionRef {
  readonly id: string
  /** The first of those that it came from: what is counted by session counts there, however many are begun below. */
  readonly root: string
  readonly kind: 'declared' | 'implicit'
  readonly tier: 1 | 2 | 3
  readonly trust: Trust
  readonly bound: Binding['by']
  readonly task?: Task
}

/** What an action takes, where sessions of tier 3 earn their trust. Whatever does not stand here takes the most. */
const NEEDED: ReadonlyMap<string, Trust> = new Map([
  ['infer', 'initial'],
  ['embed', 'initial'],
  ['use-file', 'initial'],
  ['search-files', 'initial'],
  ['use-stored', 'initial'],
  ['use-prompt', 'initial'],
  ['store', 'standard'],
  ['background', 'standard'],
  ['run-code', 'standard'],
])

const RANK: Readonly<Record<Trust, number>> = { initial: 0, standard: 1, elevated: 2 }

/** Whether trust is enough for this action. What reaches others (a fetched URL, a search, a remote server) takes `elevated`. */
export const isTrusted = (trust: Trust, action: string): boolean =>
  RANK[trust] >= RANK[NEEDED.get(action) ?? 'elevated']
