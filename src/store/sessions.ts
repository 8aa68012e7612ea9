// Sessions in `runtime.db`, which all workers share. Every question reads its row anew. What must hold when the machine stops, and not
// only the process (an end, a revoked token, a label, a use by somebody else), is written durably; what is merely counted is not.
import { Refusal } from '#access/refusal.ts'
import type { EndReason, Ending, Session, SessionFilter, Sessions, SessionState } from '#access/session.ts'
import { ulid } from '#lib/ulid.ts'
import { openRuntimeTable, type RuntimeTable } from './runtime-store.ts'
import { conversationKey, parseSession, parseWhy, type SessionRow, stateOf } from './session-row.ts'
import { beginning } from './sessions-begin.ts'
import { preparePrune, pruneSessions } from './sessions-prune.ts'
import { prepareSessions, type SessionStatements, type Standing } from './sessions-statements.ts'

const KEEPS = 'the sessions'
/** Parsed declarations, by their text: what is remembered is never older than what was just read. */
const MOST_PARSED = 4096
/** Rows of one answer; what is beyond comes with the next. */
const MOST = 1000
/** Conversations of one subject within the hour. */
const MANY = 1000
const MANY_WITHIN_MS = 3_600_000
/** The longest time that a call loses to others that come between its look and its write. */
const TURNS = 5

/**
 * `path` is made where it is missing, mode 0600. Beyond what Sessions promises: `begin` throws a Refusal `session_ended` where the
 * parent has ended or is not there, and `not_permitted` where it is too far from the first of its line; `label` throws
 * `session_ended` where there is no such session, so that nothing is let out unlabelled.
 */
export function openSessions(path: string): Sessions & { close(): void } {
  const table = openRuntimeTable(path, KEEPS, (database) => ({
    ...prepareSessions(database),
    ...preparePrune(database),
  }))
  const { statements } = table
  const read = reader()
  const begin = beginning(statements)
  const beginNow = table.database.transaction(begin).immediate
  const { end, endTogether } = ending(table)

  const alive = (state: SessionState, now: number): boolean =>
    state.session.bounds.expires > now && state.usedAt + state.session.bounds.idle > now

  /** The one that has this key and goes on. One that does no more is ended. */
  const goingOn = (key: Uint8Array, now: number): SessionState | undefined => {
    const kept = statements.conversation.get(key)
    const state = kept === null ? undefined : read(kept)
    if (!state || alive(state, now)) return state
    const why = state.session.bounds.expires <= now ? 'expired' : 'idle'
    endAll(statements, state.session.id, { at: now, why, by: 'gate' })
    return undefined
  }

  const converse: Sessions['converse'] = (subject, conversation, now, make) => {
    const key = conversationKey(subject, conversation)
    const before = goingOn(key, now)
    if (before) return before
    const counted = countOf(subject)
    if (conversation !== '' && hasMany(statements, counted, now)) return converse(subject, '', now, make)
    const session = make(conversation)
    begin(session, key)
    statements.link.run(counted, session.id)
    const made = statements.find.get(session.id)
    if (made === null) throw new Error('what was just begun is not there')
    return read(made)
  }
  const converseNow = table.database.transaction(converse).immediate

  const sweepNow = table.database.transaction((now: number): readonly string[] =>
    statements.due.all(now, MOST).flatMap(({ id, expires, idle, used_at }) => {
      if (expires > now && used_at + idle > now) {
        statements.postpone.run(Math.min(expires, used_at + idle), id)
        return []
      }
      return endAll(statements, id, { at: now, why: expires <= now ? 'expired' : 'idle', by: 'gate' })
    }),
  ).immediate

  const strikeNow = table.database.transaction((...struck: Parameters<Sessions['strike']>) =>
    strike(statements, ...struck),
  ).immediate

  const settleNow = table.database.transaction((all: Parameters<Sessions['settleAll']>[0]): void => {
    for (const [id, { tokens, toolCalls, flagged, earns = false }] of all) {
      statements.settle.run(id, tokens, toolCalls, flagged ? 1 : 0, earns && !flagged ? 1 : 0)
      if (flagged) statements.unclean.run(id)
    }
  }).immediate

  const tallyNow = table.database.transaction((all: Parameters<Sessions['tally']>[0]): void => {
    for (const { id, calls, usedAt, tokens, toolCalls, flags } of all)
      statements.tally.run(id, calls, usedAt, tokens, toolCalls, flags)
  }).immediate

  return {
    ...marks(table),
    begin: (session) => table.keeping('written', () => beginNow(session)),
    find(id) {
      if (!id.isWellFormed()) return undefined
      return table.keeping('read', () => {
        const row = statements.find.get(id)
        const state = row === null ? undefined : read(row)
        if (state && state.session.id !== id) throw new Error('a row holds the session of another')
        return state
      })
    },
    converse(subject, conversation, now, make) {
      const key = conversationKey(subject, conversation)
      return table.keeping('written', () => {
        const kept = statements.conversation.get(key)
        const state = kept === null ? undefined : read(kept)
        return state && alive(state, now) ? state : converseNow(subject, conversation, now, make)
      })
    },
    call: (id, now) => (id.isWellFormed() ? table.keeping('written', () => call(table, end, id, now)) : 'expired'),
    settle: (id, spent) => table.keeping('written', () => settleNow([[id, spent]])),
    settleAll: (all) => table.keeping('written', () => settleNow(all)),
    tally: (all) => table.keeping('written', () => tallyNow(all)),
    strike: (id, what, now) => (id.isWellFormed() ? table.durably(() => strikeNow(id, what, now)) : 'expired'),
    end: (id, how) => table.keeping('written', () => end(id, how)),
    endAll: (ids, how) => table.keeping('written', () => endTogether(ids, how)),
    sweep: (now) =>
      table.keeping('written', () => {
        const ended = statements.due.get(now, 1) === null ? [] : table.durably(() => sweepNow(now))
        pruneSessions(table.database, statements, now)
        return ended
      }),
    unrecorded: () => table.keeping('read', () => statements.unrecorded.all(MOST).map(read)),
    recorded: (id) => void table.keeping('written', () => statements.recorded.run(id)),
    list: (filter) => table.keeping('read', () => list(statements, filter).map(read)),
    close: () => table.close(),
  }
}

