import { afterEach, expect, test } from 'bun:test'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Session } from '#access/session.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { openSessions } from '#store/sessions.ts'
import { anOwner, NOON, type Owner } from './key.fixture.ts'
import { elevateSession } from './session-elevate.ts'
import { endSessions } from './session-end.ts'
import { listSessions } from './session-list.ts'
import { showSession } from './session-show.ts'
import { systemUser } from './system-user.ts'

const ONE = '01KDYAK3SE0000000000000001'
const TWO = '01KDYAK3SE0000000000000002'
const BELOW = '01KDYAK3SE0000000000000003'
const JOB = '01KDYAK3SE0000000000000004'

const places: string[] = []
afterEach(async () => {
  for (const place of places.splice(0)) await rm(place, { recursive: true, force: true })
})

const proof = { method: 'session', issuer: 'sallyport', issuedAt: 0, expiresAt: 60 } as const

function session(id: string, differs: Partial<Session> = {}): Session {
  const alice = { type: 'User', id: 'alice', groups: ['clinicians'], attributes: {}, proof } as const
  return {
    id,
    kind: 'declared',
    tier: 3,
    principal: { type: 'App', id: 'intake', groups: ['intake'], attributes: {}, proof, onBehalfOf: alice },
    client: 'intake',
    task: {
      type: 'answer-query',
      domain: 'patient 4711',
      models: ['clinic-small'],
      actions: ['infer', 'embed'],
      tools: [],
      output: 'text',
    },
    binding: { by: 'key', jkt: 'thumb' },
    bounds: {
      expires: NOON + 1_800_000,
      idle: 600_000,
      tokens: 500_000,
      calls: 500,
      clean: 5,
      outOfScope: 3,
      misuse: 1,
    },
    began: NOON - 60_000,
    rules: 'r',
    ...differs,
  }
}

/** alice has two sessions, one below the other, and a third; the application has one of its own. */
async function scene(): Promise<
  Owner & { readonly found: (id: string) => ReturnType<ReturnType<typeof openSessions>['find']> }
> {
  const owner = await anOwner()
  places.push(dirname(owner.home))
  await mkdir(owner.home, { recursive: true })
  const sessions = openSessions(join(owner.home, 'runtime.db'))
  sessions.begin(session(ONE))
  sessions.begin(session(TWO, { began: NOON - 30_000 }))
  sessions.begin(session(BELOW, { parent: ONE, began: NOON - 20_000 }))
  const { onBehalfOf: _, ...alone } = session(JOB).principal
  sessions.begin(session(JOB, { principal: alone, tier: 2, binding: { by: 'network', networks: ['10.2.0.0/16'] } }))
  sessions.close()
  return {
    ...owner,
    found(id) {
      const again = openSessions(join(owner.home, 'runtime.db'))
      const state = again.find(id)
      again.close()
      return state
    },
  }
}

const recorded = async (home: string): Promise<readonly ReadEntry[]> =>
  (await Array.fromAsync(readEntries(join(home, 'audit', 'owner')))).filter(({ what }) => what !== 'log-birth')

