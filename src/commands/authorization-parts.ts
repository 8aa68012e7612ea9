// Wires the authorization server: the one place where its parts meet.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Inspector } from '#access/inspector.ts'
import type { AuditLog } from '#audit/audit-log.ts'
import { devicePlug } from '#authorization/device-plug.ts'
import { documentsPlug } from '#authorization/documents-plug.ts'
import { makeLoginFetch } from '#authorization/login-fetch.ts'
import { loginPlug } from '#authorization/login-plug.ts'
import { registrationPlug } from '#authorization/registration-plug.ts'
import { makeDpopNonces } from '#identity/dpop-nonce.ts'
import { makeGuesses } from '#identity/guesses.ts'
import { credentialsInspector } from '#inspectors/credentials/credentials.ts'
import { systemClock } from '#lib/clock.ts'
import { randomPool } from '#lib/random-pool.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { IssuerConfig } from '#policy/bundle/config.ts'
import { keptKey } from '#store/kept-key.ts'
import { openKeyUses } from '#store/key-uses.ts'
import { nonceKey } from '#store/nonce-key.ts'
import { openOAuthRecords } from '#store/oauth-records.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { pseudonymKey } from '#store/pseudonym-key.ts'
import { openSessions } from '#store/sessions.ts'
import { openSignIns } from '#store/sign-ins.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { systemResolve } from '#upstream/addresses.ts'
import { type Dialer, makeDialer } from '#upstream/dial.ts'
import { makeFetchJson } from '#upstream/fetch-json.ts'
import type { AuthorizationBundleParts } from './authorization-bundle.ts'
import { gateSecrets, type GateSecrets } from './gate-secrets.ts'
import { heldSecrets } from './held-secrets.ts'
import type { Io } from './io.ts'
import { openBundle } from './open-bundle.ts'
import { openSigningRing } from './signing-ring.ts'
import type { StateDirectory } from './state-directory.ts'

export interface WiredAuthorization extends AuthorizationBundleParts {
  close(): void
}

export interface AuthorizationWiring {
  /** The bundle's. */
  readonly directory: string
  readonly state: StateDirectory
  readonly trail: Pick<AuditLog, 'append' | 'room'>
  readonly io: Pick<Io, 'err' | 'color' | 'environment'>
  readonly report: (line: string) => void
  /** What is in force, or about to be. */
  readonly bundle: () => Bundle | undefined
}

export const random = randomPool((bytes) => randomBytes(bytes))

const now = (): number => systemClock.now()

export async function wireAuthorization(wiring: AuthorizationWiring): Promise<WiredAuthorization> {
  const { directory, state, trail, io, report, bundle } = wiring
  const secret = await keptKey(state.keys, { file: 'login-secret.key', name: 'The secret of logins' }, random)
  const key = await pseudonymKey(state.keys, random)
  const ring = await openSigningRing('authorization', { state, trail, random, report })
  const stores = openStores(state.home)
  const dialer = makeDialer({ resolve: systemResolve, now })
  const inForce = bundle
  const secrets = gateSecrets({ environment: io.environment, now, trail, key, dialer, report, bundle, inForce })
  const nonces = makeDpopNonces(await nonceKey(state.keys, random), now)
  const held = await heldSecrets(state.keys, secrets)
  const fetchJson = makeFetchJson(dialer)
  return {
    ...stores,
    findKey: (id) => stores.keys.find(id),
    trail,
    room: () => trail.room(),
    ring,
    nonces,
    secret,
    guesses: makeGuesses({ clock: systemClock, random }),
    keyGuesses: makeGuesses({ clock: systemClock, random }),
    clock: systemClock,
    random,
    holdsCredential: credentialIn(credentialsInspector({ secrets: () => held.list() })),
    refreshing: new Map(),
    readText: (path) => readFileSync(path, 'utf8'),
    fetch: publicFetch(dialer),
    fetchJson,
    plugs: [
      loginPlug({ fetch: makeLoginFetch(dialer), fetchJson, secretOf: secretOf(secrets) }),
      devicePlug,
      documentsPlug,
      registrationPlug,
    ],
    report,
    load: () => openBundle(directory, io),
    close() {
      secrets.close()
      stores.close()
    },
  }
}

function credentialIn(inspector: Inspector): AuthorizationBundleParts['holdsCredential'] {
  return (text) => {
    if (inspector.isClean(text)) return false
    const scanner = inspector.open()
    return [...scanner.push(text).matches, ...scanner.finish().matches].length > 0
  }
}

function openStores(home: string) {
  const runtime = join(home, 'runtime.db')
  const sessions = openSessions(runtime)
  const onlyOnce = openOnlyOnce(runtime)
  const records = openOAuthRecords(runtime)
  const uses = openKeyUses(runtime)
  const signIns = openSignIns(runtime)
  const keys = openVirtualKeys(join(home, 'control.db'))
  const all = [sessions, onlyOnce, records, uses, signIns, keys]
  return { sessions, onlyOnce, records, uses, signIns, keys, close: () => all.forEach((each) => each.close()) }
}

const CONNECT_MS = 5_000
const WHOLE_MS = 10_000

/** Documents of clients stand at addresses that anybody may name: public ones only. */
function publicFetch(dialer: Dialer): AuthorizationBundleParts['fetch'] {
  return async (address, init) => {
    const { origin, host, pathname, search } = new URL(address instanceof Request ? address.url : address)
    const late = AbortSignal.timeout(WHOLE_MS)
    const signal = init?.signal ? AbortSignal.any([init.signal, late]) : late
    const route = await dialer.route(
      { name: host, url: origin, private: false, timeouts: { connect: CONNECT_MS } },
      signal,
    )
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sallyport' }
    return dialer.send(route, { method: 'GET', path: pathname + search, headers, signal })
  }
}

function secretOf(secrets: GateSecrets) {
  return async ({ login }: IssuerConfig): Promise<string | undefined> =>
    login?.secret === undefined ? undefined : secrets.read(login.secret)
}
