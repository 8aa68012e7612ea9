import { afterAll, expect, test } from 'bun:test'
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFrame } from '#audit/frame.ts'
import {
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  someHead,
} from '#audit/test-log.ts'
import { followLog, type FollowedEntry } from './follow-log.ts'
import { followLogs } from './follow-logs.ts'

afterAll(removeHomes)

const indices = (entries: readonly FollowedEntry[]): number[] => entries.map(({ index }) => index)

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

/** What a follower gives until it has no more. */
async function all(follower: { read(most: number): Promise<readonly FollowedEntry[]> }, most: number) {
  const given: FollowedEntry[] = []
  for (let part = await follower.read(most); part.length > 0; part = await follower.read(most)) given.push(...part)
  return given
}

test('what tiles and journal hold is given once and in order, and so is what comes then', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let count = 0; count < 700; count++) await log.append(decisionOf(exchangeId(count)), 'process')
  await log.integrate()
  for (let count = 700; count < 800; count++) await log.append(decisionOf(exchangeId(count)), 'process')
  const follower = followLog(join(home.audit, 'gateway-0'))
  expect(indices(await all(follower, 300))).toEqual(range(0, 801))
  expect(await follower.read(300)).toEqual([])
  await log.append(outcomeOf(exchangeId(799)), 'process')
  const [entry] = await follower.read(300)
  expect(entry?.index).toBe(801)
  expect(JSON.parse(entry?.bytes.toString() ?? '')).toMatchObject({ kind: 'outcome', index: 801 })
  await log.integrate()
  expect(await follower.read(300)).toEqual([])
  await log.close()
  await follower.close()
})

test('however often a log is closed, opened and rolled beneath a follower, it sees each entry once', async () => {
  const home = await makeHome()
  const follower = followLog(join(home.audit, 'gateway-0'))
  const seen: number[] = []
  let count = 0
  for (let turn = 0; turn < 8; turn++) {
    const log = await openTestLog(home, { files: hastyFiles, seed: String(turn) })
    for (let more = 0; more < 37; more++) {
      await log.append(outcomeOf(exchangeId(count++)), 'process')
      if (more % 5 === turn % 5) seen.push(...indices(await follower.read(2)))
      if (more === 20 && turn % 2 === 0) await log.integrate()
    }
    if (turn % 3 === 0) seen.push(...indices(await all(follower, 1000)))
    await log.close()
  }
  seen.push(...indices(await all(follower, 1000)))
  expect(seen).toEqual(range(0, 1 + 8 * 37))
  await follower.close()
})

test('half an entry counts only when it is whole', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  const journal = join(home.audit, 'gateway-0', 'journal')
  const [segment = ''] = await readdir(journal)
  const follower = followLog(join(home.audit, 'gateway-0'))
  expect(indices(await all(follower, 10))).toEqual([0, 1])
  const { bytes } = makeFrame('{"kind":"outcome","index":2}')
  for (const part of [bytes.subarray(0, 3), bytes.subarray(3, 50)]) {
    await appendFile(join(journal, segment), part)
    expect(await follower.read(10)).toEqual([])
  }
  await appendFile(join(journal, segment), bytes.subarray(50))
  expect(indices(await follower.read(10))).toEqual([2])
  await follower.close()
})

test('a torn end is passed over with the segment that it ends, and an index that was given away again is given again', async () => {
  const home = await makeHome()
  const journal = join(home.audit, 'gateway-0', 'journal')
  await mkdir(journal, { recursive: true })
  const entry = (text: string): Buffer => makeFrame(`{"kind":"outcome","says":"${text}"}`).bytes
  await writeFile(
    join(journal, '00000001'),
    Buffer.concat([someHead(0), entry('a'), entry('b'), entry('c').subarray(0, 40)]),
  )
  const follower = followLog(join(home.audit, 'gateway-0'))
  expect(indices(await all(follower, 10))).toEqual([0, 1])
  await writeFile(join(journal, '00000002'), someHead(1).subarray(0, 20))
  expect(await follower.read(10)).toEqual([])
  await writeFile(join(journal, '00000003'), Buffer.concat([someHead(1), entry('B'), entry('C')]))
  const given = await all(follower, 10)
  expect(given.map(({ index, bytes }) => [index, JSON.parse(bytes.toString()).says])).toEqual([
    [1, 'B'],
    [2, 'C'],
  ])
  await follower.close()
  // Whoever begins there later is given it once.
  const later = followLog(join(home.audit, 'gateway-0'), 2)
  expect(indices(await all(later, 10))).toEqual([2])
  await later.close()
})

