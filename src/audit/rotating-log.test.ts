import { afterAll, describe, expect, test } from 'bun:test'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import type { Files } from './files.ts'
import { readEntries, type ReadEntry } from './read.ts'
import { openRotatingLog, type RotatingLog } from './rotating-log.ts'
import {
  countedRandom,
  decisionOf,
  exchangeId,
  faultyFiles,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const HOUR = 3_600_000

interface Opening {
  readonly files?: Files
  readonly seed?: string
  readonly report?: (line: string) => void
}

/** A clock that stands until it is moved. */
function standingClock(): { readonly clock: Clock; readonly pass: (milliseconds: number) => void } {
  let now = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  return { clock: { now: () => now, monotonic: () => 0 }, pass: (milliseconds) => (now += milliseconds) }
}

function openRotating(home: TestHome, clock: Clock, { files, seed, report }: Opening = {}): Promise<RotatingLog> {
  return openRotatingLog({
    directory: home.audit,
    keys: home.keys,
    log: 'gateway-0',
    clock,
    random: countedRandom(seed),
    interval: HOUR,
    rotate: () => HOUR,
    ...(files && { files }),
    ...(report && { report }),
  })
}

const entriesOf = (home: TestHome, log: string): Promise<readonly ReadEntry[]> =>
  Array.fromAsync(readEntries(join(home.audit, log)))

/** Kind, what it is about, and what comes after: enough to see what stands where. */
const outline = async (home: TestHome, log: string): Promise<readonly string[]> =>
  (await entriesOf(home, log)).map(({ kind, what = '', subject, exchange, ended = what }) =>
    `${kind} ${String(ended)} ${String(subject ?? exchange).slice(-11)}`.replace('  ', ' '),
  )

const verified = async (home: TestHome): Promise<void> => {
  for (const log of await readdir(home.audit)) {
    expect((await verifyLog(join(home.audit, log))).problems).toEqual([])
  }
}

test('a log that is old enough is followed by the next, and sealed', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  const log = await openRotating(home, clock)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  pass(HOUR - 1)
  await log.tend()
  expect(log.name).toBe('gateway-0')
  pass(1)
  await log.tend()
  expect(log.name).toBe('gateway-0-2')
  expect(await log.append(decisionOf(exchangeId(2)), 'process')).toMatchObject({ log: 'gateway-0-2', index: 1 })
  await log.append(outcomeOf(exchangeId(2)), 'process')
  await log.close()
  expect(await outline(home, 'gateway-0')).toEqual([
    'change log-birth gateway-0',
    'decision 00000000001',
    'outcome complete 00000000001',
    'change log-seal gateway-0',
  ])
  expect(await outline(home, 'gateway-0-2')).toEqual([
    'change log-birth gateway-0-2',
    'decision 00000000002',
    'outcome complete 00000000002',
  ])
  const [birth] = await entriesOf(home, 'gateway-0-2')
  expect((await entriesOf(home, 'gateway-0')).at(-1)).toMatchObject({
    what: 'log-seal',
    after: `gateway-0-2 ${String(birth?.['after'])}`,
    by: 'sallyport',
  })
  await verified(home)
})

