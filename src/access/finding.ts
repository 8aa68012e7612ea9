/** What an inspector saw, where, and how much of the text it covered. Never the text itself. */
export interface Finding {
  readonly inspector: string
  /** What it is; `unreadable` where nobody here can say. */
  readonly kind: string
  /** A JSON pointer into the request or answer; keys that are not plain names show as `*`. */
  readonly place: string
  readonly action: 'flag' | 'redact' | 'hold' | 'block'
  /** Of the message that it stands in, in bytes of UTF-8. */
  readonly coverage: Coverage
}

export interface Coverage {
  readonly seen: number
  readonly of: number
}

/** One check of one exchange: what it said and what it cost, in whole microseconds. */
export interface Check {
  readonly name: string
  readonly verdict: 'pass' | 'fail' | 'not-run' | 'indeterminate'
  readonly us: number
  /** Of an inspector: which way the message went, and how much of its text could be read, in bytes of UTF-8. */
  readonly direction?: Direction
  /** How often something was found; findings are listed by kind and place, and no more than 64. */
  readonly found?: number
  readonly coverage?: Coverage
}

export type Direction = 'request' | 'answer'
