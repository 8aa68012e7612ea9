import { afterAll, expect, test } from 'bun:test'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { readEntries } from './read.ts'
import {
  decisionOf,
  exchangeId,
  type Fault,
  faultyFiles,
  hastyFiles,
  makeHome,
  removeHomes,
  openTestLog,
  outcomeOf,
  type TestHome,
} from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const logOf = (home: TestHome) => join(home.audit, 'gateway-0')
const FULL = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

/** A log whose disk fails as the returned switch says. */
async function breakable() {
  const home = await makeHome()
  const breaking: { fault: Fault } = { fault: () => undefined }
  const log = await openTestLog(home, { files: faultyFiles((operation, path) => breaking.fault(operation, path)) })
  return { home, log, breaking }
}

async function exchangesIn(home: TestHome): Promise<readonly unknown[]> {
  const entries = await Array.fromAsync(readEntries(logOf(home), { kind: 'decision' }))
  return entries.map(({ exchange }) => exchange)
}

test('an entry that a full disk takes half of is refused and does not stand; the next one does, without a restart', async () => {
  const { home, log, breaking } = await breakable()
  await log.append(decisionOf(exchangeId(1)), 'process')
  breaking.fault = (operation) => (operation === 'write' ? FULL : undefined)
  const refused: unknown = await log.append(decisionOf(exchangeId(2)), 'process').catch((error: unknown) => error)
  expect(refused).toMatchObject({ reason: 'audit_unavailable', status: 503, detail: { retryAfter: 1 } })
  expect(log.healthy()).toEqual({ ok: false, why: 'ENOSPC: no space left on device' })
  breaking.fault = () => undefined
  expect(await log.append(decisionOf(exchangeId(3)), 'process')).toMatchObject({ index: 2 })
  expect(log.healthy()).toEqual({ ok: true })
  await log.close()
  expect(await exchangesIn(home)).toEqual([exchangeId(1), exchangeId(3)])
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 3 })
})

