// Ends what is over, and writes every end into the log, once: whoever ended a session, and in whichever process, marked its row; the
// entry is written here and nowhere else. Killed between the entry and the mark, the log's own tail says what stands already.
import type { Sessions, SessionState } from '#access/session.ts'
import type { Trail } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import { endEntry } from './session-entries.ts'
import type { ReadTail } from './ends-tail.ts'

export interface EndsParts {
  readonly sessions: Pick<Sessions, 'sweep' | 'unrecorded' | 'recorded' | 'list' | 'endAll'>
  readonly trail: Trail
  /** Of the log that `trail` writes. */
  readonly tail: ReadTail
  readonly clock: Pick<Clock, 'now'>
  /** One line for the operator. */
  readonly report: (line: string) => void
  /** Milliseconds, for tests. */
  readonly every?: number
  readonly settling?: number
}

export interface Ends {
  /** Records what is left, and stops. Never rejects: the next start finds what could not be recorded. */
  stop(): Promise<void>
}

const EVERY_MS = 250
/** From an end until it is recorded: what was under way is cut meanwhile, and what it came to is added. */
const SETTLING_MS = 1_000
/** How far clocks may have stepped back, and how long whoever began a session may have taken to record that. */
const LEEWAY_MS = 60_000
/** Entries of one sync. */
const TOGETHER = 100
/** Answers of the store in one turn. */
const MOST_PAGES = 20
/** Sessions of one look at those that may have no record. */
const MOST_LISTED = 1_000

/** MUST be awaited before the first session is begun: what was begun without a record by then is ended. */
export async function keepEnds(parts: EndsParts): Promise<Ends> {
  const { clock, report, every = EVERY_MS, settling = SETTLING_MS } = parts
  const record = recorder(parts)
  let failing = false
  const turn = async (least: number): Promise<void> => {
    try {
      parts.sessions.sweep(clock.now())
      await record(least)
      if (failing) report('ends of sessions are recorded again')
      failing = false
    } catch (error) {
      if (!failing) report(`ends of sessions cannot be recorded, and are tried again: ${messageOf(error)}`)
      failing = true
    }
  }
  try {
    await endUnrecorded(parts)
  } catch (error) {
    report(`sessions that were begun without a record could not be looked for: ${messageOf(error)}`)
  }
  const over = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> = Promise.resolve()
  const onward = async (): Promise<void> => {
    await turn(settling)
    if (!over.signal.aborted) timer = setTimeout(again, every)
  }
  const again = (): void => {
    running = onward()
  }
  again()
  return {
    async stop() {
      over.abort()
      clearTimeout(timer)
      await running
      await turn(0)
    },
  }
}

/** A process that died between the row of a session and the entry of its beginning gave nobody a token of it. */
async function endUnrecorded({ sessions, tail, clock }: EndsParts): Promise<void> {
  const { begun, newest } = await tail((time) => time - 2 * LEEWAY_MS)
  if (newest === undefined) return
  // The beginning of an older one stands further back in the log than this has read.
  const wanted = { open: true, kind: 'declared', began: newest - LEEWAY_MS, most: MOST_LISTED } as const
  let page = sessions.list(wanted)
  while (page.length > 0) {
    const ids = page.map(({ session }) => session.id).filter((id) => !begun.has(id))
    if (ids.length > 0) sessions.endAll(ids, { at: clock.now(), why: 'revoked', by: 'gate' })
    const before = page.at(-1)?.session.id
    if (before === undefined || page.length < MOST_LISTED) return
    page = sessions.list({ ...wanted, before })
  }
}

/** Records ends that are at least so many milliseconds old. Rejects where that fails; whatever stands is not written again. */
function recorder({ sessions, trail, tail, clock }: EndsParts): (least: number) => Promise<void> {
  /** Stand in the log, and are not marked yet. */
  const standing = new Set<string>()
  /** True while it is not known what stands: at the beginning, and after a write that failed. */
  let unsure = true

  const lookUp = async (rows: readonly SessionState[]): Promise<void> => {
    const oldest = Math.min(...rows.map(({ ended }) => ended?.at ?? 0))
    for (const id of (await tail(() => oldest - LEEWAY_MS)).ended) standing.add(id)
    unsure = false
  }
  const write = async (rows: readonly SessionState[]): Promise<void> => {
    const written = await Promise.allSettled(
      rows.map(async (row) => {
        const { id } = row.session
        if (!standing.has(id)) await trail.append(endEntry(row), 'machine')
        standing.add(id)
      }),
    )
    const failed = written.find((result) => result.status === 'rejected')
    if (failed) unsure = true
    for (const { session } of rows) {
      if (!standing.has(session.id)) continue
      sessions.recorded(session.id)
      standing.delete(session.id)
    }
    if (failed) throw failed.reason
  }
  return async (least) => {
    for (let page = 0; page < MOST_PAGES; page++) {
      const all = sessions.unrecorded()
      const rows = all.filter(({ ended }) => isSettled(ended?.at ?? 0, least, clock.now()))
      if (rows.length === 0) return
      if (unsure) await lookUp(rows)
      for (let at = 0; at < rows.length; at += TOGETHER) await write(rows.slice(at, at + TOGETHER))
    }
  }
}

/** An end in the future is one that a clock stepped back behind: nobody waits for it. */
const isSettled = (at: number, least: number, now: number): boolean => at > now || now - at >= least

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
