// Whoever can write below `audit/` and has no key: what they put into a journal is never signed.
import { afterAll, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '#access/trail.ts'
import { printEntry } from './entry.ts'
import { makeFrame } from './frame.ts'
import { readEntries } from './read.ts'
import {
  decisionOf,
  exchangeId,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  someHead,
  type TestHome,
} from './test-log.ts'

afterAll(removeHomes)

const logOf = (home: TestHome) => join(home.audit, 'gateway-0')
const MARK = { id: '01KDYAK3SE0000000000009999', time: '2026-01-02T03:04:05.678Z' }

async function lastSegment(home: TestHome): Promise<string> {
  const journal = join(logOf(home), 'journal')
  return join(journal, (await readdir(journal)).sort().at(-1) ?? '')
}

const forge = async (home: TestHome, entry: Entry, index: number): Promise<void> =>
  appendFile(await lastSegment(home), makeFrame(printEntry(entry, { ...MARK, index })).bytes)

/** A log of three entries, closed. */
async function closedLog(): Promise<TestHome> {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  return home
}

async function refusedUnsigned(home: TestHome, why: RegExp): Promise<void> {
  const before = await readFile(join(logOf(home), 'checkpoint'), 'utf8').catch(() => '')
  const names = await readdir(join(logOf(home), 'journal'))
  const refused: unknown = await openTestLog(home, { seed: 'again' }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ reason: 'audit_unavailable' })
  expect(String(refused)).toMatch(why)
  expect(await readFile(join(logOf(home), 'checkpoint'), 'utf8').catch(() => '')).toBe(before)
  expect(await readdir(join(logOf(home), 'journal'))).toEqual(names)
}

test('an entry that was put into the journal of a stopped gate is not signed: the log is not opened', async () => {
  const home = await closedLog()
  await forge(home, decisionOf(exchangeId(2)), 3)
  await refusedUnsigned(home, /00000002 holds entry 3, which the writer of this log did not write/)
})

test('an entry that was put into the journal of a gate at work is not signed after a crash', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await forge(home, { kind: 'indicator', indicator: 'never happened' }, 2)
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await refusedUnsigned(home, /00000001 holds entry 2, which the writer of this log did not write/)
})

test('a frame of the same writer is not taken twice, nor in another place, nor from another segment', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const path = await lastSegment(home)
  const ends = [(await readFile(path)).length]
  for (const entry of [decisionOf(exchangeId(1)), outcomeOf(exchangeId(1))]) {
    await log.append(entry, 'process')
    ends.push((await readFile(path)).length)
  }
  const bytes = await readFile(path)
  const [head, first, second] = [bytes.subarray(0, ends[0]), bytes.subarray(ends[0], ends[1]), bytes.subarray(ends[1])]
  for (const forged of [
    [head, first, first],
    [head, second, first],
    [head, first, second, second],
  ]) {
    await writeFile(path, Buffer.concat(forged))
    await refusedUnsigned(home, /did not write/)
  }
  await writeFile(path, bytes)
  await cp(path, join(logOf(home), 'journal/00000002'))
  await refusedUnsigned(home, /the head of the journal segment 00000002 was not written by the writer of this log/)
})

test('a decision that is open cannot be made to be forgotten by another head', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.integrate()
  await log.close()
  for (const name of await readdir(join(logOf(home), 'journal'))) await rm(join(logOf(home), 'journal', name))
  await writeFile(join(logOf(home), 'journal/00000001'), someHead(2))
  await refusedUnsigned(home, /the head of the journal segment 00000001 was not written by the writer/)
})

test('an entry nested without end is refused like any other that the writer did not write', async () => {
  const home = await closedLog()
  const deep = `{"indicator":${'['.repeat(15_000)}${']'.repeat(15_000)},"index":3,"kind":"indicator"}`
  await appendFile(await lastSegment(home), makeFrame(deep).bytes)
  await refusedUnsigned(home, /did not write/)
})

test('entries in the journal of a log without a key are nobody\u2019s: no key is made to sign them', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await rm(join(home.keys, 'audit-gateway-0.key'))
  await rm(join(logOf(home), 'checkpoint'))
  await refusedUnsigned(home, /the key of the log gateway-0 is missing/)
})

test('what a crash at birth leaves, a head under a key that was never kept, is no obstacle', async () => {
  const home = await makeHome()
  const elsewhere = await makeHome()
  await openTestLog(elsewhere, { seed: 'lost' })
  const head = await readFile(join(logOf(elsewhere), 'journal/00000001'))
  const only = head.subarray(0, 36 + head.readUInt32BE(0))
  await cp(logOf(elsewhere), logOf(home), { recursive: true })
  for (const name of ['checkpoint', 'key.pub', 'tile']) await rm(join(logOf(home), name), { recursive: true })
  await writeFile(join(logOf(home), 'journal/00000001'), only)
  await (await openTestLog(home, { seed: 'first' })).close()
  await (await openTestLog(home, { seed: 'second' })).close()
  expect((await Array.fromAsync(readEntries(logOf(home)))).map(({ index }) => index)).toEqual([0])
})

test('a journal of the time before journals were authenticated is refused, and says so', async () => {
  const home = await closedLog()
  const text = '{"journal":1,"log":"gateway-0","first":3,"open":[]}'
  const old = Buffer.concat([Buffer.alloc(36), Buffer.from(text)])
  old.writeUInt32BE(text.length)
  await writeFile(await lastSegment(home), old)
  await refusedUnsigned(home, /written by an earlier version/)
})

test('a journal of the time before segments said what they go on from is refused, and says so', async () => {
  const home = await closedLog()
  await writeFile(await lastSegment(home), makeFrame('{"journal":2,"log":"gateway-0","first":3,"open":[]}').bytes)
  await refusedUnsigned(home, /written by an earlier version/)
})

for (const name of ['journal/99999998', 'checkpoint', 'key.pub', 'tile/0/000.p/3']) {
  test(`a pipe as ${name} is told at once where the log is opened`, async () => {
    const home = await closedLog()
    await rm(join(logOf(home), name), { force: true })
    expect(spawnSync('mkfifo', [join(logOf(home), name)]).status).toBe(0)
    expect(openTestLog(home, { seed: 'again' })).rejects.toThrow(new RegExp(`${name} is not a regular file`))
  })
}

test('a journal whose head was changed is refused, and a head that was cut off is passed over', async () => {
  const home = await makeHome()
  await openTestLog(home)
  const journal = join(logOf(home), 'journal/00000001')
  const bytes = await readFile(journal)
  await writeFile(join(logOf(home), 'journal/00000002'), bytes.subarray(0, 50))
  await (await openTestLog(home, { seed: 'again' })).close()
  const other = await makeHome()
  await openTestLog(other)
  const changed = Buffer.from(bytes)
  changed[60] = 0
  await writeFile(join(logOf(other), 'journal/00000001'), changed)
  expect(openTestLog(other)).rejects.toThrow(/head of a journal segment is damaged/)
})
