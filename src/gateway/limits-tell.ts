// A limit that is nearly used up, or a burst: one entry of the trail, which metrics count, and one line to the operator.
import type { Gate } from './gate.ts'
import type { TellSign } from './limits-signs.ts'

/** What cannot be recorded is said in the line: nobody is refused for it. */
export function tellLimits({
  trail,
  report,
}: {
  readonly trail: Gate['trail']
  readonly report: (line: string) => void
}): TellSign {
  return ({ indicator, limit, whose, exchange }) => {
    const what = indicator === 'burst' ? 'requests come in a burst' : 'is nearly used up'
    report(`limit ${JSON.stringify(limit)} of ${whose}: ${what} (exchange ${exchange})`)
    trail
      .append({ kind: 'indicator', indicator, exchange, subject: `${limit} of ${whose}` }, 'process')
      .catch(() => report(`that could not be recorded (exchange ${exchange})`))
  }
}
