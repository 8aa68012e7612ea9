// `/metrics` of a gateway: what this worker counted, how its parts stand, and what the other workers and the archive left for it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Observe } from '#access/trail.ts'
import type { Listening } from '#gateway/listen.ts'
import { archiveFigures } from '#telemetry/archive-figures.ts'
import { type Family, gauge, printPage } from '#telemetry/family.ts'
import { type Build, gateFigures } from '#telemetry/gate-figures.ts'
import type { LineWriter } from '#telemetry/line-writer.ts'
import { logFigures, type LogStanding } from '#telemetry/log-figures.ts'
import { processFigures } from '#telemetry/process-figures.ts'
import { makeTelemetry } from '#telemetry/telemetry.ts'
import { readFigures, type WorkerFigures, workerFigures } from '#telemetry/worker-figures.ts'
import type { WiredGate } from './gate-of.ts'

export interface GatewayMetrics {
  /** For the trail. */
  readonly observe: Observe
  /** For the gate. */
  page(): Promise<string>
  /** What can be asked once it serves. */
  attach(parts: Attached): void
  close(): void
}

export interface Attached {
  readonly wired: Pick<WiredGate, 'gate' | 'inForce'>
  readonly trail: { standing(): LogStanding }
  readonly server: Pick<Listening, 'standing'>
}

export interface GatewayMetricsParts {
  readonly home: string
  /** Where this version stands. */
  readonly root: string
  /** This worker's. */
  readonly log: string
  /** Whether other workers share the port. */
  readonly shared: boolean
  readonly lines: LineWriter | undefined
  readonly now: () => number
}

const EVERY_MS = 1_000

export async function gatewayMetrics(parts: GatewayMetricsParts): Promise<GatewayMetrics> {
  const { home, root, log, shared, lines, now } = parts
  const directory = join(home, 'metrics')
  const own = { worker: log }
  const build = buildOf(root)
  let attached: Attached | undefined
  const config = () => attached?.wired.inForce.active().bundle.config
  const telemetry = makeTelemetry({
    names: {
      isModel: (name) => config()?.models.has(name) === true,
      isProvider: (name) => config()?.providers.has(name) === true,
    },
    ...(lines && { line: (line) => lines.add(line) }),
  })
  const ownProcess = processFigures()
  const others = shared ? await workerFigures({ directory, log, now }) : undefined

  const families = (): readonly Family[] => [
    ...(attached ? standingOf(attached, { build, lines, own }) : []),
    ...telemetry.families(own),
    ...ownProcess.families(own),
    ...(others ? [leftFigure(others, own)] : []),
  ]
  const timer = others && setInterval(() => others.leave(families()), EVERY_MS)
  timer?.unref()
  return {
    observe: telemetry.observe,
    async page() {
      const mine = families()
      others?.leave(mine)
      const [theirs, archive, authorization] = await Promise.all([
        others?.others() ?? [],
        archiveFigures(join(directory, 'archive.json'), now()),
        readFigures(join(directory, 'authorization.json'), now()),
      ])
      return printPage([...mine, ...theirs, ...archive, ...authorizationUp(authorization), ...authorization])
    },
    attach(all) {
      attached = all
    },
    close() {
      clearInterval(timer)
      ownProcess.close()
      others?.close()
    },
  }
}

interface Standing extends Pick<GatewayMetricsParts, 'lines'> {
  readonly build: Build
  readonly own: { readonly worker: string }
}

function standingOf({ wired, trail, server }: Attached, { build, lines, own }: Standing): readonly Family[] {
  const { bundle, jwt } = wired.inForce.active()
  const standing = {
    ...server.standing(),
    bundle: bundle.hash,
    tokens: jwt.remembered(),
    issuers: [...jwt.keySets.values()].map((keys) => keys.standing()),
    circuits: wired.gate.circuits.standing(),
    lines: lines?.standing(),
  }
  return [...gateFigures(standing, build, own), ...logFigures(trail.standing(), own)]
}

const authorizationUp = (left: readonly Family[]): readonly Family[] => [
  gauge(
    { name: 'sallyport_authorization_up', help: '1 where the authorization server said lately how it stands.' },
    { worker: 'authorization' },
    [[{}, left.length > 0 ? 1 : 0]],
  ),
]

const leftFigure = (others: WorkerFigures, own: Standing['own']): Family =>
  gauge(
    {
      name: 'sallyport_metrics_failures_total',
      help: 'Figures that could not be left for other workers.',
      type: 'counter',
    },
    own,
    [[{}, others.failures()]],
  )

export function buildOf(root: string): Build {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  return { version, runtime: `bun ${process.versions['bun'] ?? ''}` }
}