test('where half an entry cannot be taken away, a new segment begins and the half is never read', async () => {
  const { home, log, breaking } = await breakable()
  await log.append(decisionOf(exchangeId(1)), 'process')
  breaking.fault = (operation) => (operation === 'write' || operation === 'truncate' ? FULL : undefined)
  expect(log.append(decisionOf(exchangeId(2)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  // The head of a new segment is written now, and fails, too.
  expect(log.append(decisionOf(exchangeId(3)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  breaking.fault = () => undefined
  await log.append(decisionOf(exchangeId(4)), 'process')
  // A second process reads what the first one left, as after kill -9.
  const again = await openTestLog(home, { seed: 'again' })
  await again.close()
  expect(await exchangesIn(home)).toEqual([exchangeId(1), exchangeId(4)])
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 5 })
})

test('an entry whose write failed but stands whole gives its place to the next one', async () => {
  const home = await makeHome()
  let fails = false
  const failing = (): void => {
    if (fails) throw FULL
  }
  const files: Files = {
    ...hastyFiles,
    // Takes all of it, and then says that it failed.
    write: (file, bytes, from) => {
      const taken = hastyFiles.write(file, bytes, from)
      failing()
      return taken
    },
    truncate: failing,
  }
  const log = await openTestLog(home, { files })
  fails = true
  expect(log.append(decisionOf(exchangeId(1)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  fails = false
  await log.append(decisionOf(exchangeId(2)), 'process')
  expect(await readFile(join(logOf(home), 'journal/00000001'), 'utf8')).toContain(exchangeId(1))
  const again = await openTestLog(home, { seed: 'again' })
  expect(again.recovered.entries).toBe(1)
  await again.close()
  expect(await exchangesIn(home)).toEqual([exchangeId(2)])
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, problems: [] })
})

test('entries whose sync failed are not acknowledged, and nothing is taken until all is signed and a new segment is open', async () => {
  const { home, log, breaking } = await breakable()
  breaking.fault = (operation) => (operation === 'sync' ? new Error('EIO: i/o error') : undefined)
  const waiting = [1, 2, 3].map((number) => log.append(decisionOf(exchangeId(number)), 'machine'))
  const results = await Promise.allSettled(waiting)
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  breaking.fault = () => undefined
  // A second sync would succeed and prove nothing.
  expect(log.append(decisionOf(exchangeId(4)), 'machine')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  expect(log.healthy()).toEqual({ ok: false, why: 'a sync of the journal failed: EIO: i/o error' })
  await log.integrate()
  expect(log.healthy()).toEqual({ ok: true })
  // What stands without an acknowledgement is closed before anything else is taken.
  expect(await log.append(decisionOf(exchangeId(5)), 'machine')).toMatchObject({ index: 7 })
  await log.close()
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 8 })
  const outcomes = await Array.fromAsync(readEntries(logOf(home), { kind: 'outcome' }))
  expect(outcomes.map(({ exchange, ended }) => [exchange, ended])).toEqual([
    [exchangeId(1), 'unknown'],
    [exchangeId(2), 'unknown'],
    [exchangeId(3), 'unknown'],
  ])
})

test('a decision whose outcome could not be written is closed as unknown once writing works, and only once', async () => {
  const { home, log, breaking } = await breakable()
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(decisionOf(exchangeId(2)), 'process')
  breaking.fault = (operation) => (operation === 'write' ? FULL : undefined)
  for (const number of [1, 2]) {
    expect(log.append(outcomeOf(exchangeId(number)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  }
  breaking.fault = () => undefined
  // Whoever tries again before the log does it is in time, and whoever comes after it is too late.
  await log.append(outcomeOf(exchangeId(2)), 'process')
  await log.integrate()
  expect(log.append(outcomeOf(exchangeId(1)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  await log.integrate()
  await log.close()
  const outcomes = await Array.fromAsync(readEntries(logOf(home), { kind: 'outcome' }))
  expect(outcomes.map(({ exchange, ended }) => [exchange, ended])).toEqual([
    [exchangeId(2), 'complete'],
    [exchangeId(1), 'unknown'],
  ])
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 5 })
})

test('an outcome that comes after its record was closed for being the oldest of too many is refused', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let number = 0; number <= 100_000; number++) {
    if (number % 10_000 === 0) await log.integrate()
    await log.append(decisionOf(exchangeId(number)), 'process')
  }
  expect(log.append(outcomeOf(exchangeId(0)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  const outcomes = await Array.fromAsync(readEntries(logOf(home), { kind: 'outcome' }))
  expect(outcomes.map(({ exchange, ended }) => [exchange, ended])).toEqual([
    [exchangeId(0), 'unknown'],
    [exchangeId(1), 'complete'],
  ])
}, 30_000)

test('a log whose writes failed is well again by itself, without an append', async () => {
  const home = await makeHome()
  const breaking: { fault: Fault } = { fault: () => undefined }
  const files = faultyFiles((operation, path) => breaking.fault(operation, path))
  const log = await openTestLog(home, { files, interval: 5 })
  breaking.fault = (operation) => (operation === 'write' ? FULL : undefined)
  expect(log.append(decisionOf(exchangeId(1)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  expect(log.healthy().ok).toBe(false)
  breaking.fault = () => undefined
  const deadline = Date.now() + 4000
  while (!log.healthy().ok && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  expect(log.healthy()).toEqual({ ok: true })
  await log.close()
})

for (const operation of ['writeSynced', 'rename', 'syncDirectory', 'makeDirectory'] as const) {
  test(`while ${operation} fails entries are still taken, and are signed once it works`, async () => {
    const { home, log, breaking } = await breakable()
    for (let count = 0; count < 300; count++) {
      await log.append(outcomeOf(exchangeId(count)), 'process')
      let calls = 0
      breaking.fault = (asked) => (asked === operation && ++calls === (count / 10) % 6 ? FULL : undefined)
      if (count % 10 === 0) await log.integrate().catch(() => undefined)
    }
    breaking.fault = () => undefined
    expect(log.healthy()).toEqual({ ok: true })
    await log.close()
    expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 301, waiting: 0 })
  })
}

test('appends are refused once 65,536 entries wait to be signed, and taken again when they are', async () => {
  const { log, breaking } = await breakable()
  breaking.fault = (operation) => (operation === 'rename' ? FULL : undefined)
  let taken = 0
  for (let count = 0; count < 65_600; count++) {
    await log.append(outcomeOf(exchangeId(0)), 'process').then(
      () => taken++,
      () => undefined,
    )
    if (count === 10) await log.integrate().catch(() => undefined)
  }
  expect(taken).toBe(65_536)
  expect(log.healthy()).toEqual({
    ok: false,
    why: 'too many entries wait to be integrated: ENOSPC: no space left on device',
  })
  breaking.fault = () => undefined
  await log.integrate()
  expect(log.healthy()).toEqual({ ok: true })
  await log.append(outcomeOf(exchangeId(0)), 'process')
  await log.close()
}, 20_000)

test('appends are refused once 64 MiB wait to be signed', async () => {
  const { log, breaking } = await breakable()
  breaking.fault = (operation) => (operation === 'rename' ? FULL : undefined)
  const large = { ...outcomeOf(exchangeId(0)), reason: 'r'.repeat(32_000) }
  let taken = 0
  for (let count = 0; count < 2200; count++) {
    await log.append(large, 'process').then(
      () => taken++,
      () => undefined,
    )
  }
  expect(taken).toBeGreaterThan(2070)
  expect(taken).toBeLessThan(2098)
  expect(log.healthy().ok).toBe(false)
  breaking.fault = () => undefined
  await log.close()
}, 20_000)

test('a log whose checkpoint somebody else replaced takes nothing more', async () => {
  const { home, log } = await breakable()
  const mine = await readFile(join(logOf(home), 'checkpoint'), 'utf8')
  await writeFile(join(logOf(home), 'checkpoint'), mine.replace('\n1\n', '\n9\n'))
  await log.append(decisionOf(exchangeId(1)), 'process')
  expect(log.integrate()).rejects.toThrow('the checkpoint on disk is not the one this process wrote last')
  expect(log.append(decisionOf(exchangeId(2)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  expect(log.healthy().ok).toBe(false)
  expect(log.close()).rejects.toThrow('the checkpoint on disk')
})

test('while no new segment can be begun the last one stays, though a checkpoint covers it', async () => {
  const { home, log, breaking } = await breakable()
  await log.append(decisionOf(exchangeId(1)), 'process')
  breaking.fault = (operation) => (operation === 'write' || operation === 'create' ? FULL : undefined)
  expect(log.append(decisionOf(exchangeId(2)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  await log.integrate()
  expect(log.healthy().ok).toBe(false)
  const again = await openTestLog(home, { seed: 'again' })
  expect(again.recovered).toMatchObject({ entries: 0, open: 1 })
  await again.close()
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 3 })
})

test('a journal that lacks a segment in its middle is refused', async () => {
  const { home, log, breaking } = await breakable()
  for (const number of [1, 2, 3]) {
    breaking.fault = (operation) => (operation === 'write' || operation === 'truncate' ? FULL : undefined)
    expect(log.append(decisionOf(exchangeId(0)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
    breaking.fault = () => undefined
    await log.append(decisionOf(exchangeId(number)), 'process')
  }
  await rm(join(logOf(home), 'journal/00000003'))
  expect(openTestLog(home, { seed: 'again' })).rejects.toThrow(/entries before 3 are missing from the journal/)
})

test('a receipt of tier 3 waits for a sync that began after its entry was written, whoever else asks at that moment', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const home = await makeHome()
    let begun = 0
    let over = 0
    const first = Promise.withResolvers<void>()
    let held = false
    const files: Files = {
      ...hastyFiles,
      async sync() {
        begun += 1
        if (held && begun === 1) await first.promise
        else await new Promise((resolve) => setImmediate(resolve))
        over += 1
      },
    }
    const log = await openTestLog(home, { files })
    begun = 0
    over = 0
    held = true
    const ahead = log.append(decisionOf(exchangeId(1)), 'machine')
    const behind = log.append(decisionOf(exchangeId(2)), 'machine').then(() => over)
    first.resolve()
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    const last = log.append(decisionOf(exchangeId(3)), 'machine').then(() => over)
    await ahead
    expect(await behind).toBeGreaterThanOrEqual(2)
    expect(await last).toBeGreaterThanOrEqual(2)
    await log.close()
  }
})
