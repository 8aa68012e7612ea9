// The real processes as `sallyport start` runs them, four workers of the gateway, before a provider whose streams go on; two
// applications that begin sessions: those of `desk` last for hours, those of `brief` for as long as is said here.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Child, startBun } from '../gateway/processes.ts'

export const WORKERS = 4
export const BRIEF_S = 60

export type Application = 'desk' | 'brief'

export interface RevocationWorld {
  readonly port: number
  /** `SALLYPORT_HOME`. */
  readonly state: string
  /** POST to `/oauth/…` as this application: the status, and the answer's JSON. */
  oauth(
    as: Application,
    path: 'token' | 'revoke',
    fields: Readonly<Record<string, string>>,
  ): Promise<readonly [number, Readonly<Record<string, unknown>>]>
  /** The command line, to its end. Rejects where it says no. */
  run(args: readonly string[]): Promise<void>
  stop(): Promise<void>
}

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const READY_MS = 60_000

const yaml = (origin: string, provider: string): string => `public: ${origin}
issuers: {}
teams: {}
systems:
  clinic: { tier: 2, owner: platform@harbor.example }
  lobby: { tier: 1, owner: platform@harbor.example }
providers:
  harbor: { kind: openai-compatible, url: http://127.0.0.1:${provider}/v1, credential: file:provider-key, private: true }
models:
  clinic-small: { system: clinic, use: [harbor/m] }
  lobby-small: { system: lobby, use: [harbor/m] }
applications:
  desk:
    { environment: bench, use: letters, keys: file:keys.json, models: [clinic-small], actions: [infer], networks: [127.0.0.0/8] }
  brief: { environment: bench, use: questions, keys: file:keys.json, models: [lobby-small], actions: [infer] }
sessions:
  tier-1: { duration: ${BRIEF_S}s }
`

export async function startRevocationWorld(): Promise<RevocationWorld> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'ES256' }]
  const port = freePair()
  const origin = `http://127.0.0.1:${port}`
  const state = join(home, 'state')
  const environment = { SALLYPORT_HOME: state, SALLYPORT_PORT: String(port), SALLYPORT_WORKERS: String(WORKERS) }
  const children: Child[] = []
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    const provider = await startBun([join(import.meta.dirname, '../streams/provider.ts'), '4000'])
    children.push(provider)
    const files = {
      'sallyport.yaml': yaml(origin, provider.said),
      'policies/all.cedar': '@id("everybody")\npermit (principal, action == Action::"infer", resource);\n',
      'provider-key': 'sk-bench',
      'keys.json': JSON.stringify({ keys }),
    }
    const bundle = join(home, 'bundle')
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(bundle, path)), { recursive: true })
      await writeFile(join(bundle, path), text, { mode: 0o600 })
    }
    children.push(await startBun([MAIN, 'start', '--bundle', bundle, '--log', 'off'], { environment }))
    await answers(`${origin}/.well-known/oauth-authorization-server`)
  } catch (error) {
    await stop()
    throw error
  }
  const assertion = (client: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ iss: client, sub: client, aud: origin, iat: now, exp: now + 60, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey)
  }
  return {
    port,
    state,
    async oauth(as, path, fields) {
      const body = new URLSearchParams({
        ...fields,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(as),
      })
      const answer = await fetch(`${origin}/oauth/${path}`, { method: 'POST', body })
      const text = await answer.text()
      return [answer.status, text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}]
    },
    async run(args) {
      const child = Bun.spawn([process.execPath, '--no-env-file', '--config=/dev/null', MAIN, ...args], {
        env: environment,
        stdout: 'ignore',
      })
      if ((await child.exited) !== 0) throw new Error(`sallyport ${args.join(' ')} ended with ${child.exitCode}`)
    },
    stop,
  }
}

/** The control plane takes the port after the gateway's. Below the range that the system hands out by itself. */
function freePair(): number {
  for (let turn = 0; turn < 100; turn++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if ([port, port + 1].every(isFree)) return port
  }
  throw new Error('no two ports are free')
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).stop(true)
    return true
  } catch {
    return false
  }
}

async function answers(url: string): Promise<void> {
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await sleep(100)) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.status === 200) return
  }
  throw new Error(`${url} does not answer`)
}
