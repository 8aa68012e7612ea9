// Cedar's values as the gate holds them. Longs are bigint: a double would silently round what policy compares.

/** The name of one thing: a Cedar entity reference such as `User::"alice"`. */
export interface EntityUid {
  readonly type: string
  readonly id: string
}

/** A Cedar extension value, by its constructor and the text it was given: `ip("10.0.0.1")`. */
export interface Extension {
  readonly fn: 'ip' | 'decimal' | 'datetime' | 'duration'
  readonly arg: string
}

/** Any value that a Cedar context or attribute can hold. A set is an array, in any order. */
export type Value =
  | boolean
  | bigint
  | string
  | { readonly entity: EntityUid }
  | { readonly extension: Extension }
  | { readonly record: RecordValue }
  | readonly Value[]

export interface RecordValue {
  readonly [key: string]: Value
}

/** One entity of the authorization data: what it is, what it has, and which groups hold it directly. */
export interface Entity {
  readonly uid: EntityUid
  readonly attributes: RecordValue
  readonly parents: readonly EntityUid[]
  readonly tags?: RecordValue
}

/** `User::"alice"`, as Cedar prints it. */
export function printUid(uid: EntityUid): string {
  return `${uid.type}::${JSON.stringify(uid.id)}`
}
