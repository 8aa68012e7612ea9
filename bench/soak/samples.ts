// Whether something stays as it is: the medians of a soak's beginning, middle and end, and how much it grows by the hour.
import { median } from '../gateway/turns.ts'

export interface Sample {
  /** Seconds since the soak began. */
  readonly at: number
  readonly value: number
}

export interface Course {
  readonly start: number
  readonly middle: number
  readonly end: number
  readonly most: number
  /** By least squares. */
  readonly per_hour: number
  readonly flat: boolean
}

/** Flat: the end is no more than a twentieth, and `slack`, above the higher of the beginning and the middle. */
export function courseOf(samples: readonly Sample[], slack: number): Course {
  const values = samples.map(({ value }) => value)
  const third = Math.ceil(values.length / 3)
  const start = median(values.slice(0, third))
  const middle = median(values.slice(third, 2 * third))
  const end = median(values.slice(2 * third))
  // A process that is given work takes what it needs in its first third; from there on it has to stay.
  const flat = end <= Math.max(start, middle) * 1.05 + slack
  return { start, middle, end, most: Math.max(...values), per_hour: slope(samples) * 3_600, flat }
}

function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [at, value] = [mean((sample) => sample.at), mean((sample) => sample.value)]
  const spread = samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0)
  const shared = samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.value - value), 0)
  return spread === 0 ? 0 : shared / spread
}
