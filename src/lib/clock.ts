// Time as it is passed in. The two never mix: wall time may step back, monotonic time says nothing about the date.
import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Microseconds from some fixed moment; never steps back. For durations. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 1000,
}
