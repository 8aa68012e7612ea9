// A ceiling, never a permission: what a credential can be used for at most, whatever policy permits its principal.

export interface Grant {
  /** What it comes from, as `explain` prints it: `key 7HkQ2mVxw0Za`. */
  readonly of: string
  /** Names of the bundle's models. */
  readonly models: ReadonlySet<string>
  /** Bare Cedar ids of actions on models. */
  readonly actions: ReadonlySet<string>
}
