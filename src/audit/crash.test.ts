// A crash is a log that is simply not touched any more, and opened again. What a receipt was given for must stand.
import { afterAll, expect, test } from 'bun:test'
import { cp, readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stamp } from '#access/trail.ts'
import type { Files } from './files.ts'
import { readEntries, type ReadEntry } from './read.ts'
import {
  decisionOf,
  exchangeId,
  faultyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const logOf = (home: TestHome) => join(home.audit, 'gateway-0')

const allEntries = (home: TestHome): Promise<readonly ReadEntry[]> => Array.fromAsync(readEntries(logOf(home)))

async function copyOf(home: TestHome): Promise<TestHome> {
  const copy = await makeHome()
  await cp(home.audit, copy.audit, { recursive: true })
  await cp(home.keys, copy.keys, { recursive: true })
  return copy
}

const idsOf = (stamps: readonly { id: string }[]) => stamps.map(({ id }) => id)

/** Every decision has an outcome, no outcome has a second. */
function expectAllClosed(entries: readonly ReadEntry[]): void {
  const exchangesOf = (kind: string) => entries.filter((entry) => entry.kind === kind).map((entry) => entry['exchange'])
  expect(exchangesOf('outcome').sort()).toEqual(exchangesOf('decision').sort())
}

test('a decision left open is closed as unknown, once', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(decisionOf(exchangeId(2)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  for (const seed of ['second', 'third']) await (await openTestLog(home, { seed })).close()
  const outcomes = (await allEntries(home)).filter(({ kind }) => kind === 'outcome')
  expect(outcomes.map(({ exchange, ended }) => [exchange, ended])).toEqual([
    [exchangeId(1), 'complete'],
    [exchangeId(2), 'unknown'],
  ])
  expect(outcomes[1]).toMatchObject({ status: 0, bytes: 0, findings: [], checks: [] })
})

test('a decision older than every segment of the journal is still closed', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  await log.append(decisionOf(exchangeId(1)), 'process')
  // Closing leaves a segment that holds no entry, only the list of what is open.
  await log.close()
  const again = await openTestLog(home, { seed: 'again' })
  expect(again.recovered).toEqual({ entries: 0, open: 1, torn: 0 })
  await again.close()
  expectAllClosed(await allEntries(home))
})

const READS: ReadonlySet<keyof Files> = new Set(['read', 'list', 'has'] as const)

/** Opens, works, closes; every operation of the disk from the `last` on fails, as if the process were dead. */
async function liveUntil(home: TestHome, last: number, seed: string) {
  let operations = 0
  const files = faultyFiles((operation) =>
    !READS.has(operation) && ++operations > last ? new Error('killed') : undefined,
  )
  const stamps: Stamp[] = []
  try {
    const log = await openTestLog(home, { files, seed })
    for (let count = 0; count < 4; count++) {
      stamps.push(await log.append(decisionOf(exchangeId(count)), 'process'))
      if (count % 2 === 0) stamps.push(await log.append(outcomeOf(exchangeId(count)), 'machine'))
      if (count === 2) await log.integrate()
    }
    await log.close()
  } catch {
    // It died; what it was told before counts.
  }
  return { stamps, finished: operations <= last }
}

test('killed at any operation of the disk, from birth to close, a log opens again with all that it promised', async () => {
  let finished = false
  for (let last = 0; !finished; last++) {
    const home = await makeHome()
    const first = await liveUntil(home, last, 'first')
    finished = first.finished
    const again = await openTestLog(home, { seed: 'again' })
    await again.close()
    const entries = await allEntries(home)
    expect(idsOf(entries)).toEqual(expect.arrayContaining(idsOf(first.stamps)))
    for (const { id, index } of first.stamps) expect(entries[index]?.id).toBe(id)
    expectAllClosed(entries)
    expect((await verifyLog(logOf(home))).problems).toEqual([])
  }
}, 30_000)

test('killed at any operation of a recovery, the next one ends where an undisturbed one would', async () => {
  const crashed = await makeHome()
  const log = await openTestLog(crashed)
  for (let count = 0; count < 300; count++) {
    await log.append(decisionOf(exchangeId(count)), 'process')
    if (count !== 7) await log.append(outcomeOf(exchangeId(count)), 'process')
    if (count === 100) await log.integrate()
  }
  for (let last = 0, finished = false; !finished; last += 3) {
    const home = await copyOf(crashed)
    let operations = 0
    const files = faultyFiles((operation) =>
      !READS.has(operation) && ++operations > last ? new Error('killed') : undefined,
    )
    const recovering = await openTestLog(home, { files, seed: 'killed' }).catch(() => undefined)
    finished = recovering !== undefined
    const again = await openTestLog(home, { seed: 'again' })
    await again.close()
    const entries = await allEntries(home)
    expect(entries).toHaveLength(601)
    expectAllClosed(entries)
    expect((await verifyLog(logOf(home))).problems).toEqual([])
  }
}, 30_000)

test('tiles beyond the checkpoint are taken away, wherever they lie', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 700; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  const before = await copyOf(home)
  await log.close()
  // The checkpoint of one entry, with the tiles of 701.
  await cp(join(logOf(home), 'tile'), join(logOf(before), 'tile'), { recursive: true })
  await truncate(join(logOf(before), 'journal/00000001'), 2000)
  const again = await openTestLog(before, { seed: 'again' })
  const { size } = again
  expect(size).toBeLessThan(20)
  await again.close()
  expect(await readdir(join(logOf(before), 'tile/0'))).toEqual(['000.p'])
  expect(await readdir(join(logOf(before), 'tile/entries'))).toEqual(['000.p'])
  expect(await readdir(join(logOf(before), 'tile/0/000.p'))).not.toContain('701')
  expect((await verifyLog(logOf(before))).problems).toEqual([])
})

const CHILD = `
import { openTestLog, decisionOf, outcomeOf, exchangeId } from '${join(import.meta.dir, 'test-log.ts')}'
import { writeSync } from 'node:fs'
const [audit, keys, seed] = process.argv.slice(-3)
const log = await openTestLog({ audit, keys }, { seed, interval: 3 })
for (let count = 0; ; count++) {
  const durable = count % 3 === 0 ? 'machine' : 'process'
  const stamp = await log.append(decisionOf(exchangeId(count)), durable)
  writeSync(1, stamp.index + ' ' + stamp.id + ' ' + stamp.hash + '\\n')
  if (count % 2 === 0) await log.append(outcomeOf(exchangeId(count)), 'process')
  if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
}
`

test('a process killed with -9 under load, three times over, has lost nothing that it was told of', async () => {
  const home = await makeHome()
  const told: string[] = []
  for (const [seed, lines] of [
    ['first', 150],
    ['second', 700],
    ['third', 1500],
  ] as const) {
    const command = [process.execPath, '-e', CHILD, home.audit, home.keys, seed]
    const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit', cwd: join(import.meta.dir, '../..') })
    let text = ''
    for await (const chunk of child.stdout) {
      text += Buffer.from(chunk).toString()
      if (text.split('\n').length > lines) child.kill('SIGKILL')
    }
    await child.exited
    told.push(...text.split('\n').slice(0, -1))
  }
  const log = await openTestLog(home, { seed: 'last' })
  await log.close()
  const entries = await allEntries(home)
  const missing = told.filter((line) => entries[Number(line.split(' ')[0])]?.id !== line.split(' ')[1])
  expect(told.length).toBeGreaterThan(2000)
  expect(missing).toEqual([])
  expect((await verifyLog(logOf(home))).problems).toEqual([])
}, 30_000)
