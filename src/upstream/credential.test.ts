import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CredentialReference } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import type { SecretEntry } from '#access/trail.ts'
import { type CredentialOptions, type Credentials, credentials } from './credential.ts'

let home = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-credential-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

let now = 0
let recorded: SecretEntry[] = []
let auditWorks = true
let environment: Record<string, string> = {}
beforeEach(() => {
  now = 0
  recorded = []
  auditWorks = true
  environment = {}
})

const open = (options: Partial<CredentialOptions> = {}): Credentials =>
  credentials({
    env: (name) => environment[name],
    now: () => now,
    async record(entry) {
      if (!auditWorks) throw new Refusal('audit_unavailable', { message: 'The audit trail cannot be written.' })
      recorded.push(entry)
    },
    fingerprint: (secret) => `print of ${secret}`,
    ...options,
  })

/** `read new`, `lost deleted`. */
const said = (): readonly string[] =>
  recorded.map(({ what, fingerprint, why }) => `${what} ${(fingerprint ?? why ?? '').replace('print of ', '')}`)

const fileOf = (name: string): CredentialReference & { readonly from: 'file' } => ({
  from: 'file',
  path: join(home, name),
})

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
  const file = fileOf('plain')
  await writeFile(file.path, 'sk-one\n')
  expect(await open().read(file)).toBe('sk-one')
  await writeFile(file.path, 'sk-two')
  expect(await open().read(file)).toBe('sk-two')
})

test('a rotated file is in use within a second, and not looked at more often', async () => {
  const file = fileOf('rotated')
  now = 5_000
  const held = open()
  await writeFile(file.path, 'old')
  expect(await held.read(file)).toBe('old')
  await writeFile(join(home, 'next'), 'new')
  await rename(join(home, 'next'), file.path)
  now += 999
  expect(await held.read(file)).toBe('old')
  now += 1
  expect(await held.read(file)).toBe('new')
  expect(said()).toEqual(['read old', 'read new'])
})

test('a secret that is gone is not used from memory, its loss is recorded once, and it comes back', async () => {
  const file = fileOf('gone')
  const held = open()
  await writeFile(file.path, 'secret')
  expect(await held.read(file)).toBe('secret')
  await rm(file.path)
  for (const later of [1_000, 0, 5_000]) {
    now += later
    expect((await refusal(held.read(file))).reason).toBe('provider_unreachable')
  }
  expect(said()).toEqual(['read secret', 'lost deleted'])
  await writeFile(file.path, 'again')
  expect(await held.read(file)).toBe('again')
  expect(said()).toEqual(['read secret', 'lost deleted', 'read again'])
})

test('one reading is one entry, which names the reference and who is called with it, and stands before the secret is used', async () => {
  const file = fileOf('entry')
  await writeFile(file.path, 'sk-one')
  let stand = (): void => undefined
  const standing = new Promise<void>((resolve) => {
    stand = resolve
  })
  let used = false
  const held = open({
    used: (reference) => (reference === `file:${file.path}` ? ['billing', 'harbor'] : []),
    async record(entry) {
      recorded.push(entry)
      await standing
    },
  })
  const reading = held.read(file).finally(() => {
    used = true
  })
  while (recorded.length === 0) await Bun.sleep(1)
  await Bun.sleep(1)
  expect(used).toBe(false)
  stand()
  expect(await reading).toBe('sk-one')
  for (let turn = 0; turn < 50; turn++) await held.read(file)
  expect(recorded).toEqual([
    {
      kind: 'secret',
      what: 'read',
      reference: `file:${file.path}`,
      used: ['billing', 'harbor'],
      fingerprint: 'print of sk-one',
    },
  ])
})

test('a reading that cannot be recorded gives no secret, old or new, and says that it is the audit', async () => {
  const file = fileOf('unrecorded')
  await writeFile(file.path, 'old')
  auditWorks = false
  const held = open()
  expect((await refusal(held.read(file))).reason).toBe('audit_unavailable')
  auditWorks = true
  expect(await held.read(file)).toBe('old')
  await writeFile(file.path, 'newer')
  now += 1_000
  auditWorks = false
  expect((await refusal(held.read(file))).reason).toBe('audit_unavailable')
  auditWorks = true
  expect(await held.read(file)).toBe('newer')
  expect(said()).toEqual(['read old', 'read newer'])
  // What was read is held back by inspection all the same.
  expect(held.held()).toEqual(['old', 'newer'])
})

test('a loss that cannot be recorded is recorded as soon as it can', async () => {
  const file = fileOf('loss')
  await writeFile(file.path, 'secret')
  const held = open()
  await held.read(file)
  await rm(file.path)
  now += 1_000
  auditWorks = false
  expect((await refusal(held.read(file))).reason).toBe('audit_unavailable')
  await writeFile(file.path, 'back')
  auditWorks = true
  expect(await held.read(file)).toBe('back')
  expect(said()).toEqual(['read secret', 'lost deleted', 'read back'])
})

