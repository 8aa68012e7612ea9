import { afterAll, expect, test } from 'bun:test'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DecisionEntry, Entry } from '#access/trail.ts'
import { readEntries } from '#audit/read.ts'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { openSearchIndex } from '#store/search-index.ts'
import { auditShow } from './audit-show.ts'
import { caughtUpIndex } from './caught-up-index.ts'
import { indexLogs } from './index-logs.ts'
import type { Io } from './io.ts'
import { readsLog } from './reader-log.ts'
import { systemUser } from './system-user.ts'

afterAll(removeHomes)

function ioOf(home: string) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const says = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const io: Io = { ...says, terminal: false, color: false, cwd: '/', settings, environment: {} }
  return { io, out, err }
}

async function show(home: string, line: string) {
  const { io, out, err } = ioOf(home)
  const code = await auditShow(line === '' ? [] : line.split(' '), io)
  return { code, out, err }
}

/** Which entries `--json` printed: `gateway-0/3`. */
async function places(home: string, line: string): Promise<string[]> {
  const { out } = await show(home, `${line} --json`)
  const all = out.map((each) => JSON.parse(each)).map(({ log = '', index }) => `${log}/${index}`)
  // Looking at an exchange names it, too.
  return all.filter((place) => !place.startsWith('reads-'))
}

const PEOPLE = ['alice', 'bob', 'carol']

function decided(number: number): DecisionEntry {
  const id = PEOPLE[number % 3] ?? ''
  const link = { type: 'User', id }
  const entry = decisionOf(exchangeId(number), number % 4 === 0 ? 'deny' : 'allow')
  return {
    ...entry,
    principal: { ...link, key: `key-${number % 2}`, chain: [link, { type: 'App', id: 'intake' }] },
    resource: { type: 'Model', id: number % 2 === 0 ? 'clinic-small' : 'clinic-large' },
    ...(number % 4 === 0 ? { reason: 'not_permitted' } : {}),
    ...(number % 5 === 0 ? { session: `s${number}` } : {}),
  }
}

/** Two gateway workers that take turns, 60 exchanges; some entries are in tiles, some in the journal. */
async function aHome(options: { close?: boolean } = {}) {
  const place = await makeHome()
  const logs = await Promise.all(
    ['gateway-0', 'gateway-1'].map((log, worker) =>
      openTestLog(place, { log, files: hastyFiles, clock: clockOf(worker) }),
    ),
  )
  for (let number = 0; number < 60; number++) {
    const log = logs[number % 2]
    const entries: Entry[] = [decided(number), outcomeOf(exchangeId(number))]
    for (const entry of entries) await log?.append(entry, 'process')
    if (number === 40) await log?.integrate()
  }
  if (options.close !== false) await Promise.all(logs.map((log) => log.close()))
  return { home: dirname(place.audit), logs, place }
}

/** Each entry a second after the one before it in the other log. */
function clockOf(worker: number) {
  let now = Date.UTC(2026, 0, 2, 3, 0, 0) + 1000 * worker
  return { now: () => (now += 2000), monotonic: () => 0 }
}

/** The same answer is to be had with the index, with half of it, and without. */
const SEARCHES = [
  '--principal alice',
  '--principal intake --newest',
  '--principal key-0 --decision deny',
  '--resource clinic-large --kind decision',
  '--action infer --principal bob --oldest',
  '--reason not_permitted',
  '--kind outcome --most 7',
  '--session s15',
  `--exchange ${exchangeId(33)}`,
  `--exchange ${exchangeId(33)} --kind outcome`,
  '--since 2026-01-02T03:01:00Z --until 2026-01-02T03:01:30Z',
  '--since 2026-01-02T03:01:00Z --principal carol',
  'gateway-1 --principal alice --from 20',
  'gateway-0 --newest --most 5 --kind decision',
  '--principal mallory',
]

