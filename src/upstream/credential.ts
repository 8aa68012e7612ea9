// Reads the secrets that the bundle only refers to. A secret is held in memory and goes nowhere but into a request's header,
// and each reading of one stands in the trail before it is used.
import { isDeepStrictEqual } from 'node:util'
import type { CredentialReference, VaultSettings } from '#access/provider.ts'
import type { SecretEntry } from '#access/trail.ts'
import { knownSecrets } from './known-secrets.ts'
import { secretEnvironment } from './secret-environment.ts'
import { secretFile } from './secret-file.ts'
import { type SecretKeeper, secretKeeper } from './secret-keeper.ts'
import { missing, type SecretPlace } from './secret-place.ts'
import { printReference } from './secret-reference.ts'
import { vault as openVault, type Vault } from './vault.ts'
import type { Dial } from './vault-call.ts'

export interface Credentials {
  /**
   * Rejects with a Refusal: `provider_unreachable` when the secret cannot be had, `audit_unavailable` when its reading could
   * not be recorded. No message names a path.
   */
  read(reference: CredentialReference): Promise<string>
  /** Reads it at once from where it is kept, for who was refused with it: it may have been rotated. Many at once share one reading. */
  refresh(reference: CredentialReference): Promise<string>
  /** Every secret that was read, rotated ones and tokens of the vault too: what inspection must never let pass. The same array while none changes. */
  held(): readonly string[]
  /**
   * Renews leases and tokens of this vault, the one of the bundle in force; of any other nothing is renewed, and what nobody
   * used for a minute is forgotten. MUST be called every half minute or so; never rejects.
   */
  tend(inForce?: VaultSettings): Promise<void>
}

export interface VaultAccess {
  readonly settings: VaultSettings
  /** Dials that vault, and nothing else. */
  readonly dial: Dial
}

export interface CredentialOptions {
  readonly env: (name: string) => string | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** MUST resolve only when the entry stands; a rejection keeps the secret from being used, and is passed on. */
  readonly record: (entry: SecretEntry) => Promise<unknown>
  /** Of a secret: tells it from another, and cannot be guessed from. */
  readonly fingerprint: (secret: string) => string
  /** Names of the providers that are called with it. */
  readonly used?: (reference: string) => readonly string[]
  /** The vault of a `vault:` reference, asked at each use. */
  readonly vault?: (at: VaultSettings | undefined) => VaultAccess | undefined
  /** A line for the operators. */
  readonly report?: (line: string) => void
  readonly wait?: (milliseconds: number) => Promise<void>
}

/** References in use at once; a bundle has far fewer. The oldest is forgotten, and read anew. */
const MOST_KEPT = 1_024
const MOST_VAULTS = 2
const FORGOTTEN_MS = 60_000

interface OpenVault {
  readonly settings: VaultSettings
  readonly vault: Vault
  readonly keepers: Map<string, SecretKeeper>
  usedAt: number
}

export function credentials(options: CredentialOptions): Credentials {
  const { env, now, wait = sleep } = options
  const known = knownSecrets()
  const keepers = new Map<string, SecretKeeper>()
  // Of the bundle in force, and of the one before or the next: the one used last first, so that bundles which never came into
  // force push out each other.
  const vaults: OpenVault[] = []

  const keep = (reference: string, place: SecretPlace): SecretKeeper =>
    secretKeeper(place, { now, ...recording(reference, options), learn: (secret) => known.add(reference, secret) })

  /** Another vault, or another way in, is another place: nothing of one counts in the other. */
  const vaultOf = (at: VaultSettings | undefined): OpenVault => {
    const access = options.vault?.(at)
    if (!access) throw missing('lost', 'the bundle names no vault')
    const { settings } = access
    const place = vaults.findIndex((each) => isDeepStrictEqual(each.settings, settings))
    const [held] = place < 0 ? [] : vaults.splice(place, 1)
    if (held) {
      held.usedAt = now()
      vaults.unshift(held)
      return held
    }
    const file = (path: string): Promise<string> => keeperOf({ from: 'file', path }).read()
    const vault = openVault({ ...access, now, file, keep, report: options.report ?? silent })
    const opened = { settings, vault, keepers: new Map<string, SecretKeeper>(), usedAt: now() }
    vaults.unshift(opened)
    vaults.splice(MOST_VAULTS)
    return opened
  }

  const added = (held: Map<string, SecretKeeper>, name: string, place: SecretPlace): SecretKeeper => {
    const keeper = keep(name, place)
    if (held.size >= MOST_KEPT) held.delete(held.keys().next().value ?? '')
    held.set(name, keeper)
    return keeper
  }

  const environmentOf = (name: string): SecretPlace => secretEnvironment(() => env(name))

  const keeperOf = (reference: CredentialReference): SecretKeeper => {
    const name = printReference(reference)
    switch (reference.from) {
      case 'file':
        return keepers.get(name) ?? added(keepers, name, secretFile({ path: reference.path, now, wait }))
      case 'env':
        return keepers.get(name) ?? added(keepers, name, environmentOf(reference.name))
      case 'vault': {
        const { vault, keepers: held } = vaultOf(reference.at)
        return held.get(name) ?? added(held, name, vault.secret(reference.path, reference.key))
      }
    }
  }

  return {
    held: () => known.list(),
    async read(reference) {
      return keeperOf(reference).read()
    },
    async refresh(reference) {
      return keeperOf(reference).refresh()
    },
    async tend(inForce) {
      const isInForce = ({ settings }: OpenVault): boolean => isDeepStrictEqual(settings, inForce)
      const old = vaults.filter((each) => !isInForce(each) && Math.abs(now() - each.usedAt) >= FORGOTTEN_MS)
      for (const each of old) vaults.splice(vaults.indexOf(each), 1)
      const tended = vaults.find(isInForce)
      await tended?.vault.tend()
      for (const keeper of tended?.keepers.values() ?? []) await keeper.tend()
    },
  }
}

function recording(reference: string, options: CredentialOptions) {
  const { record, fingerprint, report = silent } = options
  const entry = (): Pick<SecretEntry, 'reference' | 'used'> => {
    const used = options.used?.(reference) ?? []
    return { reference, ...(used.length > 0 && { used }) }
  }
  return {
    async recordRead(secret: string): Promise<void> {
      await record({ kind: 'secret', what: 'read', ...entry(), fingerprint: fingerprint(secret) })
    },
    async recordLost(why: string): Promise<void> {
      await record({ kind: 'secret', what: 'lost', ...entry(), why })
    },
    report: (line: string) => report(`${reference} ${line}`),
  }
}

const silent = (): void => undefined
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds))
