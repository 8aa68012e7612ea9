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
  /** Aborting it closes the connection to the provider. */
  readonly signal: AbortSignal
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: Headers
  /** Undefined where the answer has no body. Cancelling it closes the connection. */
  readonly body: ReadableStream<Uint8Array> | undefined
}

/** The way out. */
export interface Upstream {
  /**
   * Rejects with a Refusal: `provider_unreachable` only when nothing was sent, `provider_timeout` when no answer began
   * in time, `provider_failed` otherwise. A redirect is an answer like any other, and is not followed.
   */
  send(call: UpstreamCall): Promise<UpstreamAnswer>
}