test.each(SEARCHES)('%s: with the index, with half of one, and without: the same', async (line) => {
  const { home, place } = await aHome()
  const audit = place.audit
  const path = join(home, 'index.db')
  const whole = await places(home, line)
  await rm(path)
  const half = openSearchIndex(path)
  const indexer = await indexLogs(audit, half)
  await indexer.turn()
  half.rewind('gateway-0', 0)
  await indexer.close()
  half.close()
  const index = await caughtUpIndex(ioOf(home).io, 0)
  index?.close()
  expect(await places(home, line)).toEqual(whole)
  await rm(path)
  await writeFile(path, 'this is no database, and long enough to be seen as none'.repeat(20))
  expect(await places(home, line)).toEqual(whole)
  expect(whole.length > 0).toBe(!line.includes('mallory'))
})

test('what is found is exactly what was asked for', async () => {
  const { home } = await aHome()
  expect(await places(home, '--session s15')).toEqual(['gateway-1/15'])
  expect(await places(home, `--exchange ${exchangeId(33)} --oldest`)).toEqual(['gateway-1/33', 'gateway-1/34'])
  expect(await places(home, '--principal alice --decision deny --oldest')).toEqual([
    'gateway-0/1',
    'gateway-0/13',
    'gateway-0/25',
    'gateway-0/37',
    'gateway-0/49',
  ])
  expect(await places(home, 'gateway-0 --newest --most 3')).toEqual(['/60', '/59', '/58'])
  expect(await places(home, '--since 2026-01-02T03:01:00Z --until 2026-01-02T03:01:03Z --oldest')).toEqual([
    'gateway-0/29',
    'gateway-1/29',
    'gateway-0/30',
  ])
})

test('what was just recorded is found, though it stands in the journal alone', async () => {
  const { home, logs } = await aHome({ close: false })
  await show(home, '--kind decision')
  await logs[0]?.append({ ...decided(1), session: 'the-last' }, 'process')
  expect(await places(home, '--session the-last')).toHaveLength(1)
  await Promise.all(logs.map((log) => log.close()))
})

test('without a log it shows the newest of all, and says that there is more', async () => {
  const { home } = await aHome()
  const { code, out, err } = await show(home, '')
  expect(code).toBe(0)
  expect(out).toHaveLength(100)
  expect(out[0]).toStartWith('gateway-1      60  2026-01-02T03:02:03.000Z  outcome   01KDYAK3SE')
  expect(err).toEqual([
    'sallyport: there is more than these 100; --most N shows more, --since and --until another time',
  ])
})

test('each showing is recorded, with what was asked for and how many were shown, before anything is shown', async () => {
  const { home } = await aHome()
  await show(home, '--principal alice --decision deny')
  await show(home, `gateway-0 --exchange ${exchangeId(2)} --json`)
  const reads = []
  const log = readsLog(await systemUser())
  for await (const entry of readEntries(join(home, 'audit', log), { kind: 'read' })) reads.push(entry)
  expect(reads).toMatchObject([
    { what: 'show', subject: '*', selection: { principal: 'alice', decision: 'deny' }, entries: 5 },
    { what: 'show', subject: 'gateway-0', exchange: exchangeId(2), entries: 2 },
  ])
  await rm(join(home, 'audit', log), { recursive: true })
  await writeFile(join(home, 'audit', log), 'in the way')
  const { io, out } = ioOf(home)
  const error: unknown = await auditShow(['--principal', 'alice'], io).catch((reason: unknown) => reason)
  expect(String(error)).toContain('nothing is shown')
  expect(out).toEqual([])
})

test('an entry that was changed after it was indexed is shown as it stands, and told', async () => {
  const { home, place } = await aHome()
  await show(home, '--principal alice')
  const bundle = join(place.audit, 'gateway-0', 'tile', 'entries', '000.p', '61')
  const text = (await readFile(bundle)).toString('latin1')
  await writeFile(bundle, Buffer.from(text.replace('"s10"', '"s99"'), 'latin1'))
  const { code, err } = await show(home, 'gateway-0 --kind decision --newest')
  expect(code).toBe(1)
  expect(err.join('\n')).toContain('what the log holds is not what was indexed: gateway-0 entry 11.')
})

