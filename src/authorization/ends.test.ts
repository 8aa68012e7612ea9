import { afterEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session, Sessions } from '#access/session.ts'
import type { Trail } from '#access/trail.ts'
import { readEntries, type ReadEntry } from '#audit/read.ts'
import { openRotatingLog, type RotatingLog } from '#audit/rotating-log.ts'
import { systemClock } from '#lib/clock.ts'
import { openSessions } from '#store/sessions.ts'
import { keepEnds, type EndsParts } from './ends.ts'
import { tailOf } from './ends-tail.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const ONE = '01KDYAK3SE0000000000000001'
const TWO = '01KDYAK3SE0000000000000002'

function session(id: string, differs: Partial<Session> = {}): Session {
  // Longer ago than a beginning could still be on its way into the log.
  const began = Date.now() - 100_000
  return {
    id,
    kind: 'declared',
    tier: 2,
    principal: {
      type: 'App',
      id: 'intake',
      groups: ['intake'],
      attributes: {},
      proof: { method: 'session', issuer: 'sallyport', issuedAt: 0, expiresAt: 60 },
    },
    client: 'intake',
    binding: { by: 'nothing' },
    bounds: { expires: began + 900_000, idle: 600_000, tokens: 1_000, calls: 10, clean: 0, outOfScope: 1, misuse: 1 },
    began,
    rules: 'r',
    ...differs,
  }
}

interface Scene {
  readonly sessions: ReturnType<typeof openSessions>
  readonly trail: RotatingLog
  readonly said: string[]
  readonly parts: (differs?: Partial<EndsParts>) => EndsParts
  readonly entries: () => Promise<readonly ReadEntry[]>
  /** As the next process opens it. */
  reopen(): Promise<Scene>
}

async function scene(home?: string): Promise<Scene> {
  const place = home ?? (await mkdtemp(join(tmpdir(), 'sallyport-ends-')))
  if (home === undefined) closing.push(() => rm(place, { recursive: true, force: true }))
  const [directory, keys] = [join(place, 'audit'), join(place, 'keys')]
  const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))
  const trail = await openRotatingLog({ directory, keys, log: 'authorization', clock: systemClock, random })
  const sessions = openSessions(join(place, 'runtime.db'))
  let open = true
  const close = async (): Promise<void> => {
    if (!open) return
    open = false
    sessions.close()
    await trail.close()
  }
  closing.push(close)
  const said: string[] = []
  return {
    sessions,
    trail,
    said,
    parts: (differs = {}) => ({
      sessions,
      trail,
      tail: tailOf({ directory, keys }, 'authorization'),
      clock: systemClock,
      report: (line) => void said.push(line),
      every: 1,
      settling: 0,
      ...differs,
    }),
    entries: () => Array.fromAsync(readEntries(join(directory, 'authorization'), { kind: 'session' })),
    async reopen() {
      await close()
      return scene(place)
    },
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await holds()) return
    await Bun.sleep(2)
  }
  throw new Error('it did not come to that')
}

/** Until nothing waits to be recorded. */
async function kept(parts: EndsParts): Promise<void> {
  const ends = await keepEnds(parts)
  await until(() => parts.sessions.unrecorded().length === 0)
  await ends.stop()
}

const endsOf = (entries: readonly ReadEntry[]): readonly unknown[] =>
  entries.filter(({ what }) => what === 'end').map(({ session: id }) => id)

test('an end is recorded with what the session came to, and once', async () => {
  const { sessions, parts, entries } = await scene()
  sessions.begin(session(ONE))
  sessions.call(ONE, Date.now())
  sessions.settle(ONE, { tokens: 21, toolCalls: 2, flagged: true })
  sessions.label(ONE, ['clinical'])
  sessions.end(ONE, { at: Date.now(), why: 'revoked', by: 'intake' })
  await kept(parts())
  await kept(parts())
  const recorded = await entries()
  expect(recorded).toHaveLength(1)
  expect(recorded[0]).toMatchObject({
    kind: 'session',
    what: 'end',
    session: ONE,
    principal: { type: 'App', id: 'intake', chain: [{ type: 'App', id: 'intake' }] },
    client: 'intake',
    tier: 2,
    bound: 'nothing',
    trust: 'standard',
    labels: ['clinical'],
    why: 'revoked',
    by: 'intake',
    calls: 1,
    tokens: 21,
    toolCalls: 2,
    flags: 1,
  })
  expect(Number(recorded[0]?.['duration'])).toBeGreaterThanOrEqual(100_000)
})

test('what is past its end, or idle, is ended, and its children with it', async () => {
  const { sessions, parts, entries } = await scene()
  const past = session(ONE)
  sessions.begin({ ...past, bounds: { ...past.bounds, expires: Date.now() - 1 } })
  sessions.begin(session(TWO, { parent: ONE }))
  const ends = await keepEnds(parts())
  await until(async () => (await entries()).length === 2)
  await ends.stop()
  const recorded = await entries()
  expect(recorded.map(({ session: id, why, by, parent }) => [id, why, by, parent]).sort()).toEqual([
    [ONE, 'expired', 'gate', undefined],
    [TWO, 'parent-ended', 'gate', ONE],
  ])
})

