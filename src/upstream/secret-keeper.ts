// Keeps one secret in memory for as long as its place allows. The order is the promise: read, recorded, used.
import { missing, type HeldSecret, type Look, type PlaceTimes, type SecretPlace, type Term } from './secret-place.ts'

export interface KeeperOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Called with every secret that was read, before anything else is done with it. */
  readonly learn: (secret: string) => void
  /** MUST reject with a Refusal where it does not stand in the trail. */
  readonly recordRead: (secret: string) => Promise<void>
  readonly recordLost: (why: string) => Promise<void>
  /** A line for the operators: neither secret nor path. */
  readonly report: (line: string) => void
}

export interface SecretKeeper {
  /** Rejects with a Refusal: `provider_unreachable`, or the trail's. */
  read(): Promise<string>
  refresh(): Promise<string>
  /** Renews the lease of what is held, if it is time. Never rejects. */
  tend(): Promise<void>
}

interface Kept extends HeldSecret {
  /** When the place was last seen to hold it, and until when that is good. */
  seen: number
  fresh: number
  behind: number
  ends: number
}

/** Another look at a file that is being written, in milliseconds. */
const UNSETTLED_MS = 50

export function secretKeeper(place: SecretPlace, options: KeeperOptions): SecretKeeper {
  const { now, learn, recordRead, recordLost, report } = options
  const { times } = place
  let kept: Kept | undefined
  let looking: { readonly anew: boolean; readonly secret: Promise<string> } | undefined
  let readAt = Number.NEGATIVE_INFINITY
  /** When the place was last asked past all that is remembered, whatever came of it. */
  let anewAt = Number.NEGATIVE_INFINITY
  let away = false
  /** Why there is none, and since when the place need not be asked again. */
  let failed: { readonly kind: 'away' | 'lost'; readonly why: string; readonly at: number } | undefined
  let lossToRecord: string | undefined

  const look = (anew = false): Promise<string> => {
    if (looking) return looking.secret
    const secret = settle(anew).finally(() => {
      looking = undefined
      if (anew) anewAt = now()
    })
    looking = { anew, secret }
    return secret
  }

  const settle = async (anew: boolean): Promise<string> => {
    if (lossToRecord !== undefined) {
      await recordLost(lossToRecord)
      lossToRecord = undefined
    }
    const held = kept && now() < kept.ends ? kept : undefined
    const found = await place.look(held, anew)
    switch (found.kind) {
      case 'found':
        return take(found)
      case 'same':
        if (!held) throw new Error('a place held on to what is not held')
        extend(held, found)
        return held.secret
      case 'unsettled':
        if (!held) return lose('lost', found.why)
        held.fresh = held.behind = now() + UNSETTLED_MS
        return held.secret
      case 'away':
        return held ? doWithout(held, found.why) : lose('away', found.why)
      case 'lost':
        return lose('lost', found.why)
    }
  }

  const take = async (found: Look & { readonly kind: 'found' }): Promise<string> => {
    const { secret, stamp } = found
    learn(secret)
    await recordRead(secret)
    readAt = now()
    kept = { secret, stamp, seen: 0, fresh: 0, behind: 0, ends: 0 }
    extend(kept, found)
    return secret
  }

  const extend = (held: Kept, term: Term): void => {
    Object.assign(held, { seen: now() }, untilOf(now(), times, term))
    if (away) report('can be read again')
    away = false
    failed = undefined
  }

  const doWithout = async (held: Kept, why: string): Promise<string> => {
    const until = Math.min(held.seen + times.away, held.ends)
    const left = until - now()
    if (left <= 0) return lose('away', why)
    if (!away) report(`cannot be read again (${why}); the one held is used for ${Math.ceil(left / 60_000)} min at most`)
    away = true
    held.fresh = Math.min(now() + times.pause, until)
    held.behind = until
    return held.secret
  }

  /** Recorded once, and only where there was something to lose; where it cannot be recorded, it is as soon as it can. */
  const lose = async (kind: 'away' | 'lost', why: string): Promise<never> => {
    failed = { kind, why, at: now() }
    if (kept) lossToRecord = why
    kept = undefined
    away = false
    if (lossToRecord !== undefined) await recordLost(lossToRecord)
    lossToRecord = undefined
    throw missing(kind, why)
  }

  return {
    async read() {
      const at = now()
      if (kept && at < kept.fresh) return kept.secret
      if (kept && at < kept.behind) {
        // Whoever needs it next, and finds nothing, is told.
        look().catch(() => undefined)
        return kept.secret
      }
      if (failed && at - failed.at < times.pause && !looking) throw missing(failed.kind, failed.why)
      return look()
    },
    async refresh() {
      // A look that began before may have seen what was there before.
      if (looking?.anew === false) await looking.secret.catch(() => undefined)
      if (looking === undefined && now() - Math.max(readAt, anewAt) < times.again) {
        if (kept && now() < kept.ends) return kept.secret
        if (failed) throw missing(failed.kind, failed.why)
      }
      return look(true)
    },
    async tend() {
      if (kept && kept.ends !== Number.POSITIVE_INFINITY && now() >= kept.fresh) await look().catch(() => undefined)
    },
  }
}

function untilOf(now: number, times: PlaceTimes, { fresh, ends }: Term): Pick<Kept, 'fresh' | 'behind' | 'ends'> {
  const end = ends === undefined ? Number.POSITIVE_INFINITY : now + ends
  return {
    fresh: Math.min(now + (fresh ?? times.fresh), end),
    behind: ends === undefined ? now + times.behind : end,
    ends: end,
  }
}
