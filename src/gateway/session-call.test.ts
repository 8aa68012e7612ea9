import { expect, jest, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Session, SessionState } from '#access/session.ts'
import type { Entry } from '#access/trail.ts'
import { memorySessions } from '../../test/doubles/memory-sessions.ts'
import type { Account } from './exchange.ts'
import { countCall, labelFound, labelSession, settleCall } from './session-call.ts'
import { writeWaiting } from './session-tally.ts'

const NOW = 1_795_000_000_000

const session = (differs: Partial<Session> = {}): Session => ({
  id: 'one',
  kind: 'declared',
  tier: 2,
  principal: {
    type: 'User',
    id: 'alice',
    groups: [],
    attributes: {},
    proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 },
  },
  binding: { by: 'nothing' },
  bounds: { expires: NOW + 60_000, idle: 60_000, tokens: 1_000, calls: 2, clean: 0, outOfScope: 0, misuse: 0 },
  began: NOW,
  rules: '',
  ...differs,
})

function scene(differs: Partial<Session> = {}) {
  const sessions = memorySessions()
  sessions.begin(session(differs))
  const entries: Entry[] = []
  const log: string[] = []
  let recording = true
  const gate = {
    sessions,
    clock: { now: () => NOW + 5, monotonic: () => 0 },
    log: (line: string) => void log.push(line),
    trail: {
      async append(entry: Entry) {
        if (!recording) throw new Refusal('audit_unavailable', { message: 'the disk is full' })
        entries.push(entry)
        return { log: 'gateway-0', index: 0, id: '', hash: '' }
      },
    },
  }
  const state = (): SessionState => sessions.find('one') ?? expect.unreachable()
  return {
    gate,
    state,
    entries,
    log,
    account: (parts: Partial<Account> = {}): Account =>
      ({ attempts: [{ target: 't', status: 200, us: 1 }], checks: [], session: state(), ...parts }) as Account,
    records: (now: boolean) => (recording = now),
  }
}

const outcomeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.message}`
    throw error
  }
  return 'done'
}

const DONE = { bytes: 400, ended: 'complete' as const, usage: { input: 30, output: 12, tools: { web_search: 2 } } }

test('a call in a session with a task is counted before anything is sent, and is refused beyond its bound', () => {
  const { gate, state, account } = scene()
  countCall(account(), gate)
  expect(state()).toMatchObject({ calls: 1, usedAt: 1_795_000_000_005 })
  countCall(account(), gate)
  expect(outcomeOf(() => countCall(account(), gate))).toBe(
    'session_ended: The session has ended: its calls were used up. Begin a new one.',
  )
})

test('what it came to is settled once', () => {
  const { gate, state, account } = scene()
  const of = account()
  countCall(of, gate)
  settleCall(of, DONE, gate)
  settleCall(of, DONE, gate)
  expect(state()).toMatchObject({ calls: 1, tokens: 42, toolCalls: 2, flags: 0 })
})

test('what was not counted is not settled', () => {
  const { gate, state, account } = scene()
  settleCall(account(), DONE, gate)
  expect(state()).toMatchObject({ calls: 0, tokens: 0 })
})

test('where the provider did not say, what was sent and what came count by their bytes; what was not sent is nothing', () => {
  const { gate, state, account } = scene()
  const sent = account({ inputTokens: 10 })
  countCall(sent, gate)
  settleCall(sent, { bytes: 402, ended: 'complete' }, gate)
  expect(state().tokens).toBe(111)
  const unsent = account({ inputTokens: 10, attempts: [] })
  countCall(unsent, gate)
  settleCall(unsent, { bytes: 402, ended: 'complete' }, gate)
  expect(state().tokens).toBe(111)
})

test('all calls of a conversation count, with tokens and findings, without a write for each', () => {
  const { gate, state, account, log } = scene({ kind: 'implicit', conversation: '' })
  for (let call = 0; call < 5; call++) {
    const of = account({ answer: { matches: () => (call === 3 ? 1 : 0) } as unknown as NonNullable<Account['answer']> })
    countCall(of, gate)
    settleCall(of, DONE, gate)
  }
  expect(state()).toMatchObject({ calls: 0 })
  writeWaiting(gate)
  expect(state()).toMatchObject({ calls: 5, tokens: 210, toolCalls: 10, flags: 1, usedAt: 1_795_000_000_005 })
  expect(log).toEqual([])
})

test('a conversation that may be idle for little is told at once that it is used', () => {
  jest.useFakeTimers()
  try {
    const usedAfter = (idle: number): number => {
      const { gate, state, account } = scene({
        kind: 'implicit',
        conversation: '',
        bounds: { ...session().bounds, idle },
      })
      countCall(account(), gate)
      jest.advanceTimersByTime(60)
      return state().usedAt
    }
    expect(usedAfter(1_000)).toBe(1_795_000_000_005)
    expect(usedAfter(60_000)).toBe(1_795_000_000_000)
  } finally {
    jest.useRealTimers()
  }
})

test('a store that cannot add what a call came to keeps nothing from its caller', () => {
  const { gate, account, log } = scene()
  const of = account()
  countCall(of, gate)
  gate.sessions.breaks(true)
  settleCall(of, DONE, gate)
  expect(log).toEqual(['what a call of session one came to could not be added to it'])
})

test('a label stands in the session, and in the trail once, before anything goes on', async () => {
  const { gate, state, account, entries } = scene()
  const of = { exchange: 'X', account: account() }
  await labelSession(of, ['personal', 'clinical'], gate)
  await labelSession(of, ['clinical'], gate)
  await labelSession({ exchange: 'Y', account: account() }, ['clinical'], gate)
  expect(state().labels).toEqual(['clinical', 'personal'])
  expect(of.account.session?.labels).toEqual(['clinical', 'personal'])
  expect(entries).toEqual([
    { kind: 'session', what: 'label', session: 'one', labels: ['personal', 'clinical'], exchange: 'X' },
  ])
})

test('a label that cannot be written or recorded lets nothing go on', async () => {
  const { gate, account, records } = scene()
  records(false)
  const unrecorded = labelSession({ exchange: 'X', account: account() }, ['clinical'], gate)
  expect(await unrecorded.catch((error: Refusal) => error.reason)).toBe('audit_unavailable')
  const of = { exchange: 'X', account: account() }
  gate.sessions.breaks(true)
  const unwritten = labelSession(of, ['personal'], gate)
  expect(await unwritten.then(String, () => 'refused')).toBe('refused')
})

test('what inspection found is a label by the name of who looked, and nothing is written where it found nothing', async () => {
  const { gate, state, account } = scene()
  const found = (matches: number) =>
    account({
      answer: { matches: () => matches, inspector: { name: 'credentials' } } as unknown as NonNullable<
        Account['answer']
      >,
    })
  await labelFound({ exchange: 'X', account: found(0) }, gate)
  expect(state().labels).toEqual([])
  await labelFound({ exchange: 'X', account: found(1) }, gate)
  expect(state().labels).toEqual(['credentials'])
})

test('trust is earned by the whole answer of a model that inspection could read, and had nothing to say about', () => {
  const read = (verdict: string, found = 0) =>
    ({ matches: () => found, check: () => ({ verdict }) }) as unknown as NonNullable<Account['answer']>
  const metered = (differs: object = {}) =>
    ({ forecast: { charges: undefined, isBackground: false, ...differs } }) as unknown as NonNullable<
      Account['metered']
    >
  const cleanAfter = (parts: Partial<Account>, ended = DONE.ended as 'complete' | 'caller-gone'): number => {
    const { gate, state, account } = scene({ bounds: { ...session().bounds, clean: 9 } })
    const of = account({ answer: read('pass'), metered: metered(), ...parts })
    countCall(of, gate)
    settleCall(of, { ...DONE, ended }, gate)
    return state().clean
  }
  expect(cleanAfter({})).toBe(1)
  expect(cleanAfter({}, 'caller-gone')).toBe(0)
  expect(cleanAfter({ answer: read('indeterminate') })).toBe(0)
  expect(cleanAfter({ answer: read('fail', 1) })).toBe(0)
  expect(cleanAfter({ request: read('fail', 1) })).toBe(0)
  for (const other of [{ charges: 'nothing' }, { charges: 'input' }, { isBackground: true }])
    expect(cleanAfter({ metered: metered(other) })).toBe(0)
})
