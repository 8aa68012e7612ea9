import { afterAll, expect, test } from 'bun:test'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ulid } from '#lib/ulid.ts'
import { findExchange } from './find-exchange.ts'
import { generationName, generationOf, retentionClassOf } from './generation.ts'
import { openRotatingLog } from './rotating-log.ts'
import { countedRandom, decisionOf, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from './test-log.ts'

afterAll(removeHomes)

const HOUR = 3_600_000

test('an exchange is found in whichever generation it stands, and others are not read for it', async () => {
  const home = await makeHome()
  let now = Date.UTC(2026, 0, 2)
  const place = { directory: home.audit, keys: home.keys, log: 'gateway-0', files: hastyFiles, interval: HOUR }
  const clock = { now: () => now, monotonic: () => 0 }
  const random = countedRandom()
  const log = await openRotatingLog({ ...place, clock, random, rotate: () => 24 * HOUR })
  const exchanges: string[] = []
  for (let day = 0; day < 5; day++) {
    const exchange = ulid(now + 3 * HOUR, random)
    now += 3 * HOUR
    exchanges.push(exchange)
    await log.append(decisionOf(exchange), 'process')
    now += 22 * HOUR
    // The day ends while it is open: its outcome stands beside its decision.
    await log.tend()
    await log.append(outcomeOf(exchange), 'process')
    await log.tend()
  }
  await log.close()
  const found = await Promise.all(exchanges.map((exchange) => findExchange(home.audit, exchange)))
  expect(found.map((each) => [each?.decisions[0]?.log, each?.outcomes[0]?.log])).toEqual([
    ['gateway-0', 'gateway-0'],
    ['gateway-0-2', 'gateway-0-2'],
    ['gateway-0-3', 'gateway-0-3'],
    ['gateway-0-4', 'gateway-0-4'],
    ['gateway-0-5', 'gateway-0-5'],
  ])
  expect(await findExchange(home.audit, ulid(now, random))).toBeUndefined()
  // The first generation was removed when its time had come.
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  expect((await findExchange(home.audit, exchanges[1] ?? ''))?.decisions[0]?.log).toBe('gateway-0-2')
})

test('a name tells family, generation, and how long the log is kept', () => {
  const names = [
    'gateway-0',
    'gateway-12',
    'gateway-1-2',
    'gateway-1-10',
    'control',
    'control-2',
    'owner-31',
    'archive',
    'reads',
    'reads-alice-2',
  ]
  expect(
    names.map((name) => `${generationOf(name).family} ${generationOf(name).number} ${retentionClassOf(name)}`),
  ).toEqual([
    'gateway-0 1 exchanges',
    'gateway-12 1 exchanges',
    'gateway-1 2 exchanges',
    'gateway-1 10 exchanges',
    'control 1 changes',
    'control 2 changes',
    'owner 31 changes',
    'archive 1 changes',
    'reads 1 reads',
    'reads-alice 2 reads',
  ])
  expect(names.map((name) => generationName(generationOf(name)))).toEqual(names)
})

test('directories that only look like logs hide no exchange, and a search that could not read all of them says so', async () => {
  const home = await makeHome()
  const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  const exchange = ulid(now, countedRandom('wanted'))
  const log = await openTestLog(home)
  await log.append(decisionOf(exchange), 'process')
  await log.close()
  for (let count = 0; count < 80; count++)
    await mkdir(join(home.audit, `aa${count + 10}`, 'journal'), { recursive: true })
  expect(await findExchange(home.audit, exchange)).toMatchObject({ decisions: [{ log: 'gateway-0' }], complete: true })
  expect(await findExchange(home.audit, ulid(now, countedRandom('nobody')))).toBeUndefined()
  for (let count = 0; count < 80; count++) await writeFile(join(home.audit, `aa${count + 10}`, 'journal/00000001'), '')
  expect((await findExchange(home.audit, exchange))?.decisions).toHaveLength(1)
  expect(await findExchange(home.audit, ulid(now, countedRandom('nobody')))).toMatchObject({
    decisions: [],
    complete: false,
  })
})
