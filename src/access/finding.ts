/** What an inspector saw, where, and how much of the text it covered. Never the text itself. */
export interface Finding {
  readonly inspector: string
  readonly kind: string
  /** A JSON pointer into the request or answer. */
  readonly place: string
  readonly action: 'flag' | 'redact' | 'hold' | 'block'
  readonly coverage: { readonly seen: number; readonly of: number }
}

/** One check of one exchange: what it said and what it cost, in whole microseconds. */
export interface Check {
  readonly name: string
  readonly verdict: 'pass' | 'fail' | 'not-run' | 'indeterminate'
  readonly us: number
}
