import { afterAll, expect, test } from 'bun:test'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEntries, type ReadEntry } from './read.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes, type TestHome } from './test-log.ts'
import { cutBundle, cutTile } from './tiles.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const logOf = (home: TestHome) => join(home.audit, 'gateway-0')

async function allEntries(home: TestHome): Promise<readonly ReadEntry[]> {
  return Array.fromAsync(readEntries(logOf(home)))
}

test('a new log begins with its own birth, and verifies', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.close()
  const [birth] = await allEntries(home)
  expect(birth).toMatchObject({
    kind: 'change',
    what: 'log-birth',
    subject: 'gateway-0',
    index: 0,
    after: log.verifierKey,
  })
  expect(birth?.time).toBe('2026-01-02T03:04:05.678Z')
  expect(await verifyLog(logOf(home), { expectedKey: log.verifierKey })).toMatchObject({
    ok: true,
    entries: 1,
    problems: [],
  })
})

test('a receipt names the place and the hash that the signed log then has', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const stamps = await Promise.all([
    log.append(decisionOf(exchangeId(1)), 'process'),
    log.append(outcomeOf(exchangeId(1)), 'machine'),
  ])
  await log.close()
  expect(stamps.map(({ log: name, index }) => [name, index])).toEqual([
    ['gateway-0', 1],
    ['gateway-0', 2],
  ])
  const tile = await readFile(join(logOf(home), 'tile/0/000.p/3'))
  expect(tile.subarray(32, 64).toString('hex')).toBe(stamps[0].hash)
  expect(tile.subarray(64, 96).toString('hex')).toBe(stamps[1].hash)
  const entries = await allEntries(home)
  expect(entries.map(({ id }) => id).slice(1)).toEqual(stamps.map(({ id }) => id))
})

test('what was appended is signed by itself, without a call and before the log is closed', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { interval: 5 })
  await log.append(decisionOf(exchangeId(1)), 'process')
  const deadline = Date.now() + 4000
  let entries = 0
  while (entries < 2 && Date.now() < deadline) {
    entries = (await verifyLog(logOf(home))).entries
  }
  expect(entries).toBe(2)
  await log.close()
})

test('a log goes on where it was closed, and its journal holds nothing that is signed already', async () => {
  const home = await makeHome()
  for (let run = 0; run < 4; run++) {
    const log = await openTestLog(home, { seed: `run ${run}` })
    for (let count = 0; count < 100; count++) {
      await log.append(decisionOf(exchangeId(run * 100 + count)), 'process')
      await log.append(outcomeOf(exchangeId(run * 100 + count)), 'process')
    }
    await log.close()
  }
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 801, waiting: 0 })
  const segments = await readdir(join(logOf(home), 'journal'))
  expect(segments).toHaveLength(1)
  expect((await stat(join(logOf(home), 'journal', segments[0] ?? ''))).size).toBeLessThan(300)
})

test('a full tile replaces the partial ones', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 300; count++) {
    await log.append(outcomeOf(exchangeId(count)), 'process')
    if (count % 90 === 0) await log.integrate()
  }
  await log.close()
  expect(await readdir(join(logOf(home), 'tile/0'))).toEqual(['000', '001.p'])
  expect((await readdir(join(logOf(home), 'tile/entries'))).sort()).toEqual(['000', '001.p'])
  expect(await verifyLog(logOf(home))).toMatchObject({ ok: true, entries: 301 })
})

test('keys, directories and entries are readable by their owner only', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.close()
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
  expect(await mode(home.keys)).toBe('700')
  expect(await mode(join(home.keys, 'audit-gateway-0.key'))).toBe('600')
  expect(await mode(logOf(home))).toBe('700')
  expect(await mode(join(logOf(home), 'journal/00000002'))).toBe('600')
  expect(await mode(join(logOf(home), 'tile/entries/000.p'))).toBe('700')
  expect(await mode(join(logOf(home), 'tile/entries/000.p/1'))).toBe('600')
})

