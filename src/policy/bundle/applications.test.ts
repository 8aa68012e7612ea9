import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { CLINIC, loadClinic, printed, soundClinic } from './clinic-fixture.ts'

const pair = generateKeyPairSync('ed25519')
const PUBLIC = pair.publicKey.export({ format: 'jwk' })
const JWKS = JSON.stringify({ keys: [PUBLIC] })
const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })

const LOGIN = 'login: { client: sallyport, secret: file:secrets/login, scopes: [openid, groups] }'
const APPLICATION =
  'team: billing, environment: production, use: reads letters, keys: file:keys/letters.json, models: [clinic-small]'

const ci = '  ci: { url: https://ci.example, audience: sallyport, as: "App::ci/{repository}" }'

const files = (text: string, more: Readonly<Record<string, string | undefined>> = {}) => ({
  'sallyport.yaml': `${CLINIC['sallyport.yaml']}applications:\n${text}`.replace('teams:', `${ci}\nteams:`),
  'keys/letters.json': JWKS,
  'secrets/login': 'not-a-real-secret',
  ...more,
})

async function faults(text: string, more?: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  return printed(await loadClinic(files(text, more))).map((line) => line.replace('sallyport.yaml:', ''))
}

test('an application with its own key is read, with what is usual where it says nothing', async () => {
  const { config } = await soundClinic(files(`  letters: { ${APPLICATION} }\n`))
  const { keys, ...rest } = config.applications.get('letters') ?? {}
  expect(keys).toMatch(/^\/.+\/keys\/letters\.json$/)
  expect(rest).toEqual({
    name: 'letters',
    team: 'billing',
    environment: 'production',
    use: 'reads letters',
    redirects: [],
    users: [],
    models: ['clinic-small'],
    actions: ['infer'],
    networks: [],
  })
})

test('one that its platform vouches for is read, with all that it may say', async () => {
  const text = `  letters:
    environment: staging
    use: reads letters
    workload: { issuer: ci, subject: "system:serviceaccount:letters:reader" }
    users: [harbor]
    redirect: ["https://letters.example/callback", "http://127.0.0.1:8080/callback"]
    models: [clinic-small, clinic-large]
    actions: [infer, store]
    networks: [10.2.0.0/16, "fd00:1::/32"]
`
  const parts = files(text, { 'keys/letters.json': undefined })
  const settings = parts['sallyport.yaml'].replace('attributes: { ward: ward }', `attributes: { ward: ward }, ${LOGIN}`)
  const { config } = await soundClinic({ ...parts, 'sallyport.yaml': settings })
  expect(config.applications.get('letters')).toEqual({
    name: 'letters',
    environment: 'staging',
    use: 'reads letters',
    workload: { issuer: 'ci', subject: 'system:serviceaccount:letters:reader' },
    redirects: ['https://letters.example/callback', 'http://127.0.0.1:8080/callback'],
    users: ['harbor'],
    models: ['clinic-small', 'clinic-large'],
    actions: ['infer', 'store'],
    networks: ['10.2.0.0/16', 'fd00:1::/32'],
  })
})

test('policies may name an application, and nobody else whom no issuer names', async () => {
  const policy = (name: string) => ({
    'policies/app.cedar': `@id("app")\npermit (principal == App::"${name}", action == Action::"infer", resource == Model::"clinic-small");\n`,
  })
  expect(await faults(`  letters: { ${APPLICATION} }\n`, policy('letters'))).toEqual([])
  expect(await faults(`  letters: { ${APPLICATION} }\n`, policy('leters'))).toEqual([
    '! policies/app.cedar:2:22 app: names App::"leters", whom no issuer could name: it can never match | Did you mean App::"letters"? Principals here are named User::…, App::ci/…, App::letters.',
  ])
})

test('where no application has such a name, those that there are are told, as many as fit a line', async () => {
  const policy = {
    'policies/app.cedar':
      '@id("app")\npermit (principal == App::"zebra", action == Action::"infer", resource == Model::"clinic-small");\n',
  }
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => `  ${name}1: { ${APPLICATION} }\n`).join('')
  expect(await faults(many, policy)).toEqual([
    '! policies/app.cedar:2:22 app: names App::"zebra", whom no issuer could name: it can never match | Principals here are named User::…, App::ci/…, App::a1, App::b1, App::c1, App::d1, ….',
  ])
})

const KEYED = 'environment: e, use: u, models: [clinic-small]'

