import { afterAll, expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { openSearchIndex } from '#store/search-index.ts'
import { auditIndex } from './audit-index.ts'
import { indexLogs } from './index-logs.ts'
import type { Io } from './io.ts'

afterAll(removeHomes)

async function run(home: string, ...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const says = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const io: Io = { ...says, terminal: false, color: false, cwd: '/', settings, environment: {} }
  return { code: await auditIndex(args, io), out, err }
}

async function aHome() {
  const place = await makeHome()
  const log = await openTestLog(place, { files: hastyFiles })
  for (let number = 0; number < 300; number++) {
    await log.append(decisionOf(exchangeId(number)), 'process')
    await log.append(outcomeOf(exchangeId(number)), 'process')
  }
  await log.close()
  return { home: dirname(place.audit), place }
}

test('it says how far it is, once it is up to the logs, and agrees with them', async () => {
  const { home } = await aHome()
  expect(await run(home)).toEqual({ code: 0, out: ['gateway-0  601 of 601 entries'], err: [] })
  const checked = await run(home, '--check')
  expect(checked).toEqual({
    code: 0,
    out: ['gateway-0  601 of 601 entries', 'the index agrees with the logs'],
    err: [],
  })
})

test.each([
  [
    'a word that is not where it belongs',
    "DELETE FROM places WHERE chunk = 0 AND word = (SELECT id FROM words WHERE text = 'alice')",
  ],
  ['all exchanges, gone,', 'DELETE FROM exchanges'],
  ['an entry’s mark', 'UPDATE marks SET marks = zeroblob(length(marks)) WHERE bundle = 1'],
])('%s that was changed in the index is found, and made good by building it anew', async (_what, change) => {
  const { home } = await aHome()
  await run(home)
  const database = new Database(join(home, 'index.db'))
  database.run(change)
  database.close()
  const { code, out } = await run(home, '--check')
  expect(code).toBe(1)
  expect(out.length).toBeGreaterThan(10)
  expect((await run(home, '--rebuild')).code).toBe(0)
  expect((await run(home, '--check')).code).toBe(0)
})

test.each([
  ['oldest = 9e15, newest = 9e15'],
  ['oldest = 0, newest = 0'],
  ['newest = oldest + 1'],
  ['oldest = newest - 1'],
])('times that an answer would be sought by, and that were changed to %s, are found', async (change) => {
  const { home } = await aHome()
  await run(home)
  const database = new Database(join(home, 'index.db'))
  database.run(`UPDATE marks SET ${change}`)
  database.close()
  const { code, out } = await run(home, '--check')
  expect(code).toBe(1)
  expect(out).toContain('gateway-0 entry 256: the index does not find it, and those of its tile, by time')
})

test('an entry that was changed in the log is found against the index', async () => {
  const { home, place } = await aHome()
  await run(home)
  const path = join(place.audit, 'gateway-0', 'tile', 'entries', '000')
  const bytes = Buffer.from(await Bun.file(path).arrayBuffer())
  bytes.write('mallo', bytes.indexOf('alice'))
  await writeFile(path, bytes)
  const { code, out } = await run(home, '--check')
  expect(code).toBe(1)
  expect(out).toContain('gateway-0 entry 1: it is not what was indexed')
})

test('a file that is no index is told, and made anew when asked', async () => {
  const { home } = await aHome()
  await writeFile(join(home, 'index.db'), 'no database at all, and long enough to be looked at'.repeat(40))
  expect(String(await run(home).catch((error: unknown) => error))).toContain('not a database')
  expect((await run(home, '--rebuild')).out).toEqual(['gateway-0  601 of 601 entries'])
})

test('a log that was removed leaves the index, also while it is being kept up to date', async () => {
  const { home, place } = await aHome()
  await (await openTestLog(place, { log: 'gateway-0-2', files: hastyFiles })).close()
  const index = openSearchIndex(join(home, 'index.db'))
  const indexer = await indexLogs(place.audit, index)
  const settle = async (): Promise<void> => {
    while ((await indexer.turn()) > 0);
  }
  await settle()
  expect([...index.positions().keys()].sort()).toEqual(['gateway-0', 'gateway-0-2'])
  await rm(join(place.audit, 'gateway-0'), { recursive: true })
  await settle()
  expect([...index.positions().keys()]).toEqual(['gateway-0-2'])
  await indexer.close()
  await rm(join(place.audit, 'gateway-0-2'), { recursive: true })
  await (await indexLogs(place.audit, index)).close()
  expect([...index.positions().keys()]).toEqual([])
  index.close()
})
