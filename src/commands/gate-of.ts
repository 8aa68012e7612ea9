// Wires one worker's gate: the one place where the data plane's parts meet.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AuditLog } from '#audit/audit-log.ts'
import { ABSENT } from '#gateway/authorization-pass.ts'
import { DEFAULT_LIMITS } from '#gateway/exchange.ts'
import type { Gate } from '#gateway/gate.ts'
import { inspectionOf } from '#gateway/inspection.ts'
import { makeLimits } from '#gateway/limits.ts'
import { tellLimits } from '#gateway/limits-tell.ts'
import { writeWaiting } from '#gateway/session-tally.ts'
import { redactedText } from '#gateway/redacted-text.ts'
import { makeStandings } from '#gateway/standing.ts'
import { makeDpopNonces } from '#identity/dpop-nonce.ts'
import { makeGuesses } from '#identity/guesses.ts'
import { makePseudonyms } from '#identity/pseudonym.ts'
import { makeUpstreamTokens } from '#identity/upstream-token.ts'
import { credentialsInspector } from '#inspectors/credentials/credentials.ts'
import { systemClock } from '#lib/clock.ts'
import { randomPool } from '#lib/random-pool.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { nonceKey } from '#store/nonce-key.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { openKeyUses } from '#store/key-uses.ts'
import { openProviderIds } from '#store/provider-ids.ts'
import { openSessions } from '#store/sessions.ts'
import { openShares } from '#store/shares.ts'
import { pseudonymKey } from '#store/pseudonym-key.ts'
import { openSignIns } from '#store/sign-ins.ts'
import { readSigningRing } from '#store/signing-ring.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { type Resolve, systemResolve } from '#upstream/addresses.ts'
import { makeCircuits } from '#upstream/circuits.ts'
import { makeDialer } from '#upstream/dial.ts'
import { makeFetchJson } from '#upstream/fetch-json.ts'
import { httpUpstream } from '#upstream/http.ts'
import { socketCaller } from '#upstream/unix-socket.ts'
import { activate, type Activated } from './activate.ts'
import { authorizationSocket } from './authorization-socket.ts'
import { fewAtOnce } from './few-at-once.ts'
import { gateSecrets } from './gate-secrets.ts'
import { heldSecrets } from './held-secrets.ts'
import { bundleInForce, type InForce } from './in-force.ts'
import type { Io } from './io.ts'
import { openBundle } from './open-bundle.ts'
import { plain } from './print-problems.ts'
import { recordedExchange } from './recorded-exchange.ts'
import { openSigningRing } from './signing-ring.ts'
import type { StateDirectory } from './state-directory.ts'

/** A search costs the worker that serves everybody else: a made-up id reads as many bundles in each log. */
const SEARCH = { bundles: 64, running: 2, waiting: 32 } as const

export const random = randomPool((bytes) => randomBytes(bytes))

export interface GateParts {
  /** The bundle's. */
  readonly directory: string
  readonly state: StateDirectory
  readonly trail: Pick<AuditLog, 'append' | 'healthy' | 'room'>
  readonly io: Pick<Io, 'err' | 'color' | 'environment'>
  /** From names to addresses; the system's, unless a test says otherwise. */
  readonly resolve?: Resolve
  /** For `/metrics`. */
  readonly metrics?: () => Promise<string>
  /** Why a bundle may not come into force here, besides its own faults; undefined where it may. */
  readonly refuses?: (next: Bundle, before: Bundle | undefined) => string | undefined
}

export interface WiredGate {
  readonly gate: Gate
  readonly inForce: InForce<Activated>
  close(): void
}

const KEYS_MS = 60_000
const TEND_MS = 250

const now = (): number => systemClock.now()

