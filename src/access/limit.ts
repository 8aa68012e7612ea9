// Limits: how much of something, of whom, in which time. Amounts are whole numbers: of spend, millionths of a US dollar.

export const MEASURES = ['requests', 'tokens', 'spend', 'tool-calls', 'streams'] as const
export type Measure = (typeof MEASURES)[number]

/** Of whom each has an amount of its own. `user`, `app`: that link of the chain; `principal`: who calls. */
export const PERS = ['principal', 'user', 'app', 'key', 'team', 'model', 'tool', 'session'] as const
export type Per = (typeof PERS)[number]

/** A calendar window begins with the minute, hour, day (UTC) or month; a sliding one is the time before this moment. */
export type Window =
  | { readonly kind: 'calendar'; readonly unit: 'minute' | 'hour' | 'day' | 'month' }
  | { readonly kind: 'sliding'; readonly ms: number }

export interface Limit {
  /** As explanations and headers name it: `2000 USD/month per team`. Unique in its bundle. */
  readonly name: string
  readonly per: Per
  readonly measure: Measure
  readonly most: number
  /** Absent of `streams`: as many at once. */
  readonly window?: Window
  /** From this share of it on, a warning is recorded once a window: 0.8. */
  readonly warn?: number
  /** More than so many requests in so many milliseconds are flagged, not refused. */
  readonly burst?: { readonly most: number; readonly ms: number }
  /** Whom and what it counts; absent: everybody and everything. */
  readonly only?: {
    readonly teams?: readonly string[]
    readonly models?: readonly string[]
    readonly environments?: readonly string[]
    readonly tiers?: readonly (1 | 2 | 3)[]
  }
}

/** Where amounts are kept, for all workers. Everything throws a Refusal `not_ready` where that cannot be read or written. */
export interface Shares {
  /**
   * Takes `least` to `wanted` of what is left of `most` under this key, or nothing: how much. A key names the limit, whose it
   * is, and the window. Never is more than `most` taken in all, whoever asks: under this key and those `beside` it together
   * (the other segments of a sliding window), in one transaction. `until`: from when on nobody asks for the key.
   */
  take(
    key: string,
    amount: {
      readonly least: number
      readonly wanted: number
      readonly most: number
      readonly beside?: readonly string[]
    },
    until: number,
  ): number
  /** Gives back what was taken and not used. Never below nothing, and no matter for a key that is no longer kept. */
  give(key: string, amount: number): void
  /** Taken in all, whatever the bound: spend that turned out higher than was thought. */
  add(key: string, amount: number, until: number): void
  taken(key: string): number
}

/** Prices in US dollars for a million tokens; of tools, for a call. What has no price is `unpriced`, never free. */
export interface Price {
  readonly input: number
  readonly output: number
  /** Input that the provider read from its cache; the price of input unless given. */
  readonly cached?: number
  /** Input that the provider wrote into its cache; the price of input unless given. */
  readonly cacheWrite?: number
  /** Output that nobody sees; the price of output unless given. */
  readonly reasoning?: number
  readonly tools?: ReadonlyMap<string, number>
}
