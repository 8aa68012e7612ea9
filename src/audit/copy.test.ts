import { afterAll, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { memoryDestination, type MemoryDestination } from './copy.fixture.ts'
import { type CopyChore, copyChore } from './copy-chore.ts'
import { copyDirectory } from './copy-directory.ts'
import type { CopyDestination } from './copy-destination.ts'
import { exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes, type TestHome } from './test-log.ts'
import { verifyAll } from './verify/verify-all.ts'
import { verifyLog } from './verify/verify-log.ts'

const scratch = await mkdtemp(join(tmpdir(), 'sallyport-copies-'))
afterAll(async () => {
  await removeHomes()
  await rm(scratch, { recursive: true })
})

const signal = new AbortController().signal

/** Without waiting for more, unless told. */
function choreTo(home: TestHome, to: CopyDestination, { linger = 0, now = (): number => 0 } = {}) {
  const alarms: string[] = []
  const alarm = (line: string): void => void alarms.push(line)
  return { chore: copyChore({ name: 'offsite', auditDirectory: home.audit, to, now, linger, alarm }), alarms }
}

async function finish(chore: CopyChore): Promise<void> {
  while ((await chore.turn(signal)) === 'more');
}

let grown = 0
async function grow(home: TestHome, entries: number, { log = 'gateway-0' } = {}): Promise<void> {
  const opened = await openTestLog(home, { log, seed: `growth ${grown++}`, files: hastyFiles })
  for (let count = 0; count < entries; count++) await opened.append(outcomeOf(exchangeId(count)), 'process')
  await opened.close()
}

let dumps = 0
/** What stands at the destination, as files. */
async function dump({ files }: Pick<MemoryDestination, 'files'>): Promise<string> {
  const directory = join(scratch, String(dumps++))
  await mkdir(directory)
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), bytes)
  }
  return directory
}

test('a copy holds all logs, grows with them, and verifies by itself', async () => {
  const home = await makeHome()
  const root = join(scratch, 'disk')
  await mkdir(root)
  const { chore, alarms } = choreTo(home, copyDirectory(root))
  for (const entries of [3, 300, 5, 700]) {
    await grow(home, entries)
    await grow(home, 1, { log: 'control' })
    await finish(chore)
    expect(chore.standing()).toEqual({ behind: 0, dropped: 0, stuck: false })
    const [copied, own] = [await verifyAll(root), await verifyAll(home.audit)]
    expect(copied.logs.map(({ log, entries: size, root: hash, ok }) => ({ log, size, hash, ok }))).toEqual(
      own.logs.map(({ log, entries: size, root: hash }) => ({ log, size, hash, ok: true })),
    )
  }
  expect(alarms).toEqual([])
})

test('cut off after any file, the copy verifies as of an earlier moment, and the next run goes on from what it holds', async () => {
  const home = await makeHome()
  const to = memoryDestination()
  const sizes = new Set<number>()
  for (const entries of [5, 300, 250]) {
    await grow(home, entries)
    for (let left = 0; ; left++) {
      to.left = left
      const { chore } = choreTo(home, to)
      const cut = await finish(chore).then(
        () => false,
        () => true,
      )
      to.left = Infinity
      const report = await verifyLog(join(await dump(to), 'gateway-0'))
      // Until the first checkpoint is there, it is no log yet.
      if (to.files.has('gateway-0/checkpoint')) expect(report.problems).toEqual([])
      sizes.add(report.entries)
      if (!cut) break
    }
  }
  expect([...sizes]).toEqual([0, 6, 306, 556])
})

