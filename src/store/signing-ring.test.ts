import { beforeEach, expect, test } from 'bun:test'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { signingSchedule } from '#identity/signing-schedule.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'
import { readSigningRing } from './signing-ring.ts'

const DAY = 86_400_000
let keys = ''
let now = 0

beforeEach(async () => {
  keys = join(await mkdtemp(join(tmpdir(), 'signing-ring-')), 'keys')
  await mkdir(keys)
  now = Date.parse('2026-07-01T10:15:00Z')
})

const open = (prefix: 'identity' | 'authorization'): Promise<SigningKeys> =>
  openSigningKeys({
    keys,
    prefix,
    lock: join(keys, `../${prefix}.lock`),
    now: () => now,
    random: (length) => new Uint8Array(randomBytes(length)),
    schedule: signingSchedule,
    record: () => Promise.resolve(),
    report: () => undefined,
  })

const ring = () => readSigningRing(keys, 'authorization', () => now)

test('finds the public half of what signs, and it verifies', async () => {
  const { kid, sign } = (await open('authorization')).signing()
  const found = ring().find(kid)
  expect(Object.keys(found ?? {}).toSorted()).toEqual(['kid', 'x'])
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: found?.x ?? '' }, format: 'jwk' })
  expect(verify(null, Buffer.from('a token'), key, sign('a token'))).toBe(true)
})

test('keys of one purpose say nothing for another', async () => {
  const identity = (await open('identity')).signing()
  const authorization = (await open('authorization')).signing()
  expect(identity.kid).not.toBe(authorization.kid)
  const names = (await readdir(keys)).toSorted().map((name) => name.replace(/-.*/, ''))
  expect(names).toEqual(['authorization', 'identity'])
  expect(ring().find(identity.kid)).toBeUndefined()
  expect(ring().find(authorization.kid)).toBeDefined()
})

test('makes nothing where there is nothing', async () => {
  expect(ring().find('kid')).toBeUndefined()
  expect(await readdir(keys)).toEqual([])
})

test('a key that comes is found within a quarter of a second of asking, one that goes is good for two seconds', async () => {
  const reading = ring()
  expect(reading.find('kid')).toBeUndefined()
  const { kid } = (await open('authorization')).signing()
  expect(reading.find(kid)).toBeUndefined()
  now += 250
  expect(reading.find(kid)).toBeDefined()
  for (const name of await readdir(keys)) await rm(join(keys, name))
  now += 1999
  expect(reading.find(kid)).toBeDefined()
  now += 1
  expect(reading.find(kid)).toBeUndefined()
})

test('knows the next key before it signs, and the last one for a day after', async () => {
  const signing = await open('authorization')
  const reading = ring()
  const first = signing.signing().kid
  now += 30 * DAY
  signing.published()
  await signing.settled()
  const next = signing.published().at(-1)?.kid ?? ''
  expect(signing.signing().kid).toBe(first)
  expect([reading.find(first)?.kid, reading.find(next)?.kid]).toEqual([first, next])
  now += DAY
  expect(signing.signing().kid).toBe(next)
  await signing.settled()
  expect(reading.find(first)?.kid).toBe(first)
})

test('files that cannot be relied on are refused at once, and mend themselves', async () => {
  const { kid } = (await open('authorization')).signing()
  const reading = ring()
  expect(reading.find(kid)).toBeDefined()
  const [name = ''] = await readdir(keys)
  await chmod(join(keys, name), 0o644)
  now += 2000
  for (let turn = 0; turn < 2; turn++) expect(() => reading.find(kid)).toThrow(Refusal)
  await chmod(join(keys, name), 0o600)
  expect(reading.find(kid)?.kid).toBe(kid)
  await writeFile(join(keys, 'authorization-odd.key'), 'x', { mode: 0o600 })
  now += 2000
  expect(() => reading.find(kid)).toThrow(Refusal)
})

test('what cannot sign says for whom', async () => {
  const signing = await open('authorization')
  for (const name of await readdir(keys)) await chmod(join(keys, name), 0o644)
  now += 60_000
  expect(() => signing.signing()).toThrow('The gate cannot sign tokens just now: its signing keys cannot be used.')
})
