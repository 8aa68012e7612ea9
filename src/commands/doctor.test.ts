import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type DemoIssuer, makeIssuer } from '#demo/issuer.ts'
import { makeProvider } from '#demo/provider.ts'
import { doctor } from './doctor.ts'

const SECRET = 'doctor-provider-credential-0123456789'
const YAML = `public: http://127.0.0.1:8400
issuers:
  staff: { url: \${issuer}, audience: sallyport-demo, groups: groups }
teams:
  clinicians: [staff:clinicians]
systems:
  assistants: { tier: 1, owner: platform@example.com }
providers:
  main: { kind: openai, url: "\${provider}/v1", credential: file:../provider-key }
models:
  small: { system: assistants, use: [main/harbor-small] }
`
const CEDAR = '@id("all") permit (principal in Team::"clinicians", action == Action::"infer", resource);\n'

let issuer: DemoIssuer
let provider: string
let port: number
/** What was sent out: nothing but GET. */
const methods = new Set<string>()
/** How wrong the provider's clock is, in milliseconds. */
let skew = 0
const stops: (() => unknown)[] = []

beforeAll(async () => {
  const demo = makeProvider({ credential: SECRET })
  const models = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      methods.add(request.method)
      const answer = await demo.fetch(request)
      answer.headers.set('date', new Date(Date.now() + skew).toUTCString())
      return answer
    },
  })
  const made: DemoIssuer[] = []
  const door = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      methods.add(request.method)
      return made[0]?.fetch(request) ?? new Response(null, { status: 503 })
    },
  })
  issuer = await makeIssuer({ url: `http://127.0.0.1:${door.port}`, now: () => Date.now() })
  made.push(issuer)
  provider = `http://127.0.0.1:${models.port}`
  port = besideEachOther()
  stops.push(
    () => models.stop(true),
    () => door.stop(true),
  )
})
afterAll(() => stops.forEach((stop) => stop()))

/** Two ports in a row where something answers as a Sallyport does: a free one could be taken by any other test. */
function besideEachOther(): number {
  const answer = () => new Response(null, { headers: { 'x-sallyport-exchange': '01JD' } })
  const serve = (at: number) => Bun.serve({ port: at, hostname: '127.0.0.1', fetch: answer })
  for (let turn = 0; turn < 50; turn++) {
    const first = serve(0)
    try {
      const second = serve((first.port ?? 0) + 1)
      stops.push(
        () => first.stop(true),
        () => second.stop(true),
      )
      return first.port ?? 0
    } catch {
      void first.stop(true)
    }
  }
  throw new Error('no two free ports beside each other')
}

let cwd: string
beforeEach(async () => {
  skew = 0
  cwd = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  await write({ 'provider-key': `${SECRET}\n`, 'bundle/sallyport.yaml': YAML, 'bundle/policies/a.cedar': CEDAR })
})

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    const filled = text.replaceAll('${issuer}', issuer.url).replaceAll('${provider}', provider)
    await writeFile(join(cwd, path), filled, { mode: 0o600 })
  }
}

interface Ran {
  readonly code: number
  readonly out: readonly string[]
}

async function run(args: readonly string[], input = ''): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    terminal: false,
    color: false,
    cwd,
    settings: { home: join(cwd, 'home'), host: '127.0.0.1', port, workers: 1, root: cwd },
    environment: {},
  }
  const code = await doctor(args, io, { now: () => Date.now(), columns: undefined, input: async () => input })
  expect(err).toEqual([])
  expect(out.join('\n')).not.toContain(SECRET)
  return { code, out }
}

/** Of a line: sign, word, check, and the beginning of the rest. */
const short = ({ out }: Ran): readonly string[] =>
  out.filter((line) => !line.startsWith(' ')).map((line) => line.replaceAll(/ {2,}/g, ' '))

test('a bundle that would work is a page of ok, and exit 0', async () => {
  const ran = await run([])
  expect(ran.code).toBe(0)
  const host = new URL(issuer.url).host
  expect(short(ran).map((line) => line.replace(/ in \d+ ms$/, '').replace(/\d+ GiB/, 'N GiB'))).toEqual([
    '✓ ok bundle bundle 1 issuer, 1 provider, 1 model',
    '– not known files home the state directory does not exist yet: the first start makes it',
    '✓ ok files secrets 1 file, closed to others',
    '✓ ok files bundle nobody else may change the bundle',
    '✓ ok disk home/audit N GiB free',
    `✓ ok port 127.0.0.1:${port} a Sallyport serves there`,
    `✓ ok port 127.0.0.1:${port + 1} a Sallyport serves there`,
    `✓ ok wire 127.0.0.1:${port} plain HTTP, on this machine only`,
    '✓ ok public 127.0.0.1:8400 http',
    '✓ ok clock this machine agrees with 2 servers',
    `✓ ok issuer staff http://${host}: 1 key for EdDSA`,
    '– not known audience staff expected: sallyport-demo; only a token shows what it is made out to',
    '✓ ok groups staff its document lists the claim groups',
    `✓ ok provider main ${provider.replace('http://', '')}: answers`,
    '✓ ok credential main accepted',
    '✓ ok models main knows 1 of 1 model of the bundle',
    'doctor 14 ok 2 not known',
  ])
})