test('each file is written once, however often the destination was away', async () => {
  const home = await makeHome()
  const to = memoryDestination()
  const { chore } = choreTo(home, to)
  for (const entries of [100, 200, 900]) {
    await grow(home, entries)
    to.away = true
    expect(finish(chore)).rejects.toThrow('the destination is away')
    to.away = false
    await finish(chore)
  }
  const created = to.calls.filter((call) => call.startsWith('create '))
  expect(new Set(created).size).toBe(created.length)
  expect(created).toContain('create gateway-0/tile/0/003')
  // What was partial and is full now was forgotten: the tile of level 1 is not full yet.
  expect([...to.files.keys()].filter((path) => path.includes('.p/'))).toEqual([
    'gateway-0/tile/1/000.p/1',
    'gateway-0/tile/entries/004.p/177',
    'gateway-0/tile/0/004.p/177',
    'gateway-0/tile/1/000.p/4',
  ])
})

test('what fills no tile waits for more, for a while; a full tile does not', async () => {
  const home = await makeHome()
  const to = memoryDestination()
  let now = 0
  const { chore } = choreTo(home, to, { linger: 10_000, now: () => now })
  const sizeOf = () => Number(to.files.get('gateway-0/checkpoint')?.toString().split('\n')[1])
  await grow(home, 1)
  await finish(chore)
  expect(sizeOf()).toBe(2)
  await grow(home, 1)
  now = 9_999
  await finish(chore)
  expect(sizeOf()).toBe(2)
  await grow(home, 260)
  await finish(chore)
  expect(sizeOf()).toBe(263)
  await grow(home, 1)
  now = 19_999
  await finish(chore)
  expect(sizeOf()).toBe(264)
})

test('a destination that holds other bytes raises the alarm, and is never written over', async () => {
  const home = await makeHome()
  await grow(home, 300)
  await grow(home, 2, { log: 'control' })
  const to = memoryDestination()
  to.files.set('gateway-0/tile/0/000', Buffer.from('somebody was here'))
  const { chore, alarms } = choreTo(home, to)
  await finish(chore)
  await grow(home, 300)
  await finish(chore)
  expect(to.files.get('gateway-0/tile/0/000')?.toString()).toBe('somebody was here')
  expect(to.files.has('gateway-0/checkpoint')).toBe(false)
  expect(alarms).toEqual([
    'the copy offsite: the copy holds something else as gateway-0/tile/0/000; both are left as they are, and gateway-0 is copied no more',
  ])
  expect([...chore.stopped().keys()]).toEqual(['gateway-0'])
  expect(chore.standing().stuck).toBe(true)
  // The other log is copied all the same.
  expect((await verifyLog(join(await dump(to), 'control'))).ok).toBe(true)
})

test('a log that was rolled back stops being copied, and its copy keeps what it had', async () => {
  const home = await makeHome()
  await grow(home, 3)
  const before = join(scratch, 'before')
  await cp(join(home.audit, 'gateway-0'), before, { recursive: true })
  await grow(home, 3)
  const to = memoryDestination()
  await finish(choreTo(home, to).chore)
  const rollBack = async (): Promise<void> => {
    await rm(join(home.audit, 'gateway-0'), { recursive: true })
    await cp(before, join(home.audit, 'gateway-0'), { recursive: true })
  }
  await rollBack()
  const shorter = choreTo(home, to)
  await finish(shorter.chore)
  expect(shorter.alarms).toEqual([
    'the copy offsite: gateway-0 was rolled back, or made anew: the copy has 7 entries and the log 4; both are left as they are, and gateway-0 is copied no more',
  ])
  // Rolled back, and grown to more than the copy has, under its own key.
  await grow(home, 9)
  const forked = choreTo(home, to)
  await finish(forked.chore)
  expect(forked.alarms.join()).toContain('the copy is no beginning of the log')
  expect((await verifyLog(join(await dump(to), 'gateway-0'))).entries).toBe(7)
})

