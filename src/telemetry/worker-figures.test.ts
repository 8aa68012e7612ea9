import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archiveFigures } from './archive-figures.ts'
import { readPage } from './exposition.fixture.ts'
import { type Family, gauge, printPage } from './family.ts'
import { workerFigures } from './worker-figures.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-figures-'))
})
afterEach(() => rm(directory, { recursive: true }))

let at = 1_000_000
const now = () => at
const open = (log: string) => workerFigures({ directory: join(directory, 'metrics'), log, now })
const counted = (worker: string, value: number) => [
  gauge({ name: 'a_total', help: 'h', type: 'counter' }, { worker }, [[{}, value]]),
]

test('each worker knows what the others left, and not its own', async () => {
  const [one, two] = await Promise.all([open('gateway-0'), open('gateway-1')])
  one.leave(counted('gateway-0', 3))
  two.leave(counted('gateway-1', 4))
  const page = readPage(printPage([...counted('gateway-0', 5), ...(await one.others())]))
  expect(page.sum('a_total')).toBe(9)
  expect(page.value('a_total', { worker: 'gateway-1' })).toBe(4)
})

test('what is left is for its owner alone, and there is never half a file', async () => {
  const one = await open('gateway-0')
  one.leave(counted('gateway-0', 3))
  expect(await readdir(join(directory, 'metrics'))).toEqual(['gateway-0.json'])
  expect((await stat(join(directory, 'metrics', 'gateway-0.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(directory, 'metrics'))).mode & 0o777).toBe(0o700)
})

test('a worker that is gone is left out: at once when it stopped, after ten seconds when it was killed', async () => {
  const [one, stopped, killed] = await Promise.all([open('gateway-0'), open('gateway-1'), open('gateway-2')])
  stopped.leave(counted('gateway-1', 1))
  killed.leave(counted('gateway-2', 1))
  stopped.close()
  expect(printPage(await one.others())).toContain('worker="gateway-2"')
  expect(printPage(await one.others())).not.toContain('worker="gateway-1"')
  at += 9_900
  expect(printPage(await one.others())).toContain('worker="gateway-2"')
  at += 200
  expect(await one.others()).toEqual([])
})

test('what is broken, old, from the future, or of somebody else, is left out', async () => {
  const one = await open('gateway-0')
  const put = (name: string, text: string) => writeFile(join(directory, 'metrics', name), text)
  const families = counted('gateway-1', 1)
  await put('gateway-1.json', '{"at":')
  await put('gateway-2.json', JSON.stringify({ at: at + 60_000, families }))
  await put(
    'gateway-3.json',
    JSON.stringify({ at, families: [{ name: 'a b', type: 'gauge', help: 'h', lines: '' }, 7, null] }),
  )
  await put('gateway-4.json', JSON.stringify({ at, families: 'none' }))
  await put('gateway-5.json', 'null')
  await put('archive.json', JSON.stringify({ at, families }))
  await put('gateway-6.json.new', JSON.stringify({ at, families }))
  expect(await one.others()).toEqual([])
})

async function expectAtLeast(families: Promise<readonly Family[]>, count: number): Promise<void> {
  expect(readPage(printPage(await families)).value('a_total')).toBeGreaterThanOrEqual(count)
}

test('however many ask at a time, each learns at least what stood there when they asked', async () => {
  const [one, two] = await Promise.all([open('gateway-0'), open('gateway-1')])
  const asked: Promise<unknown>[] = []
  for (let count = 1; count <= 100; count++) {
    two.leave(counted('gateway-1', count))
    const least = expectAtLeast(one.others(), count)
    asked.push(least)
    if (count % 10 === 0) await least
  }
  await Promise.all(asked)
})

test('a file that cannot be written stops nothing, and is counted', async () => {
  const one = await open('gateway-0')
  await rm(join(directory, 'metrics'), { recursive: true })
  one.leave(counted('gateway-0', 1))
  expect(one.failures()).toBe(1)
  expect(await one.others()).toEqual([])
})

test('the archive says how its chores stand; where it does not, that it is away', async () => {
  const path = join(directory, 'archive.json')
  const chores = [
    { name: 'copy:offsite', behind: 3, dropped: 0, failing: false },
    { name: 'stream:siem', behind: 0, dropped: 7, refused: 2, failing: true },
    { name: 7 },
    null,
  ]
  expect(readPage(printPage(await archiveFigures(path, at))).samples).toEqual([
    { name: 'sallyport_archive_up', labels: { worker: 'archive' }, value: 0 },
  ])
  await writeFile(path, JSON.stringify({ at, chores }))
  const page = readPage(printPage(await archiveFigures(path, at)))
  expect(page.value('sallyport_archive_up')).toBe(1)
  expect(page.value('sallyport_chore_behind', { chore: 'copy:offsite' })).toBe(3)
  expect(page.value('sallyport_chore_dropped_total', { chore: 'stream:siem' })).toBe(7)
  expect(page.value('sallyport_chore_refused_total', { chore: 'stream:siem' })).toBe(2)
  expect(page.value('sallyport_chore_failing', { chore: 'stream:siem' })).toBe(1)
  for (const broken of ['{', 'null', '{"at":1,"chores":[]}', JSON.stringify({ at, chores: 'none' })]) {
    await writeFile(path, broken)
    expect(readPage(printPage(await archiveFigures(path, at))).value('sallyport_archive_up')).toBe(0)
  }
})
