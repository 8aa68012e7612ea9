// `sallyport session show`: all that is known of one session, on one screen.
import { originOf } from '#access/principal.ts'
import type { SessionState } from '#access/session.ts'
import type { Binding } from '#access/task.ts'
import type { Io } from './io.ts'
import { printMoment } from './moments.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { boundOf, sessionRecord } from './session-record.ts'
import {
  chainText,
  noSuchSession,
  sessionId,
  type SessionStore,
  type SessionTools,
  standingOf,
  systemTools,
  withSessions,
} from './session-tools.ts'
import { plainTexts, printJson } from './terminal.ts'

const OPTIONS = { json: { type: 'boolean' } } as const

export async function showSession(args: readonly string[], io: Io, tools: SessionTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  const id = sessionId(positionals, 'show')
  const found = await withSessions(io, (sessions) => {
    const state = sessions.find(id)
    return state && { state, below: childrenOf(state, sessions) }
  })
  if (!found) return noSuchSession(id, io)
  const { state, below } = found
  const now = tools.now()
  if (values.json === true) {
    io.out(printJson({ ...sessionRecord(state, now), below: below.map(({ session }) => session.id) }, 2))
    return 0
  }
  for (const [name, value] of portrait(state, below, { now, color: io.color })) io.out(`${name.padEnd(10)} ${value}`)
  return 0
}

const MOST_LOOKED_AT = 10_000

/** Whoever stands behind a session stands behind those below it, too. */
function childrenOf({ session }: SessionState, sessions: SessionStore): readonly SessionState[] {
  const { type, id } = originOf(session.principal)
  const all = sessions.list({ principal: `${type}::${id}`, most: MOST_LOOKED_AT })
  return all.filter((each) => each.session.parent === session.id)
}

type Row = readonly [name: string, value: string]

interface View {
  readonly now: number
  readonly color: boolean
}

function portrait(state: SessionState, below: readonly SessionState[], view: View): readonly Row[] {
  const { session, trust, labels, usedAt, clean } = state
  const { bounds, client, parent, principal, began } = session
  const groups = principal.groups.length > 0 ? `, groups ${plain(principal.groups.join(', '))}` : ''
  const earning = trust === 'initial' ? `, ${clean} of ${bounds.clean} clean calls in a row` : ''
  return [
    ['session', `${session.id}${session.kind === 'implicit' ? ', a conversation: it has no token of its own' : ''}`],
    ['state', stateText(state, view)],
    ['who', `${chainText(session)}${groups}`],
    ...(client === undefined ? [] : [['client', plain(client)] as const]),
    ...taskRows(state),
    ['bound', boundText(session.binding)],
    ['tier', `${session.tier}, trust ${trust}${earning}`],
    ['life', `${printMoment(began)} to ${printMoment(bounds.expires)} at the latest`],
    ['used', `${printMoment(usedAt)}; ends ${durationText(bounds.idle)} after its last call`],
    ['calls', ofText(state.calls, bounds.calls)],
    ['tokens', ofText(state.tokens, bounds.tokens)],
    ['tools', callsText(state.toolCalls)],
    ['attempts', ofText(state.outOfScope, bounds.outOfScope, ' beyond its scope')],
    ['misuse', ofText(state.misuse, bounds.misuse)],
    ['flags', `${callsText(state.flags)} in which something was found`],
    ['labels', labels.length === 0 ? 'none' : plain(labels.join(', '))],
    ...(parent === undefined ? [] : [['part of', parent] as const]),
    ...belowRows(below, view.now),
  ]
}

function stateText(state: SessionState, { now, color }: View): string {
  const paint = painter(color)
  const { ended } = state
  if (ended) return `${paint.bad('✗')} ended ${printMoment(ended.at)}: ${ended.why}, by ${plain(ended.by)}`
  const standing = standingOf(state, now)
  return standing === 'open' ? `${paint.good('✓')} open` : `${paint.bad('✗')} ${standing}; its end is not recorded yet`
}

function taskRows({ session: { task } }: SessionState): readonly Row[] {
  if (!task) return []
  const { type, domain, models, actions, output } = plainTexts(task)
  return [
    ['task', `${type}${domain === undefined ? '' : `, about ${domain}`}`],
    ['may', `at most: ${actions.join(', ')} on ${models.join(', ')}; ${output.replaceAll('-', ' ')}`],
  ]
}

function boundText(binding: Binding): string {
  switch (binding.by) {
    case 'key':
      return `to the key with the thumbprint ${plain(binding.jkt)}`
    case 'network':
      return `to ${plain(binding.networks.join(', '))}`
    case 'nothing':
      return 'to nothing: whoever holds its token uses it'
  }
}

function ofText(count: number, most: number, of = ''): string {
  const bound = boundOf(most)
  return bound === null ? `${count}${of}, not bounded` : `${count} of ${bound}${of}`
}

const callsText = (calls: number): string => `${calls} ${calls === 1 ? 'call' : 'calls'}`

function durationText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes === 0) return `${Math.round(milliseconds / 1000)} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

const MOST_SHOWN = 8

function belowRows(below: readonly SessionState[], now: number): readonly Row[] {
  const shown = below.slice(0, MOST_SHOWN)
  const rest = below.length - shown.length
  return [
    ...shown.map((state, at): Row => [
      at === 0 ? 'below it' : '',
      `${state.session.id} ${state.ended?.why ?? standingOf(state, now)}`,
    ]),
    ...(rest > 0 ? [['', `and ${rest} more`] as const] : []),
  ]
}
