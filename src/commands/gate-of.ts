// Wires one worker's gate: the one place where the data plane's parts meet.
import { randomBytes } from 'node:crypto'
import type { AuditLog } from '#audit/audit-log.ts'
import { DEFAULT_LIMITS } from '#gateway/exchange.ts'
import type { Gate } from '#gateway/gate.ts'
import { systemClock } from '#lib/clock.ts'
import { credentials } from '#upstream/credential.ts'
import { httpUpstream } from '#upstream/http.ts'
import { activate } from './activate.ts'
import { fewAtOnce } from './few-at-once.ts'
import type { InForce, Source } from './in-force.ts'
import type { Io } from './io.ts'
import { openBundle } from './open-bundle.ts'
import { plain } from './print-problems.ts'
import { recordedExchange } from './recorded-exchange.ts'
import type { StateDirectory } from './state-directory.ts'

/** A search costs the worker that serves everybody else: a made-up id reads as many bundles in each log. */
const SEARCH = { bundles: 64, running: 2, waiting: 32 } as const

export const random = (bytes: number): Uint8Array => randomBytes(bytes)

type Outside = Pick<Io, 'err' | 'color' | 'environment'>

/** Where the bundle in force comes from. */
export function sourceOf(directory: string, state: StateDirectory, trail: AuditLog, io: Outside): Source {
  const report = (line: string): void => io.err(plain(`sallyport: ${line}`))
  return {
    load: () => openBundle(directory, io),
    activate: (bundle, before) => activate(bundle, { archive: state.bundles, report }, before),
    trail,
    report,
  }
}

/** All that a worker's gate is made of. */
export function gateOf(inForce: InForce, trail: AuditLog, state: StateDirectory, io: Outside): Gate {
  return {
    active: () => inForce.active(),
    trail,
    auditHealth: () => trail.healthy(),
    upstream: httpUpstream(
      credentials(
        (name) => io.environment[name],
        () => systemClock.now(),
      ),
    ),
    findExchange: fewAtOnce(SEARCH, async (exchange: string) => {
      const found = await recordedExchange(state.audit, exchange, SEARCH)
      return found && { owner: found.decision.principal, ...found }
    }),
    clock: systemClock,
    limits: DEFAULT_LIMITS,
    random,
    // Stack traces hold our own paths and no content; messages of foreseen errors name no secret.
    log: (line, cause) =>
      io.err(`sallyport: ${line}${cause instanceof Error ? `: ${cause.stack ?? cause.message}` : ''}`),
  }
}
