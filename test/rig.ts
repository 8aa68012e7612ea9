// A whole gate in this process, for tests, wired as a worker's is: a real listener, trail, bundle and OIDC issuer, and
// whatever provider the test brings. Only the processes and their supervision are left out.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { AuditLog } from '#audit/audit-log.ts'
import type { Files } from '#audit/files.ts'
import { openLog } from '#audit/open-log.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { gateOf, random } from '#commands/gate-of.ts'
import type { Activated } from '#commands/activate.ts'
import type { InForce } from '#commands/in-force.ts'
import { gatewayMetrics } from '#commands/metrics-gateway.ts'
import { stateDirectory } from '#commands/state-directory.ts'
import { type DemoIssuer, makeIssuer } from '#demo/issuer.ts'
import { makeProvider } from '#demo/provider.ts'
import type { Limits } from '#gateway/exchange.ts'
import { listen } from '#gateway/listen.ts'
import { systemClock } from '#lib/clock.ts'
import type { Resolve } from '#upstream/addresses.ts'
import { type RigKeys, rigKeys } from './rig-keys.ts'

export type Person = 'alice' | 'bob' | 'carol' | 'erin'

export interface RigOptions {
  /** Files of the bundle by path; `${provider}` and `${issuer}` in them are replaced. Default: the clinic's. */
  readonly files?: Readonly<Record<string, string>>
  /** The provider's URL without `/v1`. Default: the demo provider, served here. */
  readonly provider?: string
  readonly limits?: Partial<Limits>
  /** Fails writes of the trail, for tests of what happens then. */
  readonly auditFiles?: Files
  /** From names to addresses. */
  readonly resolve?: Resolve
}

export interface Rig {
  /** The gate's own URL. */
  readonly url: string
  readonly provider: string
  readonly issuer: DemoIssuer
  readonly home: string
  readonly trail: AuditLog
  readonly inForce: InForce<Activated>
  readonly keys: RigKeys
  /** Lines of the operator's log. */
  readonly log: readonly string[]
  /** POST /v1/chat/completions as one of the demo's people. */
  ask(person: Person, body: object | string, init?: RequestInit): Promise<Response>
  /** Any route as one of them; a body makes it a POST. */
  call(person: Person, path: string, body?: object | string, init?: RequestInit): Promise<Response>
  /** Any route with this credential, or with none. */
  callWith(credential: string | undefined, path: string, body?: object | string, init?: RequestInit): Promise<Response>
  /** Everything recorded so far, in order. */
  entries(): Promise<readonly ReadEntry[]>
  /** The decision and outcome of one exchange, once its outcome stands; fails after a while. */
  settled(exchange: string): Promise<{ readonly decision: ReadEntry; readonly outcome: ReadEntry }>
  writeBundle(files: Readonly<Record<string, string>>): Promise<void>
  stop(): Promise<void>
}

export const CLINIC_YAML = `public: https://gate.example
issuers:
  harbor: { url: \${issuer}, audience: sallyport-demo, groups: groups, as: "User::{sub}" }
teams:
  clinicians: [harbor:clinicians]
  billing: [harbor:billing]
  intake: []
systems:
  clinic: { tier: 1, owner: platform@harbor.example }
  records: { tier: 3, owner: records@harbor.example }
providers:
  harbor:
    kind: openai-compatible
    url: \${provider}/v1
    credential: file:provider-key
    private: true
    timeouts: { first-byte: 2s, idle: 1s }
models:
  clinic-small: { system: clinic, use: [harbor/harbor-small] }
  clinic-large: { system: clinic, use: [harbor/harbor-large] }
  clinic-records: { system: records, use: [harbor/harbor-large] }
context:
  headers: [x-purpose]
  metadata: [ticket]
`

export const CLINIC_CEDAR = `@id("clinicians-use-every-model")
@tell("clinic-large is for clinicians; billing uses clinic-small.")
permit (principal in Team::"clinicians", action == Action::"infer", resource);

@id("billing-uses-the-small-model")
permit (principal in Team::"billing", action == Action::"infer", resource == Model::"clinic-small");

@id("intake-uses-the-small-model")
permit (principal in Team::"intake", action == Action::"infer", resource == Model::"clinic-small");
`

export const PROVIDER_SECRET = 'rig-provider-credential-0123456789'