test('sessions are listed, the newest first, with who is behind them', async () => {
  const { run } = await scene()
  expect((await run(listSessions, '')).out).toEqual([
    `${JOB}  ✓ open  tier 2  2026-11-21 11:59 UTC  0 calls`,
    '  App intake',
    `${BELOW}  ✓ open  tier 3  2026-11-21 11:59 UTC  0 calls`,
    '  App intake, for User alice',
    `${TWO}  ✓ open  tier 3  2026-11-21 11:59 UTC  0 calls`,
    '  App intake, for User alice',
    `${ONE}  ✓ open  tier 3  2026-11-21 11:59 UTC  0 calls`,
    '  App intake, for User alice',
  ])
  const ofAlice = await run(listSessions, '--open --principal User::alice --most 1 --json')
  expect(ofAlice.out.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([BELOW])
  expect(ofAlice.err).toEqual(['sallyport: these are the newest 1; --most shows more'])
  expect((await run(listSessions, '--client nobody')).out).toEqual([])
})

test('no line of the list is wider than a terminal: what clients call themselves is cut, and no id', async () => {
  const { run, home } = await scene()
  const sessions = openSessions(join(home, 'runtime.db'))
  const { onBehalfOf: alice = session(ONE).principal } = session(ONE).principal
  const people = { ...alice, id: 'keycloak/0b8e8c1e-4c6f-4d0a-9d5e-2f6f7d1c3a77' }
  const address = `https://claude.example/oauth/${'very-long-'.repeat(12)}client.json`
  const talk = { kind: 'implicit', tier: 1, principal: people } as const
  const begin = (id: string, differs: Partial<Session>): void => {
    const { client: _, ...rest } = session(id)
    sessions.begin({ ...rest, ...differs })
  }
  begin('01KDYAK3SE0000000000000005', { client: address, principal: people })
  begin('01KDYAK3SE0000000000000006', { client: 'urn:sallyport:client:holder', principal: people })
  begin('01KDYAK3SE0000000000000007', talk)
  sessions.end('01KDYAK3SE0000000000000006', { at: NOON, why: 'refresh-reused', by: 'gate' })
  sessions.tally([{ id: '01KDYAK3SE0000000000000007', calls: 1, usedAt: NOON, tokens: 0, toolCalls: 0, flags: 0 }])
  sessions.close()
  const { out } = await run(listSessions, '--most 3')
  expect(out).toEqual([
    '01KDYAK3SE0000000000000007  ✓ open            tier 1  2026-11-21 11:59 UTC  1 call',
    '  User keycloak/0b8e8c1e-4c6f-4d0a-9d5e-2f6f7d1c3a77  (conversation)',
    '01KDYAK3SE0000000000000006  ✗ refresh-reused  tier 3  2026-11-21 11:59 UTC  0 calls',
    '  User keycloak/0b8e8c1e-4c6f-4d0a-9d5e-2f6f7d1c3a77  (holder)',
    '01KDYAK3SE0000000000000005  ✓ open            tier 3  2026-11-21 11:59 UTC  0 calls',
    '  User keycloak/0b8e8c1e-4c6f-4d0a-9d5e-2f6f7d1c3a77  https://claude.examp…ry-long-client.json',
  ])
  expect(out.filter((line) => line.length > 100)).toEqual([])
})

test('one session is shown on one screen, with what is used of each bound', async () => {
  const { run, home } = await scene()
  const sessions = openSessions(join(home, 'runtime.db'))
  sessions.call(ONE, NOON - 10_000)
  sessions.settle(ONE, { tokens: 420, toolCalls: 0, flagged: false, earns: true })
  sessions.label(ONE, ['clinical', 'credentials'])
  sessions.strike(ONE, 'outOfScope', NOON - 10_000)
  sessions.close()
  const { code, out } = await run(showSession, ONE)
  expect(code).toBe(0)
  expect(out).toEqual([
    `session    ${ONE}`,
    'state      ✓ open',
    'who        App intake, for User alice, groups intake',
    'client     intake',
    'task       answer-query, about patient 4711',
    'may        at most: infer, embed on clinic-small; text',
    'bound      to the key with the thumbprint thumb',
    'tier       3, trust initial, 1 of 5 clean calls in a row',
    'life       2026-11-21 11:59 UTC to 2026-11-21 12:30 UTC at the latest',
    'used       2026-11-21 11:59 UTC; ends 10 min after its last call',
    'calls      1 of 500',
    'tokens     420 of 500000',
    'tools      0 calls',
    'attempts   1 of 3 beyond its scope',
    'misuse     0 of 1',
    'flags      0 calls in which something was found',
    'labels     clinical, credentials',
    `below it   ${BELOW} open`,
  ])
  const json = JSON.parse((await run(showSession, `${ONE} --json`)).out.join('')) as Record<string, unknown>
  expect(json).toMatchObject({
    id: ONE,
    state: 'open',
    calls: 1,
    tokens: 420,
    trust: 'initial',
    bound: { by: 'key', jkt: 'thumb' },
    principal: { type: 'App', id: 'intake', chain: [{ type: 'App' }, { type: 'User', id: 'alice' }] },
    below: [BELOW],
  })
})

test('what has no bounds is shown as that', async () => {
  const { run, home } = await scene()
  const sessions = openSessions(join(home, 'runtime.db'))
  const talk = '01KDYAK3SE0000000000000005'
  const never = Number.MAX_SAFE_INTEGER
  const { onBehalfOf: principal, ...rest } = session(talk).principal
  const { client: _c, task: _t, bounds, ...of } = session(talk, { kind: 'implicit', tier: 1, conversation: '' })
  sessions.converse('harbor User::alice', '', NOON, () => ({
    ...of,
    principal: principal ?? rest,
    binding: { by: 'nothing' },
    bounds: { ...bounds, tokens: never, calls: never, clean: 0, outOfScope: 0, misuse: 0 },
  }))
  sessions.tally([{ id: talk, calls: 3, usedAt: NOON, tokens: 42, toolCalls: 1, flags: 1 }])
  sessions.close()
  const { out } = await run(showSession, talk)
  expect(out.slice(-7)).toEqual([
    'calls      3, not bounded',
    'tokens     42, not bounded',
    'tools      1 call',
    'attempts   0 beyond its scope, not bounded',
    'misuse     0, not bounded',
    'flags      1 call in which something was found',
    'labels     none',
  ])
  const json = JSON.parse((await run(listSessions, '--most 1 --json')).out.join('')) as Record<string, unknown>
  expect(json).toMatchObject({
    id: talk,
    calls: 3,
    bounds: { calls: null, tokens: null, clean: 0, out_of_scope: null, misuse: null },
  })
})

test('what is past its end is shown as over, whoever has written that down', async () => {
  const { run } = await scene()
  expect((await run(showSession, ONE, { at: NOON + 1_800_000 })).out[1]).toBe(
    'state      ✗ expired; its end is not recorded yet',
  )
  expect((await run(showSession, ONE, { at: NOON + 700_000 })).out[1]).toBe(
    'state      ✗ idle; its end is not recorded yet',
  )
})

test('an end takes what is below with it, is recorded before it is in force, and is made once', async () => {
  const { run, home, found } = await scene()
  const first = await run(endSessions, `${ONE} --why stolen`)
  expect(first).toEqual({
    code: 0,
    out: [`✓ ended ${ONE}  App intake, for User alice`, `✓ ended ${BELOW}  App intake, for User alice  below ${ONE}`],
    err: [],
  })
  expect(found(ONE)?.ended).toMatchObject({ at: NOON, why: 'ended' })
  expect(found(BELOW)?.ended).toMatchObject({ at: NOON, why: 'parent-ended' })
  expect(found(TWO)?.ended).toBeUndefined()
  expect((await run(endSessions, `${ONE} --why again`)).err).toEqual(['sallyport: ended already; nothing was changed'])
  const entries = await recorded(home)
  expect(entries).toHaveLength(1)
  expect(entries[0]).toMatchObject({ kind: 'change', what: 'session', subject: ONE, why: 'stolen', after: 'ended' })
  expect(entries[0]?.['by']).toBe(found(ONE)?.ended?.by)
  expect((await run(showSession, ONE)).out[1]).toStartWith('state      ✗ ended 2026-11-21 12:00 UTC: ended, by ')
})

test('all sessions of a person are ended at once, and nobody else’s', async () => {
  const { run, home, found } = await scene()
  const { code, out } = await run(endSessions, '--of User::alice --why left')
  expect(code).toBe(0)
  expect(out).toHaveLength(3)
  expect([ONE, TWO, BELOW].map((id) => found(id)?.ended === undefined)).toEqual([false, false, false])
  expect(found(JOB)?.ended).toBeUndefined()
  expect((await recorded(home)).map(({ subject }) => subject).sort()).toEqual([ONE, TWO, BELOW])
  expect((await run(endSessions, '--of User::alice --why left')).code).toBe(1)
})

test('a session of tier 3 is raised by a person, for the record, and no other', async () => {
  const { run, home, found } = await scene()
  expect(await run(elevateSession, `${ONE} --why ticket-7`)).toEqual({
    code: 0,
    out: [`✓ elevated ${ONE}  App intake, for User alice`],
    err: [],
  })
  expect(found(ONE)?.trust).toBe('elevated')
  expect((await recorded(home))[0]).toMatchObject({
    kind: 'session',
    what: 'trust',
    session: ONE,
    trust: 'elevated',
    why: 'ticket-7',
    tier: 3,
    by: await systemUser(),
    principal: { type: 'App', id: 'intake', chain: [{ type: 'App' }, { type: 'User', id: 'alice' }] },
  })
  const again = await run(elevateSession, `${ONE} --why ticket-7`)
  expect([again.code, again.err]).toEqual([0, ['sallyport: it is elevated already; nothing was changed']])
  const lower = await run(elevateSession, `${JOB} --why ticket-7`)
  expect([lower.code, lower.err]).toEqual([
    1,
    ['sallyport: it is of tier 2, where trust need not be earned: there is nothing to raise'],
  ])
  const late = await run(elevateSession, `${TWO} --why ticket-7`, { at: NOON + 86_400_000 })
  expect([late.code, late.err]).toEqual([1, ['sallyport: it has ended; begin another one']])
  expect(await recorded(home)).toHaveLength(1)
})

test('where the owner’s log cannot be written nobody is raised, and nothing ends', async () => {
  const { run, home, found } = await scene()
  await mkdir(join(home, 'audit'), { recursive: true })
  await writeFile(join(home, 'audit', 'owner'), 'in the way')
  for (const verb of [elevateSession, endSessions]) {
    expect(await run(verb, `${ONE} --why ticket-7`).catch(() => 'it failed')).toBe('it failed')
    expect(found(ONE)).toMatchObject({ trust: 'initial' })
    expect(found(ONE)?.ended).toBeUndefined()
  }
})

test('wrong use says what is wanted, and a session that is not there is told', async () => {
  const { run } = await scene()
  const neither = 'session end needs the id of one session, or --of User::NAME, and --why, a few words for the record'
  expect(run(endSessions, '')).rejects.toThrow(neither)
  expect(run(endSessions, ONE)).rejects.toThrow('session end needs --why, a few words for the record')
  expect(run(endSessions, 'one --why x')).rejects.toThrow('session end takes the id of one session')
  expect(run(endSessions, `${ONE} --of User::alice --why x`)).rejects.toThrow('or --of, not both')
  expect(run(endSessions, '--of alice --why x')).rejects.toThrow('--of takes User::NAME or App::NAME')
  expect(run(listSessions, '--most 0')).rejects.toThrow('--most takes a whole number')
  for (const verb of [showSession, endSessions, elevateSession]) {
    const { code, out } = await run(verb, `01KDYAK3SE0000000000000099${verb === showSession ? '' : ' --why x'}`)
    expect([code, out]).toEqual([1, []])
  }
})

test('a state directory that is not there is not made', async () => {
  const owner = await anOwner()
  places.push(dirname(owner.home))
  expect(owner.run(listSessions, '')).rejects.toThrow('has no sessions; they begin when a gateway runs')
})
