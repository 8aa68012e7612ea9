// `npm run bench -- gateway`: how much of a bare proxy's throughput is left with everything on: JWT, 1,000 policies, credentials
// looked for both ways, every decision recorded. Each target is measured in turn, several times, and medians are compared: on a
// machine with few cores, the load, the provider and the target share them.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeIssuer } from '#demo/issuer.ts'
import { closedLoop, type Figures, type Load, openLoop } from './gateway/load.ts'
import { type BenchResult, type BenchRow, benchResult } from './result.ts'

const ROOT = join(import.meta.dirname, '..')
const POLICIES = 1_000
const ROUNDS = 5
const MS = 1_500

export async function bench(): Promise<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const children: ChildProcess[] = []
  const start = (args: readonly string[], environment = {}): Promise<string> => {
    const child = spawn(process.execPath, ['--no-env-file', '--config=/dev/null', ...args], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { BUN_CONFIG_MAX_HTTP_REQUESTS: '65535', ...environment },
    })
    children.push(child)
    return new Promise((resolve, reject) => {
      child.stdout?.once('data', (said: Buffer) => resolve(said.toString().trim()))
      child.once('message', () => resolve('ready'))
      child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
    })
  }
  const issuers: { fetch(request: Request): Response | Promise<Response> }[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => issuers[0]?.fetch(request) ?? new Response(null, { status: 503 }),
  })
  try {
    const issuer = await makeIssuer({ url: `http://127.0.0.1:${server.port}`, now: () => Date.now() })
    issuers.push(issuer)
    const provider = Number(await start([join(ROOT, 'bench/gateway/provider.ts')]))
    const bare = Number(await start([join(ROOT, 'bench/gateway/bare.ts'), String(provider)]))
    const bundle = await writeBundle(home, provider, issuer.url)
    const port = freePort()
    await start([join(ROOT, 'src/main.ts'), 'gateway', '--bundle', bundle], {
      SALLYPORT_HOME: join(home, 'state'),
      SALLYPORT_PORT: String(port),
    })
    const token = await issuer.mint('alice')
    return await measure({ direct: provider, bare, sallyport: port }, token)
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await server.stop(true)
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))))
    await rm(home, { recursive: true, force: true })
  }
}

type Target = 'direct' | 'bare' | 'sallyport'
const TARGETS: readonly Target[] = ['direct', 'bare', 'sallyport']

const WORDS = 'Please summarise this letter in two short sentences, and say what is to be done next. '
const promptOf = (bytes: number): string => WORDS.repeat(Math.ceil(bytes / WORDS.length)).slice(0, bytes - 90)
const bodyOf = (bytes: number, stream: boolean): string =>
  JSON.stringify({
    ...(stream ? { stream: true } : {}),
    model: 'clinic-small',
    messages: [{ role: 'user', content: promptOf(bytes) }],
  })

const CASES = [
  { name: 'plain 1 kB, 32 connections', body: bodyOf(1_000, false), connections: 32, ratio: 'rps_vs_bare' },
  { name: 'plain 100 kB, 8 connections', body: bodyOf(100_000, false), connections: 8, ratio: 'rps_vs_bare_100kb' },
  { name: 'stream of 64 pieces, 32 connections', body: bodyOf(1_000, true), connections: 32, ratio: 'stream_vs_bare' },
] as const

async function measure(ports: Readonly<Record<Target, number>>, token: string): Promise<BenchResult> {
  const rows: BenchRow[] = []
  const ratios: Record<string, number> = {}
  const loadOf = (target: Target, body: string): Load => ({
    port: ports[target],
    headers: target === 'sallyport' ? { authorization: `Bearer ${token}` } : {},
    body,
  })
  for (const { name, body, connections, ratio } of CASES) {
    const found = await inTurn((target) => closedLoop(loadOf(target, body), connections, MS))
    for (const target of TARGETS) rows.push({ case: name, target, ...found[target] })
    ratios[ratio] = found.sallyport.rps / found.bare.rps
  }
  const body = bodyOf(1_000, false)
  const open = await inTurn((target) => openLoop(loadOf(target, body), 1_000, MS))
  for (const target of TARGETS) rows.push({ case: 'plain 1 kB, 1,000 a second', target, ...open[target] })
  ratios['added_p99_us_at_1000rps'] = open.sallyport.p99_us - open.bare.p99_us
  ratios['added_p50_us_at_1000rps'] = open.sallyport.p50_us - open.bare.p50_us
  return benchResult('gateway', rows, ratios)
}

/** Each target once a round, and a round before those that count; of every figure the median. */
async function inTurn(run: (target: Target) => Promise<Figures>): Promise<Readonly<Record<Target, Figures>>> {
  const found: Record<Target, Figures[]> = { direct: [], bare: [], sallyport: [] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const target of TARGETS) {
      const figures = await run(target)
      if (round > 0) found[target].push(figures)
    }
  }
  const median = (target: Target, name: keyof Figures): number =>
    found[target].map((figures) => figures[name]).toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0
  const of = (target: Target): Figures => ({
    rps: median(target, 'rps'),
    p50_us: median(target, 'p50_us'),
    p99_us: median(target, 'p99_us'),
  })
  return { direct: of('direct'), bare: of('bare'), sallyport: of('sallyport') }
}

async function writeBundle(home: string, provider: number, issuer: string): Promise<string> {
  const bundle = join(home, 'bundle')
  await mkdir(join(bundle, 'policies'), { recursive: true })
  await writeFile(join(home, 'provider-key'), 'sk-bench', { mode: 0o600 })
  const teams = Array.from({ length: 50 }, (_, at) => `  team${at}: [harbor:team${at}]`).join('\n')
  await writeFile(
    join(bundle, 'sallyport.yaml'),
    `public: https://gate.example
issuers:
  harbor: { url: ${issuer}, audience: sallyport-demo, groups: groups, as: "User::{sub}" }
teams:
  clinicians: [harbor:clinicians]
${teams}
systems:
  clinic: { tier: 1, owner: platform@harbor.example }
providers:
  harbor: { kind: openai-compatible, url: http://127.0.0.1:${provider}/v1, credential: file:../provider-key, private: true }
models:
  clinic-small: { system: clinic, use: [harbor/m] }
`,
  )
  const others = Array.from(
    { length: POLICIES - 1 },
    (_, at) =>
      `@id("p${at}") permit (principal in Team::"team${at % 50}", action == Action::"infer", resource in System::"clinic") when { context.input_tokens < ${at + 1_000} };`,
  )
  const ours = '@id("clinicians") permit (principal in Team::"clinicians", action == Action::"infer", resource);'
  await writeFile(join(bundle, 'policies', 'all.cedar'), [...others, ours].join('\n'))
  return bundle
}

function freePort(): number {
  const probe = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(null) })
  const { port } = probe
  void probe.stop(true)
  if (port === undefined) throw new Error('no port')
  return port
}
