// The end of a session, over real processes: whoever ends it, and whichever process dies meanwhile, what was under way in it ends,
// nothing begins any more, and the end is recorded once.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ACCESS, EXCHANGE, sessionOf, type SessionPlace, sessionPlace } from './session-world.ts'
import { until } from './sandbox.ts'

let world: SessionPlace
beforeAll(async () => {
  world = await sessionPlace()
  await until('sessions begin', () =>
    world.begin().then(
      () => true,
      () => false,
    ),
  )
}, 60_000)
afterAll(() => world.stop())

const endsOf = async (session: string) =>
  (await world.entries()).filter((entry) => entry['what'] === 'end' && entry['session'] === session)

/** Until its end stands in the log, and then that it stands there once. */
async function recordedEnd(session: string) {
  await until(`the end of ${session} is recorded`, async () => (await endsOf(session)).length > 0)
  const ends = await endsOf(session)
  expect(ends).toHaveLength(1)
  return ends[0]
}

/** As often as it takes to meet both workers. */
const statuses = async (token: string): Promise<readonly number[]> => [
  ...new Set(await Promise.all(Array.from({ length: 12 }, () => world.ask(token)))),
]

test('a session that is revoked amid its streams: all are cut, the provider is let go, nobody else is disturbed', async () => {
  const [token, other] = await Promise.all([world.begin(), world.begin()])
  expect(await statuses(token)).toEqual([200])
  const streams = await Promise.all(Array.from({ length: 8 }, () => world.open(token)))
  const theirs = await world.open(other)
  expect(world.streams()).toBe(9)
  expect((await world.oauth('revoke', { token })).status).toBe(200)
  for (const { ended } of streams) {
    const text = await ended
    expect(text).toContain('session_ended')
    expect(text).toContain('The session has ended: it was revoked.')
    expect(text).not.toContain('[DONE]')
  }
  await until('the provider was hung up on', async () => world.streams() === 1)
  expect(theirs.isOver()).toBe(false)
  expect(await statuses(token)).toEqual([401])
  expect(await statuses(other)).toEqual([200])
  const end = await recordedEnd(sessionOf(token))
  // What was cut is counted: it is recorded once all of it was over.
  expect(end).toMatchObject({ why: 'revoked', calls: 20, client: 'desk' })
  expect(Number(end?.['tokens'])).toBeGreaterThan(12 * 4)
  await world.oauth('revoke', { token: other })
  expect(await theirs.ended).toContain('session_ended')
}, 30_000)

test('a session that its owner ends takes those below it with it, streams included', async () => {
  const above = await world.begin()
  const { status, body } = await world.beginBelow(above)
  expect(status).toBe(200)
  const below = String(body['access_token'])
  const stream = await world.open(below)
  const shown = await world.place.run(['session', 'show', sessionOf(above)])
  expect(shown.out).toContain(`below it   ${sessionOf(below)} open`)
  const ended = await world.place.run(['session', 'end', sessionOf(above), '--why', 'a test'])
  expect([ended.code, ended.out.split('\n').length]).toEqual([0, 3])
  expect(await stream.ended).toContain('the session from which it was begun has ended')
  expect(await statuses(above)).toEqual([401])
  expect(await statuses(below)).toEqual([401])
  expect((await world.beginBelow(below)).status).toBe(400)
  expect(await recordedEnd(sessionOf(above))).toMatchObject({ why: 'ended' })
  expect(await recordedEnd(sessionOf(below))).toMatchObject({ why: 'parent-ended', parent: sessionOf(above) })
  const owner = await world.place.run(['audit', 'show', 'owner', '--session', sessionOf(above)])
  expect(owner.out).toContain('a test')
}, 30_000)

test('a session that has ended is refused by each of the workers, at the very next request', async () => {
  const token = await world.begin()
  const decidedBy = async (decision: string): Promise<readonly string[]> => {
    const search = ['audit', 'show', '--session', sessionOf(token), '--kind', 'decision', '--decision', decision]
    const { out } = await world.place.run([...search, '--most', '1000', '--json'])
    const logs = out
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { log: string }).log)
    return [...new Set(logs)].toSorted()
  }
  await until('both have served it', async () => {
    expect(await statuses(token)).toEqual([200])
    return (await decidedBy('allow')).join() === 'gateway-0,gateway-1'
  })
  expect((await world.oauth('revoke', { token })).status).toBe(200)
  await until('both have refused it', async () => {
    expect(await statuses(token)).toEqual([401])
    return (await decidedBy('deny')).join() === 'gateway-0,gateway-1'
  })
}, 30_000)

/** Milliseconds by which the end comes before or after the other request; without end it waits until that is answered. */
const GAPS = [-Infinity, -8, -4, -2, 0, 2, 4, 8, Infinity]

async function beside<T>(gap: number, ask: () => Promise<T>, end: () => Promise<unknown>): Promise<T> {
  if (gap === -Infinity) return end().then(ask)
  if (gap === Infinity) return ask().then((answer) => end().then(() => answer))
  const [answer] = await Promise.all([Bun.sleep(Math.max(0, -gap)).then(ask), Bun.sleep(Math.max(0, gap)).then(end)])
  return answer
}

