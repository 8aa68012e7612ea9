import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangeEntry } from '#access/trail.ts'
import { recordBirths } from '#control/births.ts'
import { recordSeals } from '#control/seals.ts'
import { openLog } from '#audit/open-log.ts'
import { openRotatingLog, type RotatingLog } from '#audit/rotating-log.ts'
import {
  countedRandom,
  decisionOf,
  exchangeId,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from '#audit/test-log.ts'
import { verifyAll } from './verify-all.ts'
import { verifyLog } from './verify-log.ts'

afterAll(removeHomes)

const HOUR = 3_600_000

/** Logs that are an hour old when `pass` was called. */
function rotating(home: TestHome, log: string) {
  let now = Date.UTC(2026, 0, 2)
  const place = { directory: home.audit, keys: home.keys, log, random: countedRandom(log), interval: HOUR }
  const clock = { now: () => now, monotonic: () => 0 }
  const pass = (): void => void (now += HOUR)
  return { open: (): Promise<RotatingLog> => openRotatingLog({ ...place, clock, rotate: () => HOUR }), pass }
}

async function controlNotes(home: TestHome): Promise<void> {
  const control = await openTestLog(home, { log: 'control', seed: 'control' })
  const known = { born: new Map<string, string>(), strange: new Set<string>(), sealed: new Set<string>() }
  for (let time = 0; time < 2; time++) {
    await recordBirths(home.audit, known, control)
    await recordSeals(home.audit, known, control)
  }
  await control.close()
}

/** `gateway-0` sealed with 4 entries, `gateway-0-2` after it, and a control log that noted both. */
async function sealedHome(): Promise<TestHome & { readonly before: string }> {
  const home = await makeHome()
  const { open, pass } = rotating(home, 'gateway-0')
  const log = await open()
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.integrate()
  const before = join(home.keys, '..', 'before')
  await cp(join(home.audit, 'gateway-0'), before, { recursive: true })
  pass()
  await log.tend()
  await log.close()
  await controlNotes(home)
  return { ...home, before }
}

const problemsOf = async ({ audit }: TestHome, log: string) =>
  (await verifyAll(audit)).logs.find((report) => report.log === log)?.problems

test('the control log records the end of each log once, and a log that stands as it was sealed verifies', async () => {
  const home = await sealedHome()
  const { root } = await verifyLog(join(home.audit, 'gateway-0'))
  const control = await openTestLog(home, { log: 'control', seed: 'again' })
  expect(control.size).toBe(4)
  await control.close()
  const bundle = (await readFile(join(home.audit, 'control/tile/entries/000.p/4'))).toString()
  expect(bundle.match(/"log-seal"/g)).toHaveLength(1)
  expect(bundle).toContain(`"after":"4 ${root}"`)
  expect(await verifyAll(home.audit)).toMatchObject({ ok: true })
})

test('a log that was cut after its seal, together with its checkpoint, is found', async () => {
  const home = await sealedHome()
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  await cp(home.before, join(home.audit, 'gateway-0'), { recursive: true })
  expect((await verifyLog(join(home.audit, 'gateway-0'))).ok).toBe(true)
  expect(await problemsOf(home, 'gateway-0')).toEqual([
    {
      kind: 'truncated',
      index: 3,
      message: 'the log was cut off at 3: the control log recorded that it was sealed with 4 entries',
    },
  ])
})

test('a sealed log that somebody who holds its key made longer, or ended otherwise, is found', async () => {
  const home = await sealedHome()
  for (const [more, kind] of [
    [2, 'inserted'],
    [1, 'wrong-root'],
  ] as const) {
    await rm(join(home.audit, 'gateway-0'), { recursive: true })
    await cp(home.before, join(home.audit, 'gateway-0'), { recursive: true })
    const forged = await openTestLog(home, { seed: 'forger' })
    for (let count = 0; count < more; count++) await forged.append(outcomeOf(exchangeId(9)), 'process')
    await forged.close()
    expect((await problemsOf(home, 'gateway-0'))?.map((problem) => problem.kind)).toEqual([kind])
  }
})

test('an entry after the seal is found in the log itself', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const seal: ChangeEntry = { kind: 'change', what: 'log-seal', subject: 'gateway-0', by: 'x', why: 'x', after: 'x y' }
  await log.append(seal, 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  expect((await verifyLog(join(home.audit, 'gateway-0'))).problems).toEqual([
    { kind: 'inserted', index: 2, message: 'entry 2 stands after the seal of the log' },
  ])
})

test('a sealed log that vanished is missed', async () => {
  const home = await sealedHome()
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  expect((await problemsOf(home, 'gateway-0'))?.map(({ kind }) => kind)).toContain('missing-log')
})

/** As the owner's tool records it. */
async function recordRemoval(home: TestHome, end: string): Promise<void> {
  const owner = await openTestLog(home, { log: 'owner', seed: 'owner' })
  const removal = { what: 'log-removal', subject: 'gateway-0', by: 'root (uid 0)', why: 'kept for 2 years' } as const
  await owner.append({ kind: 'change', ...removal, before: end }, 'machine')
  await owner.close()
}

test('one that was removed on purpose is not missed, and verify says who removed it', async () => {
  const home = await sealedHome()
  const { entries, root } = await verifyLog(join(home.audit, 'gateway-0'))
  await recordRemoval(home, `${entries} ${root}`)
  // As in a copy of the logs.
  expect((await verifyAll(home.audit)).logs.map(({ log, ok }) => `${log} ${ok}`)).toContain('gateway-0 true')
  await rm(join(home.audit, 'gateway-0', 'checkpoint'))
  const halfway = await verifyAll(home.audit)
  expect(halfway.ok).toBe(true)
  expect(halfway.notes.join()).toContain('Some of its files are still here: `sallyport audit prune` ends it.')
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  const report = await verifyAll(home.audit)
  expect(report.ok).toBe(true)
  expect(report.notes).toContain(
    `gateway-0 was removed on 2026-01-02 by root (uid 0) (4 entries, root ${root.slice(0, 16)}…): kept for 2 years.`,
  )
})

test('a removal that names another end than the recorded seal excuses nothing', async () => {
  const home = await sealedHome()
  await recordRemoval(home, `3 ${'0f'.repeat(32)}`)
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  expect((await problemsOf(home, 'gateway-0'))?.map(({ kind }) => kind)).toContain('missing-log')
})

test('each generation of the control log vouches for the next, by key, and both for the logs that they record', async () => {
  const home = await makeHome()
  const { open, pass } = rotating(home, 'control')
  const known = { born: new Map<string, string>(), strange: new Set<string>(), sealed: new Set<string>() }
  const control = await open()
  await (await openTestLog(home, { seed: 'gateway' })).close()
  await recordBirths(home.audit, known, control)
  pass()
  await control.tend()
  await (await openTestLog(home, { log: 'gateway-1', seed: 'other' })).close()
  await recordBirths(home.audit, known, control)
  await recordSeals(home.audit, known, control)
  await control.close()
  const report = await verifyAll(home.audit)
  expect(report).toMatchObject({ ok: true, unrecorded: [] })
  expect(report.notes).toEqual([
    'The key of control was taken at its word, from key.pub: whoever can write there can sign anew. The control log alone vouches for control-2, gateway-0, gateway-1.',
  ])
  // Another log in the second one's place.
  await rm(join(home.audit, 'control-2'), { recursive: true })
  await rm(join(home.keys, 'audit-control-2.key'))
  const clock = { now: () => Date.UTC(2026, 0, 3), monotonic: () => 0 }
  const forged = await openLog({
    directory: home.audit,
    keys: home.keys,
    log: 'control-2',
    clock,
    random: countedRandom('forger'),
  })
  await forged.close()
  expect((await problemsOf(home, 'control-2'))?.map(({ kind }) => kind)).toContain('wrong-key')
})
