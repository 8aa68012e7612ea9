import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { credentials } from './credential.ts'

let home = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-credential-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const NOTHING = (): undefined => undefined

async function refusal(work: Promise<string>): Promise<{ readonly reason: string; readonly message: string }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.reason, message: error.message }
    throw error
  }
  return { reason: 'none', message: '' }
}

test('a file holds the secret, with or without a line break behind it', async () => {
  const path = join(home, 'plain')
  await writeFile(path, 'sk-one\n')
  expect(await credentials(NOTHING, () => 0).read({ from: 'file', path })).toBe('sk-one')
  await writeFile(path, 'sk-two')
  expect(await credentials(NOTHING, () => 0).read({ from: 'file', path })).toBe('sk-two')
})

test('a rotated file is in use within a second, and not looked at more often', async () => {
  const path = join(home, 'rotated')
  let now = 5_000
  const held = credentials(NOTHING, () => now)
  await writeFile(path, 'old')
  expect(await held.read({ from: 'file', path })).toBe('old')
  await writeFile(join(home, 'next'), 'new')
  await rename(join(home, 'next'), path)
  now += 999
  expect(await held.read({ from: 'file', path })).toBe('old')
  now += 1
  expect(await held.read({ from: 'file', path })).toBe('new')
})

test('a secret that is gone is not used from memory', async () => {
  const path = join(home, 'gone')
  let now = 0
  const held = credentials(NOTHING, () => now)
  await writeFile(path, 'secret')
  expect(await held.read({ from: 'file', path })).toBe('secret')
  await rm(path)
  now += 1_000
  expect((await refusal(held.read({ from: 'file', path }))).reason).toBe('provider_unreachable')
})

test('the environment is asked each time', async () => {
  const environment: Record<string, string> = { KEY: 'from-env' }
  const held = credentials(
    (name) => environment[name],
    () => 0,
  )
  expect(await held.read({ from: 'env', name: 'KEY' })).toBe('from-env')
  environment['KEY'] = 'rotated'
  expect(await held.read({ from: 'env', name: 'KEY' })).toBe('rotated')
})

test('what is missing, empty, or would break out of a header is refused in words that name no path', async () => {
  for (const secret of ['', ' \n', 'two words', 'a\r\nx-admin: 1', 'a\nb', 'schlüssel', 'a\0b', 'a\tb']) {
    const path = join(home, 'bad')
    await writeFile(path, secret)
    const { reason, message } = await refusal(credentials(NOTHING, () => 0).read({ from: 'file', path }))
    expect([secret, reason]).toEqual([secret, 'provider_unreachable'])
    expect(message).not.toContain(home)
    expect(message).not.toContain('words')
  }
  const absent = credentials(NOTHING, () => 0)
  expect((await refusal(absent.read({ from: 'env', name: 'NO_SUCH' }))).message).not.toContain('NO_SUCH')
  expect((await refusal(absent.read({ from: 'file', path: join(home, 'never') }))).reason).toBe('provider_unreachable')
})
