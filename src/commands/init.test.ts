import { beforeEach, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Look } from '#upstream/look.ts'
import { type Page, pagesOf } from './doctor/pages.fixture.ts'
import { init } from './init.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sallyport-init-'))
  await writeFile(join(cwd, 'provider-key'), 'sk-proj-aaaa\n', { mode: 0o600 })
})

const ISSUER = 'https://login.example.com'
const WELL_KNOWN = `${ISSUER}/.well-known/openid-configuration`
const document = (issuer: string, claims?: readonly string[]): Readonly<Record<string, Page>> => ({
  [WELL_KNOWN]: { body: { issuer, jwks_uri: `${ISSUER}/jwks`, ...(claims && { claims_supported: claims }) } },
})
const KNOWN = document(ISSUER, ['sub', 'groups'])

interface World {
  readonly lines?: readonly string[]
  readonly terminal?: boolean
  readonly pages?: Readonly<Record<string, Page>>
  readonly environment?: Readonly<Record<string, string>>
  readonly look?: Look
}

interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
  /** The message of wrong use. */
  readonly wrong?: string
}

async function run(args: readonly string[], world: World = {}): Promise<Ran> {
  const { lines = [], terminal = false, pages = KNOWN, environment = {} } = world
  const out: string[] = []
  const err: string[] = []
  const rest = [...lines]
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    terminal,
    color: false,
    cwd,
    settings: { home: join(cwd, 'home'), host: '127.0.0.1', port: 8400, workers: 1, root: cwd },
    environment,
  }
  const input = () => ({ terminal, next: async () => rest.shift(), close: () => undefined })
  try {
    return { code: await init(args, io, { input, look: world.look ?? pagesOf(pages).look }), out, err }
  } catch (error) {
    return { code: 2, out, err, wrong: error instanceof Error && error.name === 'UsageError' ? error.message : '' }
  }
}

const FLAGS = [
  '--issuer',
  ISSUER,
  '--audience',
  'sallyport',
  '--provider-key',
  'file:../provider-key',
  '--group',
  'Engineering',
]
const without = (flag: string): readonly string[] => FLAGS.toSpliced(FLAGS.indexOf(flag), 2)
const withFlag = (flag: string, value: string): readonly string[] => [...without(flag), flag, value]
const written = (path: string): Promise<string> => readFile(join(cwd, 'bundle', path), 'utf8')

test('four answers make a bundle that passes its check, and the next steps are shown, line by line', async () => {
  const { code, out, err } = await run(FLAGS)
  expect({ code, err }).toEqual({ code: 0, err: [] })
  expect(out).toEqual([
    '✓ It lists the claim groups, which is taken for groups.',
    'bundle/  1 issuer  1 provider  2 models  1 policy  2 cases passed',
    '',
    'Next:',
    '  npx sallyport doctor',
    '  npx sallyport start',
    '  # $TOKEN is a token of your issuer, made out to this gateway; npx sallyport doctor --token FILE judges one',
    `  curl -i http://127.0.0.1:8400/v1/chat/completions -H "authorization: Bearer $TOKEN" --json '{"model":"small","messages":[{"role":"user","content":"Good morning"}]}'`,
    '  npx sallyport key create --help',
  ])
})

test('three files, readable to all, and with no secret in them', async () => {
  await run(FLAGS)
  expect((await readdir(join(cwd, 'bundle'), { recursive: true })).sort()).toEqual([
    'cases',
    'cases/models.yaml',
    'policies',
    'policies/models.cedar',
    'sallyport.yaml',
  ])
  for (const path of ['sallyport.yaml', 'policies/models.cedar', 'cases/models.yaml']) {
    expect((await stat(join(cwd, 'bundle', path))).mode & 0o777).toBe(0o644)
    expect(await written(path)).not.toContain('sk-')
  }
  expect(await written('policies/models.cedar')).toContain('@tell("The models are for engineering.")')
  expect(await written('sallyport.yaml')).toContain('engineering: [staff:Engineering]')
})

