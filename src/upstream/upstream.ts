import type { Provider } from '#access/provider.ts'

export interface UpstreamCall {
  readonly provider: Provider
  /** Below the provider's URL, with its slash. */
  readonly path: string
  readonly method: 'POST' | 'GET' | 'DELETE'
  /** Of the caller's headers, those that the protocol lets through. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  readonly streaming: boolean
  /** Where another target is left: an answer that has begun, but holds no byte of its body in time, counts as none. */
  readonly firstByteCounts: boolean
  /** A fresh `x-sallyport-identity` for each sending, where the provider asks for it. */
  readonly identity?: (() => string | undefined) | undefined
  /** Aborting it closes the connection to the provider. */
  readonly signal: AbortSignal
  /** And so does aborting this one. */
  readonly withdrawn?: AbortSignal | undefined
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: Headers
  /** Undefined where the answer has no body. Cancelling it closes the connection. */
  readonly body: ReadableStream<Uint8Array> | undefined
  /**
   * In place of reading `body`, of an answer that says how short it is: all of it, which costs far less than its pieces.
   * Rejects with what `late` makes where it is not there within so many milliseconds, otherwise as `body` would.
   */
  readonly whole?: ((ms: number, late: () => Error) => Promise<Uint8Array>) | undefined
}

/** The way out. */
export interface Upstream {
  /**
   * Rejects with a Refusal: `provider_unreachable` and `provider_address_refused` only when nothing was sent,
   * `provider_timeout` when no answer began in time, `audit_unavailable` when a secret's reading could not be recorded,
   * `provider_failed` otherwise. A redirect is an answer like any other, and is not followed.
   */
  send(call: UpstreamCall): Promise<UpstreamAnswer>
}
