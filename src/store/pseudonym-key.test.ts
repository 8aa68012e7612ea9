import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { pseudonymKey } from './pseudonym-key.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const freshKeys = (): Promise<string> => mkdtemp(join(tmpdir(), 'pseudonym-key-'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof Refusal) return `${error.reason}: ${error.detail.message}`
  throw new Error('it was not refused', { cause: error })
}

const KEY = 'not_ready: The key of the pseudonyms (keys/pseudonym.key)'

test('a key is made once, of 32 random bytes, for its owner alone, and nothing is left beside it', async () => {
  const keys = await freshKeys()
  let asked = 0
  const made = await pseudonymKey(keys, (length) => new Uint8Array(length).fill(++asked))
  expect(hex(made)).toBe('02'.repeat(32))
  expect(hex(await readFile(join(keys, 'pseudonym.key')))).toBe('02'.repeat(32))
  expect((await stat(join(keys, 'pseudonym.key'))).mode & 0o777).toBe(0o600)
  expect(await readdir(keys)).toEqual(['pseudonym.key'])
  expect(hex(await pseudonymKey(keys, random))).toBe('02'.repeat(32))
})

test('who starts while another makes it takes the one that is there', async () => {
  const keys = await freshKeys()
  const all = await Promise.all(Array.from({ length: 20 }, () => pseudonymKey(keys, random)))
  expect(new Set(all.map(hex)).size).toBe(1)
  expect(await readdir(keys)).toEqual(['pseudonym.key'])
})

test('processes that start at once end with the same key', async () => {
  const keys = await freshKeys()
  const source = `
    const { pseudonymKey } = await import(${JSON.stringify(join(import.meta.dir, 'pseudonym-key.ts'))})
    const { randomBytes } = require('node:crypto')
    process.stdout.write('up ')
    await Bun.stdin.text()
    process.stdout.write(Buffer.from(await pseudonymKey(${JSON.stringify(keys)}, randomBytes)).toString('hex'))
  `
  const workers = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, '-e', source], { stdin: 'pipe', stdout: 'pipe' }),
  )
  const readers = workers.map(({ stdout }) => stdout.getReader())
  for (const reader of readers) expect(new TextDecoder().decode((await reader.read()).value)).toBe('up ')
  for (const { stdin } of workers) void stdin.end()
  const said = await Promise.all(
    readers.map(async (reader) => new TextDecoder().decode((await reader.read()).value ?? new Uint8Array())),
  )
  const kept = hex(await readFile(join(keys, 'pseudonym.key')))
  expect(kept).toMatch(/^[0-9a-f]{64}$/)
  expect(said).toEqual([kept, kept, kept, kept])
})

test.each([0, 31, 33])('a file of %d bytes is refused, and stays', async (length) => {
  const keys = await freshKeys()
  await writeFile(join(keys, 'pseudonym.key'), 'P'.repeat(length), { mode: 0o600 })
  expect(await refusalOf(pseudonymKey(keys, random))).toBe(`${KEY} is not 32 bytes long: restore it.`)
  expect(await readFile(join(keys, 'pseudonym.key'), 'utf8')).toBe('P'.repeat(length))
})

test.each([0o604, 0o640, 0o660])('a key that others can read (%p) is refused', async (mode) => {
  const keys = await freshKeys()
  await pseudonymKey(keys, random)
  await chmod(join(keys, 'pseudonym.key'), mode)
  expect(await refusalOf(pseudonymKey(keys, random))).toBe(
    `${KEY} can be read by others: chmod 600, and consider it known.`,
  )
})

test('a directory or a link in its place is refused, and a link is not followed', async () => {
  const directory = await freshKeys()
  await mkdir(join(directory, 'pseudonym.key'))
  expect(await refusalOf(pseudonymKey(directory, random))).toBe(`${KEY} is not a regular file.`)
  const linked = await freshKeys()
  await symlink(join(linked, 'elsewhere'), join(linked, 'pseudonym.key'))
  expect(await refusalOf(pseudonymKey(linked, random))).toBe(`${KEY} cannot be read or made (ELOOP).`)
  expect(await readdir(linked)).toEqual(['pseudonym.key'])
})

test('a missing directory is refused with what the system says', async () => {
  const keys = join(await freshKeys(), 'missing')
  expect(await refusalOf(pseudonymKey(keys, random))).toBe(`${KEY} cannot be read or made (ENOENT).`)
})
