// What the authorization server counts: it has no door of its own for scrapers, so it leaves its figures where the gateway finds them.
import { join } from 'node:path'
import type { Observe } from '#access/trail.ts'
import { logFigures, type LogStanding } from '#telemetry/log-figures.ts'
import { makeTelemetry } from '#telemetry/telemetry.ts'
import { workerFigures } from '#telemetry/worker-figures.ts'

const EVERY_MS = 1_000
const OWN = { worker: 'authorization' } as const

export interface AuthorizationMetrics {
  /** For the trail. */
  readonly observe: Observe
  /** From now on its figures are left, of this log too. */
  attach(trail: { standing(): LogStanding }): void
  close(): void
}

export async function authorizationMetrics(home: string, now: () => number): Promise<AuthorizationMetrics> {
  const figures = await workerFigures({ directory: join(home, 'metrics'), log: OWN.worker, now })
  // It calls no model and no provider.
  const telemetry = makeTelemetry({ names: { isModel: () => false, isProvider: () => false } })
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    observe: telemetry.observe,
    attach(trail) {
      const leave = (): void => figures.leave([...telemetry.families(OWN), ...logFigures(trail.standing(), OWN)])
      leave()
      timer = setInterval(leave, EVERY_MS)
      timer.unref()
    },
    close() {
      clearInterval(timer)
      figures.close()
    },
  }
}