test('a log that cannot be read is told, and the others are shown', async () => {
  const { home, place } = await aHome()
  await rm(join(place.audit, 'gateway-0', 'tile'), { recursive: true })
  const { code, out, err } = await show(home, '--principal alice')
  expect(code).toBe(1)
  expect(out.length).toBeGreaterThan(0)
  expect(err.join('\n')).toContain('gateway-0: entry 0 is covered by the checkpoint and cannot be read')
})

test('a name that several generations go by says which there are, though the first was removed', async () => {
  const { home, place } = await aHome()
  for (const log of ['gateway-0-2', 'gateway-0-10'])
    await (await openTestLog(place, { log, files: hastyFiles })).close()
  const notes = async (line: string): Promise<string[]> => (await show(home, line)).err
  expect(await notes('gateway-0 --most 1000')).toEqual([
    'sallyport: gateway-0 is the first of the generations gateway-0, gateway-0-2, gateway-0-10; without a name all logs are looked through',
  ])
  expect(await notes('gateway-0-2')).toEqual([])
  expect(await notes('gateway-1 --most 1000')).toEqual([])
  await rm(join(place.audit, 'gateway-0'), { recursive: true })
  const { code, err } = await show(home, 'gateway-0')
  expect(code).toBe(1)
  expect(err[0]).toBe('sallyport: gateway-0 went on in gateway-0-2, gateway-0-10')
  expect(err[1]).toContain('there is no log gateway-0 in ')
})

test('a log that was begun anew is indexed anew', async () => {
  const { home, place } = await aHome()
  await show(home, '--principal alice')
  await rm(join(place.audit, 'gateway-0'), { recursive: true })
  await rm(join(place.keys, 'audit-gateway-0.key'))
  const log = await openTestLog(place, { log: 'gateway-0', seed: 'anew' })
  await log.append({ ...decided(1), session: 'anew' }, 'process')
  await log.close()
  expect(await places(home, 'gateway-0 --newest')).toEqual(['/1', '/0'])
  expect(await places(home, '--session anew')).toEqual(['gateway-0/1'])
  expect(await places(home, '--session s10')).toEqual([])
})

test.skipIf(process.getuid?.() !== 0)(
  'somebody else’s logs are read without an index, said once, and nothing is made beside them',
  async () => {
    const { home, place } = await aHome()
    expect(Bun.spawnSync(['chown', '-R', '4711', home]).exitCode).toBe(0)
    const { io, out, err } = ioOf(home)
    const elsewhere = await makeHome()
    const reader: Io = { ...io, environment: { XDG_STATE_HOME: dirname(elsewhere.audit) } }
    expect(await auditShow(['--principal', 'alice', '--oldest'], reader)).toBe(0)
    expect(out).toHaveLength(20)
    expect(err).toEqual([
      `sallyport: the logs are read without the search index, which takes longer: ${home} belongs to somebody else`,
    ])
    expect((await readdir(home)).sort()).toEqual(['audit', 'keys'])
    expect((await readdir(place.audit)).sort()).toEqual(['gateway-0', 'gateway-1'])
  },
)

test.each([
  ['--since yesterday', '--since takes 2h'],
  ['--newest --oldest', 'exclude each other'],
  ['--from 5', 'name the log, too'],
  ['--most many', 'whole number'],
  ['a b', 'name of one log'],
])('audit show %s is wrong use', async (line, says) => {
  const { io } = ioOf('/nowhere')
  const error: unknown = await auditShow(line.split(' '), io).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'UsageError' })
  expect(String(error)).toContain(says)
})

test('an index that was made to hide something hides nothing from who asks for the logs alone', async () => {
  const { home } = await aHome()
  const asked = '--principal alice --kind decision'
  const all = await places(home, asked)
  expect(all.length).toBeGreaterThan(5)
  const index = openSearchIndex(join(home, 'index.db'))
  index.database.run("DELETE FROM places WHERE word IN (SELECT id FROM words WHERE text = 'alice')")
  index.database.run('UPDATE marks SET oldest = 0, newest = 0')
  index.close()
  expect((await places(home, asked)).length).toBeLessThan(all.length)
  expect(await places(home, `${asked} --no-index`)).toEqual(all)
  expect(await places(home, `${asked} --no-index --since 2000-01-01`)).toEqual(all)
})
