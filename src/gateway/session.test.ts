import { expect, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Session } from '#access/session.ts'
import type { Entry } from '#access/trail.ts'
import { DEFAULT_SESSIONS } from '#policy/bundle/sessions.ts'
import { memorySessions } from '../../test/doubles/memory-sessions.ts'
import { sessionContext, sessionOf, strike, within } from './session.ts'

const NOW = 1_795_000_000_000
const MINUTE = 60_000
const CONFIG = { ...DEFAULT_SESSIONS, implicit: { duration: 60 * MINUTE, idle: 10 * MINUTE } }

const alice: Principal = {
  type: 'User',
  id: 'alice',
  groups: ['clinicians'],
  attributes: {},
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 },
}
const proof = { method: 'client-assertion', issuer: 'sallyport', issuedAt: 1, expiresAt: 2 } as const
const desk: Principal = { ...alice, type: 'App', id: 'desk', proof }

const declared = (id: string, differs: Partial<Session> = {}): Session => ({
  id,
  kind: 'declared',
  tier: 3,
  principal: desk,
  task: { type: 'letters', domain: 'cardiology', models: ['small'], actions: ['infer'], tools: [], output: 'text' },
  binding: { by: 'key', jkt: 'thumb' },
  bounds: { expires: NOW + MINUTE, idle: MINUTE, tokens: 9, calls: 9, clean: 1, outOfScope: 2, misuse: 1 },
  began: NOW,
  rules: '',
  ...differs,
})

function scene() {
  const sessions = memorySessions()
  const entries: Entry[] = []
  const log: string[] = []
  const time = { now: NOW }
  let recording = true
  const gate = {
    sessions,
    clock: { now: () => time.now, monotonic: () => 0 },
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
    log: (line: string) => void log.push(line),
    trail: {
      async append(entry: Entry) {
        if (!recording) throw new Refusal('audit_unavailable', { message: 'the disk is full' })
        entries.push(entry)
        return { log: 'gateway-0', index: 0, id: '', hash: '' }
      },
    },
  }
  const find = sessionOf(gate)
  const talkOf = async (principal: Principal, name = '', session?: string): Promise<string | undefined> =>
    (await find(principal, { name, session }, CONFIG))?.session.id
  return { gate, sessions, entries, log, time, find, talkOf, records: (now: boolean) => (recording = now) }
}

const refusalOf = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => (error instanceof Refusal ? error : expect.unreachable()),
  )

const inSession = (id: string): Principal => ({
  ...desk,
  session: { id, root: id, kind: 'declared', tier: 3, trust: 'initial', bound: 'key' },
})

test('whoever acts for others, or by a key of an application, has no conversation', async () => {
  const { talkOf, entries } = scene()
  const key: Principal = { ...alice, proof: { ...alice.proof, method: 'key-and-network', key: 'k7' } }
  for (const principal of [desk, { ...alice, onBehalfOf: alice }, key]) expect(await talkOf(principal)).toBeUndefined()
  expect(entries).toEqual([])
})

test('a session with a task is read anew each time, and one that has ended allows nothing and says which it was', async () => {
  const { sessions, find } = scene()
  sessions.begin(declared('one'))
  expect((await find(inSession('one'), { name: 'whatever' }, CONFIG))?.session.id).toBe('one')
  sessions.end('one', { at: NOW, why: 'revoked', by: 'eve' })
  const refused = await refusalOf(find(inSession('one'), { name: '' }, CONFIG))
  expect([refused.reason, refused.message, refused.detail.session]).toEqual([
    'session_ended',
    'The session has ended: it was revoked. Begin a new one.',
    'one',
  ])
  expect((await refusalOf(find(inSession('two'), { name: '' }, CONFIG))).message).toBe(
    'The session has ended. Begin a new one.',
  )
})

test('a store that cannot be read allows nothing', async () => {
  const { sessions, find } = scene()
  sessions.breaks(true)
  expect((await refusalOf(find(inSession('one'), { name: '' }, CONFIG))).reason).toBe('not_ready')
  expect((await refusalOf(find(alice, { name: '' }, CONFIG))).reason).toBe('not_ready')
})

test('a person’s own token opens one conversation for each name, which is recorded without that name', async () => {
  const { talkOf, entries, sessions } = scene()
  const first = await talkOf(alice)
  expect(await talkOf(alice)).toBe(first)
  const named = await talkOf(alice, 'the secret merger')
  expect(named).not.toBe(first)
  expect(entries).toHaveLength(2)
  expect(entries[0]).toEqual({
    kind: 'session',
    what: 'begin',
    session: String(first),
    principal: {
      type: 'User',
      id: 'alice',
      groups: ['clinicians'],
      issuer: 'harbor',
      chain: [{ type: 'User', id: 'alice' }],
    },
    tier: 1,
    bound: 'nothing',
    expires: '2026-11-18T12:06:40.000Z',
  })
  expect(JSON.stringify(entries)).not.toContain('merger')
  expect(sessions.find(String(named))).toMatchObject({ session: { kind: 'implicit', binding: { by: 'nothing' } } })
})

