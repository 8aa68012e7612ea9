// Ids of what a provider made and holds: responses, conversations, containers, files. Whoever knows such an id could go on
// from another's conversation; so each is usable only by the principal and session that caused it.

export interface MadeBy {
  /** `User::alice` as type and id; of a chain, its origin. */
  readonly principal: { readonly type: string; readonly id: string }
  readonly session?: string
  /** The names of the model: the caller's, and the provider's. */
  readonly model: string
  readonly at: string
  /** In which exchange it was made. */
  readonly exchange: string
}

export interface ProviderIds {
  /** Who made an id first keeps it: a provider that repeats another's id gives nobody anything. Throws a Refusal `not_ready` when it cannot be kept. */
  claim(provider: string, ids: readonly string[], by: MadeBy): void
  find(provider: string, id: string): MadeBy | undefined
  /** What the provider deleted. */
  forget(provider: string, id: string): void
}