test('ended amid an exchange: whichever comes first, nothing goes on below', async () => {
  const given: string[] = []
  let refused = 0
  for (const gap of GAPS) {
    const above = await world.begin()
    const exchange = () => world.beginBelow(above)
    const below = await beside(gap, exchange, () => world.oauth('revoke', { token: above }))
    if (below.status === 200) {
      given.push(String(below.body['access_token']))
      expect(gap).not.toBe(-Infinity)
    } else {
      // RFC 8693 section 2.2.2 for a subject token that is no good.
      expect(below.body['error']).toBe('invalid_request')
      expect(gap).not.toBe(Infinity)
      refused += 1
    }
    for (const token of given.slice(-1)) expect(await statuses(token)).toEqual([401])
  }
  expect([given.length > 0, refused > 0, given.length + refused]).toEqual([true, true, 9])
}, 30_000)

test('ended amid a refresh: the new token is no better than the old one', async () => {
  const came = { given: 0, refused: 0 }
  for (const gap of GAPS) {
    const subject = await world.begin()
    const fields = { grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS }
    const begun = await world.oauth('token', { ...fields, scope: 'infer offline_access' })
    expect(begun.status).toBe(200)
    const [access, refresh] = [String(begun.body['access_token']), String(begun.body['refresh_token'])]
    const refreshing = { grant_type: 'refresh_token', refresh_token: refresh }
    const end = () => world.oauth('revoke', { token: access })
    const fresh = await beside(gap, () => world.oauth('token', refreshing), end)
    if (fresh.status === 200) {
      came.given += 1
      expect(gap).not.toBe(-Infinity)
      expect(await statuses(String(fresh.body['access_token']))).toEqual([401])
      const again = { grant_type: 'refresh_token', refresh_token: String(fresh.body['refresh_token']) }
      expect((await world.oauth('token', again)).body['error']).toBe('invalid_grant')
    } else {
      came.refused += 1
      expect(gap).not.toBe(Infinity)
      expect(fresh.body['error']).toBe('invalid_grant')
    }
  }
  expect([came.given > 0, came.refused > 0, came.given + came.refused]).toEqual([true, true, 9])
}, 30_000)

test('a worker that is killed meanwhile comes back and knows', async () => {
  const token = await world.begin()
  const streams = await Promise.all(Array.from({ length: 8 }, () => world.open(token)))
  const worker = await world.pid('gateway --worker 1')
  expect(worker).toBeDefined()
  process.kill(worker ?? 0, 'SIGKILL')
  expect((await world.oauth('revoke', { token }).catch(() => world.oauth('revoke', { token }))).status).toBe(200)
  const ends = await Promise.all(streams.map(({ ended }) => ended))
  expect(ends.filter((text) => text.includes('session_ended') || text.includes('(the connection broke)'))).toHaveLength(
    8,
  )
  await until('the worker is there again', async () => {
    const pid = await world.pid('gateway --worker 1')
    return pid !== undefined && pid !== worker
  })
  await until('nobody lets it in', async () =>
    statuses(token).then(
      (all) => all.join() === '401',
      () => false,
    ),
  )
  await recordedEnd(sessionOf(token))
}, 40_000)

test('kill -9 of the authorization server between issue and record: no token without a record, no end lost or doubled', async () => {
  const got: string[] = []
  const ended: string[] = []
  for (let kill = 0; kill < 3; kill++) {
    const over = new AbortController()
    const callers = Array.from({ length: 6 }, async (_, caller) => {
      while (!over.signal.aborted) {
        const token = await world.begin().catch(() => undefined)
        if (token === undefined) {
          await Bun.sleep(20)
          continue
        }
        got.push(token)
        if (caller % 2 > 0) continue
        const answer = await world.oauth('revoke', { token }).catch(() => undefined)
        if (answer?.status === 200) ended.push(sessionOf(token))
      }
    })
    const before = got.length
    await until('it is at work', async () => got.length > before + 15)
    const pid = await world.pid('authorization')
    expect(pid).toBeDefined()
    process.kill(pid ?? 0, 'SIGKILL')
    const during = got.length
    await until('it is back', async () => got.length > during + 15)
    over.abort()
    await Promise.all(callers)
  }
  await until('all ends are recorded', async () => {
    const there = new Set((await world.entries()).filter(({ what }) => what === 'end').map((entry) => entry['session']))
    return ended.every((id) => there.has(id))
  })
  const entries = await world.entries()
  const begun = new Set(entries.filter(({ what }) => what === 'begin').map((entry) => entry['session']))
  const issued = new Set(entries.filter(({ what }) => what === 'issued').map((entry) => entry['session']))
  expect(got.filter((token) => !begun.has(sessionOf(token)) || !issued.has(sessionOf(token)))).toEqual([])
  const ends = entries.filter(({ what }) => what === 'end').map((entry) => String(entry['session']))
  expect(new Set(ends).size).toBe(ends.length)
  // A row without a record is one of which nobody has a token: it was ended, or is about to be.
  const { out } = await world.place.run(['session', 'list', '--open', '--client', 'desk', '--most', '5000', '--json'])
  const open = out
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { id: string }).id)
  expect(open.filter((id) => !begun.has(id))).toEqual([])
  const verified = await world.place.run(['audit', 'verify', '--all'])
  expect(verified.out).not.toContain('✗')
  expect(verified.code).toBe(0)
}, 90_000)
