// What calls came to that nobody waits for: kept by this worker, and written together a moment later, since each write of its own
// would wait for those of other workers, and the worker with it. Of a conversation (an implicit session) that is everything: nothing
// bounds it, so its figures may be a second late. Of what is begun with a task it is what was cut together.
import type { Sessions, Spent, Tally } from '#access/session.ts'
import type { Gate } from './gate.ts'

type Parts = Pick<Gate, 'sessions' | 'log'>
type Settled = readonly [id: string, spent: Spent]
type Counting = { -readonly [Key in keyof Tally]: Tally[Key] }

interface Waiting {
  readonly tallies: Map<string, Counting>
  readonly settled: Settled[]
  timer: ReturnType<typeof setTimeout> | undefined
  /** When it goes off, as `performance.now()` says it. */
  due: number
  failing: boolean
}

/** A conversation's figures are that late, and its calls are written that often, at most. Sooner than its end is recorded. */
const LATE_MS = 900
/** What is cut together is settled together, well before the end of its session is recorded. */
const TOGETHER_MS = 50
/** While the store cannot be written; what is beyond is not counted. */
const MOST_WAITING = 10_000

const all = new WeakMap<Sessions, Waiting>()

/** `soon`: what it belongs to has ended. */
export function addLater(tally: Tally, soon: boolean, parts: Parts): void {
  const waiting = waitingOf(parts)
  const known = waiting.tallies.get(tally.id)
  if (known) {
    known.calls += tally.calls
    known.usedAt = Math.max(known.usedAt, tally.usedAt)
    known.tokens += tally.tokens
    known.toolCalls += tally.toolCalls
    known.flags += tally.flags
  } else if (waiting.tallies.size < MOST_WAITING) waiting.tallies.set(tally.id, { ...tally })
  writeWithin(soon ? TOGETHER_MS : LATE_MS, waiting, parts)
}

export function settleLater(settled: Settled, parts: Parts): void {
  const waiting = waitingOf(parts)
  waiting.settled.push(settled)
  writeWithin(TOGETHER_MS, waiting, parts)
}

/** Writes what waits. MUST be called before the store is closed. Never throws. */
export function writeWaiting(parts: Parts): void {
  const waiting = all.get(parts.sessions)
  if (waiting) write(waiting, parts)
}

function waitingOf({ sessions }: Parts): Waiting {
  const known = all.get(sessions)
  if (known) return known
  const fresh: Waiting = { tallies: new Map(), settled: [], timer: undefined, due: Infinity, failing: false }
  all.set(sessions, fresh)
  return fresh
}

function writeWithin(ms: number, waiting: Waiting, parts: Parts): void {
  const due = performance.now() + ms
  if (waiting.timer !== undefined && waiting.due <= due) return
  clearTimeout(waiting.timer)
  waiting.due = due
  waiting.timer = setTimeout(() => write(waiting, parts), ms)
  // Whoever stops writes it.
  waiting.timer.unref()
}

function write(waiting: Waiting, parts: Parts): void {
  const { sessions, log } = parts
  clearTimeout(waiting.timer)
  waiting.timer = undefined
  const settled = waiting.settled.splice(0)
  try {
    if (settled.length > 0) sessions.settleAll(settled)
  } catch (error) {
    log(`what ${settled.length} calls came to could not be added to their sessions`, error)
  }
  if (waiting.tallies.size === 0) return
  try {
    sessions.tally([...waiting.tallies.values()])
    waiting.tallies.clear()
    waiting.failing = false
  } catch (error) {
    if (!waiting.failing) log('what happened in conversations could not be added to them, and is tried again', error)
    waiting.failing = true
    writeWithin(LATE_MS, waiting, parts)
  }
}
