import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority } from '../../../test/doubles/certificates.ts'
import { CLINIC, loadClinic, printed, settingsWith, soundClinic, writeFiles } from './clinic-fixture.ts'
import { loadBundle } from './load-bundle.ts'

const REFERENCE = 'vault:kv/billing#token'

/** A bundle whose provider has its credential in this vault. */
const withVault = (vault: string, reference = REFERENCE): Readonly<Record<string, string | undefined>> => ({
  ...settingsWith(['file:secrets/demo', reference], ['context:', `vault: ${vault}\ncontext:`]),
  'secrets/demo': undefined,
})
const vaultOf = async (vault: string) => (await soundClinic(withVault(vault))).config.vault
const problems = async (vault: string, reference?: string): Promise<readonly string[]> =>
  printed(await loadClinic(withVault(vault, reference))).map((line) => line.replace('sallyport.yaml:', ''))

/** Looks like a secret, so that no problem shows it. */
let home = ''
let token = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-Zx81kfQw99aLmPq7-'))
  token = join(home, 'token')
  await writeFile(token, 'a-token', { mode: 0o600 })
  await writeFile(join(home, 'ca.pem'), (await makeAuthority()).certificate)
  await writeFile(join(home, 'empty'), '', { mode: 0o600 })
})
afterAll(() => rm(home, { recursive: true, force: true }))

const URL_PART = 'url: "https://vault.clinic.example:8200"'

describe('a vault', () => {
  test('is an address and a token in a file, beside what is optional', async () => {
    expect(await vaultOf(`{ ${URL_PART}, token: "file:${token}" }`)).toEqual({
      url: 'https://vault.clinic.example:8200',
      auth: { by: 'token', path: token },
      private: false,
    })
    const more = `url: "http://vault.internal:8200/prefix/", private: true, namespace: team/a, ca: "file:${home}/ca.pem"`
    const found = await vaultOf(`{ ${more}, token: "file:${token}" }`)
    expect(found).toMatchObject({ url: 'http://vault.internal:8200/prefix', namespace: 'team/a', private: true })
    expect(found?.ca).toStartWith('-----BEGIN CERTIFICATE-----')
  })

  test('is logged in to with a JWT', async () => {
    expect(
      await vaultOf(`{ ${URL_PART}, login: { mount: kubernetes/west, role: gate, jwt: "file:${token}" } }`),
    ).toEqual({
      url: 'https://vault.clinic.example:8200',
      auth: { by: 'jwt', mount: 'kubernetes/west', role: 'gate', path: token },
      private: false,
    })
  })

  test('stands in the bundle with the path that the provider refers to', async () => {
    const { config } = await soundClinic(withVault(`{ ${URL_PART}, token: "file:${token}" }`))
    expect(config.providers.get('demo')?.credential).toEqual({
      from: 'vault',
      path: 'kv/billing',
      key: 'token',
      at: { url: 'https://vault.clinic.example:8200', auth: { by: 'token', path: token }, private: false },
    })
  })

  test('whose token others on the machine may read is warned of', async () => {
    const files = withVault(`{ ${URL_PART}, token: "file:secrets/vault" }`)
    const directory = await writeFiles({ ...CLINIC, ...files, 'secrets/vault': 'a-token' })
    await chmod(join(directory, 'secrets/vault'), 0o644)
    expect(printed(await loadBundle(directory))).toEqual([
      '! sallyport.yaml:14:59 vault.token: refers to a file that others on this machine may open: secrets/vault | Run: chmod 600 secrets/vault',
    ])
  })
})

