import { expect, test } from 'bun:test'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { importKeys } from './key-import.ts'
import { anOwner, type Owner, type Ran } from './key.fixture.ts'

const GOOD = {
  app: 'intake',
  owner: 'ops@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'letters',
  models: ['clinic-small'],
  networks: ['10.2.0.0/16'],
  expires: '30d',
}
const HASH = 'ab'.repeat(32)

async function importing(owner: Owner, lines: readonly (object | string)[], options = ''): Promise<Ran> {
  const path = join(dirname(owner.home), 'keys.jsonl')
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return owner.run(importKeys, `keys.jsonl${options}`)
}

function storedIn(home: string) {
  const keys = openVirtualKeys(join(home, 'control.db'))
  const all = keys.all()
  keys.close()
  return all
}

test('a key of another Sallyport keeps its id and secret, and a new one is shown', async () => {
  const owner = await anOwner()
  const moved = { ...GOOD, app: 'moved', id: '7HkQ2mVxw0Za', secret_sha256: HASH, why: 'moved house' }
  const { code, out, err } = await importing(owner, [moved, '', GOOD])
  expect(code).toBe(0)
  expect(err).toEqual(['✓ 2 keys imported; 1 with a new secret, shown this once'])
  expect(out.length).toBe(1)
  expect(out[0]).toMatch(/^sp_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}$/)
  const kept = storedIn(owner.home).find(({ id }) => id === '7HkQ2mVxw0Za')
  expect(kept?.principal.id).toBe('moved')
  expect(kept?.secrets).toEqual([{ sha256: new Uint8Array(32).fill(0xab) }])
})

test('every fault is named with line, field and fix, and nothing is imported', async () => {
  const owner = await anOwner()
  const { code, out, err } = await importing(owner, [
    GOOD,
    { ...GOOD, network: ['10.0.0.0/8'] },
    { ...GOOD, models: 'clinic-small' },
    'not JSON',
    '{"app":"a","app":"b"}',
    { ...GOOD, expires: '400d', networks: [] },
    { ...GOOD, id: '7HkQ2mVxw0Za' },
    { ...GOOD, id: 'short', secret_sha256: HASH.toUpperCase() },
    { ...GOOD, app: 7 },
    '[1]',
  ])
  expect({ code, out }).toEqual({ code: 1, out: [] })
  const heads = err.filter((line) => line.startsWith('✗')).map((line) => line.replace(/ {2,}/g, '  '))
  expect(heads.slice(0, 2)).toEqual([
    '✗ keys.jsonl:2  "network"  is not a field of a key',
    '✗ keys.jsonl:3  models  is no list of texts',
  ])
  expect(heads[2]).toStartWith('✗ keys.jsonl:4  is not JSON: ')
  expect(heads[3]).toStartWith('✗ keys.jsonl:5  is not JSON: ')
  expect(heads[3]).toContain('app')
  expect(heads.slice(4)).toEqual([
    '✗ keys.jsonl:6  networks  is missing, and so are users: a key never authenticates alone, or whoever found it could use it',
    '✗ keys.jsonl:6  expires  is more than 366 days from now',
    '✗ keys.jsonl:7  secret_sha256  is missing beside the other',
    '✗ keys.jsonl:8  id  is no id of a key',
    '✗ keys.jsonl:8  secret_sha256  is no SHA-256',
    '✗ keys.jsonl:9  app  is no text',
    '✗ keys.jsonl:10  is no object',
  ])
  expect(err[1]?.trim()).toBe('Did you mean networks?')
  expect(err.at(-1)).toBe('sallyport: no key was imported')
  expect(await stat(owner.home).catch(() => 'missing')).toBe('missing')
})

test('an id that is taken, in the file or in the store, is a fault of its line', async () => {
  const owner = await anOwner()
  const moved = { ...GOOD, id: '7HkQ2mVxw0Za', secret_sha256: HASH }
  const twice = await importing(owner, [moved, { ...moved, app: 'thief' }])
  expect(twice.code).toBe(1)
  expect(twice.err[0]).toBe('✗ keys.jsonl:2  id  stands in line 1 already')
  await importing(owner, [moved])
  const again = await importing(owner, [GOOD, { ...moved, app: 'thief', secret_sha256: 'cd'.repeat(32) }])
  expect(again.code).toBe(1)
  expect(again.err[0]).toBe('✗ keys.jsonl:2  id  there is a key 7HkQ2mVxw0Za already')
  expect(storedIn(owner.home).map(({ principal }) => principal.id)).toEqual(['intake'])
})

test('new keys go into a file of their own, one a line', async () => {
  const owner = await anOwner()
  const { out } = await importing(owner, [GOOD, { ...GOOD, app: 'other' }], ' --out new.keys')
  expect(out).toEqual([])
  const text = await readFile(join(dirname(owner.home), 'new.keys'), 'utf8')
  expect(text).toMatch(/^(?:sp_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}\n){2}$/)
})

test('as JSON, faults and keys are records', async () => {
  const owner = await anOwner()
  const faulty = await importing(owner, [{ ...GOOD, team: undefined }], ' --json')
  expect(faulty.out.map((line): unknown => JSON.parse(line))).toEqual([
    {
      record: 'problem',
      line: 1,
      field: 'team',
      message: 'is missing',
      fix: 'Name the team of the bundle that the application is in.',
    },
  ])
  const good = await importing(owner, [GOOD], ' --json')
  expect(JSON.parse(good.out[0] ?? '')).toMatchObject({ app: 'intake', key: expect.stringMatching(/^sp_/) })
})

test('a file that is not there, an empty one and a directory are said', async () => {
  const owner = await anOwner()
  const missing = await owner.run(importKeys, 'none.jsonl').catch((error: unknown) => String(error))
  expect(missing).toContain('none.jsonl cannot be read (ENOENT)')
  expect((await importing(owner, [''])).err[0]).toContain('holds no key')
  await mkdir(join(dirname(owner.home), 'folder'))
  for (const [path, why] of [
    ['folder', 'is neither a file nor a pipe'],
    ['/dev/zero', 'is neither a file nor a pipe'],
  ] as const) {
    const said = await owner.run(importKeys, path).catch((error: unknown) => String(error))
    expect(said).toContain(why)
  }
})

/** A named pipe, and what writes into it. */
async function piped(owner: Owner, script: string): Promise<Ran | string> {
  const path = join(dirname(owner.home), 'keys.pipe')
  expect(Bun.spawnSync(['mkfifo', path]).exitCode).toBe(0)
  const writer = Bun.spawn(['sh', '-c', `(${script}) > ${path}`], { stderr: 'ignore', stdin: 'ignore' })
  const ran = await owner.run(importKeys, 'keys.pipe').catch((error: unknown) => String(error))
  writer.kill()
  await writer.exited
  return ran
}

test('a pipe that ends is read, whatever its pieces', async () => {
  const owner = await anOwner()
  const text = `${JSON.stringify(GOOD)}\n`
  const script = `printf '%s' '${text.slice(0, 20)}'; sleep 0.1; printf '%s' '${text.slice(20)}'`
  expect(await piped(owner, script)).toMatchObject({ code: 0, err: [expect.stringContaining('1 key imported')] })
})

test('of a pipe that does not end no more than 16 MiB are read', async () => {
  const owner = await anOwner()
  expect(await piped(owner, 'yes')).toContain('holds more than 10000 keys or 16 MiB: import it in parts')
  expect(await stat(owner.home).catch(() => 'missing')).toBe('missing')
})
