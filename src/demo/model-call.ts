// One request to a model, as the provider hands it to the protocol that it is written in.
import type { Wait } from './paced-body.ts'

export interface ModelCall {
  readonly url: URL
  /** The request's text; it was UTF-8. */
  readonly body: string
  /** Counts the calls since the start: the source of every id. */
  readonly number: number
  /** Seconds since the epoch. */
  readonly created: number
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
  readonly wait: Wait
  /** To be called when a streamed answer is over: a hang-up after that is none. */
  readonly ended: () => void
}

/** A protocol: answers a call, or refuses it in its own shape before it is read. */
export interface DemoProtocol {
  readonly answer: (call: ModelCall) => Promise<Response>
  readonly refuse: Refuse
}

export type Refuse = (status: 400 | 401 | 404, message: string) => Response
