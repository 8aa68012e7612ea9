import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed, settingsWith } from './clinic-fixture.ts'

type Edit = readonly [from: string, to: string]

async function faults(...edits: readonly Edit[]): Promise<readonly string[]> {
  return printed(await loadClinic(settingsWith(...edits))).map((line) => line.replace('sallyport.yaml:', ''))
}

const LATER = 'Remove it: this version would not do what it asks for.'
const ISSUER = 'url: https://id.clinic.example'
const PROVIDER = 'url: https://models.clinic.example/v1'

const WRONG: readonly (readonly [name: string, edit: Edit, problems: readonly string[]])[] = [
  [
    'an unknown key',
    ['systems:', 'sytems:'],
    [
      '7:1 sytems: is not a known key | Did you mean systems?',
      '12:27 models.clinic-small.system: names a system that does not exist: "clinic" | None is defined yet.',
      '13:27 models.clinic-large.system: names a system that does not exist: "clinic" | None is defined yet.',
      'policies/models.cedar:3:81 clinicians-use-every-model: names a System that does not exist: "clinic" | None is defined yet.',
    ],
  ],
  [
    'a word of the design that is not served',
    ['context:', 'collections: {}\ncontext:'],
    [`14:1 collections: \`collections\` is not supported yet | ${LATER}`],
  ],
  ['servers', ['context:', 'servers: {}\ncontext:'], [`14:1 servers: \`servers\` is not supported yet | ${LATER}`]],
  ['people', ['context:', 'people: {}\ncontext:'], [`14:1 people: \`people\` is not supported yet | ${LATER}`]],
  [
    'a system prompt',
    ['use: [demo/small]', 'use: [demo/small], prompt: clinic'],
    [`12:54 models.clinic-small.prompt: \`prompt\` is not supported yet | ${LATER}`],
  ],
  [
    'authority: console',
    ['context:', 'authority: console\ncontext:'],
    [`14:12 authority: \`authority: console\` is not supported yet | ${LATER}`],
  ],
  [
    'another authority',
    ['context:', 'authority: me\ncontext:'],
    ['14:12 authority: must be files, but is "me" | Write `authority: files`, or remove the line.'],
  ],
  [
    'a public address with a path',
    ['ai.clinic.example', 'ai.clinic.example/x'],
    ['1:9 public: must be an origin, without a path | Write https://ai.clinic.example.'],
  ],
  [
    'a public address in the clear',
    ['https://ai.clinic.example', 'http://ai.clinic.example'],
    [
      '1:9 public: is http to another machine: anyone on the way could read and change it | Use https; http is for a gateway on this machine (127.0.0.1).',
    ],
  ],
  [
    'an issuer in the clear',
    [ISSUER, 'url: http://id.clinic.example'],
    [
      '3:18 issuers.harbor.url: is http to another machine: anyone on the way could read and change it | Use https; http is for an issuer on this machine (127.0.0.1).',
    ],
  ],
  [
    'an issuer that is no address',
    [ISSUER, 'url: id.clinic.example'],
    [
      '3:18 issuers.harbor.url: must be an address that begins with https:// | Write it in full: https://example.com/path.',
    ],
  ],
  [
    'an issuer with a query',
    [ISSUER, 'url: "https://id.clinic.example?a=b"'],
    [
      '3:18 issuers.harbor.url: must be an address without user, password, query and fragment | Remove what stands before @, or after ? or #; a secret goes into `credential`.',
    ],
  ],
  [
    'an issuer without an audience',
    [', audience: sallyport', ''],
    ['3:11 issuers.harbor: lacks `audience` | Add `audience: …`.'],
  ],
  [
    'a required key that is misspelt (one fault)',
    ['audience: sallyport', 'audiense: sallyport'],
    ['3:45 issuers.harbor.audiense: is not a known key | Did you mean audience?'],
  ],
  [
    'an empty list of audiences',
    ['audience: sallyport', 'audience: []'],
    ['3:55 issuers.harbor.audience: must name at least one of: audiences | Add one, or remove the key.'],
  ],
  [
    'an algorithm with a shared secret',
    [ISSUER, `algorithms: [HS256], ${ISSUER}`],
    [
      '3:26 issuers.harbor.algorithms[0]: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, but is "HS256" | Did you mean RS256?',
    ],
  ],
  [
    'a skew too large',
    [ISSUER, `skew: 1h, ${ISSUER}`],
    [
      '3:19 issuers.harbor.skew: must be a duration from 0s to 5m, but is "1h" | Write a whole number and ms, s, m or h: 60s.',
    ],
  ],
  [
    'applications that are never direct',
    [', as: "User::{sub}"', ', direct: false, as: "App::{sub}"'],
    [
      '3:11 issuers.harbor: is not `direct`, but names App principals | Only people stand behind an application: remove `direct`, or name them User::….',
    ],
  ],
  [
    'a word where direct is true or false',
    [ISSUER, `direct: no, ${ISSUER}`],
    ['3:21 issuers.harbor.direct: must be true or false, but is text | Write true or false, without quotes.'],
  ],
  [
    'a name without a claim',
    ['User::{sub}', 'User::all'],
    ['3:86 issuers.harbor.as: names no {claim}: everybody would be the same principal | Add {sub}.'],
  ],
  [
    'a name of an unknown type',
    ['User::{sub}', 'Usr::{sub}'],
    ['3:86 issuers.harbor.as: names an unknown type: "Usr" | Did you mean User?'],
  ],
  [
    'a name without a type',
    ['User::{sub}', '{sub}'],
    ['3:86 issuers.harbor.as: must be TYPE::TEXT with {claims}, but is "{sub}" | Write it as User::okta/{sub}.'],
  ],
  [
    'a name whose claims touch',
    ['User::{sub}', 'User::{a}{b}'],
    [
      '3:86 issuers.harbor.as: has two claims without text between them | Put a separator between them: {org}/{repository}.',
    ],
  ],
  [
    'a name with a lone brace',
    ['User::{sub}', 'User::{sub}}'],
    ['3:86 issuers.harbor.as: has a brace without its partner | Write each claim as {name}.'],
  ],
  [
    'an attribute of an unknown type',
    ['ward: ward', 'ward: { claim: ward, type: text }'],
    [
      '3:142 issuers.harbor.attributes.ward.type: must be one of string, long, boolean, strings, but is "text" | Known: string, long, boolean, strings.',
    ],
  ],
  [
    'a team of an unknown issuer',
    ['harbor:billing', 'habor:billing'],
    ['6:13 teams.billing[0]: names an issuer that does not exist: "habor" | Did you mean harbor?'],
  ],
  [
    'a team without an issuer',
    ['harbor:billing', 'billing'],
    [
      '6:13 teams.billing[0]: must be issuer:group, but is "billing" | Write the issuer of this bundle, a colon, the group.',
    ],
  ],
  [
    'a group that stands twice',
    ['[harbor:billing]', '[harbor:billing, harbor:billing]'],
    ['6:29 teams.billing[1]: stands twice in the list | Remove one of the two.'],
  ],
  [
    'a tier out of range',
    ['tier: 1', 'tier: 4'],
    [
      '8:19 systems.clinic.tier: must be a whole number from 1 to 3, but is "4" | Write a whole number from 1 to 3, in plain digits.',
    ],
  ],
  [
    'a tier in other digits',
    ['tier: 1', 'tier: 0x1'],
    [
      '8:19 systems.clinic.tier: must be a whole number from 1 to 3, but is "0x1" | Write a whole number from 1 to 3, in plain digits.',
    ],
  ],
  [
    'a tier as text',
    ['tier: 1', 'tier: "1"'],
    ['8:19 systems.clinic.tier: must be a whole number from 1 to 3, but is text | Write a whole number from 1 to 3.'],
  ],
  [
    'an owner that is a number',
    ['owner: platform@clinic.example', 'owner: 7'],
    [
      '8:29 systems.clinic.owner: must be who answers for it, such as an address, but is a number | Put it in quotes if it is meant as text.',
    ],
  ],
  [
    'an unknown kind',
    ['openai-compatible', 'opena'],
    [
      '10:17 providers.demo.kind: must be one of openai, openai-compatible, anthropic, but is "opena" | Did you mean openai?',
    ],
  ],
  [
    'a kind that is not served',
    ['openai-compatible', 'bedrock'],
    [`10:17 providers.demo.kind: kind bedrock is not supported yet | ${LATER}`],
  ],
  [
    'a provider without an address',
    [`${PROVIDER}, `, ''],
    ['10:9 providers.demo: lacks `url` | Add the address that ends before /chat/completions: url: https://host/v1.'],
  ],
  [
    'a provider in the clear',
    [PROVIDER, 'url: http://models.clinic.example/v1'],
    [
      '10:41 providers.demo.url: is http to another machine: anyone on the way could read and change it | Use https, or say `private: true` if the provider stands in a network of your own.',
    ],
  ],
  [
    'a wrong timeout',
    [PROVIDER, `timeouts: { idle: 60 }, ${PROVIDER}`],
    [
      '10:54 providers.demo.timeouts.idle: must be a duration from 100ms to 1h, but is "60" | Write a whole number and ms, s, m or h: 60s.',
    ],
  ],
  [
    'a target of an unknown provider',
    ['demo/small', 'dmeo/small'],
    ['12:41 models.clinic-small.use[0]: names a provider that does not exist: "dmeo" | Did you mean demo?'],
  ],
  [
    'a target without a provider',
    ['demo/small', 'small'],
    [
      '12:41 models.clinic-small.use[0]: must be provider/model, but is "small" | Write a provider of this bundle, a slash, its model.',
    ],
  ],
  [
    'a header that carries a credential',
    ['x-purpose', 'authorization'],
    [
      '15:13 context.headers[0]: authorization carries a credential, which policy never sees | Remove it; who calls is in `principal`.',
    ],
  ],
  [
    'a header in capitals',
    ['x-purpose', 'X-Purpose'],
    [
      '15:13 context.headers[0]: is not the name of a header in lower case: "X-Purpose" | Write it in lower case: x-purpose.',
    ],
  ],
  [
    'a body without a unit',
    ['context:', 'body: { max: 64 }\ncontext:'],
    [
      '14:14 body.max: must be a size from 1KiB to 1GiB, but is "64" | Write a whole number and KiB, MiB or GiB: 64MiB.',
    ],
  ],
  [
    'a body too deep',
    ['context:', 'body: { depth: 9999 }\ncontext:'],
    [
      '14:16 body.depth: must be a whole number from 8 to 512, but is "9999" | Write a whole number from 8 to 512, in plain digits.',
    ],
  ],
]