/** The link that the conversations of a subject have besides those of their chains: what others begin for a person has none. */
const countOf = (subject: string): string => `conversations of ${conversationKey(subject, '').toHex()}`

/** Whether a subject began as many as anybody may: callers name conversations, and each is a row and an entry. */
function hasMany({ begunBy }: SessionStatements, counted: string, now: number): boolean {
  const since = ulid(Math.max(0, now - MANY_WITHIN_MS), (length) => new Uint8Array(length))
  return (begunBy.get(counted, since, MANY)?.many ?? 0) >= MANY
}

type Table = RuntimeTable<SessionStatements>

function reader(): (row: SessionRow) => SessionState {
  const parsed = new Map<string, Session>()
  return (row) => {
    let session = parsed.get(row.declared)
    if (!session) {
      if (parsed.size >= MOST_PARSED) parsed.clear()
      session = parseSession(row.declared)
      parsed.set(row.declared, session)
    }
    return stateOf(session, row)
  }
}

/** What is only counted, marked or looked up. */
function marks({ statements, database, keeping, durably }: Table) {
  const labelNow = database.transaction((id: string, labels: readonly string[]): readonly string[] => {
    if (statements.above.get(id) === null) throw new Refusal('session_ended', { message: 'There is no such session.' })
    return labels.filter((label) => statements.label.run(id, label).changes > 0)
  }).immediate
  return {
    label(id, labels) {
      if (![id, ...labels].every((text) => text.isWellFormed()))
        throw new Refusal('not_ready', { message: 'A label that is no valid text cannot be kept.' })
      // Whoever says what is known keeps nobody from writing.
      const known = keeping('read', () => new Set(statements.labels.all(id).map(({ label }) => label)))
      const fresh = new Set(labels.filter((label) => !known.has(label)))
      return fresh.size === 0 && known.size > 0 ? [] : durably(() => labelNow(id, [...fresh]))
    },
    elevate: (id) => durably(() => statements.elevate.run(id).changes > 0),
    endedSince: (mark) =>
      keeping('read', () => {
        if (mark === Infinity) return { mark: statements.lastMark.get()?.seq ?? 0, ids: [] }
        const ends = statements.endedSince.all(mark, MOST)
        return { mark: ends.at(-1)?.mark ?? mark, ids: ends.map(({ session }) => session) }
      }),
    revokeToken: (jti, until) => void durably(() => statements.revoke.run(jti, until)),
    isRevoked: (jti) => keeping('read', () => statements.isRevoked.get(jti) !== null),
  } satisfies Partial<Sessions>
}

