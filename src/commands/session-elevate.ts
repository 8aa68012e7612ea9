// `sallyport session elevate`: a person lets one session of tier 3 do what cannot be taken back.
import { chainOf } from '#access/principal.ts'
import type { SessionState } from '#access/session.ts'
import type { SessionEntry } from '#access/trail.ts'
import { type Io, UsageError } from './io.ts'
import { readWhy } from './key-why.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import {
  chainText,
  noSuchSession,
  sessionId,
  type SessionTools,
  standingOf,
  systemTools,
  withOwnersLog,
  withSessions,
} from './session-tools.ts'
import { systemUser } from './system-user.ts'
import { printJson } from './terminal.ts'

const OPTIONS = { why: { type: 'string' }, json: { type: 'boolean' } } as const

export async function elevateSession(
  args: readonly string[],
  io: Io,
  tools: SessionTools = systemTools,
): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  if (values.why === undefined) throw new UsageError('session elevate needs --why, a few words for the record')
  const why = readWhy(values.why)
  const id = sessionId(positionals, 'elevate')
  const by = await systemUser()
  return withSessions(io, async (sessions) => {
    const state = sessions.find(id)
    if (!state) return noSuchSession(id, io)
    const refused = refusalOf(state, tools.now())
    if (refused !== undefined) return no(refused, io)
    if (state.trust === 'elevated') {
      io.err('sallyport: it is elevated already; nothing was changed')
      return 0
    }
    await withOwnersLog(io, (trail) => trail.append(entryOf(state, { by, why }), 'machine'))
    if (!sessions.elevate(id)) return no('it ended in this moment, and is not elevated', io)
    const line = `${painter(io.color).good('✓')} elevated ${id}  ${chainText(state.session)}`
    io.out(values.json === true ? printJson({ id, trust: 'elevated' }) : line)
    return 0
  })
}

function refusalOf(state: SessionState, now: number): string | undefined {
  if (standingOf(state, now) !== 'open') return 'it has ended; begin another one'
  if (state.session.tier === 3) return undefined
  return `it is of tier ${state.session.tier}, where trust need not be earned: there is nothing to raise`
}

function no(why: string, io: Io): number {
  io.err(`sallyport: ${why}`)
  return 1
}

function entryOf({ session }: SessionState, { by, why }: { by: string; why: string }): SessionEntry {
  const { id, principal, client, tier } = session
  const chain = chainOf(principal).map((link) => ({ type: link.type, id: link.id }))
  return {
    kind: 'session',
    what: 'trust',
    session: id,
    principal: { type: principal.type, id: principal.id, chain },
    ...(client === undefined ? {} : { client }),
    tier,
    trust: 'elevated',
    why,
    by,
  }
}