for (const [name, edit, problems] of WRONG) {
  test(`${name} is refused, with place and fix`, async () => {
    expect(await faults(edit)).toEqual([...problems])
  })
}

const TWO = `  harbor: { url: https://id.clinic.example, audience: sallyport, groups: groups, as: "User::{sub}", attributes: { ward: ward } }`

test('two issuers that could name the same principal are refused', async () => {
  expect(
    await faults([
      TWO,
      `  a: { url: https://a.example, audience: s }\n  harbor: { url: https://b.example, audience: s, as: "User::a/x/{email}" }`,
    ]),
  ).toEqual([
    '4:11 issuers.harbor: could name the same principal as issuer a: User::a/x/{email} and User::a/{sub} | Let the text before the first {claim} differ: as: "User::NAME/{sub}".',
  ])
})

test('two issuers of different names, or for different types, are two', async () => {
  const issuers = `  harbor: { url: https://a.example, audience: s }\n  ci: { url: https://b.example, audience: [s, t], as: "App::harbor/{repository}" }`
  expect(await faults([TWO, issuers])).toEqual([])
})

test('two issuers with one address, or with one attribute of two types, are refused', async () => {
  const one = 'harbor: { url: https://a.example, audience: s, attributes: { ward: ward } }'
  const two = 'b: { url: https://a.example, audience: s, attributes: { ward: { claim: ward, type: long } } }'
  expect(await faults([TWO, `  ${one}\n  ${two}`])).toEqual([
    '4:6 issuers.b: has the same url as issuer harbor | Keep one of the two; its `audience` may be a list.',
    '4:6 issuers.b: makes the attribute ward a long, issuer harbor a string | Give it the same type, or two names.',
  ])
})

