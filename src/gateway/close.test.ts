import { expect, test } from 'bun:test'
import type { Entry } from '#access/trail.ts'
import { close } from './close.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import { NOTHING_RESERVED } from './limits.ts'

const broken = (): never => {
  throw new RangeError('no amount')
}

test('an outcome is recorded whatever goes wrong in settling it, and that is told', async () => {
  const entries: Entry[] = []
  const log: string[] = []
  const gate = {
    trail: { append: async (entry: Entry) => void entries.push(entry) },
    clock: { now: () => 0, monotonic: () => 0 },
    sessions: { settle: broken },
    log: (line: string) => void log.push(line),
  } as unknown as Gate
  const account = {
    began: 0,
    attempts: [{ target: 't', status: 200, us: 1 }],
    checks: [],
    standing: { release: broken },
    rest: broken,
    session: { session: { id: 'S' } },
    called: true,
    metered: { reservation: { left: [], settle: broken, cancel: broken }, forecast: { charges: 'nothing' } },
  } as unknown as Account
  await close({ exchange: 'X', account }, gate, { status: 200, bytes: 5, ended: 'complete' })
  expect(entries).toMatchObject([{ kind: 'outcome', exchange: 'X', status: 200, bytes: 5, ended: 'complete' }])
  expect(account.closed).toBe(true)
  expect(log).toEqual([
    'exchange X: its proof could not be let go',
    'exchange X: its connection could not be let go',
    'exchange X: what it used could not be settled',
    'exchange X: what it used could not be added to its session',
  ])
})

test('what is read again was counted when it was made: neither its outcome nor its session counts it once more', async () => {
  const entries: Entry[] = []
  const settled: unknown[] = []
  const gate = {
    trail: { append: async (entry: Entry) => void entries.push(entry) },
    clock: { now: () => 0, monotonic: () => 0 },
    sessions: { settle: (id: string, spent: unknown) => void settled.push([id, spent]) },
    log: () => undefined,
  } as unknown as Gate
  const account = {
    began: 0,
    attempts: [{ target: 't', status: 200, us: 1 }],
    checks: [],
    session: { session: { id: 'S', kind: 'declared' } },
    called: true,
    inputTokens: 7,
    metered: { reservation: NOTHING_RESERVED, forecast: { charges: 'nothing' } },
  } as unknown as Account
  const usage = { input: 1_000, output: 1_000, tools: { web_search: 3 } }
  await close({ exchange: 'X', account }, gate, { status: 200, bytes: 500, ended: 'complete', usage })
  expect(entries).toHaveLength(1)
  expect(entries[0]).not.toHaveProperty('usage')
  expect(settled).toMatchObject([['S', { tokens: 0, toolCalls: 0, flagged: false }]])
})
