// What the verbs of `sallyport session` have in common: the store, the owner's log, and how sessions and people are named.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chainOf } from '#access/principal.ts'
import type { Session, SessionState } from '#access/session.ts'
import type { Trail } from '#access/trail.ts'
import { systemClock } from '#lib/clock.ts'
import { openSessions } from '#store/sessions.ts'
import { withLog } from './brief-log.ts'
import { type Io, UsageError } from './io.ts'
import { plain } from './print-problems.ts'
import { stateDirectory } from './state-directory.ts'

export interface SessionTools {
  /** Milliseconds since the epoch. */
  now(): number
}

export const systemTools: SessionTools = { now: () => systemClock.now() }

export type SessionStore = ReturnType<typeof openSessions>

/** Longer than anything else waits for an import of keys that is at work: ending a session is in a hurry, and must not get lost. */
const WAIT_S = 30

/** Runs with the store of this state directory. Throws an Error where there is none: a misspelt directory must not be made. */
export async function withSessions<T>(
  { settings }: Pick<Io, 'settings'>,
  work: (sessions: SessionStore) => T | Promise<T>,
): Promise<T> {
  const path = join(settings.home, 'runtime.db')
  if (!existsSync(path)) throw new Error(`${settings.home} has no sessions; they begin when a gateway runs`)
  const sessions = openSessions(path)
  try {
    return await work(sessions)
  } finally {
    sessions.close()
  }
}

/** Runs with the owner's log `audit/owner`, alone. */
export async function withOwnersLog<T>(
  io: Pick<Io, 'err' | 'settings'>,
  work: (trail: Trail) => Promise<T>,
): Promise<T> {
  const state = await stateDirectory(io.settings.home)
  return withLog(state, { log: 'owner', tool: 'sallyport key or sallyport session', wait: WAIT_S }, io, work)
}

export function sessionId(positionals: readonly string[], verb: string): string {
  const [id, more] = positionals
  if (id === undefined || more !== undefined || !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))
    throw new UsageError(`session ${verb} takes the id of one session, 26 letters and digits; session list shows them`)
  return id
}

/** `User::alice`, as Cedar writes it, in quotes, or without. */
export function principalName(option: string, text: string): string {
  const [, type, name = ''] = /^(User|App|Agent|Judge)::(.+)$/s.exec(text) ?? []
  if (type === undefined) throw new UsageError(`${option} takes User::NAME or App::NAME`)
  return `${type}::${/^"[^"\\]*"$/.test(name) ? name.slice(1, -1) : name}`
}

export type Standing = 'open' | 'expired' | 'idle' | 'ended'

/** `expired`, `idle`: it is over, and nobody has written that down yet. */
export function standingOf({ session: { bounds }, usedAt, ended }: SessionState, now: number): Standing {
  if (ended) return 'ended'
  if (bounds.expires <= now) return 'expired'
  return usedAt + bounds.idle <= now ? 'idle' : 'open'
}

/** `App intake, for User alice`, fit for a terminal. */
export const chainText = ({ principal }: Session): string =>
  plain(
    chainOf(principal)
      .map(({ type, id }) => `${type} ${id}`)
      .join(', for '),
  )

export function noSuchSession(id: string, io: Io): number {
  io.err(plain(`sallyport: ${io.settings.home} has no session ${id}; sallyport session list shows them`))
  return 1
}
