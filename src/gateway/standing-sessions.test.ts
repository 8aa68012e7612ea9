import { afterEach, expect, jest, test } from 'bun:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Ending, Session, SessionState } from '#access/session.ts'
import { makeStandings, type Standing } from './standing.ts'

afterEach(() => jest.useRealTimers())

const ALICE: Principal = {
  type: 'User',
  id: 'alice',
  groups: [],
  attributes: {},
  proof: { method: 'session', issuer: 'sallyport', issuedAt: 0, expiresAt: 60 },
}

const session = (id: string, differs: Partial<Session> = {}): Session => ({
  id,
  kind: 'declared',
  tier: 2,
  principal: ALICE,
  binding: { by: 'nothing' },
  bounds: { expires: 600_000, idle: 60_000, tokens: 1, calls: 1, clean: 0, outOfScope: 1, misuse: 1 },
  began: 0,
  rules: '',
  ...differs,
})

const stateOf = (of: Session, ended?: Ending): SessionState => ({
  session: of,
  root: of.id,
  trust: 'standard',
  usedAt: 0,
  calls: 0,
  tokens: 0,
  toolCalls: 0,
  clean: 0,
  outOfScope: 0,
  misuse: 0,
  flags: 0,
  labels: [],
  ...(ended && { ended }),
})

/** A store of sessions that counts how often it is asked. */
function scene(fake = true) {
  if (fake) jest.useFakeTimers()
  const rows = new Map<string, SessionState>()
  const ends: string[] = []
  const asked = { ends: 0, rows: 0 }
  const at = { now: 1_000, elapsed: 5_000, broken: false }
  const refuseBroken = (): void => {
    if (at.broken) throw new Refusal('not_ready', { message: 'The store cannot be read.' })
  }
  const standings = makeStandings({
    keys: { find: () => undefined },
    sessions: {
      find(id) {
        asked.rows += 1
        refuseBroken()
        return rows.get(id)
      },
      endedSince(mark) {
        asked.ends += 1
        refuseBroken()
        if (mark === Infinity) return { mark: ends.length, ids: [] }
        const ids = ends.slice(mark, mark + 1_000)
        return { mark: mark + ids.length, ids }
      },
    },
    now: () => at.now,
    monotonic: () => at.elapsed,
  })
  return {
    at,
    asked,
    begin: (of: Session): void => void rows.set(of.id, stateOf(of)),
    open: (of: Session, began = at.elapsed): Standing => {
      if (!rows.has(of.id)) rows.set(of.id, stateOf(of))
      return standings.of(ALICE, { began, session: stateOf(of) })
    },
    end: (id: string, why: Ending['why'] = 'revoked'): void => {
      const row = rows.get(id)
      if (row) rows.set(id, stateOf(row.session, { at: at.now, why, by: 'alice' }))
      ends.push(id)
    },
    pass: async (ms: number): Promise<void> => {
      at.now += ms
      at.elapsed += ms
      jest.advanceTimersByTime(ms)
      // Cutting takes turns of its own.
      await nextTurn()
      await nextTurn()
    },
  }
}

test('what is under way in a session ends within a fifth of a second of the end of the session, and says why', async () => {
  const { open, end, pass } = scene()
  const one = open(session('one'))
  const two = open(session('one'))
  const other = open(session('other'))
  await pass(1_000)
  expect(one.withdrawn?.aborted).toBe(false)
  end('one')
  await pass(200)
  expect(one.withdrawn?.aborted).toBe(true)
  expect(two.withdrawn?.aborted).toBe(true)
  expect(other.withdrawn?.aborted).toBe(false)
  const why: unknown = one.withdrawn?.reason
  expect(why).toBeInstanceOf(Refusal)
  expect(why).toMatchObject({
    reason: 'session_ended',
    message: 'The session has ended: it was revoked. Begin a new one.',
  })
})

test('a session that reaches its end is cut at that moment, without anybody writing it down', async () => {
  const { open, pass } = scene()
  const standing = open(session('short', { bounds: { ...session('short').bounds, expires: 3_000 } }))
  await pass(1_900)
  expect(standing.withdrawn?.aborted).toBe(false)
  await pass(200)
  expect(standing.withdrawn?.reason).toMatchObject({
    message: 'The session has ended: its time was over. Begin a new one.',
  })
})