export const CLINIC: Readonly<Record<string, string>> = {
  'sallyport.yaml': CLINIC_YAML,
  'policies/clinic.cedar': CLINIC_CEDAR,
  'provider-key': `${PROVIDER_SECRET}\n`,
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-rig-'))
  const directory = join(home, 'bundle')
  const demo = makeProvider({ credential: PROVIDER_SECRET })
  const demoServer = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: (request) => demo.fetch(request),
  })
  const issuers: DemoIssuer[] = []
  const issuerServer = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => issuers[0]?.fetch(request) ?? new Response(null, { status: 503 }),
  })
  const issuer = await makeIssuer({ url: `http://127.0.0.1:${issuerServer.port}`, now: () => Date.now() })
  issuers.push(issuer)
  const provider = options.provider ?? `http://127.0.0.1:${demoServer.port}`

  const writeBundle = async (files: Readonly<Record<string, string>>): Promise<void> => {
    await rm(directory, { recursive: true, force: true })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true })
      const filled = text.replaceAll('${provider}', provider).replaceAll('${issuer}', issuer.url)
      await writeFile(join(directory, path), filled, { mode: 0o600 })
    }
  }
  await writeBundle(options.files ?? CLINIC)

  const log: string[] = []
  const io = { err: (line: string) => void log.push(line), color: false, environment: {} }
  const state = await stateDirectory(home)
  const metrics = await gatewayMetrics({
    home,
    root: join(import.meta.dir, '..'),
    log: 'gateway-0',
    shared: false,
    lines: undefined,
    now: () => Date.now(),
  })
  const trail = await openLog({
    directory: state.audit,
    keys: state.keys,
    log: 'gateway-0',
    clock: systemClock,
    random,
    observe: metrics.observe,
    ...(options.auditFiles ? { files: options.auditFiles } : {}),
  })
  const wired = await gateOf({
    directory,
    state,
    trail,
    io,
    metrics: () => metrics.page(),
    ...(options.resolve ? { resolve: options.resolve } : {}),
  })
  if (!wired) throw new Error(`the rig's bundle is faulty:\n${log.join('\n')}`)
  const { gate, inForce } = wired
  const server = listen(
    { host: '127.0.0.1', port: 0, shared: false },
    { ...gate, limits: { ...gate.limits, ...options.limits } },
  )
  metrics.attach({ wired, trail, server })
  const url = `http://127.0.0.1:${server.port}`
  const entries = async (): Promise<readonly ReadEntry[]> =>
    Array.fromAsync(readEntries(join(state.audit, 'gateway-0')))

  const keys = rigKeys(home)
  const call: Rig['call'] = async (person, path, body, init) => callWith(await issuer.mint(person), path, body, init)
  const callWith: Rig['callWith'] = async (credential, path, body, init = {}) => {
    const { headers, ...rest } = init
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    return fetch(`${url}${path}`, {
      ...(sent === undefined ? {} : { method: 'POST', body: sent }),
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(headers as Record<string, string> | undefined),
      },
      ...rest,
    })
  }

  return {
    url,
    provider,
    issuer,
    home,
    trail,
    inForce,
    log,
    writeBundle,
    entries,
    ask: (person, body, init) => call(person, '/v1/chat/completions', body, init),
    call,
    callWith,
    keys,
    async settled(exchange) {
      for (let turn = 0; turn < 500; turn++) {
        const all = (await entries()).filter((entry) => entry['exchange'] === exchange)
        const decision = all.find(({ kind }) => kind === 'decision')
        const outcome = all.find(({ kind }) => kind === 'outcome')
        if (decision && outcome) return { decision, outcome }
        await Bun.sleep(10)
      }
      throw new Error(`the record of ${exchange} was not closed`)
    },
    async stop() {
      await server.stop(0)
      wired.close()
      keys.close()
      await trail.close()
      metrics.close()
      await demoServer.stop(true)
      await issuerServer.stop(true)
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The id under which a response was recorded. */
export function exchangeOf(response: Response): string {
  const id = response.headers.get('x-sallyport-exchange')
  if (id === null) throw new Error('a response without an exchange id')
  return id
}

export const says = (content: string): readonly { role: string; content: string }[] => [{ role: 'user', content }]
