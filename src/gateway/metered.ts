// What a request that may be sent is expected to take, until its outcome says what it took.
import type { Price } from '#access/limit.ts'
import type { Usage } from '#access/usage.ts'
import type { Reservation } from './limits.ts'

export interface Metered {
  readonly reservation: Reservation
  readonly model: string
  readonly price: Price | undefined
  readonly forecast: Forecast
  /** What a whole answer said of its usage, should it not be passed on. */
  usage?: Usage
  /** How far its stream had come when it ended: something was said to its end, and then what it took was counted. */
  came?: 'finished' | 'counted'
}

export interface Forecast {
  /** An estimate, in tokens. */
  readonly input: number
  /** `least`: where the request sets no bound, it may begin with little left. */
  readonly output: { readonly least: number; readonly most: number }
  /** Tools of the provider's own that the model could call. */
  readonly tools: readonly string[]
  /** Calls of them do not stand in the answer. */
  readonly tellsNoCalls: boolean
  readonly charges: 'input' | 'nothing' | undefined
  readonly streaming: boolean
  /** The provider works on when it has answered. */
  readonly isBackground: boolean
  /** The model was asked to think, of which a stream need not show anything. */
  readonly mayReason: boolean
}
