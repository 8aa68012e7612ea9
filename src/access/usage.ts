/** In tokens, as the provider counts them; of `tools`, calls by name. `cached`, `cacheWrite` are part of input, `reasoning` of output. */
export interface Usage {
  readonly input?: number
  readonly output?: number
  readonly cached?: number
  readonly cacheWrite?: number
  readonly reasoning?: number
  readonly tools?: Readonly<Record<string, number>>
  /** By us, where the answer ended before the provider said. */
  readonly estimated?: true
}
