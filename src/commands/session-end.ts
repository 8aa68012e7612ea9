// `sallyport session end`: on every worker within a second, streams that are under way and sessions below it included.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending, SessionState } from '#access/session.ts'
import type { ChangeEntry } from '#access/trail.ts'
import { type Io, UsageError } from './io.ts'
import { readWhy } from './key-why.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import {
  chainText,
  principalName,
  sessionId,
  type SessionStore,
  type SessionTools,
  systemTools,
  withOwnersLog,
  withSessions,
} from './session-tools.ts'
import { systemUser } from './system-user.ts'
import { printJson } from './terminal.ts'

const OPTIONS = { of: { type: 'string' }, why: { type: 'string' }, json: { type: 'boolean' } } as const

const NEITHER = 'session end needs the id of one session, or --of User::NAME, and --why, a few words for the record'

/** Of one look, and how often it is looked for those that were begun meanwhile. */
const MOST = 1_000
const MOST_LOOKS = 100

export async function endSessions(args: readonly string[], io: Io, tools: SessionTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  if (positionals.length === 0 && values.of === undefined && values.why === undefined) throw new UsageError(NEITHER)
  if (values.why === undefined) throw new UsageError('session end needs --why, a few words for the record')
  const why = readWhy(values.why)
  const wanted = wantedOf(values.of, positionals)
  const by = await systemUser()
  return withSessions(io, async (sessions) => {
    const first = wanted(sessions)
    if (first.length === 0) {
      io.err('sallyport: there is no such session; sallyport session list --open shows those that go on')
      return 1
    }
    const ended: SessionState[] = []
    if (first.every((state) => state.ended)) return tell(ended, values.json === true, io)
    await withOwnersLog(io, async (trail) => {
      for (let look = 0; look < MOST_LOOKS; look++) {
        const open = wanted(sessions).filter((state) => !state.ended)
        if (open.length === 0) break
        // Recorded before it is in force: killed between the two, the trail tells of an end that whoever asked was not told of.
        await Promise.all(
          open.map((state, at) =>
            trail.append(changeEntry(state, { by, why }), at === open.length - 1 ? 'machine' : 'process'),
          ),
        )
        ended.push(...(await endPaced(open, sessions, () => ({ at: tools.now(), why: 'ended', by }))))
      }
    })
    return tell(ended, values.json === true, io)
  })
}

const TOGETHER = 25
const PAUSE_MS = 100

/**
 * Some together: a thousand writes of their own would keep every worker from its own. And not all at once: workers that have
 * thousands of streams to cut at the same moment are late with each of them.
 */
async function endPaced(
  open: readonly SessionState[],
  sessions: SessionStore,
  ending: () => Ending,
): Promise<readonly SessionState[]> {
  const ended: SessionState[] = []
  for (let at = 0; at < open.length; at += TOGETHER) {
    if (at > 0) await sleep(PAUSE_MS)
    const ids = open.slice(at, at + TOGETHER).map(({ session }) => session.id)
    ended.push(...sessions.endAll(ids, ending()).flatMap((id) => sessions.find(id) ?? []))
  }
  return ended
}

type Wanted = (sessions: SessionStore) => readonly SessionState[]

function wantedOf(of: string | undefined, positionals: readonly string[]): Wanted {
  if (of === undefined) {
    const id = sessionId(positionals, 'end')
    return (sessions) => [sessions.find(id)].filter((state) => state !== undefined)
  }
  if (positionals.length > 0) throw new UsageError('session end takes the id of one session, or --of, not both')
  const principal = principalName('--of', of)
  return (sessions) => sessions.list({ open: true, principal, most: MOST })
}

const changeEntry = ({ session }: SessionState, { by, why }: { by: string; why: string }): ChangeEntry => ({
  kind: 'change',
  what: 'session',
  subject: session.id,
  by,
  why,
  before: 'open',
  after: 'ended',
})

function tell(ended: readonly SessionState[], json: boolean, io: Io): number {
  if (ended.length === 0) io.err('sallyport: ended already; nothing was changed')
  for (const { session, ended: how } of ended) {
    const below = how?.why === 'parent-ended' ? `  below ${session.parent ?? ''}` : ''
    io.out(
      json
        ? printJson({ id: session.id, why: how?.why })
        : `${painter(io.color).good('✓')} ended ${session.id}  ${chainText(session)}${below}`,
    )
  }
  return 0
}
