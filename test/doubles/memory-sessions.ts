// Sessions, and what is used once, in memory, for tests that need no file. The contract suites run on these as on the real ones.
import { chainOf } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { EndReason, Ending, OnlyOnce, Session, SessionFilter, Sessions, SessionState } from '#access/session.ts'
import { ulidTime } from '#lib/ulid.ts'

export interface MemorySessions extends Sessions {
  /** From now on the store cannot be read or written, or can again. */
  breaks(broken: boolean): void
}

const MONTH = 30 * 86_400_000
const HOUR = 3_600_000
const MANY = 1000
const MOST_DEPTH = 8

type Kept = { -readonly [Key in keyof SessionState]: SessionState[Key] }

export function memorySessions(): MemorySessions {
  const kept = new Map<string, Kept>()
  const labels = new Map<string, Set<string>>()
  const talks = new Map<string, string>()
  /** Whose conversation a session is. */
  const talkers = new Map<string, string>()
  const ends: string[] = []
  const recorded = new Set<string>()
  const revoked = new Map<string, number>()
  let broken = false
  const whole = (): Map<string, Kept> => {
    if (broken)
      throw new Refusal('not_ready', { message: 'The runtime store (which keeps the sessions) cannot be read.' })
    return kept
  }
  const lineage = (id: string): readonly Kept[] => {
    const found: Kept[] = []
    for (let at = kept.get(id); at; at = at.session.parent === undefined ? undefined : kept.get(at.session.parent))
      found.push(at)
    return found
  }
  const rootOf = (id: string): string => lineage(id).at(-1)?.session.id ?? id
  const show = (state: Kept): SessionState => ({
    ...state,
    root: rootOf(state.session.id),
    labels: [...(labels.get(rootOf(state.session.id)) ?? [])].toSorted(),
  })
  const end = (id: string, ending: Ending): readonly string[] => {
    const one = whole().get(id)
    if (one?.ended?.why === 'calls' && ending.why !== 'calls') ends.push(id)
    if (!one || one.ended) return []
    one.ended = ending
    ends.push(id)
    const below = [...kept.values()].filter(({ session }) => session.parent === id)
    return [id, ...below.flatMap(({ session }) => end(session.id, { ...ending, why: 'parent-ended' }))]
  }
  const begin = (session: Session): void => {
    if (whole().has(session.id)) throw new Refusal('not_ready', { message: 'There is one of that id.' })
    if (session.parent !== undefined) {
      const above = lineage(session.parent)
      if (!above[0] || above[0].ended) throw new Refusal('session_ended', { message: 'Its parent has ended.' })
      if (above.length > MOST_DEPTH) throw new Refusal('not_permitted', { message: 'Too deep.' })
    }
    kept.set(session.id, {
      session,
      root: session.id,
      trust: session.bounds.clean === 0 ? 'standard' : 'initial',
      usedAt: session.began,
      calls: 0,
      tokens: 0,
      toolCalls: 0,
      clean: 0,
      outOfScope: 0,
      misuse: 0,
      flags: 0,
      labels: [],
    })
  }
  const timeOver = ({ session, usedAt }: Kept, now: number): EndReason | undefined => {
    if (session.bounds.expires <= now) return 'expired'
    return usedAt + session.bounds.idle <= now ? 'idle' : undefined
  }
  const stops = (one: Kept, now: number): EndReason | undefined => {
    const { bounds } = one.session
    const over = one.ended?.why ?? timeOver(one, now)
    if (over !== undefined) return over
    if (one.tokens >= bounds.tokens) return 'tokens'
    return one.calls >= bounds.calls ? 'calls' : undefined
  }
  const settle: Sessions['settle'] = (id, { tokens, toolCalls, flagged, earns = false }) => {
    whole()
    const root = rootOf(id)
    if (flagged) for (const one of kept.values()) if (rootOf(one.session.id) === root) one.clean = 0
    for (const one of lineage(id)) {
      one.tokens += tokens
      one.toolCalls += toolCalls
      if (flagged) one.flags++
      if (one.session.id !== id || flagged || !earns) continue
      one.clean++
      if (one.trust === 'initial' && one.clean >= one.session.bounds.clean) one.trust = 'standard'
    }
  }
  const converse: Sessions['converse'] = (subject, conversation, now, make) => {
    const key = JSON.stringify([subject, conversation])
    const one = whole().get(talks.get(key) ?? '')
    const over = one && (one.ended?.why ?? timeOver(one, now))
    if (one && over === undefined) return show(one)
    if (one && over !== undefined) end(one.session.id, { at: now, why: over, by: 'gate' })
    const recent = [...talkers].filter(([id, of]) => of === subject && (ulidTime(id) ?? 0) >= now - HOUR)
    if (conversation !== '' && recent.length >= MANY) return converse(subject, '', now, make)
    const session = make(conversation)
    begin(session)
    talkers.set(session.id, subject)
    talks.set(key, session.id)
    return show(kept.get(session.id)!)
  }
  return {
    begin,
    find(id) {
      const one = whole().get(id)
      return one && show(one)
    },
    converse,
    call(id, now) {
      whole()
      const line = lineage(id)
      if (line.length === 0) return 'expired'
      for (const one of line) {
        const why = stops(one, now)
        if (why === undefined) continue
        end(one.session.id, { at: now, why, by: 'gate' })
        return one.session.id === id ? why : 'parent-ended'
      }
      for (const one of line) {
        one.calls++
        one.usedAt = Math.max(one.usedAt, now)
      }
      return 'counted'
    },
    settle,
    settleAll(all) {
      for (const [id, spent] of all) settle(id, spent)
    },
    tally(all) {
      whole()
      for (const { id, calls, usedAt, tokens, toolCalls, flags } of all) {
        const one = kept.get(id)
        if (!one) continue
        one.calls += calls
        one.usedAt = Math.max(one.usedAt, usedAt)
        one.tokens += tokens
        one.toolCalls += toolCalls
        one.flags += flags
      }
    },
    endAll: (ids, ending) => ids.flatMap((id) => end(id, ending)),
    label(id, said) {
      if (!whole().has(id)) throw new Refusal('session_ended', { message: 'There is no such session.' })
      const known = labels.get(rootOf(id)) ?? new Set()
      labels.set(rootOf(id), known)
      const fresh = [...new Set(said)].filter((label) => !known.has(label))
      for (const label of fresh) known.add(label)
      return fresh
    },
    strike(id, what, now) {
      const line = whole().has(id) ? lineage(id) : []
      for (const one of line) one[what]++
      for (const one of line) {
        const most = one.session.bounds[what]
        const why = what === 'misuse' ? 'misuse' : 'out-of-scope'
        if (most > 0 && one[what] >= most) end(one.session.id, { at: now, why, by: 'gate' })
      }
      return line.length === 0 ? 'expired' : (line[0]?.ended?.why ?? 'counted')
    },
    elevate(id) {
      const one = whole().get(id)
      if (!one || one.ended) return false
      one.trust = 'elevated'
      return true
    },
    end,
    endedSince: (mark) => {
      whole()
      return { mark: ends.length, ids: mark === Infinity ? [] : ends.slice(mark) }
    },
    sweep(now) {
      const ended = [...whole().values()].flatMap((one) => {
        const why = one.ended ? undefined : timeOver(one, now)
        return why === undefined ? [] : end(one.session.id, { at: now, why, by: 'gate' })
      })
      const waiting = new Set(
        [...kept.values()].filter(({ session }) => !recorded.has(session.id)).map(({ session }) => rootOf(session.id)),
      )
      const isOld = (root: string): boolean => !waiting.has(root) && (kept.get(root)?.ended?.at ?? now) < now - MONTH
      const old = [...kept.keys()].filter((id) => isOld(rootOf(id)))
      for (const id of old) kept.delete(id)
      return ended
    },
    unrecorded: () =>
      [...whole().values()]
        .filter(({ session, ended }) => ended && !recorded.has(session.id))
        .toSorted((one, other) => (one.ended?.at ?? 0) - (other.ended?.at ?? 0))
        .map(show),
    recorded(id) {
      if (whole().get(id)?.ended) recorded.add(id)
    },
    list: (filter) =>
      [...whole().values()]
        .filter((one) => isOf(one, filter))
        .toSorted(newest)
        .slice(0, filter.most)
        .map(show),
    revokeToken: (jti, until) => void revoked.set(jti, until),
    isRevoked: (jti) => whole() === kept && revoked.has(jti),
    breaks(now) {
      broken = now
    },
  }
}

const newest = (one: Kept, other: Kept): number => (one.session.id < other.session.id ? 1 : -1)

const isOf = ({ session, ended }: Kept, filter: SessionFilter): boolean => {
  const { open, principal, client, kind, began = -Infinity, before } = filter
  if ((kind !== undefined && kind !== session.kind) || session.began < began) return false
  if (before !== undefined && session.id >= before) return false
  return (
    (open === undefined || open === (ended === undefined)) &&
    (client === undefined || client === session.client) &&
    (principal === undefined || chainOf(session.principal).some(({ type, id }) => `${type}::${id}` === principal))
  )
}

export function memoryOnlyOnce(): OnlyOnce {
  const used = new Set<string>()
  return {
    use(key) {
      if (used.has(key)) return false
      used.add(key)
      return true
    },
  }
}
