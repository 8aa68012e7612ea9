// At most a few at once, and a bounded line behind them: for work that a caller can ask for at little cost.
import { Refusal } from '#access/refusal.ts'

export interface Bounds {
  readonly running: number
  readonly waiting: number
}

/** What comes when the line is full rejects with a Refusal `not_ready`. Those who wait go in the order in which they came. */
export function fewAtOnce<Input, Output>(
  { running, waiting }: Bounds,
  work: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  const line: (() => void)[] = []
  let busy = 0
  return async (input) => {
    if (busy < running) busy += 1
    else if (line.length < waiting) await new Promise<void>((resolve) => line.push(resolve))
    else throw new Refusal('not_ready', { message: 'Too many look at records just now; try again.', retryAfter: 1 })
    try {
      return await work(input)
    } finally {
      // A place is handed on rather than given back: nobody who comes now takes it from the one who waited.
      const next = line.shift()
      if (next) next()
      else busy -= 1
    }
  }
}
