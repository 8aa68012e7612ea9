import { describe, expect, test } from 'bun:test'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CLINIC, loadClinic, printed, settingsWith, soundClinic, writeFiles } from './clinic-fixture.ts'
import { loadBundle } from './load-bundle.ts'

const faults = async (changes: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> =>
  printed(await loadClinic(changes))

describe('a bundle', () => {
  test('is loaded with every default filled in', async () => {
    const { config, cases, policies, warnings } = await soundClinic()
    expect(warnings).toEqual([])
    expect(config.public).toBe('https://ai.clinic.example')
    expect([...config.issuers.values()]).toEqual([
      {
        name: 'harbor',
        url: 'https://id.clinic.example',
        audience: ['sallyport'],
        as: 'User::{sub}',
        attributes: { ward: { claim: 'ward', type: 'string' } },
        groups: 'groups',
      },
    ])
    expect(Object.fromEntries(config.teams)).toEqual({ clinicians: ['harbor:clinicians'], billing: ['harbor:billing'] })
    expect(config.providers.get('demo')?.timeouts).toEqual({ connect: 5_000, firstByte: 300_000, idle: 120_000 })
    expect(config.providers.get('demo')?.private).toBe(false)
    expect(config.models.get('clinic-large')?.targets.map(({ provider, model }) => [provider, model])).toEqual([
      ['demo', 'large'],
    ])
    expect(config.models.get('constructor')).toBeUndefined()
    expect(config.claimed).toEqual({ headers: ['x-purpose'], metadata: ['ticket'] })
    expect(config.body).toEqual({ max: 67_108_864, depth: 128 })
    expect(cases).toHaveLength(2)
    expect(policies.map(({ id }) => id)).toEqual([
      'sallyport:users-read-their-own-exchanges',
      'sallyport:apps-read-their-own-exchanges',
      'sallyport:key-and-network-in-tier-1-only',
      'sallyport:personal-keys-in-tier-1-only',
      'clinicians-use-every-model',
      'billing-uses-the-small-model',
    ])
  })

  test('keeps that the tokens of an issuer do not stand alone, and nothing where they may', async () => {
    const direct = async (value: string): Promise<unknown> => {
      const changes = settingsWith(['audience: sallyport', `audience: sallyport, direct: ${value}`])
      return (await soundClinic(changes)).config.issuers.get('harbor')
    }
    expect(await direct('false')).toMatchObject({ direct: false })
    expect(Object.hasOwn(Object(await direct('true')), 'direct')).toBe(false)
  })

  test('names every fault of every file at once, settings first, and gives nothing', async () => {
    const loading = await loadClinic({
      ...settingsWith(['tier: 1', 'teir: 1'], ['kind: openai-compatible', 'kind: opnai']),
      'policies/models.cedar': '@id("a") permit (principal in Team::"clinican", action, resource);\npermit (',
      'cases/models.yaml': '- { name: a, who: { user: a }, model: clinic-smal, expect: yes }',
    })
    expect(loading.ok).toBe(false)
    expect('bundle' in loading).toBe(false)
    const places = printed(loading).map((line) => line.split(' |')[0])
    expect(places).toContain('sallyport.yaml:8:13 systems.clinic.teir: is not a known key')
    expect(places).toContain(
      'sallyport.yaml:10:17 providers.demo.kind: must be one of openai, openai-compatible, anthropic, but is "opnai"',
    )
    expect(places).toContain('policies/models.cedar:1:31 a: names a Team that does not exist: "clinican"')
    expect(places).toContain('cases/models.yaml:1:39 [0].model: names a model that does not exist: "clinic-smal"')
    expect(places).toContain('cases/models.yaml:1:60 [0].expect: must be one of allow, deny, but is "yes"')
    expect(places[0]?.startsWith('sallyport.yaml')).toBe(true)
    expect(places.some((place) => place?.startsWith('policies/models.cedar:2:1 : is not Cedar'))).toBe(true)
  })

  test('is not loaded from what is no directory, or has no settings', async () => {
    expect(printed(await loadBundle('/nowhere/at/all'))).toEqual([
      '/nowhere/at/all:0:0 : does not exist | Name the directory that holds sallyport.yaml; `sallyport init` makes one.',
    ])
    expect(await faults({ 'sallyport.yaml': undefined, 'sallyport.yml': 'a: 1' })).toEqual([
      'sallyport.yaml:0:0 : does not exist | A bundle is a directory with this file in it.',
      'sallyport.yml:0:0 : is not part of a bundle | Did you mean sallyport.yaml?',
    ])
  })

  test('that permits nothing is loaded, with a warning', async () => {
    expect(await faults({ 'policies/models.cedar': undefined, 'cases/models.yaml': undefined })).toEqual([
      '! policies:0:0 : no policy permits anything: every request will be denied | Add one: policies/models.cedar.',
    ])
  })
})

describe('files of a bundle', () => {
  test('that nobody would read are refused: a misspelt folder would silently not forbid', async () => {
    expect(await faults({ 'polices/x.cedar': '' })).toEqual([
      'polices:0:0 : is not part of a bundle | Did you mean policies?',
    ])
    expect(await faults({ 'policies/x.ceder': '' })).toEqual([
      'policies/x.ceder:0:0 : is not a .cedar file | Call it NAME.cedar, or move it out of policies/.',
    ])
    expect(await faults({ 'policies/deep/x.cedar': '' })).toEqual([
      'policies/deep:0:0 : is a folder | Move its files up into policies/: it is read without the folders in it.',
    ])
  })

  test('of parts that are not served yet are refused by name', async () => {
    expect(await faults({ 'agents/helper.yaml': '' })).toEqual([
      'agents:0:0 : `agents/` is not supported yet | Remove it: this version would not do what it asks for.',
    ])
  })

  test('may be notes, dot files and links', async () => {
    const directory = await writeFiles({
      ...CLINIC,
      'README.md': 'x',
      '.git/HEAD': 'x',
      'policies/models.cedar': undefined,
    })
    const elsewhere = await writeFiles({ 'models.cedar': CLINIC['policies/models.cedar'] })
    await mkdir(join(directory, 'policies'), { recursive: true })
    await symlink(join(elsewhere, 'models.cedar'), join(directory, 'policies/models.cedar'))
    expect((await loadBundle(directory)).ok).toBe(true)
  })

  test('must be UTF-8 without a byte order mark', async () => {
    const directory = await writeFiles(CLINIC)
    await writeFile(join(directory, 'policies/models.cedar'), Buffer.from([0x2f, 0x2f, 0xff]))
    await writeFile(join(directory, 'cases/models.yaml'), Buffer.from([0xef, 0xbb, 0xbf, 0x2d]))
    expect(printed(await loadBundle(directory))).toEqual([
      'policies/models.cedar:0:0 : is not UTF-8 | Save it as UTF-8.',
      'cases/models.yaml:0:0 : begins with a byte order mark | Save it as UTF-8 without one.',
    ])
  })
})

describe('a credential', () => {
  const given = (written: string) => settingsWith(['credential: file:secrets/demo', `credential: ${written}`])

  test('is a path relative to the bundle', async () => {
    const directory = await writeFiles(CLINIC)
    const loading = await loadBundle(directory)
    expect(loading.ok && loading.bundle.config.providers.get('demo')?.credential).toEqual({
      from: 'file',
      path: join(directory, 'secrets/demo'),
    })
  })

  test('that is missing or empty is an error', async () => {
    expect(await faults({ 'secrets/demo': undefined })).toEqual([
      'sallyport.yaml:10:87 providers.demo.credential: refers to a file that does not exist: secrets/demo | Create it with the secret as its only content; relative paths start at the bundle directory.',
    ])
    expect(await faults({ 'secrets/demo': '' })).toEqual([
      'sallyport.yaml:10:87 providers.demo.credential: refers to an empty file: secrets/demo | Write the secret into it.',
    ])
    expect((await faults(given('file:secrets')))[0]).toContain('refers to something that is not a file: secrets')
  })

  test('that others may open is a warning', async () => {
    const directory = await writeFiles(CLINIC)
    await chmod(join(directory, 'secrets/demo'), 0o640)
    expect(printed(await loadBundle(directory))).toEqual([
      '! sallyport.yaml:10:87 providers.demo.credential: refers to a file that others on this machine may open: secrets/demo | Run: chmod 600 secrets/demo',
    ])
  })

  test('in the clear is refused and never repeated', async () => {
    for (const secret of [
      'sk-proj-Zx81kfQw99aLm',
      'hunter2',
      'AKIAIOSFODNN7EXAMPLE',
      '"file:sk-Zx81kfQw99aLmPq7"',
      '"env:sk-Zx81kfQw"',
    ]) {
      const loading = await loadClinic({ ...given(secret), 'secrets/demo': undefined })
      expect(loading.ok).toBe(false)
      expect(JSON.stringify(loading)).not.toContain(secret.replaceAll('"', '').replace(/^(?:file|env):/, ''))
    }
    expect(await faults({ ...given('sk-proj-Zx81kfQw99aLm'), 'secrets/demo': undefined })).toEqual(
      [
        'sallyport.yaml:10:87 providers.demo.credential: holds a secret in the clear | Put the secret into a file of mode 0600 and write `file:PATH`, or write `vault:PATH#KEY` or `env:NAME`. Then replace the secret: it has been written down.',
        'secrets:0:0 : is not part of a bundle | Known: sallyport.yaml, policies, cases.',
      ].slice(0, 1),
    )
  })

  test('pasted elsewhere is not repeated either', async () => {
    for (const edit of [
      ['tier: 1', 'tier: sk-proj-Zx81kfQw99aLm'],
      ['tier: 1', 'sk-proj-Zx81kfQw99aLm: 1'],
      ['https://models.clinic.example/v1', 'https://user:Zx81kfQw99aLm@models.clinic.example/v1'],
      ['https://models.clinic.example/v1', 'https://models.clinic.example/v1?key=Zx81kfQw99aLm'],
      ['demo/small', 'sk-proj-Zx81kfQw99aLm'],
      ['harbor:billing', 'sk-proj-Zx81kfQw99aLm'],
      ['openai-compatible', '"sk-proj-Zx81kfQw99aLm'],
    ] as const) {
      const loading = await loadClinic(settingsWith(edit))
      expect(loading.ok).toBe(false)
      expect(JSON.stringify(loading)).not.toContain('Zx81kfQw99aLm')
    }
  })

  test('from a vault needs one', async () => {
    expect(await faults({ ...given('vault:kv/demo#key'), 'secrets/demo': undefined })).toEqual([
      'sallyport.yaml:1:1 : lacks `vault`, which provider demo refers to | Add `vault: { url: https://vault.example.com:8200, token: file:PATH }`.',
    ])
  })

  test('from the environment is for tier 1 only, and must be set', async () => {
    const env = { ...given('env:DEMO_KEY'), 'secrets/demo': undefined }
    expect(printed(await loadClinic(env, { environment: (name) => name === 'DEMO_KEY' }))).toEqual([])
    expect(printed(await loadClinic(env, { environment: () => false }))).toEqual([
      'sallyport.yaml:10:87 providers.demo.credential: refers to an environment variable that is not set: DEMO_KEY | Set DEMO_KEY, or use file:PATH.',
    ])
    const tier2 = settingsWith(['file:secrets/demo', 'env:DEMO_KEY'], ['tier: 1', 'tier: 2'])
    expect((await faults({ ...tier2, 'secrets/demo': undefined }))[0]).toBe(
      'sallyport.yaml:12:40 models.clinic-small.use: uses provider demo, whose credential is env:, in system clinic of tier 2 | Give provider demo a credential of the form file:PATH; env: is for tier 1 only.',
    )
  })
})

describe('a hash', () => {
  test('is the same for the same files, wherever they lie and in whatever order they were written', async () => {
    const other = Object.fromEntries(Object.entries(CLINIC).toReversed())
    const [one, two] = [await loadBundle(await writeFiles(CLINIC)), await loadBundle(await writeFiles(other))]
    expect(one.ok && two.ok && one.bundle.hash === two.bundle.hash).toBe(true)
    expect(one.ok && /^[0-9a-f]{64}$/.test(one.bundle.hash)).toBe(true)
  })

  test('changes with one byte of any file, and with its name', async () => {
    const hashes = new Set<string>()
    const comment = `${CLINIC['policies/models.cedar']} `
    for (const changes of [
      {},
      { 'policies/models.cedar': comment },
      { 'cases/models.yaml': `${CLINIC['cases/models.yaml']} ` },
      { 'sallyport.yaml': `${CLINIC['sallyport.yaml']} ` },
      { 'policies/models.cedar': undefined, 'policies/other.cedar': CLINIC['policies/models.cedar'] },
    ]) {
      hashes.add((await soundClinic(changes)).hash)
    }
    expect(hashes.size).toBe(5)
  })

  test('does not depend on secrets, and files hold none', async () => {
    const one = await soundClinic()
    const two = await soundClinic({ 'secrets/demo': 'another-key' })
    expect(one.hash).toBe(two.hash)
    expect([...one.files.keys()]).toEqual([
      'sallyport:base.cedar',
      'cases/models.yaml',
      'policies/models.cedar',
      'sallyport.yaml',
    ])
  })
})
