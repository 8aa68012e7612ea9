import { expect, test } from 'bun:test'
import { makeAuthority } from '../../../test/doubles/certificates.ts'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'
import { readProviders } from './providers.ts'
import { readYaml } from './yaml.ts'

type Edit = readonly [from: string, to: string]

const KIND = 'kind: openai-compatible, url: https://models.clinic.example/v1'
const CREDENTIAL = ', credential: file:secrets/demo'

const providerWith = async (...edits: readonly Edit[]) =>
  (await soundClinic(settingsWith(...edits))).config.providers.get('demo')

const faults = async (...edits: readonly Edit[]): Promise<readonly string[]> =>
  printed(await loadClinic(settingsWith(...edits))).map((line) => line.replace('sallyport.yaml:', ''))

test('an anthropic provider needs no address, but then a credential', async () => {
  expect(await providerWith([KIND, 'kind: anthropic'])).toMatchObject({
    kind: 'anthropic',
    url: 'https://api.anthropic.com/v1',
  })
  expect(await faults([`${KIND}${CREDENTIAL}`, 'kind: anthropic'])).toContain(
    '10:9 providers.demo: lacks `credential` | Add `credential: file:PATH` with the API key in that file.',
  )
})

test('who serves Anthropic’s protocol elsewhere may ask for no credential', async () => {
  const local = settingsWith([`${KIND}${CREDENTIAL}`, 'kind: anthropic, url: http://127.0.0.1:11434/v1/'])
  const { config } = await soundClinic({ ...local, 'secrets/demo': undefined })
  expect(config.providers.get('demo')).toMatchObject({ kind: 'anthropic', url: 'http://127.0.0.1:11434/v1' })
  expect(config.providers.get('demo')?.credential).toBeUndefined()
})

const SECOND: Edit = [
  'models:',
  `  claude: { kind: anthropic, url: https://models.clinic.example/v1, credential: file:secrets/demo }\nmodels:`,
]

test('a server that speaks both protocols is two providers of one address', async () => {
  const { config } = await soundClinic(
    settingsWith(SECOND, ['context:', '  clinic-claude: { system: clinic, use: [claude/c] }\ncontext:']),
  )
  expect([...config.providers.values()].map(({ name, kind, url }) => [name, kind, url])).toEqual([
    ['demo', 'openai-compatible', 'https://models.clinic.example/v1'],
    ['claude', 'anthropic', 'https://models.clinic.example/v1'],
  ])
  expect([...config.models.values()].map(({ name, speaks }) => [name, speaks])).toEqual([
    ['clinic-small', 'openai'],
    ['clinic-large', 'openai'],
    ['clinic-claude', 'anthropic'],
  ])
})

test('a model whose targets speak different protocols is refused, and both are named', async () => {
  expect(await faults(SECOND, ['demo/small', 'demo/small, claude/c, demo/large'])).toEqual([
    '13:40 models.clinic-small.use: mixes protocols: demo speaks openai, claude speaks anthropic | Make a model of its own for each protocol.',
  ])
})

test('targets of OpenAI and of what is like it speak the same', async () => {
  const second = 'models:'
  const openai = `  openai: { kind: openai, credential: file:secrets/demo }\nmodels:`
  expect(await faults([second, openai], ['demo/small', 'demo/small, openai/gpt'])).toEqual([])
})

test('a provider is told of traces only where the bundle says so', async () => {
  expect((await providerWith([KIND, `trace: true, ${KIND}`]))?.trace).toBe(true)
  expect((await providerWith([KIND, `trace: false, ${KIND}`]))?.trace).toBeUndefined()
  expect((await providerWith([KIND, KIND]))?.trace).toBeUndefined()
  expect(await faults([KIND, `trace: sometimes, ${KIND}`])).toHaveLength(1)
})

