// The secrets of a worker: providers' credentials by reference, each reading of one recorded, and what of them inspection
// must never let pass.
import { createHmac } from 'node:crypto'
import type { VaultSettings } from '#access/provider.ts'
import type { Trail } from '#access/trail.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { type Credentials, credentials } from '#upstream/credential.ts'
import type { Dialer } from '#upstream/dial.ts'
import { printReference } from '#upstream/secret-reference.ts'
import type { Dial } from '#upstream/vault-call.ts'
import { vaultDial } from '#upstream/vault-dial.ts'

export interface SecretParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly trail: Trail
  /** Of this state directory alone. */
  readonly key: Uint8Array
  readonly dialer: Dialer
  readonly report: (line: string) => void
  /** What is in force, or about to be. */
  readonly bundle: () => Bundle | undefined
  readonly inForce: () => Bundle | undefined
}

export interface GateSecrets extends Credentials {
  close(): void
}

const TEND_MS = 30_000

export function gateSecrets({
  environment,
  now,
  trail,
  key,
  dialer,
  report,
  bundle,
  inForce,
}: SecretParts): GateSecrets {
  const dials = new WeakMap<VaultSettings, Dial>()
  const dialOf = (settings: VaultSettings): Dial => {
    const dial = dials.get(settings) ?? vaultDial(settings, dialer)
    dials.set(settings, dial)
    return dial
  }
  const secrets = credentials({
    env: (name) => environment[name],
    now,
    record: (entry) => trail.append(entry, 'process'),
    fingerprint: (secret) => createHmac('sha256', key).update(`secret ${secret}`).digest('hex').slice(0, 12),
    used: (reference) => usersOf(reference, bundle()),
    vault: (at) => at && { settings: at, dial: dialOf(at) },
    report,
  })
  const timer = setInterval(() => void secrets.tend(inForce()?.config.vault), TEND_MS)
  timer.unref()
  return { ...secrets, close: () => clearInterval(timer) }
}

/** Names of the providers that are called with it. */
function usersOf(reference: string, bundle: Bundle | undefined): readonly string[] {
  return [...(bundle?.config.providers.values() ?? [])].flatMap(({ name, credential }) =>
    credential && printReference(credential) === reference ? [name] : [],
  )
}
