// The line was made with OpenSSL, from the key of RFC 8032 section 7.1, test 1.
import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCosigner, readCosigner } from './cosigner.ts'
import { ownKey } from './own-key.ts'

const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const SECRET = 'PRIVATE+KEY+witness.example/w1+eb762cc2+BJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g'
const BODY = 'example.com/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n'

const home = await mkdtemp(join(tmpdir(), 'sallyport-witness-'))
afterAll(() => rm(home, { recursive: true, force: true }))

test('what it signs is what OpenSSL signs', () => {
  const cosigner = makeCosigner(SEED, 'witness.example/w1')
  expect(cosigner.verifierKey).toBe('witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea')
  expect(cosigner.cosign(BODY, 1767322800)).toBe(
    '\u2014 witness.example/w1 63YswgAAAABpVzSwtxmpfNjnQQ19C1mL+Iw1Epqie4SAVn6RJE9CaMy66QfuVZcogoKlqR2YxcU8H3pt7lzRhOnYyrHOvUWmpQXvBQ==',
  )
})

test('a key file gives the same key, and nothing else gives one', () => {
  expect(readCosigner(`${SECRET}\n`)?.verifierKey).toBe(makeCosigner(SEED, 'witness.example/w1').verifierKey)
  for (const other of ['', SECRET.replace('w1', 'w2'), SECRET.replace('+BJ1h', '+AZ1h'), SECRET.slice(12)])
    expect(readCosigner(other)).toBeUndefined()
})

test('a name with a space or a plus sign is none', () => {
  for (const name of ['a b', 'a+b', '']) expect(() => makeCosigner(SEED, name)).toThrow('a witness is named without')
})

test('the key is made at the first start, for its owner alone, and stays', async () => {
  const first = await ownKey(home, () => SEED)
  expect(first.verifierKey).toStartWith('sallyport-witness/21fe31df+')
  expect((await stat(join(home, 'witness.key'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(home, 'witness.pub'), 'utf8')).toBe(`${first.verifierKey}\n`)
  const again = await ownKey(home, () => Buffer.alloc(32, 7))
  expect(again.verifierKey).toBe(first.verifierKey)
  expect(await ownKey(home, () => SEED, 'another').catch(String)).toContain('its name is part of its key')
  await writeFile(join(home, 'witness.key'), 'something else\n')
  expect(await ownKey(home, () => SEED).catch(String)).toContain('is no key of a witness')
})