test('http is for this machine, or for a provider that is private by its own word', async () => {
  expect(await faults([PROVIDER, 'url: http://127.0.0.1:8410/v1/'])).toEqual([])
  const loading = await loadClinic(settingsWith([PROVIDER, 'private: true, url: http://ollama.internal:11434/v1/']))
  expect(loading.ok && loading.bundle.config.providers.get('demo')?.url).toBe('http://ollama.internal:11434/v1')
})

test('an openai provider needs no address, but a credential', async () => {
  const kind = 'kind: openai-compatible, url: https://models.clinic.example/v1'
  const loading = await loadClinic(settingsWith([kind, 'kind: openai']))
  expect(loading.ok && loading.bundle.config.providers.get('demo')?.url).toBe('https://api.openai.com/v1')
  expect(await faults([`${kind}, credential: file:secrets/demo`, 'kind: openai'])).toContain(
    '10:9 providers.demo: lacks `credential` | Add `credential: file:PATH` with the API key in that file.',
  )
})

test('all that an issuer may say is read', async () => {
  const said = 'algorithms: [ES256], types: [at+jwt], skew: 30s, max-age: 8h, '
  const loading = await loadClinic(settingsWith([ISSUER, `${said}${ISSUER}`]))
  expect(loading.ok && loading.bundle.config.issuers.get('harbor')).toMatchObject({
    algorithms: ['ES256'],
    types: ['at+jwt'],
    skewSeconds: 30,
    maxAgeSeconds: 28_800,
  })
})

test('body fields are accepted by a model only if each of its providers accepts them', async () => {
  const second = `  other: { kind: openai-compatible, url: https://o.example/v1, accept: [a, b] }\nmodels:`
  const loading = await loadClinic(
    settingsWith([PROVIDER, `accept: [b, c], ${PROVIDER}`], ['models:', second], ['demo/small', 'demo/small, other/x']),
  )
  expect(loading.ok && [...(loading.bundle.config.models.get('clinic-small')?.accept ?? [])]).toEqual(['b'])
  expect(loading.ok && [...(loading.bundle.config.models.get('clinic-large')?.accept ?? [])]).toEqual(['b', 'c'])
})

test('a size and a depth are read', async () => {
  const text = `${CLINIC['sallyport.yaml']}body: { max: 8MiB, depth: 32 }\nauthority: files\n`
  const loading = await loadClinic({ 'sallyport.yaml': text })
  expect(loading.ok && loading.bundle.config.body).toEqual({ max: 8_388_608, depth: 32 })
})