describe('while an exchange is open in the old log', () => {
  test('its entries go there, all others to the new one, and the seal waits', async () => {
    const home = await makeHome()
    const { clock, pass } = standingClock()
    const log = await openRotating(home, clock)
    await log.append(decisionOf(exchangeId(1)), 'process')
    await log.append(decisionOf(exchangeId(2)), 'process')
    pass(HOUR)
    await log.tend()
    expect(await log.append(decisionOf(exchangeId(3)), 'process')).toMatchObject({ log: 'gateway-0-2' })
    expect(await log.append(outcomeOf(exchangeId(1)), 'process')).toMatchObject({ log: 'gateway-0' })
    expect(await log.append(decisionOf(exchangeId(2)), 'process')).toMatchObject({ log: 'gateway-0' })
    // However old the new one gets: what is open is looked for in one log only.
    pass(5 * HOUR)
    await log.tend()
    expect(await readdir(home.audit)).toEqual(['gateway-0', 'gateway-0-2'])
    expect((await outline(home, 'gateway-0')).at(-1)).toBe('decision 00000000002')
    expect(await log.append(outcomeOf(exchangeId(2)), 'process')).toMatchObject({ log: 'gateway-0' })
    await log.tend()
    expect((await outline(home, 'gateway-0')).at(-1)).toBe('change log-seal gateway-0')
    await log.append(outcomeOf(exchangeId(3)), 'process')
    await log.close()
    await verified(home)
  })

  test('a restart closes it as unknown there, and seals', async () => {
    const home = await makeHome()
    const { clock, pass } = standingClock()
    const log = await openRotating(home, clock)
    await log.append(decisionOf(exchangeId(1)), 'process')
    pass(HOUR)
    await log.tend()
    await log.append(decisionOf(exchangeId(2)), 'process')
    const again = await openRotating(home, clock, { seed: 'again' })
    expect(again.recovered).toMatchObject({ open: 2 })
    await again.close()
    expect((await outline(home, 'gateway-0')).slice(2)).toEqual([
      'outcome unknown 00000000001',
      'change log-seal gateway-0',
    ])
    expect((await outline(home, 'gateway-0-2')).slice(1)).toEqual([
      'decision 00000000002',
      'outcome unknown 00000000002',
    ])
    await verified(home)
  })
})

test('a log that is sealed cannot be opened for writing', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  const log = await openRotating(home, clock)
  pass(HOUR)
  await log.tend()
  await log.close()
  expect(openTestLog(home)).rejects.toThrow('the log gateway-0 is sealed: nothing is added to it any more')
  expect(await outline(home, 'gateway-0')).toHaveLength(2)
})

test('one that was too old when nobody ran it is followed as soon as it is opened', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  await (await openRotating(home, clock)).close()
  pass(HOUR)
  const again = await openRotating(home, clock, { seed: 'again' })
  expect(again.name).toBe('gateway-0-2')
  await again.close()
})

test('while it is not known how old a log may become it goes on, and without a word it is 30 days', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  const place = { directory: home.audit, keys: home.keys, log: 'owner', clock, random: countedRandom(), interval: HOUR }
  const log = await openRotatingLog({ ...place, rotate: () => undefined })
  pass(720 * HOUR)
  await log.tend()
  expect(log.name).toBe('owner')
  await log.close()
  const again = await openRotatingLog({ ...place, random: countedRandom('again') })
  expect(again.name).toBe('owner-2')
  pass(720 * HOUR - 1)
  await again.tend()
  expect(again.name).toBe('owner-2')
  await again.close()
})

test('where the next cannot be born the old one goes on, it is told, and tried again', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  const lines: string[] = []
  let full = false
  const files = faultyFiles((operation, path) =>
    full && !READS.has(operation) && path.includes('gateway-0-2') ? new Error('ENOSPC') : undefined,
  )
  const log = await openRotating(home, clock, { files, report: (line) => lines.push(line) })
  pass(HOUR)
  full = true
  await log.tend()
  expect(lines).toEqual([
    'the log gateway-0 could not be followed by the next: The audit log gateway-0-2 cannot be opened: ENOSPC',
  ])
  expect(log.healthy()).toEqual({ ok: true })
  expect(await log.append(decisionOf(exchangeId(1)), 'process')).toMatchObject({ log: 'gateway-0' })
  await log.append(outcomeOf(exchangeId(1)), 'process')
  full = false
  await log.tend()
  expect(log.name).toBe('gateway-0-2')
  await log.close()
  await verified(home)
})

test('a new log that vanished with its files is missed, not begun again', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  const log = await openRotating(home, clock)
  pass(HOUR)
  await log.tend()
  await log.close()
  await rm(join(home.audit, 'gateway-0-2'), { recursive: true })
  expect(openRotating(home, clock, { seed: 'again' })).rejects.toThrow(/its key is there but the log is gone/)
})