test('answers come line by line, with defaults for empty ones', async () => {
  const { code, out } = await run([], { lines: [ISSUER, '', '', 'Engineering'] })
  expect(code).toBe(0)
  expect(out[0]).toBe('✓ It lists the claim groups, which is taken for groups.')
  const settings = await written('sallyport.yaml')
  expect(settings).toContain('audience: sallyport ')
  expect(settings).toContain('credential: file:../provider-key ')
})

test('somebody at a terminal is asked, and asked again with the reason', async () => {
  const lines = ['login.example.com', ISSUER, '', '', '', 'Engineering']
  const { code, out } = await run([], { lines, terminal: true })
  expect(code).toBe(0)
  expect(out.slice(0, 10)).toEqual([
    '1/4  Which issuer signs your people in? Its URL, exactly as `iss` in its tokens.',
    '     Such as https://acme.okta.com/oauth2/default',
    '     ✗ It must be an address that begins with https://. Write it in full: https://example.com/path.',
    '2/4  Whom are its tokens made out to? The audience (`aud`) that you gave this gateway there.',
    '     Enter alone is sallyport',
    '3/4  Where is the API key of OpenAI or Anthropic? file:PATH (relative to the bundle) or env:NAME, never the key.',
    '     Enter alone is file:../provider-key',
    '4/4  Which group may use the models? As your directory writes it.',
    '     Such as Engineering',
    '     ✗ It is needed, such as Engineering',
  ])
})

test('only what no option answers is asked', async () => {
  const { code, out } = await run(without('--group'), { lines: ['Engineering'], terminal: true })
  expect({ code, asked: out.filter((line) => line.includes('/4  ')) }).toEqual({
    code: 0,
    asked: ['4/4  Which group may use the models? As your directory writes it.'],
  })
})

test('with nobody to ask, the options that are missing are named, and nothing is written', async () => {
  expect(await run([])).toEqual({
    code: 2,
    out: [],
    err: [],
    wrong: 'init was not told --issuer, --audience, --provider-key, --group, and nobody is here to ask',
  })
  expect((await run(without('--group'))).wrong).toBe('init was not told --group, and nobody is here to ask')
  expect(existsSync(join(cwd, 'bundle'))).toBe(false)
})

const WRONG: readonly (readonly [flag: string, answer: string, says: string])[] = [
  [
    '--issuer',
    'http://login.example.com',
    'It is http to another machine: anyone on the way could read and change it.',
  ],
  ['--issuer', 'https://login.example.com/?a=b', 'It must be an address without user, password, query and fragment.'],
  ['--audience', '', 'It is empty'],
  ['--provider-key', 'provider-key', 'It must be file:PATH or env:NAME. If it is a file, write file:provider-key;'],
  ['--provider-key', '$(key)', 'It must be file:PATH or env:NAME. If it is a file, write file:PATH;'],
  ['--provider-key', 'env:1X', 'It must name an environment variable: env:NAME.'],
  ['--provider-key', 'file:..', 'It refers to something that is not a file: ..'],
  ['--provider-key', 'vault:kv/openai#key', 'init writes no `vault:`.'],
  ['--group', 'a\u202Eb', 'It has characters that cannot be seen'],
]
for (const [flag, answer, says] of WRONG) {
  test(`${flag} ${JSON.stringify(answer)} is wrong use, and says why`, async () => {
    const { code, wrong } = await run(withFlag(flag, answer))
    expect(code).toBe(2)
    expect(wrong).toStartWith(`${flag}: ${says}`)
    expect(existsSync(join(cwd, 'bundle'))).toBe(false)
  })
}

