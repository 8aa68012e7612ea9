// What every place for copies keeps to: a directory, a bucket, and the memory that other tests use.
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CopyDestination } from '#audit/copy-destination.ts'
import { copyDirectory } from '#audit/copy-directory.ts'
import { memoryDestination } from '#audit/copy.fixture.ts'
import { s3Double } from '#upstream/s3-double.fixture.ts'
import { s3Objects } from '#upstream/s3.ts'

const directory = await mkdtemp(join(tmpdir(), 'sallyport-copy-'))
const bucket = s3Double()
const forgetful = s3Double({ conditional: false })
afterAll(async () => {
  await forgetful.stop()
  await bucket.stop()
  await rm(directory, { recursive: true })
})

const secrets = () => Promise.resolve({ key: 'the-key', secret: 'the-secret' })

const PLACES: readonly (readonly [name: string, to: CopyDestination])[] = [
  ['memory', memoryDestination()],
  ['a directory', copyDirectory(directory)],
  ['a bucket', s3Objects({ place: { bucket: 'audit', prefix: 'a/b', endpoint: bucket.endpoint }, secrets })],
  [
    'a bucket of a store without conditions',
    s3Objects({ place: { bucket: 'audit', prefix: 'a', endpoint: forgetful.endpoint }, secrets }),
  ],
  ['the root of a bucket', s3Objects({ place: { bucket: 'root', prefix: '', endpoint: bucket.endpoint }, secrets })],
]

const textAt = async (to: CopyDestination, path: string) => {
  const bytes = await to.read(path)
  return bytes && Buffer.from(bytes).toString()
}

describe.each(PLACES)('%s', (_, to) => {
  test('gives what it was given, and nothing for what it was not', async () => {
    expect(await to.read('gateway-0/checkpoint')).toBeUndefined()
    expect(await to.create('gateway-0/tile/0/x001/000.p/7', Buffer.from('hashes'))).toBe('created')
    await to.settle()
    expect(await textAt(to, 'gateway-0/tile/0/x001/000.p/7')).toBe('hashes')
    expect(await to.read('gateway-0/tile/0/x001/000')).toBeUndefined()
  })

  test('never changes what was created', async () => {
    expect(await to.create('gateway-0/key.pub', Buffer.from('one'))).toBe('created')
    expect(await to.create('gateway-0/key.pub', Buffer.from('two'))).toBe('taken')
    expect(await to.create('gateway-0/key.pub', Buffer.from('one'))).toBe('taken')
    expect(await textAt(to, 'gateway-0/key.pub')).toBe('one')
  })

  test('replaces what is to be replaced', async () => {
    for (const text of ['first', 'second']) {
      await to.replace('gateway-1/checkpoint', Buffer.from(text))
      expect(await textAt(to, 'gateway-1/checkpoint')).toBe(text)
    }
  })

  test('takes any bytes, an empty file too', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (__, at) => (at * 7) % 256))
    await to.create('gateway-2/tile/entries/000', bytes)
    await to.create('gateway-2/empty', Buffer.alloc(0))
    expect(Buffer.from((await to.read('gateway-2/tile/entries/000')) ?? []).equals(bytes)).toBe(true)
    expect(await textAt(to, 'gateway-2/empty')).toBe('')
  })

  test('forgets a folder, and nothing beside it', async () => {
    for (const path of ['gateway-3/tile/0/000.p/1', 'gateway-3/tile/0/000.p/2', 'gateway-3/tile/0/000.pq'])
      await to.create(path, Buffer.from('x'))
    await to.forget('gateway-3/tile/0/000.p')
    await to.forget('gateway-3/tile/0/001.p')
    expect(await to.read('gateway-3/tile/0/000.p/1')).toBeUndefined()
    expect(await to.read('gateway-3/tile/0/000.p/2')).toBeUndefined()
    expect(await textAt(to, 'gateway-3/tile/0/000.pq')).toBe('x')
  })
})

test('a directory that is not there is not made, and nothing half written stays in one that is', async () => {
  const to = copyDirectory(join(directory, 'unmounted'))
  expect(to.create('gateway-0/key.pub', Buffer.from('x'))).rejects.toThrow('ENOENT')
  expect((await readdir(directory, { recursive: true })).filter((name) => name.includes('.new'))).toEqual([])
})

test('a bucket that refuses, or is away, says so without its address or secrets', async () => {
  const away = s3Double()
  const to = s3Objects({ place: { bucket: 'audit', prefix: '', endpoint: away.endpoint }, secrets })
  away.fail(503)
  const faults = await Promise.all(
    [to.create('a', Buffer.from('x')), to.replace('a', Buffer.from('x')), to.read('a'), to.forget('a')].map((each) =>
      each.then(String, (error: unknown) => String(error)),
    ),
  )
  await away.stop()
  faults.push(await to.create('a', Buffer.from('x')).catch(String), String(await to.read('a').catch(String)))
  expect(faults.slice(0, 2)).toEqual(
    Array.from({ length: 2 }, () => 'Error: the bucket audit does not let us write (HTTP 503)'),
  )
  for (const fault of faults) {
    expect(fault).toStartWith('Error: the bucket audit')
    expect(fault).not.toMatch(/127\.0\.0\.1|the-key|the-secret|Signature/)
  }
})

test('what a crash left half written in a directory is taken away, and nothing else', async () => {
  const root = await mkdtemp(join(directory, 'crashed-'))
  await copyDirectory(root).create('gateway-0/tile/0/000', Buffer.from('whole'))
  await writeFile(join(root, 'gateway-0/tile/0/.123-4.new'), 'ha')
  await copyDirectory(root).create('gateway-0/tile/0/001', Buffer.from('whole'))
  expect((await readdir(join(root, 'gateway-0/tile/0'))).sort()).toEqual(['000', '001'])
})