test('what stands in the way of a copy in a directory is told, and stops neither the process nor the other logs', async () => {
  const home = await makeHome()
  await grow(home, 3)
  await grow(home, 3, { log: 'owner' })
  const root = join(scratch, 'wicked')
  const place = join(root, 'gateway-0')
  await mkdir(place, { recursive: true })
  const { chore, alarms } = choreTo(home, copyDirectory(root))
  execFileSync('mkfifo', [join(place, 'checkpoint')])
  await finish(chore)
  await rm(join(place, 'checkpoint'))
  await writeFile(join(place, 'checkpoint'), '')
  await truncate(join(place, 'checkpoint'), 2 ** 35)
  await finish(chore)
  expect(alarms).toEqual([
    `the copy offsite: gateway-0 cannot be copied: ${place}/checkpoint is not a regular file`,
    `the copy offsite: gateway-0 cannot be copied: ${place}/checkpoint is larger than 16777216 bytes`,
  ])
  expect(chore.standing().stuck).toBe(true)
  expect((await verifyLog(join(root, 'owner'))).ok).toBe(true)
  await rm(join(place, 'checkpoint'))
  await finish(chore)
  expect(chore.standing().stuck).toBe(false)
  expect((await verifyLog(place)).ok).toBe(true)
})

test('what lies beside the logs and is none keeps no log from being copied', async () => {
  const home = await makeHome()
  await grow(home, 3)
  const to = memoryDestination()
  const { chore, alarms } = choreTo(home, to)
  await mkdir(join(home.audit, 'aaa'))
  await writeFile(join(home.audit, 'aaa', 'checkpoint'), 'sallyport/00000000/aaa\n5\nAAAA\n')
  await mkdir(join(home.audit, 'bbb', 'checkpoint'), { recursive: true })
  await mkdir(join(home.audit, 'ccc'))
  await symlink('checkpoint', join(home.audit, 'ccc', 'checkpoint'))
  expect(String(await finish(chore).catch((error: unknown) => error))).toContain('ELOOP')
  expect(alarms).toEqual([
    'the copy offsite: aaa cannot be copied: it has no key.pub',
    `the copy offsite: bbb cannot be copied: ${home.audit}/bbb/checkpoint is not a regular file`,
  ])
  expect((await verifyLog(join(await dump(to), 'gateway-0'))).ok).toBe(true)
})

test('a copy in a directory is not written through a link', async () => {
  const home = await makeHome()
  await grow(home, 3)
  const root = join(scratch, 'linked')
  const victim = join(scratch, 'victim')
  await mkdir(root)
  await mkdir(victim)
  await symlink(victim, join(root, 'gateway-0'))
  const { chore } = choreTo(home, copyDirectory(root))
  expect(String(await finish(chore).catch((error: unknown) => error))).toContain('gateway-0 is not a directory')
  expect(await readdir(victim)).toEqual([])
})

test('a log under another key is not copied over the one that was there', async () => {
  const home = await makeHome()
  await grow(home, 3)
  const to = memoryDestination()
  await finish(choreTo(home, to).chore)
  const other = await makeHome()
  await grow(other, 9)
  const { chore, alarms } = choreTo(other, to)
  await finish(chore)
  expect(alarms.join()).toContain('gateway-0 has another key than its copy')
  expect((await verifyLog(join(await dump(to), 'gateway-0'))).entries).toBe(4)
})

test('damage to the log does not reach the copy; other logs are copied, and this one once it is mended', async () => {
  const home = await makeHome()
  await grow(home, 600)
  await grow(home, 2, { log: 'owner' })
  const to = memoryDestination()
  const { chore, alarms } = choreTo(home, to)
  for (const [path, name] of [
    ['tile/entries/001', 'tile/entries/001'],
    ['tile/0/000', 'tile/0/000'],
  ] as const) {
    const whole = await readFile(join(home.audit, 'gateway-0', path))
    const damaged = Buffer.from(whole)
    damaged[100] = (damaged[100] ?? 0) ^ 1
    await writeFile(join(home.audit, 'gateway-0', path), damaged)
    await finish(chore)
    expect(alarms.at(-1)).toBe(`the copy offsite: gateway-0 cannot be copied: ${name} is missing or damaged`)
    await writeFile(join(home.audit, 'gateway-0', path), whole)
  }
  expect([...to.files.keys()]).toContain('owner/checkpoint')
  await finish(chore)
  expect((await verifyLog(join(await dump(to), 'gateway-0'))).problems).toEqual([])
})