const WRONG: readonly (readonly [name: string, entry: string, line: string])[] = [
  [
    'no proof',
    KEYED,
    '19:12 applications.letters: must have one of `keys` and `workload`: how it proves itself | Write `keys: file:PATH`, or `workload: { issuer: NAME, subject: TEXT }`.',
  ],
  [
    'two proofs',
    `${APPLICATION}, workload: { issuer: ci, subject: s }`,
    '19:12 applications.letters: must have one of `keys` and `workload`: how it proves itself | Write `keys: file:PATH`, or `workload: { issuer: NAME, subject: TEXT }`.',
  ],
  [
    'an unknown key',
    `${APPLICATION}, network: [10.0.0.0/8]`,
    '19:128 applications.letters.network: is not a known key | Did you mean networks?',
  ],
  [
    'a team that is none',
    `${KEYED}, keys: file:keys/letters.json, team: biling`,
    '19:98 applications.letters.team: names a team that does not exist: "biling" | Did you mean billing?',
  ],
  [
    'a model that is none',
    'environment: e, use: u, keys: file:keys/letters.json, models: [clinic-smal]',
    '19:77 applications.letters.models[0]: names a model that does not exist: "clinic-smal" | Did you mean clinic-small?',
  ],
  [
    'an action that is none',
    `${KEYED}, keys: file:keys/letters.json, actions: [infr]`,
    '19:102 applications.letters.actions[0]: must be one of infer, embed, fetch-url, use-file, search-files, store, use-stored, use-prompt, web-search, run-code, use-mcp, use-hosted-tool, background, but is "infr" | Did you mean infer?',
  ],
  [
    'people of an issuer that names none',
    `${KEYED}, keys: file:keys/letters.json, users: [ci]`,
    '19:100 applications.letters.users[0]: is an issuer of no people: it names App::ci/{repository} | Name an issuer whose principals are User::….',
  ],
  [
    'a network that is nearly everywhere',
    `${KEYED}, keys: file:keys/letters.json, networks: [0.0.0.0/0]`,
    '19:103 applications.letters.networks[0]: is wider than /8: "0.0.0.0/0" | Name the network that the application is in.',
  ],
  [
    'a redirect to where nobody can log in',
    `${KEYED}, keys: file:keys/letters.json, users: [harbor], redirect: ["https://a.example/"]`,
    '19:119 applications.letters.redirect: can never be used: people of none of its `users` can log in | Name an issuer with `login` in `users`, or remove it.',
  ],
  [
    'a workload of an issuer that is none',
    `${KEYED}, workload: { issuer: c, subject: s }`,
    '19:82 applications.letters.workload.issuer: names an issuer that does not exist: "c" | Did you mean ci?',
  ],
]

for (const [name, entry, line] of WRONG) {
  test(`${name} is refused, with place and fix`, async () => {
    expect(await faults(`  letters: { ${entry} }\n`)).toContain(line)
  })
}

test.each([
  ['https://*.example/callback', 'names many addresses'],
  ['http://app.example/callback', 'is http to another machine'],
  ['http://127.0.0.2/callback', 'is on this machine, but under a name of its own'],
  ['https://app.example/callback#there', 'must be an address without user, password, query and fragment'],
  ['com.example.app:/callback', 'must be an address that begins with https://'],
])('the redirect %s is refused', async (redirect, message) => {
  const found = await faults(`  letters: { ${APPLICATION}, users: [harbor], redirect: ["${redirect}"] }\n`)
  expect(found.join('\n')).toContain(`applications.letters.redirect[0]: ${message}`)
})

const PLACE = '19:68 applications.letters.keys: refers to '
const { x } = PUBLIC

const SETS: readonly (readonly [name: string, content: string | undefined, told: string])[] = [
  ['that is not there', undefined, 'a file that does not exist'],
  ['that is no JSON', '{', 'a file that is no JWK set'],
  ['that says a key twice', `{"keys":[],"keys":[${JSON.stringify(PUBLIC)}]}`, 'a file that is no JWK set'],
  ['that is one key', JSON.stringify(PUBLIC), 'a file that is no JWK set'],
  ['without keys', '{"keys":[]}', 'a file with 0 keys, of 1 to 20'],
  [
    'with a private key',
    JSON.stringify({ keys: [pair.privateKey.export({ format: 'jwk' })] }),
    'a file with a private key',
  ],
  ['with a shared secret', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', 'a file with a private key'],
  ['with a short RSA key', JSON.stringify({ keys: [short] }), 'a file with an RSA key that is too short'],
  [
    'with a key of another kind',
    '{"keys":[{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}]}',
    'a file with a key of a kind that is not taken',
  ],
  [
    'with a key of a curve whose signatures are not taken',
    JSON.stringify({ keys: [generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ format: 'jwk' })] }),
    'a file with a key of a kind that is not taken',
  ],
  [
    'with a point off its curve',
    '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}',
    'a file with a key that cannot be read',
  ],
  [
    'with a key for encryption',
    JSON.stringify({ keys: [{ ...PUBLIC, use: 'enc' }] }),
    'a file with a key that is not for signatures',
  ],
  [
    'with two keys of one name',
    JSON.stringify({
      keys: [
        { ...PUBLIC, kid: 'a' },
        { kty: 'OKP', crv: 'Ed25519', x, kid: 'a' },
      ],
    }),
    'a file in which not every key has a `kid` of its own',
  ],
]

for (const [name, content, told] of SETS) {
  test(`a key set ${name} is refused`, async () => {
    const found = await faults(`  letters: { ${KEYED}, keys: keys/letters.json }\n`, {
      'keys/letters.json': content,
      ...(content === undefined && { 'keys/other.md': '' }),
    })
    expect(found.filter((line) => line.startsWith('19:')).map((line) => line.split(' | ')[0])).toEqual([
      `${PLACE}${told}: keys/letters.json`,
    ])
  })
}

test('an application that an issuer could name, too, is refused', async () => {
  const named = files(`  letters: { ${APPLICATION} }\n`)
  const settings = named['sallyport.yaml'].replace('App::ci/{repository}', 'App::{sub}')
  const found = printed(await loadClinic({ ...named, 'sallyport.yaml': settings }))
  expect(found).toEqual([
    'sallyport.yaml:19:3 applications.letters: could be named by issuer ci, too: App::{sub} | Let names of issuer ci begin with a text of their own: as: "App::ci/{sub}".',
  ])
})

test('two applications of one workload are refused', async () => {
  const workload = 'environment: e, use: u, workload: { issuer: ci, subject: s }, models: [clinic-small]'
  expect(await faults(`  a: { ${workload} }\n  b: { ${workload} }\n`)).toContain(
    '20:6 applications.b: has the workload of application a | Keep one of the two.',
  )
})
