import { beforeAll, expect, test } from 'bun:test'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VaultSettings } from '#access/provider.ts'
import { around, type Page, pagesOf, told } from './pages.fixture.ts'
import { openVault } from './vault.ts'

const URL_HERE = 'https://vault.example:8200'
const TOKEN = 'hvs.0123456789abcdef'
const OPEN: Page = { body: { initialized: true, sealed: false } }
const SELF = `${URL_HERE}/v1/auth/token/lookup-self`
const SEAL = `${URL_HERE}/v1/sys/seal-status`

let path: string
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'sallyport-doctor-')), 'token')
  await writeFile(path, `${TOKEN}\n`, { mode: 0o600 })
})

async function open(pages: Readonly<Record<string, Page>>, more: Partial<VaultSettings> = {}) {
  const { look, asked } = pagesOf(pages)
  const settings = { url: URL_HERE, auth: { by: 'token', path }, private: false, ...more } as const
  const door = await openVault(settings, around(look))
  expect(JSON.stringify(door.findings)).not.toContain(TOKEN)
  return { ...door, asked }
}

const token = (ttl: number, renewable = false): Page => ({ body: { data: { ttl, renewable } } })

test('a vault that is open and takes the token says for how long', async () => {
  const { findings, asked } = await open({ [SEAL]: OPEN, [SELF]: token(90_000) }, { namespace: 'team' })
  expect(told(findings)).toEqual([
    'ok vault vault.example:8200: reachable, not sealed',
    'ok vault vault.example:8200: takes the token; 25 h left',
  ])
  expect(asked).toEqual([
    { url: SEAL, headers: { 'x-vault-request': 'true' } },
    { url: SELF, headers: { 'x-vault-request': 'true', 'x-vault-token': TOKEN, 'x-vault-namespace': 'team' } },
  ])
})

test('a token that ends soon is a warning, unless it can be renewed; one without end is right', async () => {
  const at = async (page: Page) => told((await open({ [SEAL]: OPEN, [SELF]: page })).findings)[1]
  expect(await at(token(600))).toBe('warn vault vault.example:8200: takes the token; 10 min left')
  expect(await at(token(600, true))).toBe('ok vault vault.example:8200: takes the token; 10 min left, renewable')
  expect(await at(token(0))).toBe('ok vault vault.example:8200: takes the token, which never ends')
})

test.each([
  [{ body: { initialized: true, sealed: true } }, 'is sealed: no secret can be read'],
  [{ body: { initialized: false, sealed: true } }, 'is not initialised'],
  [{ body: 'hello' }, 'answers 200, and not as a vault does'],
  [{ ok: false, trouble: 'time', said: 'does not answer within 5 s' }, 'does not answer within 5 s'],
] as const)('a vault that cannot be asked is wrong, and is shown no token: %j', async (page, said) => {
  const { findings, asked, read } = await open({ [SEAL]: page })
  expect(told(findings)).toEqual([`wrong vault vault.example:8200: ${said}`])
  expect(asked.length).toBe(1)
  expect(await read({ from: 'vault', path: 'kv/openai', key: 'token' })).toMatchObject({ ok: false, known: false })
})

test('a token that it does not take is wrong, and so is a file without one', async () => {
  expect(told((await open({ [SEAL]: OPEN, [SELF]: { status: 403 } })).findings)[1]).toBe(
    'wrong vault vault.example:8200: does not take the token: it is wrong, or has ended',
  )
  const none = { by: 'token', path: `${path}-missing` } as const
  expect(told((await open({ [SEAL]: OPEN }, { auth: none })).findings)[1]).toBe(
    `wrong vault vault.example:8200: its token: ${path}-missing is empty or cannot be read`,
  )
})

test('where the gate would log in, nobody logs in, and no token is made', async () => {
  const auth = { by: 'jwt', mount: 'kubernetes', role: 'gate', path } as const
  const { findings, asked } = await open({ [SEAL]: OPEN }, { auth })
  expect(told(findings)[1]).toBe(
    'not-known vault vault.example:8200: whether it lets role gate in: the doctor does not log in, which would make a token',
  )
  expect(asked.map(({ url }) => url)).toEqual([SEAL])
})

test('a secret is read from its place, and what is missing is told by its reference', async () => {
  const pages = {
    [SEAL]: OPEN,
    [SELF]: token(0),
    [`${URL_HERE}/v1/kv/data/team/openai`]: { body: { data: { data: { token: 'sk-secret' } } } },
    [`${URL_HERE}/v1/kv/data/closed`]: { status: 403 },
  }
  const { read } = await open(pages)
  expect(await read({ from: 'vault', path: 'kv/team/openai', key: 'token' })).toEqual({ ok: true, secret: 'sk-secret' })
  const said = async (at: string, key: string) => {
    const found = await read({ from: 'vault', path: at, key })
    return found.ok ? 'found' : found.said
  }
  expect(await said('kv/team/openai', 'tokn')).toBe('vault:kv/team/openai#tokn has no such key')
  expect(await said('kv/closed', 'token')).toBe('vault:kv/closed#token may not be read with this token')
  expect(await said('kv/none', 'token')).toBe('vault:kv/none#token does not exist')
})
