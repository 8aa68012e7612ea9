// Where a stream goes. A sink turns a batch of entries into a shipment once; the shipment is sent as often as it takes.
import type { Logged } from '#audit/export/logged.ts'

export type Delivery =
  /** `rejected` entries or spans of it were refused for good. */
  | { readonly kind: 'done'; readonly rejected: number }
  /** Whoever takes it is not done with what was given before; nothing is wrong yet. */
  | { readonly kind: 'full' }
  /** What was delivered of it is not sent again; the rest waits. `after`: not before, in milliseconds. */
  | { readonly kind: 'later'; readonly why: string; readonly after?: number }

export interface Shipment {
  /** Ends soon after `stop`, and within some seconds in any case. Sends what is left; rejects only where the code is wrong. */
  send(stop: AbortSignal): Promise<Delivery>
}

export interface StreamSink {
  /** In the order of their logs, each once. */
  take(batch: readonly Logged[]): Shipment
  /** An entry that was told before this process started: what it opened may be ended by one that comes. */
  remember?(logged: Logged): void
  close?(): void
}