test('what a provider holds for everybody is listed by id', async () => {
  expect((await providerWith())?.shared).toEqual(new Set())
  const shared = 'shared: [vs_68a1b2, file-Abc.1:x, pmpt_7]'
  expect((await providerWith([KIND, `${shared}, ${KIND}`]))?.shared).toEqual(
    new Set(['vs_68a1b2', 'file-Abc.1:x', 'pmpt_7']),
  )
  const longest = 'a'.repeat(200)
  expect((await providerWith([KIND, `shared: [${longest}], ${KIND}`]))?.shared).toEqual(new Set([longest]))
})

const WRONG: readonly (readonly [name: string, shared: string, problem: string])[] = [
  [
    'an id with a slash',
    '[vs/1]',
    '10:20 providers.demo.shared[0]: is not the id of something that a provider holds: "vs/1" | Copy it as the provider shows it, such as vs_68a1.',
  ],
  [
    'every id at once',
    '["*"]',
    '10:20 providers.demo.shared[0]: is not the id of something that a provider holds: "*" | Copy it as the provider shows it, such as vs_68a1.',
  ],
  [
    'a number',
    '[7]',
    '10:20 providers.demo.shared[0]: must be the id of something that the provider holds, but is a number | Put it in quotes if it is meant as text.',
  ],
  ['an empty list', '[]', '10:19 providers.demo.shared: must name at least one of: ids | Add one, or remove the key.'],
  ['one id twice', '[vs_1, vs_1]', '10:26 providers.demo.shared[1]: stands twice in the list | Remove one of the two.'],
  [
    'an id without a list',
    'vs_1',
    '10:19 providers.demo.shared: must be a list of ids, but is text | Write it in brackets: [ids, …].',
  ],
]

for (const [name, shared, problem] of WRONG) {
  test(`${name} is not what a provider shares`, async () => {
    expect(await faults([KIND, `shared: ${shared}, ${KIND}`])).toEqual([problem])
  })
}

test('an id that is too long is refused', async () => {
  expect(await faults([KIND, `shared: [${'a'.repeat(201)}], ${KIND}`])).toHaveLength(1)
})

test.each([
  ['an address that is none', 'kind: openai, url: "https//llm.corp.internal/v1", credential: file:secrets/demo'],
  ['an address that would be plain', 'kind: openai, url: http://llm.corp.internal/v1, credential: file:secrets/demo'],
  ['authorities that are not there', 'kind: openai, ca: file:corp.pem, credential: file:secrets/demo'],
  ['a `private` that is neither', 'kind: openai, private: yes please, credential: file:secrets/demo'],
])('%s never becomes the address of somebody else: nothing is left of the provider', (_, written) => {
  const text = `providers:\n  demo: { ${written} }\n`
  const node = readYaml('sallyport.yaml', text, () => undefined)
  const field = node?.kind === 'map' ? node.entries[0]?.value : undefined
  if (!field) throw new Error('no providers')
  const read = readProviders(
    { node: field, path: 'providers', file: 'sallyport.yaml', report: () => undefined },
    { directory: '/nowhere' },
  )
  expect([...read.keys()]).toEqual([])
})

test('of a file of authorities only its certificates are kept, and all must be ones', async () => {
  const authority = await makeAuthority()
  const { certificate } = authority
  const { key } = await authority.issue({ names: ['a.test'] })
  const other = (await makeAuthority('Other')).certificate
  const withCa = (text: string) => ({
    ...settingsWith([CREDENTIAL, `${CREDENTIAL}, ca: file:secrets/ca.pem`]),
    'secrets/ca.pem': text,
  })
  const { config, files } = await soundClinic(withCa(`${key}\nnotes\n${certificate}\n${other}`))
  expect(config.providers.get('demo')?.ca?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  expect(JSON.stringify([...files])).not.toContain('PRIVATE KEY')
  const broken = other.replace(/[A-Za-z]{8}\n-----END/, 'AAAAAAAA\n-----END').replace('MII', 'MIX')
  expect(printed(await loadClinic(withCa(`${certificate}\n${broken}`))).join()).toContain(
    'with one that cannot be read',
  )
  const [one, another] = [await soundClinic(withCa(certificate)), await soundClinic(withCa(other))]
  expect(one.hash).not.toBe(another.hash)
})