test('a position in the middle is gone on from, forward and back', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let count = 0; count < 300; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  await log.integrate()
  for (let count = 300; count < 310; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  for (const from of [0, 255, 256, 290, 300, 301, 305, 310, 311]) {
    const follower = followLog(join(home.audit, 'gateway-0'), from)
    expect(indices(await all(follower, 1000))).toEqual(range(from, 311))
    follower.moveTo(299)
    expect(indices(await all(follower, 7))).toEqual(range(299, 311))
    await follower.close()
  }
  await log.close()
})

test('nothing new costs next to nothing, however long the journal is', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let count = 0; count < 5000; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  const follower = followLog(join(home.audit, 'gateway-0'))
  const before = process.cpuUsage()
  await all(follower, 100_000)
  const once = process.cpuUsage(before)
  const idle = process.cpuUsage()
  for (let turn = 0; turn < 10; turn++) await follower.read(100_000)
  const ten = process.cpuUsage(idle)
  expect(ten.user + ten.system).toBeLessThan(once.user + once.system)
  await follower.close()
  await log.close()
})

test('all logs are followed, those that appear too, each in its turn', async () => {
  const home = await makeHome()
  const first = await openTestLog(home, { log: 'gateway-0', files: hastyFiles })
  for (let count = 0; count < 5; count++) await first.append(outcomeOf(exchangeId(count)), 'process')
  const follower = followLogs(home.audit)
  expect(await follower.read(2)).toMatchObject({ log: 'gateway-0', next: 1 })
  const second = await openTestLog(home, { log: 'control', files: hastyFiles })
  const turns: [string, number][] = []
  for (let batch = await follower.read(2); batch; batch = await follower.read(2)) turns.push([batch.log, batch.next])
  expect(turns).toEqual([
    ['control', 1],
    ['gateway-0', 3],
    ['gateway-0', 5],
    ['gateway-0', 6],
  ])
  expect(follower.positions()).toEqual(
    new Map([
      ['gateway-0', 6],
      ['control', 1],
    ]),
  )
  await Promise.all([first.close(), second.close()])
  await follower.close()
})

test('damage to one log is told, and does not keep the others from being seen', async () => {
  const home = await makeHome()
  const damaged = await openTestLog(home, { log: 'control', files: hastyFiles })
  await damaged.close()
  const bundle = join(home.audit, 'control', 'tile', 'entries', '000.p', '1')
  expect((await readFile(bundle)).length).toBeGreaterThan(0)
  await rm(bundle)
  const log = await openTestLog(home, { files: hastyFiles })
  const follower = followLogs(home.audit)
  expect(await follower.read()).toMatchObject({ log: 'gateway-0', next: 1 })
  const error: unknown = await follower.read().catch((reason: unknown) => reason)
  expect(String(error)).toBe('UnreadableLog: control: entry 0 is covered by the checkpoint and cannot be read')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  expect(await follower.read()).toMatchObject({ log: 'gateway-0', next: 2 })
  await log.close()
  await follower.close()
})

test('a log that goes on behind what looked like its seal is found again', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  await log.append({ kind: 'change', what: 'log-seal', subject: 'gateway-0', by: 'x', why: 'x' }, 'process')
  await log.integrate()
  const follower = followLogs(home.audit)
  expect(await follower.read()).toMatchObject({ next: 2 })
  expect(await follower.read()).toBeUndefined()
  await log.append(outcomeOf(exchangeId(1)), 'process')
  let found = await follower.read()
  for (let rounds = 0; rounds < 100 && !found; rounds++) found = await follower.read()
  expect(found).toMatchObject({ next: 3 })
  await log.close()
  await follower.close()
})

test('a log that was sealed is looked at no more', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  await log.append(
    { kind: 'change', what: 'log-seal', subject: 'gateway-0', by: 'sallyport', why: 'it is full' },
    'process',
  )
  await log.integrate()
  const follower = followLog(join(home.audit, 'gateway-0'))
  expect(indices(await all(follower, 10))).toEqual([0, 1])
  expect(follower.ended).toBe(true)
  await log.close()
  await follower.close()
})

test('a log that records the seal of another, or a seal of its own that is not its end, is followed on', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { log: 'control', files: hastyFiles })
  const directory = join(home.audit, 'control')
  const follower = followLog(directory)
  const all = async (): Promise<number[]> => indices([...(await follower.read(10)), ...(await follower.read(10))])
  const seal = (subject: string) =>
    log.append({ kind: 'change', what: 'log-seal', subject, by: 'sallyport', why: 'rotation' }, 'machine')
  await seal('gateway-0')
  expect(await all()).toEqual([0, 1])
  expect(follower.ended).toBe(false)
  await log.integrate()
  await seal('control')
  expect(await all()).toEqual([2])
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.integrate()
  expect(await all()).toEqual([3])
  expect(follower.ended).toBe(false)
  await seal('control')
  await log.integrate()
  expect(await all()).toEqual([4])
  expect(await follower.read(10)).toEqual([])
  expect(follower.ended).toBe(true)
  await log.close()
  await follower.close()
})
