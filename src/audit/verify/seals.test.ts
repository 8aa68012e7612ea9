import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangeEntry } from '#access/trail.ts'
import { recordBirths } from '#control/births.ts'
import { recordSeals } from '#control/seals.ts'
import { publicHalves } from '#audit/key.ts'
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

const foldersOf = ({ audit, keys }: TestHome) => ({ directory: audit, keys })

/** What the control log of a home knows, while it is noted more than once. */
const noted = new Map<
  string,
  { readonly born: Map<string, string>; readonly strange: Set<string>; readonly sealed: Set<string> }
>()

async function controlNotes(home: TestHome, seed = 'control'): Promise<void> {
  const control = await openTestLog(home, { log: 'control', seed })
  const known = noted.get(home.audit) ?? { born: new Map(), strange: new Set(), sealed: new Set() }
  noted.set(home.audit, known)
  for (let time = 0; time < 2; time++) {
    await recordBirths(foldersOf(home), known, control)
    await recordSeals(foldersOf(home), known, control)
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

/** As the owner's tool records it. Another seed is a log that somebody else made. */
async function recordRemoval(home: TestHome, end: string, log = 'owner', subject = 'gateway-0'): Promise<void> {
  const owner = await openTestLog(home, { log, seed: log })
  const removal = { what: 'log-removal', subject, by: 'root (uid 0)', why: 'kept for 2 years' } as const
  await owner.append({ kind: 'change', ...removal, before: end }, 'machine')
  await owner.close()
}

const endOf = async ({ audit }: TestHome, log: string): Promise<string> => {
  const { entries, root } = await verifyLog(join(audit, log))
  return `${entries} ${root}`
}

/** Writes below `audit/`, and has no key. */
const intruder = async (home: TestHome): Promise<TestHome> => ({ audit: home.audit, keys: (await makeHome()).keys })
const vouchedBy = async ({ keys }: TestHome) => [{ by: 'keys/', keys: await publicHalves(keys) }]

test('a removal in an owner’s log whose key nobody vouches for excuses nothing', async () => {
  const home = await sealedHome()
  const keys = await vouchedBy(home)
  keys[0]?.keys.forEach((_, log, all) => log === 'gateway-0' && (all as Map<string, string>).delete(log))
  await recordRemoval(await intruder(home), await endOf(home, 'gateway-0'), 'owner-2')
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  for (const vouchings of [keys, []]) {
    const { ok, logs, removed } = await verifyAll(home.audit, vouchings)
    expect([ok, [...removed.keys()]]).toEqual([false, []])
    expect(logs.filter((log) => !log.ok).map(({ log, problems }) => `${log} ${problems[0]?.kind}`)).toEqual([
      'gateway-0 wrong-key',
      'owner-2 wrong-key',
    ])
  }
})

test('a removal of a log whose seal no verified control log records excuses nothing', async () => {
  const home = await sealedHome()
  const end = await endOf(home, 'gateway-0-2')
  await recordRemoval(home, end, 'owner', 'gateway-0-2')
  await controlNotes(home, 'again')
  const strange = await intruder(home)
  // A control log of the intruder's, which records the seal.
  const forged = await openTestLog(strange, { log: 'control-2', seed: 'forger' })
  const seal = { kind: 'change', what: 'log-seal', subject: 'gateway-0-2', by: 'control', why: 'sealed' } as const
  await forged.append({ ...seal, after: end }, 'machine')
  await forged.close()
  await rm(join(home.audit, 'gateway-0-2'), { recursive: true })
  const { logs, removed } = await verifyAll(home.audit)
  expect([...removed.keys()]).toEqual([])
  expect(logs.filter(({ ok }) => !ok).map(({ log }) => log)).toEqual(['control-2', 'gateway-0-2'])
})

test('a log that was removed is missed where its key is given or kept, or a witness saw more of it or another end', async () => {
  const home = await sealedHome()
  const key = (await publicHalves(home.keys)).get('gateway-0') ?? ''
  const end = await endOf(home, 'gateway-0')
  await recordRemoval(home, end)
  await controlNotes(home, 'again')
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  const root = Buffer.from(end.slice(2), 'hex')
  const head = { by: 'witness.example/w1', origin: key.split('+')[0] ?? '', size: 4, root, time: 1_800_000_000 }
  const seen = async (...witnessed: readonly (typeof head)[]) =>
    (await verifyAll(home.audit, [], [{ witnessed, faults: [] }])).ok
  expect(await seen()).toBe(true)
  expect(await seen(head)).toBe(true)
  expect(await seen({ ...head, size: 3, root: Buffer.alloc(32) })).toBe(true)
  expect(await seen({ ...head, size: 5 })).toBe(false)
  expect(await seen({ ...head, root: Buffer.alloc(32) })).toBe(false)
  expect(await seen({ ...head, origin: 'sallyport/00000000/gateway-0' })).toBe(false)
  for (const by of ['--key', 'keys/'])
    expect((await verifyAll(home.audit, [{ by, keys: new Map([['gateway-0', key]]) }])).ok).toBe(false)
})

test('a later generation that neither a key, a birth nor the seal before it vouches for fails; a copy without keys does not', async () => {
  const home = await sealedHome()
  expect((await verifyAll(home.audit)).ok).toBe(true)
  await rm(join(home.audit, 'control'), { recursive: true })
  // The seal is enough.
  expect((await verifyAll(home.audit)).ok).toBe(true)
  for (const log of ['gateway-0-3', 'gateway-7-2']) {
    const forged = await openTestLog(await intruder(home), { log, seed: log })
    await forged.close()
    expect(await problemsOf(home, log)).toMatchObject([{ kind: 'wrong-key' }])
    await rm(join(home.audit, log), { recursive: true })
  }
  await rm(join(home.audit, 'gateway-0-2'), { recursive: true })
  await (await openTestLog(await intruder(home), { log: 'gateway-0-2', seed: 'forger' })).close()
  expect((await problemsOf(home, 'gateway-0-2'))?.map(({ kind }) => kind)).toContain('wrong-key')
})

test('one that was removed on purpose is not missed, and verify says who removed it', async () => {
  const home = await sealedHome()
  const { entries, root } = await verifyLog(join(home.audit, 'gateway-0'))
  await recordRemoval(home, `${entries} ${root}`)
  await controlNotes(home, 'again')
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
  await recordBirths(foldersOf(home), known, control)
  pass()
  await control.tend()
  await (await openTestLog(home, { log: 'gateway-1', seed: 'other' })).close()
  await recordBirths(foldersOf(home), known, control)
  await recordSeals(foldersOf(home), known, control)
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
