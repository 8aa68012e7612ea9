import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MadeBy } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'
import { openProviderIds } from './provider-ids.ts'

const BY: MadeBy = {
  principal: { type: 'User', id: 'alice' },
  model: 'small',
  at: '2026-11-21T04:24:34.626Z',
  exchange: '01M7Y5JMPJ1ZBB91CGMVDY1BBG',
}

const freshPath = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'provider-ids-')), 'runtime.db')

function refusalOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.detail.message}`
    throw error
  }
  throw new Error('it was not refused')
}

const STORE = 'not_ready: The runtime store (which keeps who made the ids that providers give out) cannot be'

test('claims are there when the file is opened again', async () => {
  const path = await freshPath()
  const first = openProviderIds(path)
  first.claim('openai', ['resp_1'], { ...BY, session: 's1' })
  first.close()
  const second = openProviderIds(path)
  expect(second.find('openai', 'resp_1')).toStrictEqual({
    principal: { type: 'User', id: 'alice' },
    session: 's1',
    model: 'small',
    at: '2026-11-21T04:24:34.626Z',
    exchange: '01M7Y5JMPJ1ZBB91CGMVDY1BBG',
  })
  second.close()
})

test('what one worker claims or forgets, another sees at once', async () => {
  const path = await freshPath()
  const [one, other] = [openProviderIds(path), openProviderIds(path)]
  expect(other.find('openai', 'resp_1')).toBeUndefined()
  one.claim('openai', ['resp_1'], BY)
  expect(other.find('openai', 'resp_1')?.principal.id).toBe('alice')
  other.forget('openai', 'resp_1')
  expect(one.find('openai', 'resp_1')).toBeUndefined()
  one.close()
  other.close()
})

test('the file and those beside it are for their owner alone, even where they were not before', async () => {
  const path = await freshPath()
  await writeFile(path, '', { mode: 0o644 })
  const ids = openProviderIds(path)
  ids.claim('openai', ['resp_1'], BY)
  for (const name of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(name)).mode & 0o777).toBe(0o600)
  ids.close()
})

test('processes that start at once on a new file all open it, and each id gets one owner', async () => {
  const path = await freshPath()
  const source = `
    const { openProviderIds } = await import(${JSON.stringify(join(import.meta.dir, 'provider-ids.ts'))})
    const me = process.argv[1]
    process.stdout.write('up')
    await Bun.stdin.text()
    const ids = openProviderIds(${JSON.stringify(path)})
    const owners = []
    for (let n = 0; n < 50; n++) {
      ids.claim('openai', ['resp_' + n], { principal: { type: 'User', id: me }, model: 'm', at: 'now', exchange: 'x' })
      owners.push(ids.find('openai', 'resp_' + n).principal.id)
    }
    process.stdout.write(owners.join())
  `
  const workers = ['a', 'b', 'c', 'd'].map((name) =>
    Bun.spawn([process.execPath, '-e', source, name], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' }),
  )
  const readers = workers.map(({ stdout }) => stdout.getReader())
  for (const reader of readers) expect(new TextDecoder().decode((await reader.read()).value)).toBe('up')
  for (const { stdin } of workers) void stdin.end()
  const said = await Promise.all(
    readers.map(async (reader) => {
      let text = ''
      for (let part = await reader.read(); !part.done; part = await reader.read())
        text += new TextDecoder().decode(part.value)
      return text
    }),
  )
  expect(await Promise.all(workers.map(({ stderr }) => new Response(stderr).text()))).toEqual(['', '', '', ''])
  expect(said[0]?.split(',').length).toBe(50)
  expect(new Set(said).size).toBe(1)
})

test('the database lives as long as a function of it', async () => {
  const find = findOf(await freshPath())
  for (let turn = 0; turn < 5; turn++) {
    Bun.gc(true)
    await Bun.sleep(1)
  }
  expect(find('resp_1')).toBeUndefined()
})

function findOf(path: string): (id: string) => MadeBy | undefined {
  const ids = openProviderIds(path)
  return (id) => ids.find('openai', id)
}

test('a file that says it has the schema, and has not, is refused when it is opened', async () => {
  const path = await freshPath()
  const other = new Database(path)
  other.run('PRAGMA user_version = 1')
  other.close()
  expect(refusalOf(() => openProviderIds(path))).toBe(`${STORE} opened.`)
})

test.each([
  ['no database', (path: string) => writeFile(path, 'PRIVATE text that is no database'.repeat(200))],
  ['a directory', (path: string) => mkdir(path)],
])('%s in its place is refused by role, without its content or path', async (_, put) => {
  const path = await freshPath()
  await put(path)
  expect(refusalOf(() => openProviderIds(path))).toBe(`${STORE} opened.`)
})

test('a directory that is not there is refused', async () => {
  const path = join(await freshPath(), 'runtime.db')
  expect(refusalOf(() => openProviderIds(path))).toBe(`${STORE} opened.`)
})

test('a file whose pages were overwritten is refused when it is read', async () => {
  const path = await freshPath()
  const written = openProviderIds(path)
  written.claim(
    'openai',
    Array.from({ length: 400 }, (_, n) => `resp_${n}`),
    BY,
  )
  written.close()
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill(0xa5, 4096, 8192))
  const ids = openProviderIds(path)
  expect(refusalOf(() => ids.find('openai', 'resp_7'))).toBe(`${STORE} read.`)
  expect(refusalOf(() => ids.claim('openai', ['resp_7'], BY))).toBe(`${STORE} written.`)
  ids.close()
})

test('a claim that cannot be written is refused, and none of it is kept', async () => {
  const path = await freshPath()
  const ids = openProviderIds(path)
  const other = new Database(path)
  other.run(
    `CREATE TRIGGER full BEFORE INSERT ON provider_ids WHEN new.id = 'resp_2' BEGIN SELECT RAISE(FAIL, 'full'); END`,
  )
  expect(refusalOf(() => ids.claim('openai', ['resp_1', 'resp_2'], BY))).toBe(`${STORE} written.`)
  expect(ids.find('openai', 'resp_1')).toBeUndefined()
  ids.claim('openai', ['resp_1'], BY)
  expect(ids.find('openai', 'resp_1')?.principal.id).toBe('alice')
  other.close()
  ids.close()
})

test('while another holds the write lock for good, claims are refused and reads go on', async () => {
  const path = await freshPath()
  const ids = openProviderIds(path)
  ids.claim('openai', ['resp_1'], BY)
  const other = new Database(path)
  other.run('BEGIN IMMEDIATE')
  expect(ids.find('openai', 'resp_1')?.principal.id).toBe('alice')
  ids.claim('openai', ['resp_1'], { ...BY, principal: { type: 'User', id: 'bob' } })
  expect(refusalOf(() => ids.claim('openai', ['resp_2'], BY))).toBe(`${STORE} written.`)
  other.run('ROLLBACK')
  ids.claim('openai', ['resp_2'], BY)
  expect(ids.find('openai', 'resp_2')?.principal.id).toBe('alice')
  other.close()
  ids.close()
})

test('a claim waits while another process writes', async () => {
  const path = await freshPath()
  const ids = openProviderIds(path)
  const source = `
    const { Database } = require('bun:sqlite')
    const database = new Database(${JSON.stringify(path)})
    database.run('BEGIN IMMEDIATE')
    process.stdout.write('held')
    setTimeout(() => database.run('COMMIT'), 50)
  `
  const writer = Bun.spawn([process.execPath, '-e', source], { stdout: 'pipe' })
  expect(new TextDecoder().decode((await writer.stdout.getReader().read()).value)).toBe('held')
  ids.claim('openai', ['resp_1'], BY)
  expect(ids.find('openai', 'resp_1')?.principal.id).toBe('alice')
  await writer.exited
  ids.close()
})

test('a newer schema is refused with both versions, and left as it is', async () => {
  const path = await freshPath()
  openProviderIds(path).close()
  const newer = new Database(path)
  newer.run('PRAGMA user_version = 7')
  newer.close()
  expect(refusalOf(() => openProviderIds(path))).toBe(
    'not_ready: The runtime store has schema 7, and this version of Sallyport knows 4: run the version that wrote it.',
  )
  const after = new Database(path)
  expect(after.query('PRAGMA user_version').get()).toEqual({ user_version: 7 })
  after.close()
})

test('the schema that this version writes is 4', async () => {
  const path = await freshPath()
  openProviderIds(path).close()
  const database = new Database(path)
  expect(database.query('PRAGMA user_version').get()).toEqual({ user_version: 4 })
  expect(database.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
})

test('after close, nothing is answered', async () => {
  const ids = openProviderIds(await freshPath())
  ids.claim('openai', ['resp_1'], BY)
  ids.close()
  ids.close()
  expect(refusalOf(() => ids.find('openai', 'resp_1'))).toBe(`${STORE} read.`)
  expect(refusalOf(() => ids.claim('openai', ['resp_2'], BY))).toBe(`${STORE} written.`)
})
