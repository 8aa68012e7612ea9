import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import type { Trail } from '#access/trail.ts'
import type { VirtualKey } from '#access/virtual-key.ts'
import { openKeyRegister } from './key-register.ts'
import { openVirtualKeys } from './virtual-keys.ts'

const KEY: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'reads referral letters',
  models: ['clinic-small'],
  actions: ['infer'],
  networks: ['10.2.0.0/16'],
  users: [],
  created: 1_795_000_000_000,
  notBefore: 1_795_000_000_000,
  expires: 1_797_000_000_000,
  secrets: [{ sha256: new Uint8Array(32).fill(7) }],
}

const freshPath = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'control-')), 'control.db')

const silent: Trail = { append: () => Promise.resolve({ log: 'owner', index: 0, id: '', hash: '' }) }

async function put(path: string, ...keys: readonly VirtualKey[]): Promise<void> {
  const register = openKeyRegister(path, { trail: silent, by: 'kim' })
  await register.change(() => keys.map((key) => ({ key, why: 'a test' })))
  register.close()
}

function refusalOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.detail.message}`
    throw error
  }
  throw new Error('it was not refused')
}

const UNREADABLE = 'not_ready: The control store (which keeps the virtual keys) cannot be read.'

test('without a file no key is found, nothing is made, and the keys of a file that comes are found', async () => {
  const path = await freshPath()
  const keys = openVirtualKeys(path)
  expect(keys.find('7HkQ2mVxw0Za')).toBeUndefined()
  expect(keys.hasPersonal('alice')).toBe(false)
  expect(await stat(path).catch(() => 'missing')).toBe('missing')
  // What whoever makes it leaves for a moment.
  await writeFile(path, '', { mode: 0o600 })
  expect(keys.find('7HkQ2mVxw0Za')).toBeUndefined()
  await put(path, KEY)
  expect(keys.find('7HkQ2mVxw0Za')?.principal.id).toBe('intake')
  keys.close()
})

test('a change of another process is in the very next answer', async () => {
  const path = await freshPath()
  await put(path, KEY)
  const keys = openVirtualKeys(path)
  expect(keys.find('7HkQ2mVxw0Za')?.revoked).toBeUndefined()
  const source = `
    const { openKeyRegister } = await import(${JSON.stringify(join(import.meta.dir, 'key-register.ts'))})
    const trail = { append: async () => ({ log: 'owner', index: 0, id: '', hash: '' }) }
    const register = openKeyRegister(${JSON.stringify(path)}, { trail, by: 'kim' })
    await register.change(([key]) => [{ key: { ...key, revoked: { at: 5, why: 'leaked' } }, why: 'leaked' }])
    process.stdout.write('done')
    await Bun.stdin.text()
  `
  // It goes on holding the file open, as a control plane would.
  const writer = Bun.spawn([process.execPath, '-e', source], { stdin: 'pipe', stdout: 'pipe' })
  expect(new TextDecoder().decode((await writer.stdout.getReader().read()).value)).toBe('done')
  expect(keys.find('7HkQ2mVxw0Za')?.revoked).toEqual({ at: 5, why: 'leaked' })
  void writer.stdin.end()
  await writer.exited
  expect(keys.find('7HkQ2mVxw0Za')?.revoked).toEqual({ at: 5, why: 'leaked' })
  keys.close()
})

test('another file under the same name is read from then on, and one that is taken away is no empty one', async () => {
  const path = await freshPath()
  await put(path, KEY)
  await copyFile(path, `${path}.copy`)
  await put(`${path}.copy`, { ...KEY, revoked: { at: 5, why: 'leaked' } })
  const keys = openVirtualKeys(path)
  expect(keys.find('7HkQ2mVxw0Za')?.revoked).toBeUndefined()
  await rename(`${path}.copy`, path)
  expect(keys.find('7HkQ2mVxw0Za')?.revoked?.why).toBe('leaked')
  await rm(path)
  expect(refusalOf(() => keys.find('7HkQ2mVxw0Za'))).toBe(UNREADABLE)
  expect(refusalOf(() => keys.hasPersonal('alice'))).toBe(UNREADABLE)
  keys.close()
})

test('the reading side cannot write', async () => {
  const path = await freshPath()
  await put(path, KEY)
  const before = await readFile(path)
  const keys = openVirtualKeys(path)
  keys.find('7HkQ2mVxw0Za')
  keys.close()
  expect(await readFile(path)).toEqual(before)
})

test.each([
  ['text that is no database', 'PRIVATE text that is no database'.repeat(200)],
  ['a database whose pages were overwritten', undefined],
])('%s is refused, without its content or path', async (_, text) => {
  const path = await freshPath()
  if (text === undefined) {
    await put(path, KEY)
    const bytes = await readFile(path)
    await writeFile(path, bytes.fill(0xa5, 4096))
  } else await writeFile(path, text)
  const keys = openVirtualKeys(path)
  expect(refusalOf(() => keys.find('7HkQ2mVxw0Za'))).toBe(UNREADABLE)
  keys.close()
})

test.each([
  ['{}'],
  ['no JSON'],
  [JSON.stringify({ ...KEY, id: 'otherOther01', secrets: [{ sha256: '07'.repeat(32) }] })],
  [JSON.stringify({ ...KEY, secrets: [] })],
  [JSON.stringify({ ...KEY, networks: '0.0.0.0/0', secrets: [{ sha256: '07'.repeat(32) }] })],
  [JSON.stringify({ ...KEY, more: true, secrets: [{ sha256: '07'.repeat(32) }] })],
])('a row that holds no such key is refused: %s', async (row) => {
  const path = await freshPath()
  await put(path, KEY)
  const database = new Database(path)
  database.run('UPDATE keys SET key = ?', [row])
  database.close()
  const keys = openVirtualKeys(path)
  expect(refusalOf(() => keys.find('7HkQ2mVxw0Za'))).toBe(UNREADABLE)
  keys.close()
})

test('a newer schema is refused with both versions, on both sides', async () => {
  const path = await freshPath()
  await put(path, KEY)
  const database = new Database(path)
  database.run('PRAGMA user_version = 7')
  database.close()
  const said =
    'not_ready: The control store has schema 7, and this version of Sallyport knows 1: run the version that wrote it.'
  const keys = openVirtualKeys(path)
  expect(refusalOf(() => keys.find('7HkQ2mVxw0Za'))).toBe(said)
  expect(refusalOf(() => openKeyRegister(path, { trail: silent, by: 'kim' }))).toBe(said)
})

test('the ids of keys stand in no index: a row is found by a digest', async () => {
  const path = await freshPath()
  await put(path, KEY)
  const database = new Database(path)
  const digest = new Bun.CryptoHasher('sha256').update('7HkQ2mVxw0Za').digest('hex')
  expect(database.query('SELECT hex(digest) AS digest FROM keys').all()).toEqual([{ digest: digest.toUpperCase() }])
  database.close()
})

test('after close, nothing is answered', async () => {
  const path = await freshPath()
  await put(path, KEY)
  const keys = openVirtualKeys(path)
  keys.find('7HkQ2mVxw0Za')
  keys.close()
  keys.close()
  expect(refusalOf(() => keys.find('7HkQ2mVxw0Za'))).toBe(UNREADABLE)
})
