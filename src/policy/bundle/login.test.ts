import { expect, test } from 'bun:test'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

const ISSUER = 'attributes: { ward: ward }'
const withLogin = (login: string, ...edits: readonly (readonly [string, string])[]) => ({
  ...settingsWith([ISSUER, `${ISSUER}, login: ${login}`], ...edits),
  'secrets/login': 'not-a-real-secret',
})

const faults = async (login: string, ...edits: readonly (readonly [string, string])[]): Promise<readonly string[]> =>
  printed(await loadClinic(withLogin(login, ...edits))).map((line) => line.replace('sallyport.yaml:', ''))

test('a login is read: the gate’s client id there, its secret by reference, its scopes', async () => {
  const { config } = await soundClinic(
    withLogin('{ client: sallyport, secret: file:secrets/login, scopes: [openid, groups] }'),
  )
  const login = config.issuers.get('harbor')?.login
  expect(login).toEqual({
    client: 'sallyport',
    secret: { from: 'file', path: expect.stringMatching(/^\/.+\/secrets\/login$/) },
    scopes: ['openid', 'groups'],
  })
})

test('without a secret the gate is a public client, and openid is all it asks for', async () => {
  const { config } = await soundClinic({ ...withLogin('{ client: sallyport }'), 'secrets/login': undefined })
  expect(config.issuers.get('harbor')?.login).toEqual({ client: 'sallyport', scopes: ['openid'] })
})

const CLEAR = 'hunter2-hunter2-hunter2-0001'

test.each([
  ['{ secret: file:secrets/login }', 'lacks `client` | Add `client: …`.'],
  [
    '{ client: a, secret: file:secrets/login, scopes: [groups] }',
    'lacks openid: without it no token says who logged in | Add openid.',
  ],
  [
    '{ client: a, secret: file:secrets/login, scopes: ["openid groups"] }',
    'is not a scope: "openid groups" | Write each as an item of its own: [openid, groups].',
  ],
  ['{ client: a, secret: file:secrets/login, scope: [openid] }', 'is not a known key | Did you mean scopes?'],
  [`{ client: a, secret: "${CLEAR}" }`, 'must be a reference: file:PATH, vault:PATH#KEY or env:NAME'],
])('the login %s is refused', async (login, message) => {
  const found = (await faults(login)).join('\n')
  expect(found).toContain(message)
  expect(found).not.toContain(CLEAR)
})

test('only people log in', async () => {
  expect((await faults('{ client: a, secret: file:secrets/login }', ['User::{sub}', 'App::{sub}']))[0]).toBe(
    '3:11 issuers.harbor: has `login`, but names App principals | Only people log in: remove it, or name them User::….',
  )
})

test('a secret in a vault needs one, and one in the environment is for tier 1 only', async () => {
  const bare = { 'secrets/login': undefined }
  expect(
    printed(await loadClinic({ ...withLogin('{ client: a, secret: "vault:kv/login#secret" }'), ...bare })),
  ).toEqual([
    'sallyport.yaml:1:1 : lacks `vault`, which the login of issuer harbor refers to | Add `vault: { url: https://vault.example.com:8200, token: file:PATH }`.',
  ])
  const environment = withLogin('{ client: a, secret: env:LOGIN }', ['tier: 1', 'tier: 2'])
  expect(printed(await loadClinic({ ...environment, ...bare }))).toEqual([
    'sallyport.yaml:3:3 issuers: has a secret of the login of issuer harbor that is env:, beside system clinic of tier 2 | Write it as file:PATH; env: is for tier 1 only.',
  ])
})