test('the same name, or the id of another’s session, leads nobody into it: by principal and by issuer', async () => {
  const { talkOf } = scene()
  const hers = String(await talkOf(alice, 'ward'))
  const others: readonly Principal[] = [
    { ...alice, id: 'bob' },
    { ...alice, proof: { ...alice.proof, issuer: 'quay' } },
  ]
  for (const other of others) {
    expect(await talkOf(other, 'ward')).not.toBe(hers)
    expect(await talkOf(other, '', hers)).not.toBe(hers)
  }
})

test('whoever goes on from what was made in a conversation is in it again, and in none with a task', async () => {
  const { talkOf, sessions } = scene()
  const ward = String(await talkOf(alice, 'ward'))
  expect(await talkOf(alice, '', ward)).toBe(ward)
  sessions.begin(declared('one'))
  expect(await talkOf(alice, '', 'one')).toBe(await talkOf(alice))
})

test('a conversation that was idle is another one, by the bounds of the bundle in force', async () => {
  const { talkOf, time, sessions } = scene()
  const first = String(await talkOf(alice))
  expect(sessions.find(first)?.session.bounds).toMatchObject({ expires: NOW + 60 * MINUTE, idle: 10 * MINUTE })
  time.now = NOW + 10 * MINUTE
  expect(await talkOf(alice)).not.toBe(first)
})

test('a conversation whose beginning cannot be recorded serves nobody, and is over', async () => {
  const { find, talkOf, sessions, entries, records } = scene()
  records(false)
  expect((await refusalOf(find(alice, { name: '' }, CONFIG))).reason).toBe('audit_unavailable')
  const [unrecorded] = sessions.list({ most: 9 })
  expect(unrecorded?.ended).toEqual({ at: 1_795_000_000_000, why: 'revoked', by: 'gate' })
  records(true)
  const next = await talkOf(alice)
  expect(next).not.toBe(unrecorded?.session.id)
  expect(entries).toMatchObject([{ kind: 'session', what: 'begin', session: next }])
})

test('whoever began very many conversations goes on in the one without a name, and no record says more', async () => {
  const { find, talkOf, entries } = scene()
  for (let n = 0; n < 1_000; n++) await talkOf(alice, `talk ${n}`)
  const beyond = await find(alice, { name: 'beyond' }, CONFIG)
  expect(beyond?.session.conversation).toBe('')
  expect(await talkOf(alice, 'further')).toBe(beyond?.session.id)
  expect(entries).toHaveLength(1_001)
})

test('policy sees what the session is, and what was used of it', () => {
  const { sessions } = scene()
  sessions.begin(declared('one'))
  sessions.call('one', NOW + 1)
  sessions.settle('one', { tokens: 7, toolCalls: 0, flagged: true })
  sessions.label('one', ['personal', 'clinical'])
  const state = sessions.find('one') ?? expect.unreachable()
  expect(sessionContext(state, NOW + 4_999)).toEqual({
    record: {
      kind: 'declared',
      tier: 3n,
      trust: 'initial',
      bound: 'key',
      labels: ['clinical', 'personal'],
      task: 'letters',
      domain: 'cardiology',
      calls: 1n,
      tokens: 7n,
      age_seconds: 4n,
    },
  })
  // A clock that was set back makes nothing negative.
  expect(sessionContext(state, NOW - MINUTE).record).toMatchObject({ age_seconds: 0n })
  expect(within(alice, state).session).toMatchObject({ id: 'one', tier: 3, trust: 'initial', bound: 'key' })
  expect(within(alice, undefined)).toBe(alice)
})

const refused = (indicator: 'session-out-of-scope' | 'session-mixed' | 'key-revoked', subject?: string): Refusal =>
  new Refusal('not_permitted', { message: 'no', indicator: { indicator, ...(subject !== undefined && { subject }) } })

test('attempts beyond its task and uses by others count against the session that they name, and nothing else does', () => {
  const { gate, sessions } = scene()
  sessions.begin(declared('one'))
  sessions.begin(declared('two', { bounds: { ...declared('two').bounds, misuse: 2 } }))
  strike(refused('key-revoked', 'one'), gate)
  strike(refused('session-mixed'), gate)
  strike(new Refusal('not_permitted', { message: 'no' }), gate)
  expect(sessions.find('one')).toMatchObject({ outOfScope: 0, misuse: 0 })
  strike(refused('session-out-of-scope', 'one'), gate)
  expect(sessions.find('one')).toMatchObject({ outOfScope: 1, misuse: 0 })
  expect(sessions.find('one')?.ended).toBeUndefined()
  strike(refused('session-out-of-scope', 'one'), gate)
  expect(sessions.find('one')?.ended).toEqual({ at: NOW, why: 'out-of-scope', by: 'gate' })
  strike(refused('session-mixed', 'two'), gate)
  expect(sessions.find('two')?.ended).toBeUndefined()
  strike(refused('session-mixed', 'two'), gate)
  expect(sessions.find('two')?.ended?.why).toBe('misuse')
})

test('what cannot be counted is logged, and changes nothing about the refusal', () => {
  const { gate, sessions, log } = scene()
  sessions.breaks(true)
  strike(refused('session-mixed', 'one'), gate)
  expect(log).toEqual(['an attempt in session one could not be counted'])
})
