// `sallyport session list`: sessions, the newest first, in one line each.
import type { SessionState } from '#access/session.ts'
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

const HEAD = ['id', 'state', 'tier', 'who', 'client', 'began', 'calls'] as const

function table(all: readonly SessionState[], now: number, color: boolean): readonly string[] {
  const rows = all.map((state) => {
    const { session, calls, ended } = state
    const standing = standingOf(state, now)
    const symbol = standing === 'open' ? '✓' : '✗'
    return [
      session.id,
      `${symbol} ${ended?.why ?? standing}`,
      String(session.tier),
      chainText(session),
      plain(session.client ?? (session.kind === 'implicit' ? '(conversation)' : '-')),
      printMoment(session.began),
      String(calls),
    ]
  })
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const paint = painter(color)
  // Colour last: it would count as width.
  const place = (widths[0] ?? 0) + 2
  const painted = (text: string): string => {
    const symbol = text.charAt(place)
    return `${text.slice(0, place)}${symbol === '✓' ? paint.good(symbol) : paint.bad(symbol)}${text.slice(place + 1)}`
  }
  return [line(HEAD), ...rows.map((row) => painted(line(row)))]
}
