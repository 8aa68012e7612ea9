// Wires one worker's gate: the one place where the data plane's parts meet.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AuditLog } from '#audit/audit-log.ts'
import { DEFAULT_LIMITS } from '#gateway/exchange.ts'
import type { Gate } from '#gateway/gate.ts'
import { inspectionOf } from '#gateway/inspection.ts'
import { redactedText } from '#gateway/redacted-text.ts'
import { makeStandings } from '#gateway/standing.ts'
import { pseudonymOf } from '#identity/pseudonym.ts'
import { credentialsInspector } from '#inspectors/credentials/credentials.ts'
import { systemClock } from '#lib/clock.ts'
import { openProviderIds } from '#store/provider-ids.ts'
import { pseudonymKey } from '#store/pseudonym-key.ts'
import { credentials } from '#upstream/credential.ts'
import { httpUpstream } from '#upstream/http.ts'
import { activate } from './activate.ts'
import { fewAtOnce } from './few-at-once.ts'
import { heldSecrets } from './held-secrets.ts'
import { bundleInForce, type InForce } from './in-force.ts'
import type { Io } from './io.ts'
import { openBundle } from './open-bundle.ts'
import { plain } from './print-problems.ts'
import { recordedExchange } from './recorded-exchange.ts'
import type { StateDirectory } from './state-directory.ts'

/** A search costs the worker that serves everybody else: a made-up id reads as many bundles in each log. */
const SEARCH = { bundles: 64, running: 2, waiting: 32 } as const

export const random = (bytes: number): Uint8Array => randomBytes(bytes)

export interface GateParts {
  /** The bundle's. */
  readonly directory: string
  readonly state: StateDirectory
  readonly trail: AuditLog
  readonly io: Pick<Io, 'err' | 'color' | 'environment'>
}

export interface WiredGate {
  readonly gate: Gate
  readonly inForce: InForce
  close(): void
}

/** All that a worker's gate is made of. Undefined when the bundle is faulty; what is wrong has been reported then. */
export async function gateOf({ directory, state, trail, io }: GateParts): Promise<WiredGate | undefined> {
  const report = (line: string): void => io.err(plain(`sallyport: ${line}`))
  const vault = credentials(
    (name) => io.environment[name],
    () => systemClock.now(),
  )
  const key = await pseudonymKey(state.keys, random)
  // Behind whatever makes a key: it holds those that are there.
  const secrets = await heldSecrets(state.keys, vault)
  const inForce = await bundleInForce({
    load: () => openBundle(directory, io),
    async activate(bundle, before) {
      await secrets.read(bundle.config.providers.values())
      const identityTokens = () => ({
        sign: () => ({ token: '', id: '' }),
        keys: () => ({ keys: [] }),
      })
      return activate(bundle, { archive: state.bundles, report, identityTokens }, before)
    },
    trail,
    report,
  })
  if (!inForce) return undefined
  const providerIds = openProviderIds(join(state.home, 'runtime.db'))
  const inspector = credentialsInspector({ secrets: () => secrets.list() })
  const gate: Gate = {
    active: () => inForce.active(),
    trail,
    auditHealth: () => trail.healthy(),
    upstream: httpUpstream(vault),
    circuits: { order: (targets) => targets, report: () => undefined, retryAfter: () => 1 },
    standings: makeStandings({ find: () => undefined }, () => systemClock.now()),
    inspector,
    providerIds,
    pseudonym: (principal) => pseudonymOf(key, principal),
    findExchange: fewAtOnce(SEARCH, async (exchange: string) => {
      const found = await recordedExchange(state.audit, exchange, SEARCH)
      return found && { owners: found.decision.principal.chain, ...found }
    }),
    clock: systemClock,
    limits: DEFAULT_LIMITS,
    random,
    // Messages of foreseen errors name no secret. What nobody foresaw may quote anything.
    log(line, cause) {
      const text = `sallyport: ${line}${cause instanceof Error ? `: ${cause.stack ?? cause.message}` : ''}`
      io.err(redactedText(text, '', inspectionOf({ inspector, direction: 'answer', action: 'redact' })))
    },
  }
  return { gate, inForce, close: () => providerIds.close() }
}
