import { expect, test } from 'bun:test'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VirtualKey } from '#access/virtual-key.ts'
import { CLINIC, settingsWith, writeFiles } from '#policy/bundle/clinic-fixture.ts'
import { openKeyRegister } from '#store/key-register.ts'
import { check } from './check.ts'

const KEY: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops@harbor.example',
  team: 'billing',
  environment: 'production',
  use: 'reads referral letters',
  models: ['clinic-small'],
  actions: ['infer'],
  networks: ['10.2.0.0/16'],
  users: [],
  created: 1_000,
  notBefore: 1_000,
  // In the year 2100.
  expires: 4_102_444_800_000,
  secrets: [{ sha256: new Uint8Array(32) }],
}

async function homeWith(keys: readonly VirtualKey[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'check-keys-'))
  const trail = { append: () => Promise.resolve({ log: 'owner', index: 0, id: '', hash: '' }) }
  const register = openKeyRegister(join(home, 'control.db'), { trail, by: 'kim' })
  await register.change(() => keys.map((key) => ({ key, why: 'a test' })))
  register.close()
  return home
}

async function run(keys: readonly VirtualKey[], files: Readonly<Record<string, string>> = {}, args: string[] = []) {
  const cwd = await writeFiles({ ...CLINIC, ...files })
  const home = await homeWith(keys)
  const out: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = { out: (line: string) => out.push(line), err: () => undefined, color: false, cwd, settings }
  return { code: await check(args, io), out }
}

const SUMMARY = './  1 issuer  1 provider  2 models  2 policies  2 cases passed'

test('keys that fit the bundle are counted, and those that are over are not', async () => {
  const revoked = { ...KEY, id: 'revokedKey01', networks: [], revoked: { at: 1, why: 'leaked' } }
  const expired = { ...KEY, id: 'expiredKey01', networks: [], expires: 2_000 }
  expect(await run([KEY, revoked, expired])).toEqual({ code: 0, out: [`${SUMMARY}  1 virtual key`] })
  expect(await run([])).toEqual({ code: 0, out: [`${SUMMARY}  0 virtual keys`] })
})

test('a key that would authenticate alone is an error', async () => {
  expect(await run([{ ...KEY, networks: [] }])).toEqual({
    code: 1,
    out: [
      '✗ key 7HkQ2mVxw0Za (App intake)  has neither networks nor users: it would authenticate alone',
      '    Revoke it (sallyport key revoke 7HkQ2mVxw0Za --why TEXT), and make another with one of them.',
      `${SUMMARY}  1 virtual key  1 problem`,
    ],
  })
  const personal: VirtualKey = {
    ...KEY,
    principal: { type: 'User', id: 'harbor/alice' },
    networks: [],
    users: ['harbor'],
  }
  expect((await run([personal])).out[0]).toBe(
    '✗ key 7HkQ2mVxw0Za (User harbor/alice)  is a personal key without a network',
  )
})

test('a key that a network alone proves is an error where it names a model above tier 1, and with users it is none', async () => {
  const tier2 = settingsWith(['tier: 1', 'tier: 2'])
  const { code, out } = await run([KEY], tier2)
  expect(code).toBe(1)
  expect(out[0]).toBe(
    '✗ key 7HkQ2mVxw0Za (App intake)  is taken from a network alone, and names clinic-small above tier 1',
  )
  expect(await run([{ ...KEY, users: ['harbor'] }], tier2)).toMatchObject({ code: 0 })
})

test('what the bundle lacks is a warning', async () => {
  const { code, out } = await run([
    { ...KEY, team: 'biling', models: ['clinic-smal', 'clinic-small'], users: ['okta'] },
  ])
  expect(code).toBe(0)
  expect(out).toEqual([
    '! key 7HkQ2mVxw0Za (App intake)  warning: names a team that the bundle lacks: biling',
    '    Did you mean billing? A key is never edited: add it to the bundle, or make another.',
    '! key 7HkQ2mVxw0Za (App intake)  warning: names a model that the bundle lacks: clinic-smal',
    '    Did you mean clinic-small? A key is never edited: add it to the bundle, or make another.',
    '! key 7HkQ2mVxw0Za (App intake)  warning: names an issuer that the bundle lacks: okta',
    '    Known: harbor. A key is never edited: add it to the bundle, or make another.',
    `${SUMMARY}  1 virtual key  3 warnings`,
  ])
})

test('as JSON, a problem of a key is a record with the key’s name', async () => {
  const { code, out } = await run([{ ...KEY, networks: [], team: 'biling' }], {}, ['--json'])
  expect(code).toBe(1)
  const records = out.map((line): unknown => JSON.parse(line))
  expect(records[0]).toMatchObject({ record: 'problem', severity: 'error', key: '7HkQ2mVxw0Za (App intake)' })
  expect(records.at(-1)).toMatchObject({ record: 'bundle', ok: false, keys: 1, warnings: 1 })
})

test('keys that cannot be read are no keys that are right', async () => {
  const cwd = await writeFiles(CLINIC)
  const home = await homeWith([KEY])
  await writeFile(join(home, 'control.db'), 'no database'.repeat(500))
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = { out: () => undefined, err: () => undefined, color: false, cwd, settings }
  const said = await check([], io).catch((error: unknown) => String(error))
  expect(said).toBe('Refusal: The control store (which keeps the virtual keys) cannot be read.')
})