/** All that a worker's gate is made of. Undefined when the bundle is faulty; what is wrong has been reported then. */
export async function gateOf(parts: GateParts): Promise<WiredGate | undefined> {
  const { directory, state, trail, io, resolve = systemResolve } = parts
  const report = (line: string): void => io.err(plain(`sallyport: ${line}`))
  const dialer = makeDialer({ resolve, now })
  const stores = openStores(state)
  const key = await pseudonymKey(state.keys, random)
  const signing = await openSigningRing('identity', { state, trail, random, report })
  const nonces = makeDpopNonces(await nonceKey(state.keys, random), now)
  const ring = readSigningRing(state.keys, 'authorization', now)
  /** In force, or about to be: names the providers whose secrets are read. */
  let latest: Bundle | undefined
  /** In force, and nothing else. */
  let current = (): Bundle | undefined => undefined
  const credentials = gateSecrets({
    environment: io.environment,
    now,
    trail,
    key,
    dialer,
    report,
    bundle: () => latest,
    inForce: () => current(),
  })
  // Behind whatever makes a key: it holds those that are there.
  const secrets = await heldSecrets(state.keys, credentials)
  // A key that another worker made by schedule is held here, too.
  const reading = setInterval(() => void secrets.read([]).catch(() => undefined), KEYS_MS)
  reading.unref()
  const usageLimits = makeLimits({
    shares: stores.shares,
    tell: tellLimits({ trail, report }),
    log: (line, cause) => gate.log(line, cause),
  })
  const tending = setInterval(() => usageLimits.tend(now()), TEND_MS)
  tending.unref()
  const close = (): void => {
    clearInterval(reading)
    clearInterval(tending)
    usageLimits.close(now())
    writeWaiting({ sessions: stores.sessions, log: report })
    credentials.close()
    stores.close()
  }
  const guesses = makeGuesses({ clock: systemClock, random })
  const identityTokens = (issuer: string) => makeUpstreamTokens({ issuer, keys: signing, now, random })
  const fetchJson = makeFetchJson(dialer)
  const inForce = await bundleInForce<Activated>({
    async load(before) {
      const bundle = await openBundle(directory, io)
      const why = bundle && parts.refuses?.(bundle, before)
      if (why === undefined) return bundle
      report(why)
      return undefined
    },
    async activate(bundle, before) {
      latest = bundle
      try {
        await secrets.read(bundle.config.providers.values())
        const options = { archive: state.bundles, fetchJson, ...stores, guesses, identityTokens, nonces, ring, report }
        return await activate(bundle, options, before)
      } catch (error) {
        latest = before?.bundle
        throw error
      }
    },
    trail,
    report,
    loaded: (hash) => `bundle ${hash} is in force`,
  })
  if (!inForce) {
    close()
    return undefined
  }
  current = () => inForce.active().bundle
  const inspector = credentialsInspector({ secrets: () => secrets.list() })
  const gate: Gate = {
    active: () => inForce.active(),
    trail,
    auditHealth: () => trail.healthy(),
    room: () => trail.room(),
    storeFaults: () => storeFaults(stores),
    ...(parts.metrics && { metrics: parts.metrics }),
    authorization: socketCaller(authorizationSocket(state.home), ABSENT),
    upstream: httpUpstream({ credentials, dialer, log: report, now }),
    circuits: makeCircuits({ now: () => systemClock.monotonic() / 1000 }),
    standings: makeStandings({ ...stores, now, monotonic: () => performance.now() }),
    identityTokens: { keys: () => inForce.active().identityTokens.keys() },
    dpopNonce: () => nonces.current(),
    inspector,
    hold: (pem) => secrets.hold(pem),
    providerIds: stores.providerIds,
    sessions: stores.sessions,
    usageLimits,
    pseudonym: makePseudonyms(key),
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
  return { gate, inForce, close }
}

function openStores({ home }: StateDirectory) {
  const runtime = join(home, 'runtime.db')
  const providerIds = openProviderIds(runtime)
  const sessions = openSessions(runtime)
  const shares = openShares(runtime)
  const onlyOnce = openOnlyOnce(runtime)
  const uses = openKeyUses(runtime)
  const signIns = openSignIns(runtime)
  const keys = openVirtualKeys(join(home, 'control.db'))
  return {
    providerIds,
    sessions,
    shares,
    onlyOnce,
    uses,
    signIns,
    keys,
    close: () => [providerIds, sessions, shares, onlyOnce, uses, signIns, keys].forEach((each) => each.close()),
  }
}

/** A look at each. What is wrong with it stands in the answers of those whom it concerns; here, that it is. */
function storeFaults({ keys, providerIds }: ReturnType<typeof openStores>): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {}
  const look = (name: string, read: () => unknown): void => {
    try {
      read()
    } catch {
      faults[name] = `${name}.db cannot be read`
    }
  }
  look('control', () => keys.find('nobody'))
  look('runtime', () => providerIds.find('nobody', 'nothing'))
  return faults
}