test('a conversation that is over by the clock cuts nothing, and one that is ended cuts all', async () => {
  const { open, end, pass } = scene()
  const bounds = { ...session('talk').bounds, expires: 2_000 }
  const standing = open(session('talk', { kind: 'implicit', bounds }))
  end('talk', 'expired')
  await pass(5_000)
  expect(standing.withdrawn?.aborted).toBe(false)
  const other = open(session('other', { kind: 'implicit' }))
  end('other', 'ended')
  await pass(200)
  expect(other.withdrawn?.reason).toMatchObject({
    message: 'The session has ended: it was ended by an operator. Begin a new one.',
  })
})

test('what a session admitted before its calls were used up goes on, until somebody ends it besides', async () => {
  const { open, end, pass } = scene()
  const last = open(session('spent'))
  end('spent', 'calls')
  await pass(1_000)
  expect(last.withdrawn?.aborted).toBe(false)
  // The store marks it once more.
  end('spent', 'calls')
  await pass(200)
  expect(last.withdrawn?.reason).toMatchObject({
    message: 'The session has ended: its calls were used up. Begin a new one.',
  })
})

test('a session that ended between the reading of it and its watching lets nothing begin', async () => {
  const { begin, open, end, pass } = scene()
  const late = session('late')
  begin(late)
  // Seen by a look, which had nothing to cut, while the request was on its way.
  open(session('other'))
  const arrived = 5_000
  end('late')
  await pass(200)
  expect(() => open(late, arrived)).toThrow(/^The session has ended/)
})

test('so it is where nobody was looking yet', () => {
  const { open, end } = scene()
  const gone = session('gone')
  open(gone).release()
  const fresh = scene()
  fresh.end('gone')
  expect(() => fresh.open(gone, 4_000)).not.toThrow()
  end('gone')
  expect(() => open(gone, 4_000)).toThrow(/^The session has ended/)
})

test('a session that is not there lets nothing begin', () => {
  jest.useFakeTimers()
  const standings = makeStandings({
    keys: { find: () => undefined },
    sessions: { find: () => undefined, endedSince: () => ({ mark: 0, ids: [] }) },
    now: () => 0,
    monotonic: () => 10,
  })
  expect(() => standings.of(ALICE, { began: 0, session: stateOf(session('nowhere')) })).toThrow(Refusal)
})

test('a store that cannot be read cuts nothing, and what ended meanwhile is cut when it can be read again', async () => {
  const { at, open, end, pass } = scene()
  const standing = open(session('one'))
  at.broken = true
  end('one')
  await pass(2_000)
  expect(standing.withdrawn?.aborted).toBe(false)
  at.broken = false
  await pass(200)
  expect(standing.withdrawn?.aborted).toBe(true)
})

test('what would begin while nobody can look is refused', () => {
  const { at, open } = scene()
  at.broken = true
  expect(() => open(session('one'))).toThrow('The store cannot be read.')
})

test('one question serves all, no session is looked up for a request that came while somebody looks, and it stops when idle', async () => {
  const { open, pass, asked, at } = scene()
  const first = open(session('first'))
  await pass(100)
  asked.ends = 0
  asked.rows = 0
  const many = Array.from({ length: 500 }, (_, each) => open(session(`s-${each}`), at.elapsed))
  await pass(1_000)
  expect(asked).toEqual({ ends: 10, rows: 0 })
  for (const each of [first, ...many]) each.release()
  await pass(60_000)
  expect(asked.ends).toBeLessThan(200)
})

test('1,250 streams are cut in turns of few, and all of them', async () => {
  const { open, end } = scene(false)
  const all = Array.from({ length: 1_250 }, (_, each) => open(session(`s-${each % 250}`)))
  for (let each = 0; each < 250; each++) end(`s-${each}`)
  const cut = (): number => all.filter(({ withdrawn }) => withdrawn?.aborted).length
  let most = 0
  for (let before = 0; before < 1_250;) {
    await nextTurn()
    most = Math.max(most, cut() - before)
    before = cut()
  }
  expect(most).toBeLessThan(100)
  for (const each of all) each.release()
})

test('what is over is not cut any more', async () => {
  const { open, end, pass } = scene()
  const standing = open(session('one'))
  open(session('one'))
  standing.release()
  end('one')
  await pass(200)
  expect(standing.withdrawn?.aborted).toBe(false)
})