test('it sends nothing but GET, and leaves nothing behind', async () => {
  methods.clear()
  await run([])
  expect([...methods]).toEqual(['GET'])
  expect((await readdir(cwd)).sort()).toEqual(['bundle', 'provider-key'])
  expect(await readFile(join(cwd, 'bundle/policies/a.cedar'), 'utf8')).toBe(CEDAR)
  expect(await (await fetch(`${provider}/count`)).json()).toBe(0)
})

test('--json is one record a line, with the fix where there is one', async () => {
  await write({ 'provider-key': 'another-credential' })
  const { code, out } = await run(['--json'])
  expect(code).toBe(1)
  const records = out.map((line) => JSON.parse(line))
  expect(records.find(({ check }) => check === 'credential')).toEqual({
    check: 'credential',
    subject: 'main',
    verdict: 'wrong',
    said: 'is not accepted (401)',
    fix: 'Put one into its place that the provider shows as active; the gate takes it up by itself.',
  })
  expect(new Set(records.flatMap((record) => Object.keys(record)))).toEqual(
    new Set(['check', 'subject', 'verdict', 'said', 'fix']),
  )
})

test('a token is judged from a file and from standard input', async () => {
  const token = await issuer.mint('alice')
  await write({ token: `${token}\n` })
  const line = '✓ ok token staff User::"staff/alice", in clinicians; valid for 11 h'
  for (const ran of [await run(['--token', 'token']), await run(['--token', '-'], token)]) {
    expect(short(ran)).toContain(line)
    expect(ran.out.join('\n')).not.toContain(token.slice(0, 20))
  }
  expect(short(await run(['--token', 'none']))).toContain('✗ wrong token none cannot be read')
})

test('a clock that is off by more than a minute is wrong, by more than five seconds a warning', async () => {
  skew = 90_000
  const wrong = short(await run([])).find((line) => line.includes(' clock '))
  expect(wrong).toMatch(/^✗ wrong clock this machine (?:89|90|91) s behind 127\.0\.0\.1:\d+$/)
  skew = -20_000
  const warned = short(await run([])).find((line) => line.includes(' clock '))
  expect(warned).toMatch(/^! warn clock this machine (?:19|20|21) s ahead of 127\.0\.0\.1:\d+$/)
})

test('with half of the bundle broken, the other half is looked at', async () => {
  await write({
    'bundle/sallyport.yaml': YAML.replace('file:../provider-key', 'file:../nothing'),
    'bundle/policies/a.cedar': 'permit (',
  })
  const ran = await run([])
  expect(ran.code).toBe(1)
  const lines = short(ran)
  expect(lines[0]).toStartWith('✗ wrong bundle bundle 2 problems: sallyport.yaml:9 providers.main.credential')
  expect(lines).toContain('✗ wrong credential main refers to a file that does not exist: ../nothing')
  expect(lines).toContain(`✓ ok issuer staff ${issuer.url}: 1 key for EdDSA`)
  expect(lines.some((line) => line.startsWith('✓ ok provider main'))).toBe(true)
})

test('without a bundle, this machine is looked at', async () => {
  const ran = await run(['--bundle', 'nowhere'])
  expect(ran.code).toBe(1)
  expect(short(ran)[0]).toBe('✗ wrong bundle nowhere 1 problem: nowhere does not exist')
  expect(short(ran)).toContain(`✓ ok port 127.0.0.1:${port} a Sallyport serves there`)
})

test('a provider in a network of one’s own that nobody meant is not dialled', async () => {
  await write({ 'bundle/sallyport.yaml': YAML.replace('${provider}', 'https://10.0.0.1') })
  const ran = await run([])
  expect(short(ran).find((line) => line.includes(' provider '))).toStartWith(
    '✗ wrong provider main 10.0.0.1 leads to 10.0.0.1, which is private',
  )
})