const KEYS = [
  'sk-ant-api03-abcdefgh12345678',
  'sk-proj-abcdefgh12345678',
  'abcdefgh12345678ABCDEFGH',
  'file:sk-ant-api03-abcdefgh',
]
for (const key of KEYS) {
  test(`a pasted secret (${key.slice(0, 8)}…) is refused everywhere, and repeated nowhere`, async () => {
    const flagged = await run(withFlag('--provider-key', key))
    expect(flagged.wrong).toContain('looks like a secret itself')
    const typed = await run(without('--provider-key'), { lines: [key, ''], terminal: true })
    expect(typed.code).toBe(0)
    expect(JSON.stringify([flagged, typed])).not.toContain(key.replace('file:', ''))
    expect(await written('sallyport.yaml')).not.toContain(key)
  })
}

test('a secret as the answer to another question is refused, too', async () => {
  for (const flag of ['--issuer', '--audience', '--group']) {
    const { wrong } = await run(withFlag(flag, 'sk-ant-api03-abcdefgh12345678'))
    expect(wrong).toContain('looks like a secret itself')
    expect(wrong).not.toContain('api03')
  }
})

test('a key that is not there yet is the only problem of its bundle, and the line that makes it is shown', async () => {
  const { code, out } = await run(withFlag('--provider-key', 'file:../not yet'))
  expect(code).toBe(1)
  expect(out.slice(1, 4)).toEqual([
    '✗ sallyport.yaml:17:39  providers.openai.credential  refers to a file that does not exist: ../not yet',
    '                                                     Create it with the secret as its only content; relative paths start at the bundle directory.',
    'bundle/  1 problem',
  ])
  expect(out[6]).toBe(`  (umask 077; cat > '${cwd}/not yet')   # then paste the key, Enter, Ctrl-D`)
})

test('a variable that is not set yet is told in the same way', async () => {
  const { code, out } = await run(withFlag('--provider-key', 'env:OPENAI_KEY'))
  expect(code).toBe(1)
  expect(out).toContain('  read -rs OPENAI_KEY && export OPENAI_KEY   # then paste the key')
  expect(
    (await run([...withFlag('--provider-key', 'env:OPENAI_KEY'), 'other'], { environment: { OPENAI_KEY: 'x' } })).code,
  ).toBe(0)
})

test('whose key it is shows in its own form, else in the name of its place', async () => {
  const kind = async (directory: string, reference: string): Promise<string | undefined> => {
    await run([...withFlag('--provider-key', reference), directory])
    return /kind: (\w+)/.exec(await readFile(join(cwd, directory, 'sallyport.yaml'), 'utf8'))?.[1]
  }
  await writeFile(join(cwd, 'a'), 'sk-ant-x', { mode: 0o600 })
  await writeFile(join(cwd, 'anthropic'), 'sk-proj-x', { mode: 0o600 })
  expect(await kind('one', 'file:../a')).toBe('anthropic')
  expect(await kind('two', 'file:../anthropic')).toBe('openai')
  expect(await kind('three', 'file:/run/secrets/anthropic')).toBe('anthropic')
  expect(await kind('four', 'env:CLAUDE_KEY')).toBe('anthropic')
  expect(await kind('five', 'env:KEY')).toBe('openai')
})

test('with Anthropic, the first request is one of Anthropic', async () => {
  await writeFile(join(cwd, 'provider-key'), 'sk-ant-x', { mode: 0o600 })
  const { code, out } = await run(FLAGS)
  expect(code).toBe(0)
  expect(out.find((line) => line.includes('curl'))).toStartWith(
    `  curl -i http://127.0.0.1:8400/v1/messages -H "authorization: Bearer $TOKEN" -H 'anthropic-version: 2023-06-01'`,
  )
})

test('nothing is written over: one file that is there keeps all of them from being written', async () => {
  await mkdir(join(cwd, 'bundle/policies'), { recursive: true })
  await symlink('/nowhere', join(cwd, 'bundle/policies/models.cedar'))
  expect(await run(FLAGS)).toEqual({
    code: 1,
    out: [],
    err: ['sallyport: bundle has policies/models.cedar already; nothing was written. Name another directory.'],
  })
  expect(await readdir(join(cwd, 'bundle'))).toEqual(['policies'])
})

