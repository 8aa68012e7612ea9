// `/metrics` of the control plane: its own log, and its process.
import type { Observe } from '#access/trail.ts'
import { entriesFigure } from '#telemetry/entry-figures.ts'
import { printPage } from '#telemetry/family.ts'
import { infoFigure } from '#telemetry/gate-figures.ts'
import { logFigures, type LogStanding } from '#telemetry/log-figures.ts'
import { processFigures } from '#telemetry/process-figures.ts'
import { buildOf } from './metrics-gateway.ts'

export interface ControlMetrics {
  /** For the trail. */
  readonly observe: Observe
  page(trail: { standing(): LogStanding }): string
  close(): void
}

/** `root` is where this version stands. */
export function controlMetrics(root: string): ControlMetrics {
  const own = { worker: 'control' }
  const build = buildOf(root)
  const entries = entriesFigure()
  const ownProcess = processFigures()
  return {
    observe: ({ entry }) => entries.add(1, entry.kind),
    page: (trail) =>
      printPage([
        infoFigure(build, own),
        ...logFigures(trail.standing(), own),
        entries.family(own),
        ...ownProcess.families(own),
      ]),
    close: () => ownProcess.close(),
  }
}