test('killed between the entry and the mark, the next process does not record the end again', async () => {
  const first = await scene()
  first.sessions.begin(session(ONE))
  first.sessions.end(ONE, { at: Date.now(), why: 'ended', by: 'alice' })
  // It dies in the middle: no mark is ever made.
  const dead: Pick<Sessions, 'recorded'> = {
    recorded: () => {
      throw new Error('killed')
    },
  }
  const ends = await keepEnds(first.parts({ sessions: { ...first.sessions, ...dead } }))
  await until(async () => (await first.entries()).length === 1)
  await ends.stop()
  expect(first.sessions.unrecorded()).toHaveLength(1)
  const next = await first.reopen()
  await kept(next.parts())
  expect(endsOf(await next.entries())).toEqual([ONE])
})

test('killed before the entry, the next process records it', async () => {
  const first = await scene()
  first.sessions.begin(session(ONE))
  first.sessions.end(ONE, { at: Date.now(), why: 'ended', by: 'alice' })
  const next = await first.reopen()
  await kept(next.parts())
  expect(endsOf(await next.entries())).toEqual([ONE])
})

test('a write of which nobody knows what became of it is looked up before it is tried again', async () => {
  const { sessions, trail, parts, entries, said } = await scene()
  sessions.begin(session(ONE))
  sessions.begin(session(TWO))
  sessions.end(ONE, { at: Date.now(), why: 'ended', by: 'alice' })
  sessions.end(TWO, { at: Date.now(), why: 'ended', by: 'alice' })
  let left = 2
  const doubtful: Trail = {
    async append(entry, durable) {
      // The first stands, though its writer is told that it does not; the second was never written.
      left -= 1
      if (left === 1) await trail.append(entry, durable)
      if (left >= 0) throw new Error('the disk is full')
      return trail.append(entry, durable)
    },
  }
  await kept(parts({ trail: doubtful }))
  expect([...endsOf(await entries())].sort()).toEqual([ONE, TWO])
  expect(said).toEqual([
    'ends of sessions cannot be recorded, and are tried again: the disk is full',
    'ends of sessions are recorded again',
  ])
})

test('an end waits until what was under way has been cut and counted', async () => {
  const { sessions, parts, entries } = await scene()
  sessions.begin(session(ONE))
  const at = Date.now()
  const clock = { now: () => at + later }
  let later = 999
  sessions.end(ONE, { at, why: 'revoked', by: 'intake' })
  const ends = await keepEnds(parts({ clock, settling: 1_000 }))
  await Bun.sleep(20)
  expect(await entries()).toEqual([])
  sessions.settle(ONE, { tokens: 7, toolCalls: 0, flagged: false })
  later = 1_000
  await until(async () => (await entries()).length === 1)
  expect((await entries())[0]?.['tokens']).toBe(7)
  await ends.stop()
})

test('a stop does not leave ends to the next start', async () => {
  const { sessions, parts, entries } = await scene()
  sessions.begin(session(ONE))
  const ends = await keepEnds(parts({ settling: 60_000 }))
  sessions.end(ONE, { at: Date.now(), why: 'revoked', by: 'intake' })
  await ends.stop()
  expect(endsOf(await entries())).toEqual([ONE])
})

test('a session that was begun and never recorded is ended by the next start, and no other', async () => {
  const { sessions, trail, parts, entries } = await scene()
  sessions.begin(session(ONE, { began: Date.now() }))
  await trail.append({ kind: 'session', what: 'begin', session: ONE }, 'process')
  sessions.begin(session(TWO, { began: Date.now() }))
  const conversation = session('01KDYAK3SE0000000000000003', { kind: 'implicit', conversation: '' })
  sessions.converse('harbor User::alice', '', Date.now(), () => conversation)
  sessions.begin(session('01KDYAK3SE0000000000000004'))
  await kept(parts())
  expect(endsOf(await entries())).toEqual([TWO])
  expect(sessions.find(TWO)?.ended).toMatchObject({ why: 'revoked', by: 'gate' })
})

test('however many sessions and conversations were begun since, the one without a record is found', async () => {
  const { sessions, trail, parts, entries } = await scene()
  await trail.append({ kind: 'session', what: 'begin', session: ONE }, 'process')
  sessions.begin(session(TWO, { began: Date.now() }))
  for (let at = 0; at < 1_001; at++) {
    const id = `01KDYAK3SF${String(at).padStart(16, '0')}`
    const talk = session(id, { kind: 'implicit', began: Date.now(), conversation: id })
    sessions.converse('harbor User::alice', id, Date.now(), () => talk)
  }
  // Newer than it, and unrecorded as well: more than one page of them.
  for (let at = 0; at < 1_001; at++) {
    sessions.begin(session(`01KDYAK3SG${String(at).padStart(16, '0')}`, { began: Date.now() }))
  }
  await kept(parts())
  expect(endsOf(await entries())).toContain(TWO)
  expect(endsOf(await entries())).toHaveLength(1_002)
}, 20_000)

test('a thousand ends and one more are all recorded', async () => {
  const { sessions, parts, entries } = await scene()
  for (let at = 0; at < 1_001; at++) {
    const id = `01KDYAK3SE${String(at).padStart(16, '0')}`
    const of = session(id)
    sessions.begin({ ...of, bounds: { ...of.bounds, expires: Date.now() - 1 } })
  }
  await kept(parts())
  expect(new Set(endsOf(await entries())).size).toBe(1_001)
  expect(await entries()).toHaveLength(1_001)
}, 20_000)
