// Files of the right form that hold what no writer writes: too deep, too many, elsewhere, or other than what is signed.
import { afterAll, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findExchange } from '#audit/find-exchange.ts'
import { makeFrame } from '#audit/frame.ts'
import { journalTail } from '#audit/log-files.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes, someHead } from '#audit/test-log.ts'
import { cutBundle } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import { checkProof } from './check-proof.ts'
import { nameDifferences } from './differences.ts'
import { verifyAll } from './verify-all.ts'
import { verifyLog } from './verify-log.ts'

afterAll(removeHomes)

/** Birth, decision, outcome, all of them signed. */
async function threeEntries() {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  return { audit: home.audit, directory: join(home.audit, 'gateway-0') }
}

const messages = async (directory: string) => (await verifyLog(directory)).problems.map(({ message }) => message)

const DEEP = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`

test('an entry nested without end is a problem of its log, and the other log has its verdict', async () => {
  const { audit, directory } = await threeEntries()
  const [bundle, tile] = [join(directory, 'tile/entries/000.p/3'), join(directory, 'tile/0/000.p/3')]
  const entries = cutBundle(await readFile(bundle)) ?? []
  const length = Buffer.alloc(2)
  length.writeUInt16BE(DEEP.length)
  await writeFile(bundle, Buffer.concat([...entries.slice(0, 2), length, Buffer.from(DEEP)]))
  const hashes = await readFile(tile)
  hashes.set(leafHash(Buffer.from(DEEP)), 64)
  await writeFile(tile, hashes)
  const found = await messages(directory)
  expect(found).toContain('entry 2 is nested deeper than 64 levels')
  expect((await verifyAll(audit)).ok).toBe(false)
})

test('a proof of an entry nested without end proves nothing, and is told so', () => {
  const extra = Buffer.from(`{"a":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`).toString('base64')
  const root = Buffer.alloc(32).toString('base64')
  const note = `sallyport/00000000/gateway-0\n1\n${root}\n\n\u2014 sallyport/00000000/gateway-0 AAAAAAAA\n`
  const report = checkProof(Buffer.from(`c2sp.org/tlog-proof@v1\nextra ${extra}\nindex 0\n\n${note}`), new Map())
  expect(report.ok).toBe(false)
  expect(report.problems).toContain('proof 1: entry 0 is nested deeper than 64 levels')
})

test('a bundle of zeros, which takes no room on a disk, is damaged, and costs nothing to tell', async () => {
  const { directory } = await threeEntries()
  const bundle = join(directory, 'tile/entries/000.p/3')
  await truncate(bundle, 0)
  await truncate(bundle, 16 * 2 ** 20)
  const before = process.cpuUsage()
  const found = await messages(directory)
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  expect(found).toContain('the entry bundle tile/entries/000.p/3 is damaged')
  expect(found).toHaveLength(2)
})

test('thousands of strange entries are named in about as many steps', () => {
  const hash = (kind: number, number: number): Buffer =>
    Buffer.from([kind, number >> 16, (number >> 8) & 255, number & 255])
  const wanted = Array.from({ length: 40_000 }, (_, at) => hash(1, at))
  const found = Array.from({ length: 40_000 }, (_, at) => hash(2, at))
  const before = process.cpuUsage()
  const problems = nameDifferences(0, wanted, found, { end: 40_000, than: 'the signed root' })
  const backwards = nameDifferences(0, wanted, [...found, ...wanted.toReversed()], { end: 40_000, than: 'its tile' })
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
  expect(problems).toHaveLength(40_000)
  expect(problems[39_999]?.message).toBe('entry 39999 was edited: hash differs from the signed root')
  expect(new Set(backwards.map(({ kind }) => kind))).toEqual(new Set(['inserted', 'reordered']))
})

/** Puts a segment before those that are there. */
async function putSegment(directory: string, first: number, entries: readonly string[], name = '00000000') {
  const head = someHead(first)
  await mkdir(join(directory, 'journal'), { recursive: true })
  await writeFile(
    join(directory, 'journal', name),
    Buffer.concat([head, ...entries.map((text) => makeFrame(text).bytes)]),
  )
}

test('what the journal says of an entry that is signed is not shown in its place, and a verification tells that it differs', async () => {
  const { audit, directory } = await threeEntries()
  const [birth, decision, outcome] = (cutBundle(await readFile(join(directory, 'tile/entries/000.p/3'))) ?? []).map(
    (entry) => entry.subarray(2).toString(),
  )
  await putSegment(directory, 0, [birth ?? '', (decision ?? '').replaceAll('alice', 'bobby'), outcome ?? ''])
  const found = await findExchange(audit, exchangeId(1))
  expect(found?.decisions.map(({ entry, signed }) => [(entry['principal'] as { id: string }).id, signed])).toEqual([
    ['alice', true],
  ])
  expect(await messages(directory)).toEqual(['the journal holds another entry 1 than the one that is signed'])
})

test('an entry that no checkpoint covers is found, and is said to be unsigned', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  expect((await findExchange(home.audit, exchangeId(1)))?.decisions.map(({ signed }) => signed)).toEqual([false])
  await log.close()
})

test('a journal with a gap is read up to it, and is a problem; nobody counts from one end of it to the other', async () => {
  const { directory } = await threeEntries()
  await putSegment(directory, 900_000_000_000_000, ['{}'], '99999999')
  expect((await journalTail(directory))?.entries).toHaveLength(0)
  const entries: ReadEntry[] = await Array.fromAsync(readEntries(directory))
  expect(entries).toHaveLength(3)
  expect(await messages(directory)).toEqual(['the journal goes on at entry 900000000000000, but has no entry 3'])
  expect(await readdir(join(directory, 'journal'))).toHaveLength(2)
})

test('a segment that is signed already and came back after a crash is no gap', async () => {
  const { directory } = await threeEntries()
  const [birth = ''] = (cutBundle(await readFile(join(directory, 'tile/entries/000.p/3'))) ?? []).map((entry) =>
    entry.subarray(2).toString(),
  )
  await putSegment(directory, 0, [birth])
  expect(await messages(directory)).toEqual([])
  expect(await Array.fromAsync(readEntries(directory))).toHaveLength(3)
})
