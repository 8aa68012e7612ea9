// Everything that is told of what the trail accepts, besides the trail: figures, and one line for each request.
import type { Observe } from '#access/trail.ts'
import { openExchanges } from './begun.ts'
import { entryFigures, type Names } from './entry-figures.ts'
import type { Family, Labels } from './family.ts'
import { requestLine } from './request-line.ts'

export interface Telemetry {
  /** For the trail. Keeps to what `Observe` demands: it never throws nor waits. */
  readonly observe: Observe
  families(own: Labels): readonly Family[]
}

export interface TelemetryParts {
  readonly names: Names
  /** Takes one line for each request that ended; absent where nobody wants any. */
  readonly line?: (line: string) => void
}

/** As many as the audit log itself keeps open. */
const MOST_OPEN = 100_000

export function makeTelemetry({ names, line }: TelemetryParts): Telemetry {
  const figures = entryFigures(names)
  const open = openExchanges(MOST_OPEN)
  return {
    observe({ entry, time }) {
      switch (entry.kind) {
        case 'decision':
          figures.decision(entry)
          open.begin(entry, time)
          return
        case 'outcome': {
          const begun = open.end(entry.exchange)
          figures.outcome(entry, begun)
          line?.(requestLine(entry, begun, time))
          return
        }
        default:
          figures.other(entry)
      }
    },
    families: (own) => figures.families(own),
  }
}