const WRONG: readonly (readonly [name: string, vault: (home: string) => string, problems: readonly string[]])[] = [
  [
    'without a way in',
    () => `{ ${URL_PART} }`,
    [
      '14:8 vault: must have one of `token` and `login` | Write `token: file:PATH`, or `login: { mount: kubernetes, role: ROLE, jwt: file:PATH }`.',
    ],
  ],
  [
    'with two ways in',
    (at) => `{ ${URL_PART}, token: "file:${at}/token", login: { mount: jwt, role: r, jwt: "file:${at}/token" } }`,
    [
      '14:8 vault: must have one of `token` and `login` | Write `token: file:PATH`, or `login: { mount: kubernetes, role: ROLE, jwt: file:PATH }`.',
    ],
  ],
  [
    'in the clear',
    (at) => `{ url: "http://vault.clinic.example", token: "file:${at}/token" }`,
    [
      '14:15 vault.url: is http to another machine: anyone on the way could read and change it | Use https, or say `private: true` if it stands in a network of your own.',
    ],
  ],
  [
    'with a token in the bundle',
    () => `{ ${URL_PART}, token: hvs.Zx81kfQw99aLmPq7Zx81kfQw99aLmPq7 }`,
    ['14:59 vault.token: must be file:PATH | Put it into a file and write `file:PATH`.'],
  ],
  [
    'with a token from elsewhere than a file',
    () => `{ ${URL_PART}, token: "env:VAULT_TOKEN" }`,
    ['14:59 vault.token: must be file:PATH | Put it into a file and write `file:PATH`.'],
  ],
  [
    'with an empty token',
    (at) => `{ ${URL_PART}, token: "file:${at}/empty" }`,
    ['14:59 vault.token: refers to an empty file: the file | Write the secret into it.'],
  ],
  [
    'whose namespace leads elsewhere',
    (at) => `{ ${URL_PART}, namespace: "../root", token: "file:${at}/token" }`,
    ['14:63 vault.namespace: must be a namespace | Use letters, digits, dash and underscore, with slashes between.'],
  ],
  [
    'whose login leads elsewhere',
    (at) => `{ ${URL_PART}, login: { mount: "jwt/../token", role: gate, jwt: "file:${at}/token" } }`,
    [
      '14:68 vault.login.mount: must be the mount of an auth method, such as kubernetes | Use letters, digits, dash and underscore, with slashes between.',
    ],
  ],
  [
    'whose authority is no certificate',
    (at) => `{ ${URL_PART}, ca: "file:${at}/token", token: "file:${at}/token" }`,
    [
      "14:56 vault.ca: refers to a file without certificates, or with one that cannot be read | Put the authority's certificate into it, in the text form that is called PEM.",
    ],
  ],
  [
    'with a key that nobody knows',
    (at) => `{ ${URL_PART}, tokn: "file:${at}/token", token: "file:${at}/token" }`,
    ['14:52 vault.tokn: is not a known key | Did you mean token?'],
  ],
]

test.each(WRONG)('a vault %s is refused', async (_, vault, expected) => {
  const found = await problems(vault(home))
  expect(found).toEqual([...expected])
  expect(found.join()).not.toContain('Zx81kfQw99')
})

const PLACE = 'providers.demo.credential: must name a secret of a KV v2 engine: vault:MOUNT/PATH#KEY'

test.each([
  'vault:kv#token',
  'vault:kv/billing',
  'vault:kv/billing#',
  'vault:/kv/billing#token',
  'vault:kv//billing#token',
  'vault:kv/../sys/raw#token',
  'vault:kv/./billing#token',
  'vault:kv/bill%69ng#token',
  'vault:kv/billing?version=1#token',
  'vault:kv/billing#token#more',
  'vault:kv/bil ling#token',
  `vault:${'a/'.repeat(20)}b#token`,
])('%s is no place in a vault', async (reference) => {
  const found = await problems(`{ ${URL_PART}, token: "file:${token}" }`, `"${reference}"`)
  expect(found.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    `${PLACE} | Write it as vault:kv/billing#token: letters, digits, dot, dash and underscore.`,
  ])
})

test('dots, dashes and underscores may stand in a path and in a key', async () => {
  const reference = 'vault:kv-2/team_a/..x/v1.2#api.key-1'
  const { config } = await soundClinic(withVault(`{ ${URL_PART}, token: "file:${token}" }`, `"${reference}"`))
  expect(config.providers.get('demo')?.credential).toMatchObject({
    from: 'vault',
    path: 'kv-2/team_a/..x/v1.2',
    key: 'api.key-1',
  })
})
