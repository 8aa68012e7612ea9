// One issuer's keys, kept fresh. Known keys go on serving while the issuer is away, up to a bound; a removed key stops
// with the next refresh; and whatever callers send, they cannot make us ask the issuer more than once an interval.
// There are no timers: refreshes are started by the requests that need them.
import { Refusal } from '#access/refusal.ts'
import type { Clock } from '#lib/clock.ts'
import type { PublicKey } from './public-key.ts'

export interface KeyPolicy {
  /** The least time between two refetches for an unknown `kid`, and between two tries after a failure. */
  readonly intervalMs: number
  /** The age at which keys are refreshed in the background; at twice this age a request waits for it. */
  readonly refreshMs: number
  /** The age at which keys serve no more when the issuer stays away: a key it revoked meanwhile would still verify. */
  readonly staleMs: number
}

export const KEY_POLICY: KeyPolicy = { intervalMs: 30_000, refreshMs: 600_000, staleMs: 86_400_000 }

export interface KeySource {
  /** The issuer's name in the bundle. */
  readonly name: string
  /** Reads the issuer's keys anew. MUST settle within a bounded time. */
  readonly load: () => Promise<readonly PublicKey[]>
  readonly clock: Pick<Clock, 'now'>
  /** Takes one line for the operator when the issuer goes away, comes back, or its keys get too old. MUST NOT throw. */
  readonly report: (line: string) => void
}

export interface KeySet {
  /** Reads the keys for the first time. Never rejects: trouble is reported, and the next request tries again. */
  start(): Promise<void>
  /**
   * The key for a token, refetching once when it is unknown. Undefined when the issuer has no such key. Rejects with a
   * Refusal `not_ready` when there are no keys to ask.
   */
  find(alg: string, kid: string | undefined): Promise<PublicKey | undefined>
  /** Starts a refresh when one is due. A promise is to be waited for before `holds` is asked. Never rejects. */
  freshen(): Promise<void> | undefined
  /** Whether the issuer still publishes the key, as far as known. */
  holds(key: PublicKey): boolean
  standing(): KeySetStanding
}

export interface KeySetStanding {
  /** The issuer's name in the bundle. */
  readonly issuer: string
  readonly keys: number
  /** When they were read last, in epoch milliseconds; undefined where they never were. */
  readonly loadedAt: number | undefined
  /** Whether the last reading failed. */
  readonly failing: boolean
}

export function makeKeySet(source: KeySource, policy: KeyPolicy = KEY_POLICY): KeySet {
  let keys: readonly PublicKey[] = []
  let loadedAt: number | undefined
  let failedAt: number | undefined
  let soughtAt: number | undefined
  let loading: Promise<void> | undefined

  const elapsed = (since: number | undefined, ms: number): boolean => {
    if (since === undefined) return true
    const age = source.clock.now() - since
    return age >= ms || age < 0 // a clock that was set back must not stop refreshes
  }

  function refresh(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  async function load(): Promise<void> {
    try {
      const found = await source.load()
      // Equal keys stay the same objects: proofs cached under them remain good, those of removed keys do not.
      const fresh = unique(found.map((key) => keys.find((known) => known.print === key.print) ?? key))
      if (failedAt !== undefined) source.report(`issuer ${source.name}: reachable again`)
      if (fresh.length === 0 && (keys.length > 0 || loadedAt === undefined)) {
        source.report(`issuer ${source.name}: publishes no usable key; its tokens are refused`)
      }
      keys = fresh
      loadedAt = source.clock.now()
      failedAt = undefined
    } catch (error) {
      if (failedAt === undefined) source.report(unreachable(error))
      failedAt = source.clock.now()
    }
  }

  function unreachable(error: unknown): string {
    const why = sentence(error)
    const until = loadedAt === undefined ? undefined : new Date(loadedAt + policy.staleMs).toISOString()
    const effect = until === undefined ? 'its tokens are refused until it answers' : `known keys serve until ${until}`
    return `issuer ${source.name}: keys cannot be fetched (${why}); ${effect}; trying again by itself`
  }

  function dropStale(): void {
    if (loadedAt === undefined || source.clock.now() - loadedAt < policy.staleMs) return
    keys = []
    loadedAt = undefined
    source.report(`issuer ${source.name}: its keys are too old to trust; its tokens are refused until it answers`)
  }

  function freshen(): Promise<void> | undefined {
    if (loadedAt !== undefined && !elapsed(loadedAt, policy.refreshMs)) return undefined
    // Without waiting, the first request after a quiet day would still be served with yesterday's keys.
    const mustWait = failedAt === undefined && elapsed(loadedAt, 2 * policy.refreshMs)
    if (!elapsed(failedAt, policy.intervalMs)) {
      dropStale()
      return undefined
    }
    const refreshed = refresh().then(dropStale)
    return mustWait || loadedAt === undefined || elapsed(loadedAt, policy.staleMs) ? refreshed : undefined
  }

  function pick(alg: string, kid: string | undefined): PublicKey | undefined {
    const fitting = keys.filter((key) => key.algorithms.some((name) => name === alg))
    if (kid !== undefined) return fitting.find((key) => key.kid === kid)
    return fitting.length === 1 ? fitting[0] : undefined
  }

  const maySeek = () => elapsed(soughtAt, policy.intervalMs) && elapsed(failedAt, policy.intervalMs)

  async function find(alg: string, kid: string | undefined): Promise<PublicKey | undefined> {
    const waited = freshen()
    await waited
    const known = pick(alg, kid)
    if (known !== undefined) return known
    if (loading !== undefined) await loading
    else if (waited === undefined && maySeek()) {
      soughtAt = source.clock.now()
      await refresh()
    }
    if (loadedAt === undefined) throw notReady(policy)
    return pick(alg, kid)
  }

  return {
    start: async () => {
      await freshen()
    },
    find,
    freshen,
    holds: (key) => keys.includes(key),
    standing: () => ({ issuer: source.name, keys: keys.length, loadedAt, failing: failedAt !== undefined }),
  }
}

function unique(keys: readonly PublicKey[]): readonly PublicKey[] {
  return [...new Map(keys.map((key) => [key.print, key])).values()]
}

function notReady(policy: KeyPolicy): Refusal {
  return new Refusal('not_ready', {
    message: "The token cannot be checked now: its issuer's keys cannot be fetched. Try again shortly.",
    retryAfter: Math.ceil(policy.intervalMs / 1000),
  })
}

/** One line of at most 200 characters, whatever was thrown. */
function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200)
}
