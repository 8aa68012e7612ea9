// Whoever can write below `audit/` while the gate is down, more than once, and kept what its earlier lives had written.
import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from './files.ts'
import {
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const journalOf = (home: TestHome) => join(home.audit, 'gateway-0/journal')

/** What `kill -9` leaves, while the writer itself goes on elsewhere. */
async function crashOf(home: TestHome): Promise<TestHome> {
  const copy = await makeHome()
  await cp(home.audit, copy.audit, { recursive: true })
  await cp(home.keys, copy.keys, { recursive: true })
  return copy
}

/** One life of the gate: opens, takes these decisions, and is killed. */
async function live(home: TestHome, seed: string, numbers: readonly number[], signed = 0): Promise<TestHome> {
  const log = await openTestLog(home, { seed })
  for (const [at, number] of numbers.entries()) {
    if (at === signed && at > 0) await log.integrate()
    await log.append(decisionOf(exchangeId(number), number < 100 ? 'allow' : 'deny'), 'machine')
  }
  if (signed === numbers.length) await log.integrate()
  return crashOf(home)
}

/** A log of its birth alone, closed. */
async function newLog(): Promise<TestHome> {
  const home = await makeHome()
  await (await openTestLog(home, { seed: 'birth' })).close()
  return home
}

/** The journal of one home in the place of another's. Its keys are not touched. */
async function exchange(from: TestHome, to: TestHome): Promise<void> {
  await rm(journalOf(to), { recursive: true })
  await cp(journalOf(from), journalOf(to), { recursive: true })
}

async function refusedUnsigned(home: TestHome, why: RegExp): Promise<void> {
  const checkpoint = join(home.audit, 'gateway-0/checkpoint')
  const before = await readFile(checkpoint, 'utf8')
  const refused: unknown = await openTestLog(home, { seed: 'refused' }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ reason: 'audit_unavailable' })
  expect(String(refused)).toMatch(why)
  expect(await readFile(checkpoint, 'utf8')).toBe(before)
}

test('a segment of another life, of the same number and first entry, is refused behind entries that are signed', async () => {
  const closed = await newLog()
  const clean = await crashOf(closed)
  const denied = await live(closed, 'denied', [100, 101, 102, 103, 104, 105, 106, 107])
  const allowed = await live(clean, 'allowed', [1, 2, 3, 4, 5], 4)
  expect(await readdir(journalOf(denied))).toEqual(['00000003'])
  expect(await readdir(journalOf(allowed))).toEqual(['00000003'])
  await exchange(denied, allowed)
  await refusedUnsigned(allowed, /segment 00000003 holds another entry 1 than the one that is signed/)
})

test('once a life has signed a single entry, what another wrote in its place is refused', async () => {
  const closed = await newLog()
  const clean = await crashOf(closed)
  const [denied, allowed] = [await live(closed, 'denied', [100], 2), await live(clean, 'allowed', [1], 1)]
  await exchange(denied, allowed)
  await refusedUnsigned(allowed, /segment 00000003 holds another entry 1 than the one that is signed/)
})

test('a segment that goes on from another history is refused, though no entry in it is signed', async () => {
  const closed = await newLog()
  const clean = await crashOf(closed)
  const first = await live(closed, 'first', [100])
  // Closes what was open as unknown: three entries are signed when its own segment begins to be written to.
  const second = await live(first, 'second', [102])
  const other = await live(clean, 'other', [1, 2, 3], 3)
  await mkdir(journalOf(other), { recursive: true })
  await cp(join(journalOf(second), '00000004'), join(journalOf(other), '00000004'))
  await refusedUnsigned(other, /segment 00000004 was written after other entries than the 2 that are before it here/)
})

test('frames of another life are not taken behind the head of this one, though both go on from one history', async () => {
  const closed = await newLog()
  const clean = await crashOf(closed)
  const [denied, allowed] = [await live(closed, 'denied', [100], 2), await live(clean, 'allowed', [1], 2)]
  const [from, to] = [denied, allowed].map((home) => join(journalOf(home), '00000003'))
  const [theirs, ours] = [await readFile(from ?? ''), await readFile(to ?? '')]
  const head = 36 + ours.readUInt32BE(0)
  await writeFile(to ?? '', Buffer.concat([ours.subarray(0, head), theirs.subarray(head)]))
  await refusedUnsigned(allowed, /segment 00000003 holds entry 1, which the writer of this log did not write/)
})

test('what a crash left is signed by the next start: put back later, that segment adds nothing and takes nothing signed away', async () => {
  const crashed = await live(await newLog(), 'crashed', [100, 101], 3)
  const before = await crashOf(crashed)
  const recovered = await openTestLog(crashed, { seed: 'recovered' })
  expect(recovered.size).toBe(5)
  await recovered.append(decisionOf(exchangeId(1)), 'machine')
  await recovered.integrate()
  await exchange(before, crashed)
  await refusedUnsigned(crashed, /the journal ends at entry 3, before the checkpoint of 6 entries/)
})

test('behind hundreds of entries the tiles that a segment is held against must themselves be those that are signed', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let number = 0; number < 600; number++) await log.append(outcomeOf(exchangeId(number)), 'process')
  await log.integrate()
  const whole = await crashOf(home)
  const tile = join(home.audit, 'gateway-0/tile/0/001')
  await writeFile(tile, Buffer.alloc(8192, 1))
  await refusedUnsigned(home, /the tile tile\/0\/001 is missing or damaged/)
  const again = await openTestLog(whole, { seed: 'again' })
  expect(again.size).toBe(601)
  await again.close()
  expect((await verifyLog(join(whole.audit, 'gateway-0'))).problems).toEqual([])
})

test('an entry that gave its place to another is no other history, also where its segment outlives what signed the other', async () => {
  const home = await makeHome()
  let fails = false
  const failing = (): void => {
    if (fails) throw new Error('EIO: i/o error')
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
    remove: async (path) => (/journal.0/.test(path) ? Promise.reject(new Error('EIO')) : hastyFiles.remove(path)),
  }
  const log = await openTestLog(home, { files })
  fails = true
  expect(log.append(decisionOf(exchangeId(1)), 'process')).rejects.toMatchObject({ reason: 'audit_unavailable' })
  fails = false
  await log.append(decisionOf(exchangeId(2)), 'process')
  await log.integrate()
  expect(await readFile(join(journalOf(home), '00000001'), 'utf8')).toContain(exchangeId(1))
  const again = await openTestLog(await crashOf(home), { seed: 'again' })
  expect(again.recovered).toEqual({ entries: 0, open: 1, torn: 0 })
  await again.close()
})