type End = (id: string, how: Ending) => readonly string[]

function ending({ database, statements, durably }: Table): { end: End; endTogether: Sessions['endAll'] } {
  const endNow = database.transaction((id: string, how: Ending) => endAll(statements, id, how)).immediate
  const endOne = (id: string, how: Ending): readonly string[] => {
    const before = statements.above.get(id)?.ended_why
    if (before === null) return endNow(id, how)
    // What it admitted before its calls were used up goes on, until somebody says that it may not.
    if (before === 'calls' && how.why !== 'calls') statements.mark.run(id, how.at)
    return []
  }
  const allNow = database.transaction((ids: readonly string[], how: Ending) => ids.flatMap((id) => endOne(id, how)))
  return {
    end(id, how) {
      const before = statements.above.get(id)?.ended_why
      // Whoever ends what has ended keeps nobody from writing.
      return before === null || (before === 'calls' && how.why !== 'calls') ? durably(() => endOne(id, how)) : []
    },
    endTogether: (ids, how) => durably(() => allNow.immediate(ids, how)),
  }
}

/** MUST run in a transaction. */
function endAll(statements: SessionStatements, id: string, { at, why, by }: Ending): readonly string[] {
  const ids = statements.end.all(id, at, why, by).map((row) => row.id)
  const ended = ids.includes(id) ? [id, ...ids.filter((other) => other !== id)] : ids
  for (const each of ended) statements.mark.run(each, at)
  return ended
}

function call({ statements }: Table, end: End, id: string, now: number): 'counted' | EndReason {
  for (let turn = 0; turn < TURNS; turn++) {
    if (statements.call.run(id, now).changes > 0) return 'counted'
    const lineage = statements.lineage.all(id)
    if (lineage[0]?.id !== id) return 'expired'
    for (const each of lineage) {
      const why = each.ended_why === null ? reasonToEnd(each, now) : parseWhy(each.ended_why)
      if (why === undefined) continue
      if (each.ended_why === null) end(each.id, { at: now, why, by: 'gate' })
      return each.id === id ? why : 'parent-ended'
    }
  }
  return 'idle'
}

/** The nearest first: what its own bound ends has its own reason. MUST run in a transaction. */
function strike(
  statements: SessionStatements,
  ...[id, what, now]: Parameters<Sessions['strike']>
): ReturnType<Sessions['strike']> {
  const [why, most] =
    what === 'misuse' ? (['misuse', 'mostMisuse'] as const) : (['out-of-scope', 'mostOutOfScope'] as const)
  statements.strike.run(id, what === 'misuse' ? 0 : 1, what === 'misuse' ? 1 : 0)
  for (const each of statements.struck.all(id)) {
    if (each.ended_why !== null || each[most] === 0 || each[what] < each[most]) continue
    endAll(statements, each.id, { at: now, why, by: 'gate' })
  }
  const over = statements.above.get(id)
  if (!over) return 'expired'
  return over.ended_why === null ? 'counted' : parseWhy(over.ended_why)
}

function reasonToEnd(each: Standing, now: number): EndReason | undefined {
  if (each.expires <= now) return 'expired'
  if (each.used_at + each.idle <= now) return 'idle'
  if (each.tokens >= each.most_tokens) return 'tokens'
  return each.calls >= each.most_calls ? 'calls' : undefined
}

function list({ list: rows }: SessionStatements, filter: SessionFilter): readonly SessionRow[] {
  const { open, client = null, principal = null, before = null, kind = null, began = null, most } = filter
  return rows.all(open === undefined ? null : Number(open), client, principal, before, kind, began, most)
}