test('many at once share one reading, when it is first read, when it changed, and when it is doubted', async () => {
  const file = fileOf('shared')
  const held = open()
  const many = (work: () => Promise<string>): Promise<ReadonlySet<string>> =>
    Promise.all(Array.from({ length: 200 }, work)).then((all) => new Set(all))
  await writeFile(file.path, 'one')
  expect(await many(() => held.read(file))).toEqual(new Set(['one']))
  await writeFile(file.path, 'second')
  now += 1_000
  expect(await many(() => held.read(file))).toEqual(new Set(['second']))
  await writeFile(file.path, 'the-third')
  expect(await many(() => held.refresh(file))).toEqual(new Set(['the-third']))
  expect(said()).toEqual(['read one', 'read second', 'read the-third'])
})

test('a secret that was refused is read at once, changed or not, but not again and again', async () => {
  const file = fileOf('refused')
  const held = open()
  await writeFile(file.path, 'old')
  await held.read(file)
  await writeFile(file.path, 'new-one')
  expect(await held.refresh(file)).toBe('new-one')
  expect(await held.read(file)).toBe('new-one')
  for (let turn = 0; turn < 20; turn++) await held.refresh(file)
  expect(said()).toEqual(['read old', 'read new-one'])
  now += 1_000
  expect(await held.refresh(file)).toBe('new-one')
  expect(said()).toEqual(['read old', 'read new-one', 'read new-one'])
})

test('a file that is being written is not read by halves', async () => {
  const file = fileOf('halves')
  await writeFile(file.path, 'old')
  let writing: (() => Promise<void>) | undefined
  const held = open({
    async wait() {
      await writing?.()
    },
  })
  await held.read(file)
  await writeFile(file.path, 'new-')
  now += 1_000
  writing = async () => {
    writing = undefined
    await writeFile(file.path, 'new-secret')
  }
  expect(await held.read(file)).toBe('new-secret')
  expect(said()).toEqual(['read old', 'read new-secret'])
})

test('an empty file keeps the old secret for a second, for editors truncate and write; then it is lost', async () => {
  const file = fileOf('truncated')
  await writeFile(file.path, 'old')
  const held = open()
  await held.read(file)
  await writeFile(file.path, '')
  now += 1_000
  expect(await held.read(file)).toBe('old')
  now += 50
  await writeFile(file.path, 'new')
  expect(await held.read(file)).toBe('new')
  await writeFile(file.path, '')
  now += 1_000
  expect(await held.read(file)).toBe('new')
  now += 999
  expect(await held.read(file)).toBe('new')
  now += 50
  expect((await refusal(held.read(file))).reason).toBe('provider_unreachable')
  expect(said()).toEqual(['read old', 'read new', 'lost empty'])
})

test('what is no file, or too long for a secret, is not waited for', async () => {
  await mkdir(join(home, 'folder'))
  await writeFile(join(home, 'long'), 'x'.repeat(64 * 1024 + 1))
  for (const name of ['folder', 'long', 'plain/under']) {
    expect((await refusal(open().read(fileOf(name)))).reason).toBe('provider_unreachable')
  }
})

test('the environment is asked each time, and recorded once a value', async () => {
  environment = { KEY: 'from-env' }
  const held = open()
  for (let turn = 0; turn < 5; turn++) expect(await held.read({ from: 'env', name: 'KEY' })).toBe('from-env')
  environment = { KEY: 'rotated' }
  expect(await held.read({ from: 'env', name: 'KEY' })).toBe('rotated')
  expect(await held.refresh({ from: 'env', name: 'KEY' })).toBe('rotated')
  environment = {}
  for (let turn = 0; turn < 3; turn++) {
    expect((await refusal(held.read({ from: 'env', name: 'KEY' }))).reason).toBe('provider_unreachable')
  }
  expect(recorded.map(({ reference }) => reference)).toEqual(['env:KEY', 'env:KEY', 'env:KEY'])
  expect(said()).toEqual(['read from-env', 'read rotated', 'lost not set'])
})

test('what is missing, empty, or would break out of a header is refused in words that name no path', async () => {
  for (const secret of ['', ' \n', 'two words', 'a\r\nx-admin: 1', 'a\nb', 'schlüssel', 'a\0b', 'a\tb']) {
    const bad = fileOf('bad')
    await writeFile(bad.path, secret)
    const { reason, message } = await refusal(open().read(bad))
    expect([secret, reason]).toEqual([secret, 'provider_unreachable'])
    expect(message).not.toContain(home)
    expect(message).not.toContain('words')
  }
  expect((await refusal(open().read({ from: 'env', name: 'NO_SUCH' }))).message).not.toContain('NO_SUCH')
  expect((await refusal(open().read(fileOf('never')))).reason).toBe('provider_unreachable')
  expect((await refusal(open().read({ from: 'vault', path: 'kv/x', key: 'y' }))).reason).toBe('provider_unreachable')
  // Nothing was had, so that nothing was lost.
  expect(said()).toEqual([])
})

test('what was read is remembered, and what is in use is never forgotten for what was rotated', async () => {
  environment = { KEY: 'in-use', OTHER: 'turn-0' }
  const held = open()
  await held.read({ from: 'env', name: 'KEY' })
  for (let turn = 1; turn <= 300; turn++) {
    environment['OTHER'] = `turn-${turn}`
    await held.read({ from: 'env', name: 'OTHER' })
  }
  expect(held.held()).toHaveLength(256)
  expect(held.held()).toContain('in-use')
  expect(held.held()).toContain('turn-300')
  expect(held.held()).not.toContain('turn-1')
  const list = held.held()
  await held.read({ from: 'env', name: 'KEY' })
  expect(held.held()).toBe(list)
})
