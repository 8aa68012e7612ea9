import { afterAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { takeLock } from '#store/lock.ts'
import { withLog } from './brief-log.ts'
import { explain } from './explain.ts'
import type { Io } from './io.ts'
import { readsLog, recordRead } from './reader-log.ts'
import { systemUser } from './system-user.ts'

const made: string[] = []
afterAll(async () => {
  await removeHomes()
  await Promise.all(made.map((each) => rm(each, { recursive: true, force: true })))
})

function ioOf(home: string, environment: Io['environment'] = {}) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const says = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  return { io: { ...says, terminal: false, color: false, cwd: '/', settings, environment }, out, err }
}

/** A state directory with one exchange in it. */
async function aHome(): Promise<string> {
  const place = await makeHome()
  const log = await openTestLog(place)
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.close()
  return dirname(place.audit)
}

const everythingIn = async (path: string) => (await readdir(path, { recursive: true })).sort()

async function readsOf(home: string) {
  const log = readsLog(await systemUser())
  const reads = []
  for await (const entry of readEntries(join(home, 'audit', log), { kind: 'read' })) reads.push(entry)
  return reads
}

test('an explanation stands in the reader’s own log before it is shown, with who and what', async () => {
  const home = await aHome()
  const { io, out, err } = ioOf(home)
  expect(await explain([exchangeId(1)], io)).toBe(0)
  expect(out[0]).toStartWith('ALLOWED')
  expect(err).toEqual([])
  expect(await readsOf(home)).toMatchObject([
    { kind: 'read', what: 'explain', subject: 'gateway-0', by: await systemUser(), exchange: exchangeId(1) },
  ])
  expect((await verifyAll(join(home, 'audit'))).ok).toBe(true)
})

test('what stands in a log that no key of ours is of is shown with a warning', async () => {
  const home = await aHome()
  await rm(join(home, 'keys', 'audit-gateway-0.key'))
  await writeFile(join(home, 'keys', 'audit-gateway-9.key'), '')
  const { io, err } = ioOf(home)
  expect(await explain([exchangeId(1)], io)).toBe(0)
  expect(err.at(-1)).toBe(
    'sallyport: no key in keys/ is that of the log gateway-0: anybody may have written what follows; see sallyport audit verify --all',
  )
})

test('that nobody knows of an exchange is an answer, and recorded', async () => {
  const home = await aHome()
  const { io } = ioOf(home)
  expect(await explain([exchangeId(7)], io)).toBe(1)
  expect(await explain(['not-an-exchange'], io)).toBe(1)
  expect(await readsOf(home)).toMatchObject([{ what: 'explain', subject: '*', exchange: exchangeId(7) }])
})

test('where no control process runs, the birth of the reader’s log is recorded all the same', async () => {
  const home = await aHome()
  const { io } = ioOf(home)
  await explain([exchangeId(1)], io)
  expect((await verifyAll(join(home, 'audit'))).unrecorded).toEqual([])
})

test('two at once are both shown, and both recorded', async () => {
  const home = await aHome()
  const runs = [ioOf(home), ioOf(home), ioOf(home)]
  expect(await Promise.all(runs.map(({ io }) => explain([exchangeId(1)], io)))).toEqual([0, 0, 0])
  expect(await readsOf(home)).toHaveLength(3)
})

test('where it cannot be recorded, nothing is shown, and it is said what to do', async () => {
  const home = await aHome()
  await writeFile(join(home, 'audit', readsLog(await systemUser())), 'in the way')
  const { io, out } = ioOf(home)
  const error: unknown = await explain([exchangeId(1)], io).catch((reason: unknown) => reason)
  expect(String(error)).toMatch(/^Error: nothing is shown, because this reading cannot be recorded in .*XDG_STATE_HOME/)
  expect(out).toEqual([])
})

test('a reader who does not let go of the log is waited for, not for ever', async () => {
  const home = await aHome()
  const state = { home, audit: join(home, 'audit'), keys: join(home, 'keys'), locks: join(home, 'locks') }
  await mkdir(state.locks)
  const lock = takeLock(join(state.locks, 'reads-alice.lock'))
  const late = { log: 'reads-alice', tool: 'reader of logs', wait: 0.1 }
  const error: unknown = await withLog(state, late, ioOf(home).io, async () => 'read').catch(
    (reason: unknown) => reason,
  )
  lock?.release()
  expect(String(error)).toContain('another reader of logs is at work in')
})

test.skipIf(process.getuid?.() !== 0)(
  'the logs of somebody else are read, and nothing is written beside them',
  async () => {
    const home = await aHome()
    const own = await mkdtemp(join(tmpdir(), 'reader-'))
    made.push(own)
    // As which this process is root, and the state directory is not root's.
    expect(Bun.spawnSync(['chown', '-R', '4711', home]).exitCode).toBe(0)
    const before = await everythingIn(home)
    const { io, out } = ioOf(home, { HOME: own })
    expect(await explain([exchangeId(1)], io)).toBe(0)
    expect(out[0]).toStartWith('ALLOWED')
    expect(await everythingIn(home)).toEqual(before)
    expect(await readsOf(join(own, '.local/state/sallyport'))).toMatchObject([{ subject: 'gateway-0' }])
    const nowhere = ioOf(home, { XDG_STATE_HOME: 'relative' })
    expect(String(await explain([exchangeId(1)], nowhere.io).catch((reason: unknown) => reason))).toContain(
      'HOME is not set',
    )
    expect(nowhere.out).toEqual([])
  },
)

test.each([
  ['alice (uid 1000)', 'reads-alice'],
  ['root (uid 0)', 'reads-root'],
  ['uid 1000', 'reads-uid1000'],
  ['alice.b (uid 7)', 'reads-uid7'],
  ['alice-2 (uid 8)', 'reads-uid8'],
  ['uid9 (uid 10)', 'reads-uid10'],
  ['Alice (uid 11)', 'reads-uid11'],
  ['unknown', 'reads-uidunknown'],
])('of %j the log is %s', (name, log) => {
  expect(readsLog(name)).toBe(log)
})

test('what is recorded holds the selection as it was asked for', async () => {
  const home = await aHome()
  const { io } = ioOf(home)
  await recordRead(io, { what: 'show', subject: '*', selection: { kind: 'decision', principal: 'alice' } })
  expect(await readsOf(home)).toMatchObject([{ selection: { kind: 'decision', principal: 'alice' } }])
})