test('a file that appears in the meantime undoes what was begun', async () => {
  const { look } = pagesOf(KNOWN)
  const late: Look = async (at) => {
    await mkdir(join(cwd, 'bundle/cases'), { recursive: true })
    await writeFile(join(cwd, 'bundle/cases/models.yaml'), 'mine')
    return look(at)
  }
  const { code } = await run(FLAGS, { look: late })
  expect(code).toBe(2)
  expect(await written('cases/models.yaml')).toBe('mine')
  expect(await readdir(join(cwd, 'bundle'))).toEqual(['cases'])
})

test('an issuer that does not answer is taken as it is written', async () => {
  const { code, out } = await run(FLAGS, { pages: {} })
  expect(code).toBe(0)
  expect(out[0]).toBe(
    '! https://login.example.com shows no discovery document from here: taken as it is written. Later: sallyport doctor.',
  )
})

test('a slash too few or too many is put right, because the issuer says so itself', async () => {
  const { out } = await run(FLAGS, { pages: document(`${ISSUER}/`, ['groups']) })
  expect(out[0]).toBe(
    '! It calls itself https://login.example.com/: written so, because `iss` is compared to the last slash.',
  )
  expect(await written('sallyport.yaml')).toContain('url: https://login.example.com/ ')
  await run([...withFlag('--issuer', `${ISSUER}/`), 'two'], { pages: KNOWN })
  expect(await readFile(join(cwd, 'two/sallyport.yaml'), 'utf8')).toContain('url: https://login.example.com # ')
})

test('another name than that is only told', async () => {
  const { out } = await run(FLAGS, { pages: document('https://evil.example', ['groups']) })
  expect(out[0]).toBe(
    '! It calls itself https://evil.example, not https://login.example.com: its tokens will be refused until issuers.staff.url says the same.',
  )
  expect(await written('sallyport.yaml')).toContain('url: https://login.example.com # ')
})

test('the claim that lists groups is the one that the issuer names', async () => {
  await run(FLAGS, { pages: document(ISSUER, ['sub', 'cognito:groups']) })
  expect(await written('sallyport.yaml')).toContain('groups: cognito:groups ')
  const silent = await run([...FLAGS, 'two'], { pages: document(ISSUER) })
  expect(silent.out[0]).toBe(
    '! It does not say which claim lists groups: groups is taken. A real token tells: sallyport doctor --token FILE.',
  )
})

const GROUPS: readonly (readonly [group: string, team: string])[] = [
  ['CN=AI users,OU="Groups": #1', 'cn-ai-users-ou-groups-1'],
  ['5c0d7f1e-0f57-4c5e-9a51-2f6e0f0f9f10', 'members'],
  ['Ärzte & Pflege', 'rzte-pflege'],
  ['日本', 'members'],
  ['true', 'team-true'],
  ['123', 'team-123'],
  ['"} }\\', 'members'],
  ['a: b, c: [d]', 'a-b-c-d'],
]
for (const [group, team] of GROUPS) {
  test(`the group ${group} becomes the team ${team}, in a bundle that is right`, async () => {
    const { code, out } = await run(withFlag('--group', group))
    expect({ code, line: out[1] }).toEqual({
      code: 0,
      line: 'bundle/  1 issuer  1 provider  2 models  1 policy  2 cases passed',
    })
    expect(await written('policies/models.cedar')).toContain(`principal in Team::"${team}"`)
  })
}

test('a directory that cannot be written into is left as it was', async () => {
  if (process.getuid?.() === 0) return
  await mkdir(join(cwd, 'bundle'))
  await chmod(join(cwd, 'bundle'), 0o555)
  expect((await run(FLAGS)).code).toBe(2)
  expect(await readdir(join(cwd, 'bundle'))).toEqual([])
})
