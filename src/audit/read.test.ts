import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ulid } from '#lib/ulid.ts'
import { findExchange } from './find-exchange.ts'
import { readEntries, type Selection } from './read.ts'
import {
  countedRandom,
  decisionOf,
  exchangeId,
  makeHome,
  removeHomes,
  openTestLog,
  outcomeOf,
  steppingClock,
} from './test-log.ts'

afterAll(removeHomes)

const START = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

/** Exchange `n` of a log whose clock goes on by 7 ms an entry: decision 1 + 2n, outcome 2 + 2n. */
const arrivals = countedRandom('exchanges')
const EXCHANGES = Array.from({ length: 1000 }, (_, at) => ulid(START + at * 14, arrivals))

async function busyHome(integrateAfter: number) {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (const [at, exchange] of EXCHANGES.entries()) {
    await log.append(decisionOf(exchange), 'process')
    await log.append(outcomeOf(exchange), 'process')
    if (at === integrateAfter) await log.integrate()
  }
  return { home, log }
}

async function indicesOf(directory: string, selection: Selection): Promise<readonly number[]> {
  const entries = await Array.fromAsync(readEntries(directory, selection))
  return entries.map(({ index }) => index)
}

test('entries are read in order across tiles and journal, from anywhere, by kind and by exchange', async () => {
  const { home, log } = await busyHome(600)
  const directory = join(home.audit, 'gateway-0')
  const all = await indicesOf(directory, {})
  expect(all).toEqual(Array.from({ length: 2001 }, (_, index) => index))
  expect((await indicesOf(directory, { from: 1199 }))[0]).toBe(1199)
  expect(await indicesOf(directory, { from: 1998 })).toEqual([1998, 1999, 2000])
  expect(await indicesOf(directory, { from: 5000 })).toEqual([])
  expect(await indicesOf(directory, { kind: 'change' })).toEqual([0])
  expect(await indicesOf(directory, { exchange: EXCHANGES[700] ?? '' })).toEqual([1401, 1402])
  expect(await indicesOf(directory, { most: 3 })).toEqual([0, 1, 2])
  await log.close()
  expect(await indicesOf(directory, {})).toEqual(all)
})

test('every exchange is found, whether its entries are signed already or were just written', async () => {
  const { home, log } = await busyHome(600)
  for (const at of [0, 1, 127, 128, 300, 599, 600, 601, 602, 999]) {
    const found = await findExchange(home.audit, EXCHANGES[at] ?? '')
    expect(found?.decisions.map(({ entry }) => entry.index)).toEqual([1 + 2 * at])
    expect(found?.outcomes.map(({ entry }) => entry.index)).toEqual([2 + 2 * at])
    expect(found?.decisions[0]?.log).toBe('gateway-0')
    expect(found?.complete).toBe(true)
  }
  await log.close()
})

test('an exchange is found in whichever log it stands', async () => {
  const home = await makeHome()
  const late = exchangeId(5)
  for (const name of ['gateway-0', 'gateway-1', 'gateway-2']) {
    const log = await openTestLog(home, { log: name, seed: name })
    if (name === 'gateway-1') await log.append(decisionOf(late, 'deny'), 'process')
    if (name === 'gateway-1') await log.append(outcomeOf(late), 'process')
    await log.close()
  }
  const found = await findExchange(home.audit, late)
  expect(found?.decisions.map(({ log, entry }) => [log, entry['decision']])).toEqual([['gateway-1', 'deny']])
})

test('what is no exchange id, or one that nobody had, is not found, and a path in it leads nowhere', async () => {
  const { home, log } = await busyHome(999)
  const odd = [
    '',
    '../../etc/passwd',
    'x'.repeat(1_000_000),
    `${EXCHANGES[3]}"`,
    (EXCHANGES[3] ?? '').toLowerCase(),
    '\u0000',
  ]
  for (const id of odd) expect(await findExchange(home.audit, id)).toBeUndefined()
  // The first and the last moment that a ULID can name, and one in the middle of the log.
  expect(await findExchange(home.audit, '00000000000000000000000000')).toBeUndefined()
  expect(await findExchange(home.audit, '7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBeUndefined()
  expect(await findExchange(home.audit, ulid(START + 7000, countedRandom('nobody')))).toBeUndefined()
  expect(await findExchange(join(home.audit, 'nowhere'), EXCHANGES[3] ?? '')).toBeUndefined()
  await log.close()
})

test('an exchange id inside another entry is not taken for its exchange', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append({ ...decisionOf(exchangeId(1)), policies: [exchangeId(2)] }, 'process')
  expect(await findExchange(home.audit, exchangeId(2))).toBeUndefined()
  await log.close()
})

test('a log that is damaged is shown as far as it can be read', async () => {
  const { home, log } = await busyHome(999)
  await log.close()
  const directory = join(home.audit, 'gateway-0')
  await writeFile(join(directory, 'tile/entries/002'), Buffer.alloc(100, 0xff))
  expect(await indicesOf(directory, { from: 510 })).toEqual([510, 511])
  expect((await findExchange(home.audit, EXCHANGES[700] ?? ''))?.outcomes).toHaveLength(1)
  await rm(join(directory, 'checkpoint'))
  expect(await indicesOf(directory, {})).toEqual([])
})

test('a checkpoint older than the journal gives its own entries and no others', async () => {
  const home = await makeHome()
  const directory = join(home.audit, 'gateway-0')
  const first = await openTestLog(home)
  const early = await readFile(join(directory, 'checkpoint'))
  for (const number of [1, 2, 3]) await first.append(outcomeOf(exchangeId(number)), 'process')
  await first.close()
  const log = await openTestLog(home, { seed: 'again' })
  for (const number of [4, 5]) await log.append(outcomeOf(exchangeId(number)), 'process')
  expect(await indicesOf(directory, {})).toEqual([0, 1, 2, 3, 4, 5])
  await writeFile(join(directory, 'checkpoint'), early)
  await cp(join(directory, 'tile/entries/000.p/4'), join(directory, 'tile/entries/000.p/1'))
  expect(await indicesOf(directory, {})).toEqual([0])
})

test('a reader beside a busy writer sees every entry once and in order', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { interval: 1, clock: steppingClock() })
  const directory = join(home.audit, 'gateway-0')
  let written = 1
  for (let turn = 0; turn < 40; turn++) {
    for (let count = 0; count < 30; count++) await log.append(outcomeOf(exchangeId(written++)), 'process')
    const [seen] = await Promise.all([indicesOf(directory, {}), log.integrate().catch(() => undefined)])
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index))
    expect(seen.length).toBeGreaterThanOrEqual(written)
  }
  await log.close()
})

test('a search reads as many bundles as it may, and says that it ended there', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const wanted = ulid(START, arrivals)
  await log.append(decisionOf(wanted), 'process')
  for (let count = 0; count < 600; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  await log.append(outcomeOf(wanted), 'process')
  const late = ulid(START, arrivals)
  await log.append(decisionOf(late), 'process')
  await log.close()
  await rm(join(home.audit, 'gateway-0/journal'), { recursive: true })
  const near = await findExchange(home.audit, wanted, { bundles: 1 })
  expect([near?.decisions.length, near?.outcomes.length, near?.complete]).toEqual([1, 0, false])
  expect(await findExchange(home.audit, late, { bundles: 2 })).toMatchObject({ decisions: [], complete: false })
  expect((await findExchange(home.audit, late))?.decisions).toHaveLength(1)
  const far = await findExchange(home.audit, wanted)
  expect([far?.decisions.length, far?.outcomes.length, far?.complete]).toEqual([1, 1, true])
})
