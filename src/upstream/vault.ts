// Secrets of the KV v2 engine of HashiCorp Vault or OpenBao. Such a secret has no lease: it is looked at once a minute while it
// is in use, behind whoever uses it. Where an answer does carry a lease, that is renewed.
import type { VaultSettings } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import { type JsonNode, textOf } from '#lib/json-node.ts'
import type { SecretKeeper } from './secret-keeper.ts'
import { type HeldSecret, isUsable, type Look, MissingSecret, type SecretPlace } from './secret-place.ts'
import { type AskVault, at, type Dial, isTrueAt, secondsAt, textAt, vaultCall, type VaultAnswer } from './vault-call.ts'
import { RENEWED_AT, termOf, vaultToken, type VaultToken } from './vault-token.ts'

export interface Vault {
  /** `kv/billing`, the mount first, and the key within. */
  secret(path: string, key: string): SecretPlace
  /** Renews the gate's own token, if it is time. Never rejects. */
  tend(): Promise<void>
}

export interface VaultOptions {
  readonly settings: VaultSettings
  readonly dial: Dial
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly file: (path: string) => Promise<string>
  readonly keep: (reference: string, place: SecretPlace) => SecretKeeper
  readonly report: (line: string) => void
}

export function vault({ settings, dial, ...options }: VaultOptions): Vault {
  const { url, namespace, auth } = settings
  const ask = vaultCall({ url, dial, ...(namespace !== undefined && { namespace }) })
  const token = vaultToken({ ...options, auth, ask })
  return {
    secret: (path, key) => secretOf({ path, key, ask, token }),
    tend: () => token.tend().catch(() => undefined),
  }
}

const TIMES = { fresh: 60_000, behind: 120_000, away: 600_000, pause: 1_000, again: 1_000 } as const

interface Within {
  readonly path: string
  readonly key: string
  readonly ask: AskVault
  readonly token: VaultToken
}

interface Lease {
  /** Empty where it cannot be renewed. */
  readonly id: string
  /** Milliseconds, as first given. */
  readonly duration: number
}

function secretOf(within: Within): SecretPlace {
  let lease: Lease | undefined
  return {
    times: TIMES,
    async look(held, anew) {
      try {
        const renewed = held && lease?.id && !anew ? await renew(within, lease) : undefined
        if (renewed) return renewed
        const answer = await read(within)
        if (answer.kind === 'away') return answer
        if (answer.kind === 'no') return { kind: 'lost', why: whyNot(answer) }
        lease = leaseOf(answer)
        return found(answer, within.key, anew ? undefined : held, lease)
      } catch (error) {
        if (error instanceof Refusal && error.cause instanceof MissingSecret) {
          return { kind: error.cause.kind, why: `no token for the vault: ${error.cause.message}` }
        }
        throw error
      }
    },
  }
}

async function read({ path, ask, token }: Within): Promise<VaultAnswer> {
  const [mount, ...rest] = path.split('/')
  const question = { method: 'GET', path: `${mount}/data/${rest.join('/')}` } as const
  const first = await token.read()
  const answer = await ask({ ...question, token: first })
  if (answer.kind !== 'no' || answer.status !== 403) return answer
  // Void, or not allowed this: a vault does not say which. Only with another token is it worth asking again.
  const second = await token.refresh()
  return second === first ? answer : ask({ ...question, token: second })
}

async function renew({ ask, token }: Within, { id, duration }: Lease): Promise<Look | undefined> {
  const body = { lease_id: id, increment: Math.ceil(duration / 1_000) }
  const answer = await ask({ method: 'POST', path: 'sys/leases/renew', token: await token.read(), body })
  if (answer.kind === 'away') return answer
  const renewed = answer.kind === 'answer' ? secondsAt(answer.body, 'lease_duration') : undefined
  // What it gives becomes less as the lease nears its utmost: then another secret is read, while this one holds.
  return renewed !== undefined && renewed >= duration * (1 - RENEWED_AT)
    ? { kind: 'same', ...termOf(renewed) }
    : undefined
}

function leaseOf({ body }: VaultAnswer & { readonly kind: 'answer' }): Lease | undefined {
  const id = textAt(body, 'lease_id')
  const duration = secondsAt(body, 'lease_duration')
  // KV of version 1 names a duration, but gives no lease.
  if (id === undefined || id === '' || duration === undefined || duration === 0) return undefined
  return isTrueAt(body, 'renewable') ? { id, duration } : { id: '', duration }
}

function found(
  { body }: VaultAnswer & { readonly kind: 'answer' },
  key: string,
  held: HeldSecret | undefined,
  lease: Lease | undefined,
): Look {
  if (at(body, 'data', 'data')?.kind !== 'object') {
    return { kind: 'lost', why: isDeleted(body) ? DELETED : 'not a secret of a KV v2 engine' }
  }
  const secret = textAt(body, 'data', 'data', key)
  if (secret === undefined) return { kind: 'lost', why: 'the vault has no text under this key' }
  if (!isUsable(secret)) return { kind: 'lost', why: 'holds no text that a header can carry' }
  const version = at(body, 'data', 'metadata', 'version')
  const stamp = version?.kind === 'number' ? textOf(version) : ''
  const term = termOf(lease?.duration)
  if (held?.secret === secret && held.stamp === stamp) return { kind: 'same', ...term }
  return { kind: 'found', secret, stamp, ...term }
}

/** Of an answer without data: a version that will be deleted some day names the time, too. */
const isDeleted = (body: JsonNode | undefined): boolean =>
  (textAt(body, 'data', 'metadata', 'deletion_time') ?? '') !== '' || isTrueAt(body, 'data', 'metadata', 'destroyed')

const DELETED = 'deleted in the vault'

function whyNot({ status, body }: VaultAnswer & { readonly kind: 'no' }): string {
  if (status === 403) return 'the vault refuses it to the gate (403)'
  if (status !== 404) return `the vault answered ${status}`
  return isDeleted(body) ? DELETED : 'not in the vault (404)'
}
