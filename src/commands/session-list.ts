// `sallyport session list`: sessions, the newest first.
import type { Session, SessionState } from '#access/session.ts'
import type { Io } from './io.ts'
import { UsageError } from './io.ts'
import { printMoment } from './moments.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { sessionRecord } from './session-record.ts'
import { chainText, principalName, type SessionTools, standingOf, systemTools, withSessions } from './session-tools.ts'
import { printJson } from './terminal.ts'

const OPTIONS = {
  open: { type: 'boolean' },
  principal: { type: 'string' },
  client: { type: 'string' },
  most: { type: 'string' },
  json: { type: 'boolean' },
} as const

const MOST = 100
/** Whoever exchanges a token or key of their own for a session of their own. */
const HOLDER = 'urn:sallyport:client:holder'

export async function listSessions(
  args: readonly string[],
  io: Io,
  tools: SessionTools = systemTools,
): Promise<number> {
  const { values } = readOptions({ args: [...args], options: OPTIONS })
  const most = mostOf(values.most)
  const filter = {
    ...(values.open === true ? { open: true } : {}),
    ...(values.principal === undefined ? {} : { principal: principalName('--principal', values.principal) }),
    ...(values.client === undefined ? {} : { client: values.client }),
    most,
  }
  const all = await withSessions(io, (sessions) => sessions.list(filter))
  const now = tools.now()
  if (values.json === true) for (const state of all) io.out(printJson(sessionRecord(state, now)))
  else if (all.length === 0) io.err(plain(`sallyport: ${io.settings.home} has no such session`))
  else for (const line of table(all, now, io.color)) io.out(line)
  if (all.length === most) io.err(`sallyport: these are the newest ${most}; --most shows more`)
  return 0
}

function mostOf(text: string | undefined): number {
  if (text === undefined) return MOST
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new UsageError('--most takes a whole number from 1 to 999999')
}

/** Two lines each: with people behind applications and clients that are addresses, one would be wider than a terminal. */
function table(all: readonly SessionState[], now: number, color: boolean): readonly string[] {
  const paint = painter(color)
  const states = all.map((state) => state.ended?.why ?? standingOf(state, now))
  const width = Math.max(0, ...states.map((state) => state.length))
  return all.flatMap(({ session, calls }, at) => {
    const state = states[at] ?? ''
    const symbol = state === 'open' ? paint.good('✓') : paint.bad('✗')
    const came = `tier ${session.tier}  ${printMoment(session.began)}  ${calls} ${calls === 1 ? 'call' : 'calls'}`
    return [`${session.id}  ${symbol} ${state.padEnd(width)}  ${came}`, `  ${whoText(session)}`]
  })
}

const COLUMNS = 100
const [LEAST, MOST_SHOWN] = [20, 40]

/** Whoever acts, whole: ids are there to be copied. The client beside it, where it is somebody else, as far as there is room. */
function whoText(session: Session): string {
  const who = chainText(session)
  const client = plain(clientOf(session))
  if (client === '') return who
  return `${who}  ${cut(client, Math.min(MOST_SHOWN, Math.max(LEAST, COLUMNS - who.length - 4)))}`
}

function clientOf({ kind, client, principal }: Session): string {
  if (kind === 'implicit') return '(conversation)'
  if (client === HOLDER) return '(holder)'
  return client === undefined || (principal.type === 'App' && principal.id === client) ? '' : client
}

/** Of an address, both the host and what it ends with say something. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const tail = Math.floor((most - 1) / 2)
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`
}
