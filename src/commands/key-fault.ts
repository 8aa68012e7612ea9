// What is said of a key, in the words of `sallyport key import`, and what can be wrong with it.

/** Times are durations from now (`30d`) or dates; the rest is as in VirtualKey. */
export interface KeyFields {
  readonly app?: string
  readonly person?: string
  readonly owner?: string
  readonly team?: string
  readonly environment?: string
  readonly use?: string
  readonly models?: readonly string[]
  readonly actions?: readonly string[]
  readonly networks?: readonly string[]
  readonly users?: readonly string[]
  readonly not_before?: string
  readonly expires?: string
  readonly unused_for?: string
  readonly why?: string
}

export interface Fault {
  readonly field: string
  readonly message: string
  /** What to do about it: a sentence. */
  readonly fix: string
}

export type ReportFault = (field: keyof KeyFields, message: string, fix: string) => undefined

/** As bundles name teams and issuers. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * What is not seen, or not as what it is: a name with one of these looks like another's. The braille blank is a letter to
 * Unicode, and empty.
 */
export const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Quoted, and not so long that a secret in the wrong place is shown whole. */
export const shown = (text: string): string => JSON.stringify(text.length > 43 ? `${text.slice(0, 12)}…` : text)