const READS: ReadonlySet<keyof Files> = new Set(['read', 'list', 'has'] as const)

/** Opens, decides, rotates with one exchange open, ends it, closes; from the `last` operation of the disk on, all fail. */
async function liveUntil(home: TestHome, last: number): Promise<{ finished: boolean; stamps: readonly string[] }> {
  let operations = 0
  let failed = false
  const files = faultyFiles((operation) => {
    if (READS.has(operation) || ++operations <= last) return undefined
    failed = true
    return new Error('killed')
  })
  const { clock, pass } = standingClock()
  const stamps: string[] = []
  try {
    const log = await openRotating(home, clock, { files })
    const append = async (entry: Parameters<RotatingLog['append']>[0]): Promise<void> => {
      const stamp = await log.append(entry, 'process')
      stamps.push(`${stamp.log} ${stamp.id}`)
    }
    await append(decisionOf(exchangeId(1)))
    pass(HOUR)
    await log.tend()
    await append(decisionOf(exchangeId(2)))
    await append(outcomeOf(exchangeId(1)))
    await log.tend()
    await append(outcomeOf(exchangeId(2)))
    await log.close()
  } catch {
    // The process is dead.
  }
  return { finished: !failed, stamps }
}

test('killed at any operation of a rotation, nothing that was told is lost, and the next start ends where an undisturbed one would', async () => {
  for (let last = 0, finished = false; !finished; last++) {
    const home = await makeHome()
    const lived = await liveUntil(home, last)
    finished = lived.finished
    const { clock, pass } = standingClock()
    pass(HOUR)
    for (const seed of ['again', 'and again'])
      await (await openRotating(home, clock, { seed, files: hastyFiles })).close()
    const logs = await readdir(home.audit)
    const entries = (await Promise.all(logs.map((log) => entriesOf(home, log)))).flat()
    const stand = new Set(
      (await Promise.all(logs.map(async (log) => (await entriesOf(home, log)).map(({ id }) => `${log} ${id}`)))).flat(),
    )
    expect(lived.stamps.filter((stamp) => !stand.has(stamp))).toEqual([])
    const exchanges = (kind: string) => entries.filter((entry) => entry.kind === kind).map((entry) => entry['exchange'])
    expect(exchanges('outcome').sort()).toEqual(exchanges('decision').sort())
    // All but the newest are sealed, and what is sealed was sealed once.
    const seals = await Promise.all(
      logs.map(async (log) => (await entriesOf(home, log)).filter(({ what }) => what === 'log-seal').length),
    )
    expect(seals).toEqual(logs.map((_, at) => (at < logs.length - 1 ? 1 : 0)))
    await verified(home)
  }
}, 60_000)

test('a crash after the seal was written and before it was signed is finished by the next start', async () => {
  const home = await makeHome()
  const { clock, pass } = standingClock()
  let cut = false
  // The new log signs its birth; the old one no longer signs.
  const files = faultyFiles((operation, path) =>
    cut && operation === 'rename' && path.endsWith('gateway-0/checkpoint') ? new Error('killed') : undefined,
  )
  const log = await openRotating(home, clock, { files })
  pass(HOUR)
  cut = true
  await log.tend()
  const crashed = await makeHome()
  await cp(home.audit, crashed.audit, { recursive: true })
  await cp(home.keys, crashed.keys, { recursive: true })
  expect((await verifyLog(join(crashed.audit, 'gateway-0'))).entries).toBe(1)
  await (await openRotating(crashed, clock, { seed: 'again' })).close()
  expect(await outline(crashed, 'gateway-0')).toEqual(['change log-birth gateway-0', 'change log-seal gateway-0'])
  expect((await verifyLog(join(crashed.audit, 'gateway-0'))).entries).toBe(2)
  // And in the process itself, when the disk is well again.
  cut = false
  await log.tend()
  expect((await verifyLog(join(home.audit, 'gateway-0'))).entries).toBe(2)
  await log.close()
})
