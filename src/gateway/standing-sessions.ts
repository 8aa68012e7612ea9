// What is under way in a session ends with it, whoever ended it and in whichever process. One question to the store, ten times a
// second, says for all of them which sessions ended. They are cut a few at a time: a worker with a thousand streams goes on serving.
//
// What ended between the moment when a request's session was read and the moment when it is watched is seen, too: ends are
// remembered for a while, and what arrived before that is looked up.
import type { Refusal } from '#access/refusal.ts'
import type { EndReason, Session, Sessions } from '#access/session.ts'
import { endedBecause } from '#access/session-ended.ts'

export interface WatchParts {
  readonly sessions: Pick<Sessions, 'find' | 'endedSince'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that never step back. */
  readonly monotonic: () => number
}

export interface Watched {
  readonly session: Session
  /** When its request arrived, before the session was read; monotonic. */
  readonly began: number
  /** Aborted when the session ends. */
  readonly use: AbortController
}

/**
 * Returns what ends the watching; that MUST be called when the use is over. Throws a Refusal `session_ended` where the session has
 * ended already, `not_ready` where the store cannot be read.
 */
export type WatchSession = (watched: Watched) => () => void

interface UnderWay {
  readonly session: Session
  readonly uses: Set<AbortController>
  /** Its calls are used up: what it admitted before goes on. */
  spent: boolean
}

const EVERY_MS = 100
/** Looks that nobody needed before there are none: the next request would have to look twice. */
const LINGER = 100
/** Uses that are cut in one turn of the event loop, about a hundredth of a second of work. */
const A_TURN = 32
/** Answers of the store in one look, each up to a thousand ends. */
const MOST_PAGES = 16

export function watchSessions(parts: WatchParts): WatchSession {
  const { sessions, now, monotonic } = parts
  const underWay = new Map<string, UnderWay>()
  const ends = rememberEnds(monotonic)
  const cut = cutter()
  let mark = 0
  let idle = 0
  let timer: ReturnType<typeof setInterval> | undefined

  const lose = (id: string, why: EndReason | undefined): void => {
    const uses = underWay.get(id)?.uses
    if (!uses) return
    underWay.delete(id)
    cut(uses, endedBecause(why))
  }
  /** A store that cannot be read says nothing: what would begin now is refused, and the next look goes on at the same mark. */
  const heed = (): void => {
    try {
      for (let page = 0; page < MOST_PAGES; page++) {
        const { mark: next, ids } = sessions.endedSince(mark)
        if (ids.length === 0) return
        for (const id of ids) {
          ends.note(id)
          const known = underWay.get(id)
          const why = known && whyEnded(id, sessions)
          if (!known || !cuts(known.session, why)) continue
          // Said twice of one that used up its calls: somebody ended it besides.
          if (why === 'calls' && !known.spent) known.spent = true
          else lose(id, why)
        }
        mark = next
      }
    } catch {
      // Said where it concerns somebody.
    }
  }
  const look = (): void => {
    heed()
    const at = now()
    for (const [id, { session }] of underWay) {
      if (session.bounds.expires <= at && cuts(session, 'expired')) lose(id, 'expired')
    }
    idle = underWay.size === 0 ? idle + 1 : 0
    if (idle < LINGER) return
    clearInterval(timer)
    timer = undefined
  }
  const begin = (): void => {
    // Before anything is looked up: what ends from here on is seen.
    mark = sessions.endedSince(Infinity).mark
    ends.begin()
    idle = 0
    timer = setInterval(look, EVERY_MS)
    // What is under way keeps the process, and this does not.
    timer.unref()
  }
  return ({ session, began, use }) => {
    if (!timer) begin()
    const { id } = session
    if (ends.mayHaveMissed(id, began)) {
      const state = sessions.find(id)
      const why = state ? state.ended?.why : 'ended'
      // Of those whose calls are used up, this one was counted.
      if (why !== undefined && why !== 'calls' && cuts(session, why)) throw endedBecause(why)
    }
    const known: UnderWay = underWay.get(id) ?? { session, uses: new Set(), spent: false }
    if (known.uses.size === 0) underWay.set(id, known)
    known.uses.add(use)
    return () => {
      known.uses.delete(use)
      if (known.uses.size === 0 && underWay.get(id) === known) underWay.delete(id)
    }
  }
}

/** A conversation that was left alone for a while takes nothing from an answer in it that still comes: it proves nothing. */
const cuts = ({ kind }: Session, why: EndReason | undefined): boolean =>
  kind === 'declared' || (why !== 'expired' && why !== 'idle')

function whyEnded(id: string, sessions: WatchParts['sessions']): EndReason | undefined {
  try {
    return sessions.find(id)?.ended?.why
  } catch {
    return undefined
  }
}

/** How long an end is remembered, at least. */
const REMEMBERED_MS = 60_000
const MOST_REMEMBERED = 50_000

/** Two rows of ends, the older of which goes when the newer is as old as ends are remembered. */
function rememberEnds(monotonic: () => number) {
  let [newer, older] = [new Set<string>(), new Set<string>()]
  /** From when on all ends are in one of them, and when the newer one began. */
  let [since, turned] = [Infinity, 0]
  const turn = (at: number): void => {
    since = turned
    turned = at
    older = newer
    newer = new Set()
  }
  return {
    begin(): void {
      since = monotonic()
      turned = since
      newer = new Set()
      older = new Set()
    },
    note(id: string): void {
      const at = monotonic()
      if (at - turned > REMEMBERED_MS || newer.size >= MOST_REMEMBERED) turn(at)
      newer.add(id)
    },
    /** Whether this session may have ended since `began` without anybody being told. */
    mayHaveMissed: (id: string, began: number): boolean => began < since || newer.has(id) || older.has(id),
  }
}

function cutter(): (uses: ReadonlySet<AbortController>, why: Refusal) => void {
  const waiting: (readonly [AbortController, Refusal])[] = []
  let running = false
  const turn = (): void => {
    for (const [use, why] of waiting.splice(0, A_TURN)) use.abort(why)
    running = waiting.length > 0
    if (running) setImmediate(turn)
  }
  return (uses, why) => {
    for (const use of uses) waiting.push([use, why])
    if (running || waiting.length === 0) return
    running = true
    setImmediate(turn)
  }
}
