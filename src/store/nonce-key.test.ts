import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nonceKey } from './nonce-key.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const freshKeys = (): Promise<string> => mkdtemp(join(tmpdir(), 'nonce-key-'))

test('all who start at once get the same key, which stays', async () => {
  const keys = await freshKeys()
  const all = await Promise.all(Array.from({ length: 10 }, () => nonceKey(keys, random)))
  const [first = new Uint8Array()] = all
  expect(first).toHaveLength(32)
  for (const key of [...all, await nonceKey(keys, random)]) expect(key).toEqual(first)
  expect(await readdir(keys)).toEqual(['nonce.key'])
  expect((await stat(join(keys, 'nonce.key'))).mode & 0o777).toBe(0o600)
})

test('a file that is no such key is refused, and stays', async () => {
  const keys = await freshKeys()
  await writeFile(join(keys, 'nonce.key'), 'short', { mode: 0o600 })
  expect(nonceKey(keys, random)).rejects.toThrow(
    'The key of the nonces (keys/nonce.key) is not 32 bytes long: restore it.',
  )
})
