// Whether a proof still stands while what it opened goes on: a stream may outlive the key or the session that it began with by
// hours. Keys in use are looked up twice a second, ends of sessions ten times, so that what is under way ends within a second.
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Sessions, SessionState } from '#access/session.ts'
import type { VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import { watchSessions } from './standing-sessions.ts'

export interface Standing {
  /** Aborted, with a Refusal as its reason, when the proof no longer stands. Undefined where nothing can withdraw it. */
  readonly withdrawn?: AbortSignal
  /** MUST be called when what it opened is over. */
  release(): void
}

export interface Standings {
  /** Throws a Refusal `session_ended` where the session of the account has ended meanwhile, and `not_ready` where nobody knows. */
  of(principal: Principal, account: { readonly began: number; readonly session?: SessionState }): Standing
}

export interface StandingParts {
  readonly keys: Pick<VirtualKeys, 'find'>
  readonly sessions: Pick<Sessions, 'find' | 'endedSince'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** As of `account.began`; never steps back. */
  readonly monotonic: () => number
}

const nothing = (): void => undefined
const UNMOVED: Standing = { release: nothing }

export function makeStandings({ keys, sessions, now, monotonic }: StandingParts): Standings {
  const watchKey = watchKeys(keys, now)
  const watchSession = watchSessions({ sessions, now, monotonic })
  return {
    of(principal, { began, session }) {
      const key = keyOf(principal)
      if (key === undefined && !session) return UNMOVED
      const use = new AbortController()
      const leaveSession = session && watchSession({ session: session.session, began, use })
      const leaveKey = key === undefined ? undefined : watchKey(key, use)
      return { withdrawn: use.signal, release: inTurn(leaveSession, leaveKey) }
    },
  }
}

/** One of them as it is: most requests have a session, and no key. */
function inTurn(first: (() => void) | undefined, second: (() => void) | undefined): () => void {
  if (!first || !second) return first ?? second ?? nothing
  return () => {
    first()
    second()
  }
}

/** The first of a chain. */
function keyOf(principal: Principal): string | undefined {
  for (let link: Principal | undefined = principal; link; link = link.onBehalfOf) {
    if (link.proof.key !== undefined) return link.proof.key
  }
  return undefined
}

const KEYS_MS = 500

/** Returns what ends the watching. */
function watchKeys(
  keys: Pick<VirtualKeys, 'find'>,
  now: () => number,
): (id: string, use: AbortController) => () => void {
  const underWay = new Map<string, Set<AbortController>>()
  let timer: ReturnType<typeof setInterval> | undefined

  const look = (): void => {
    for (const [id, uses] of underWay) {
      const lost = lostOf(id, keys, now())
      if (lost) for (const use of uses) use.abort(lost)
    }
  }
  const release = (id: string, use: AbortController): void => {
    const uses = underWay.get(id)
    uses?.delete(use)
    if (uses?.size === 0) underWay.delete(id)
    if (underWay.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return (id, use) => {
    const uses = underWay.get(id) ?? new Set()
    underWay.set(id, uses.add(use))
    timer ??= setInterval(look, KEYS_MS)
    return () => release(id, use)
  }
}

/** Undefined while it stands. A store that cannot be read says nothing either way: what would begin now is refused. */
function lostOf(id: string, keys: Pick<VirtualKeys, 'find'>, now: number): Refusal | undefined {
  let key: VirtualKey | undefined
  try {
    key = keys.find(id)
  } catch {
    return undefined
  }
  const why = key === undefined ? 'removed' : key.revoked ? 'revoked' : key.expires <= now ? 'expired' : undefined
  if (why === undefined) return undefined
  return new Refusal('unauthenticated', { message: `The key ${id} is ${why}; what it had begun ends here.` })
}

/** What broke because the proof was withdrawn is told as that. */
export const withdrawnOr = (error: unknown, { standing }: { readonly standing: Standing }): unknown =>
  standing.withdrawn?.aborted === true ? standing.withdrawn.reason : error
