// What is appended within one turn of the event loop: one write, and one fate.
import { afterAll, expect, test } from 'bun:test'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { readEntries } from './read.ts'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const logOf = (home: { readonly audit: string }) => join(home.audit, 'gateway-0')
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

/** A log whose writes are counted, and fail as told: half of the bytes are taken, or all of them. */
async function makeLog(options: { truncates?: boolean; removes?: boolean } = {}) {
  const home = await makeHome()
  const state = { writes: 0, takes: undefined as 'half' | 'all' | undefined }
  const fails = () => {
    if (state.takes) throw new Error('EIO: i/o error')
  }
  const files: Files = {
    ...hastyFiles,
    write(file, bytes, from) {
      state.writes += 1
      const taken = hastyFiles.write(file, state.takes === 'half' ? bytes.subarray(0, bytes.length >> 1) : bytes, from)
      fails()
      return taken
    },
    truncate: (file, length) => {
      if (options.truncates === false) fails()
      hastyFiles.truncate(file, length)
    },
    remove: (path) =>
      options.removes === false && path.includes('/journal/')
        ? Promise.reject(new Error('EIO'))
        : hastyFiles.remove(path),
  }
  const log = await openTestLog(home, { files })
  return { home, log, state }
}

type Log = Awaited<ReturnType<typeof makeLog>>['log']

const appendAll = (log: Log, of: readonly number[]) =>
  Promise.allSettled(of.map((number) => log.append(decisionOf(exchangeId(number)), 'process')))

const decidedIn = async (home: { readonly audit: string }) =>
  (await Array.fromAsync(readEntries(logOf(home), { kind: 'decision' }))).map(({ exchange }) => exchange)

test('entries of one turn are written by one write, in their order, and no receipt is given before it', async () => {
  const { home, log, state } = await makeLog()
  state.writes = 0
  const told: string[] = []
  const all = numbers(1, 9).map((number) =>
    log
      .append(decisionOf(exchangeId(number)), 'process')
      .then(({ index }) => told.push(`${index} after ${state.writes}`)),
  )
  expect(state.writes).toBe(0)
  await Promise.all(all)
  expect(state.writes).toBe(1)
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `${index} after 1`))
  // As `kill -9` leaves it.
  const again = await openTestLog(home, { seed: 'again' })
  await again.close()
  expect(await decidedIn(home)).toEqual(numbers(1, 9).map(exchangeId))
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 19, problems: [] })
})

test('a lone entry is written in the turn in which it came', async () => {
  const { log, state } = await makeLog()
  state.writes = 0
  void log.append(outcomeOf(exchangeId(1)), 'process')
  await Promise.resolve()
  expect(state.writes).toBe(1)
  await log.close()
})

test('a turn of very many is written by a few writes', async () => {
  const { log, state } = await makeLog()
  state.writes = 0
  const all = await appendAll(log, numbers(1, 150))
  expect(all.every(({ status }) => status === 'fulfilled')).toBe(true)
  expect(state.writes).toBe(3)
  await log.close()
})

test('an entry of tier 3 is written at once, behind what came before it', async () => {
  const { home, log, state } = await makeLog()
  state.writes = 0
  const first = log.append(decisionOf(exchangeId(1)), 'process')
  const second = log.append(decisionOf(exchangeId(2)), 'machine')
  expect(state.writes).toBe(1)
  expect(await Promise.all([first, second])).toMatchObject([{ index: 1 }, { index: 2 }])
  await log.close()
  expect(await decidedIn(home)).toEqual([exchangeId(1), exchangeId(2)])
})

test('a write that fails refuses every entry of its turn, none of which stands; the next ones do', async () => {
  const { home, log, state } = await makeLog()
  await appendAll(log, [1])
  state.takes = 'half'
  const refused = await appendAll(log, [2, 3, 4, 5])
  const reasons = refused.map((result) => (result.status === 'rejected' ? result.reason.reason : 'written'))
  expect(reasons).toEqual(['audit_unavailable', 'audit_unavailable', 'audit_unavailable', 'audit_unavailable'])
  expect(log.size).toBe(2)
  expect(log.healthy()).toEqual({ ok: false, why: 'EIO: i/o error' })
  state.takes = undefined
  expect(await appendAll(log, [6, 7])).toMatchObject([{ value: { index: 2 } }, { value: { index: 3 } }])
  const again = await openTestLog(home, { seed: 'again' })
  await again.close()
  expect(await decidedIn(home)).toEqual([exchangeId(1), exchangeId(6), exchangeId(7)])
  expect((await verifyLog(logOf(home))).problems).toEqual([])
})

for (const takes of ['half', 'all'] as const) {
  test(`entries whose write failed (${takes} of it was taken) and stand all the same give their places to the next ones`, async () => {
    const { home, log, state } = await makeLog({ truncates: false, removes: false })
    await appendAll(log, [1])
    state.takes = takes
    const refused = await appendAll(log, numbers(100, 163))
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true)
    state.takes = undefined
    await appendAll(log, [2, 3])
    const crashed = await makeHome()
    await cp(home.audit, crashed.audit, { recursive: true })
    await cp(home.keys, crashed.keys, { recursive: true })
    // Once more when it is signed what stands in those places: the segment that holds the others outlives it.
    await log.integrate()
    for (const left of [crashed, home]) {
      const again = await openTestLog(left, { seed: 'again' })
      await again.close()
      expect(await decidedIn(left)).toEqual([exchangeId(1), exchangeId(2), exchangeId(3)])
      expect((await verifyLog(logOf(left))).problems).toEqual([])
    }
  })
}

test('an outcome is in time where it comes in the turn in which its record would be closed for it, and is the only one', async () => {
  const { home, log, state } = await makeLog()
  await appendAll(log, [1, 2])
  state.takes = 'half'
  await log.append(outcomeOf(exchangeId(1)), 'process').catch(() => undefined)
  state.takes = undefined
  const [, outcome] = await Promise.allSettled([log.integrate(), log.append(outcomeOf(exchangeId(1)), 'process')])
  expect(outcome.status).toBe('fulfilled')
  await log.integrate()
  await log.close()
  const outcomes = await Array.fromAsync(readEntries(logOf(home), { kind: 'outcome' }))
  expect(outcomes.map(({ exchange, ended }) => [exchange, ended])).toEqual([[exchangeId(1), 'complete']])
})