test('two logs of one home have keys of their own', async () => {
  const home = await makeHome()
  const [first, second] = [await openTestLog(home), await openTestLog(home, { log: 'control', seed: 'other' })]
  expect(first.verifierKey).not.toBe(second.verifierKey)
  await first.close()
  await second.close()
})

test('a log name that could leave the audit directory is refused', async () => {
  const home = await makeHome()
  for (const log of ['', '..', 'a/b', '../x', 'Gateway', 'a\n', 'x'.repeat(64)]) {
    expect(openTestLog(home, { log })).rejects.toMatchObject({ reason: 'audit_unavailable' })
  }
})

test('a log that was closed takes no more', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.close()
  expect(log.append(decisionOf(exchangeId(1)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  expect(log.healthy()).toEqual({ ok: false, why: 'the log is closed' })
})

async function reverseEntries(home: TestHome): Promise<void> {
  const [tile, bundle] = [join(logOf(home), 'tile/0/000.p/3'), join(logOf(home), 'tile/entries/000.p/3')]
  await writeFile(tile, Buffer.concat((cutTile(await readFile(tile)) ?? []).toReversed()))
  await writeFile(bundle, Buffer.concat((cutBundle(await readFile(bundle)) ?? []).toReversed()))
}

const CASES: readonly { name: string; change: (home: TestHome) => Promise<unknown>; why: RegExp }[] = [
  {
    name: 'its key is gone',
    change: (home) => rm(join(home.keys, 'audit-gateway-0.key')),
    why: /key of the log gateway-0 is missing/,
  },
  {
    name: 'the log is gone and its key is not',
    change: (home) => rm(logOf(home), { recursive: true }),
    why: /the log is gone/,
  },
  {
    name: 'its journal is gone',
    change: (home) => rm(join(logOf(home), 'journal'), { recursive: true }),
    why: /journal ends at entry 0/,
  },
  {
    name: 'its checkpoint is gone',
    change: (home) => rm(join(logOf(home), 'checkpoint')),
    why: /entries before 3 are missing/,
  },
  {
    name: 'its checkpoint is malformed',
    change: (home) => writeFile(join(logOf(home), 'checkpoint'), 'x'),
    why: /checkpoint is malformed/,
  },
  {
    name: 'a tile under the checkpoint is gone',
    change: (home) => rm(join(logOf(home), 'tile/0/000.p/3')),
    why: /tile\/0\/000\.p\/3 is missing/,
  },
  {
    name: 'a tile under the checkpoint was changed',
    change: (home) => writeFile(join(logOf(home), 'tile/0/000.p/3'), Buffer.alloc(96)),
    why: /missing or damaged/,
  },
  { name: 'tile and entries were changed alike', change: reverseEntries, why: /tiles do not give the root/ },
  {
    name: 'the entries under the checkpoint were changed',
    change: (home) => writeFile(join(logOf(home), 'tile/entries/000.p/3'), Buffer.alloc(6)),
    why: /entries in tile\/entries\/000\.p\/3/,
  },
  {
    name: 'key.pub is another',
    change: (home) => writeFile(join(logOf(home), 'key.pub'), 'other+00000000+AAAA\n'),
    why: /key\.pub is not/,
  },
]

for (const { name, change, why } of CASES) {
  test(`a log is not opened where ${name}`, async () => {
    const home = await makeHome()
    const log = await openTestLog(home)
    await log.append(decisionOf(exchangeId(1)), 'process')
    await log.append(outcomeOf(exchangeId(1)), 'process')
    await log.close()
    await change(home)
    const refused: unknown = await openTestLog(home).catch((error: unknown) => error)
    expect(String(refused)).toMatch(why)
    expect(refused).toMatchObject({ reason: 'audit_unavailable' })
  })
}

test('a checkpoint rolled back with its tiles is refused, since the journal begins later', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const early = await readFile(join(logOf(home), 'checkpoint'))
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  await (await openTestLog(home, { seed: 'later' })).close()
  await writeFile(join(logOf(home), 'checkpoint'), early)
  expect(openTestLog(home)).rejects.toThrow(/entries before 3 are missing/)
})
