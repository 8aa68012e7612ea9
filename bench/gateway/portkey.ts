// Portkey's gateway, as npm has it, on Node: installed when it is first measured, by its own lock file, beside the packages of
// this repository and not among them, so that nobody else pays for it. Its streams work only with the versions pinned here.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { type Child, startChild } from './processes.ts'

const PINS = join(import.meta.dirname, 'portkey')
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sallyport-bench')
const PROGRAM = 'node_modules/@portkey-ai/gateway/build/start-server.js'
const FILES = ['package.json', 'package-lock.json'] as const

/** The directory that holds it. Throws where it neither is there nor can be had. */
export function installPortkey(): string {
  const pins = FILES.map((file) => readFileSync(join(PINS, file)))
  const digest = createHash('sha256').update(Buffer.concat(pins)).digest('hex').slice(0, 12)
  const folder = join(CACHE, `portkey-${digest}`)
  const whole = join(folder, 'installed')
  if (existsSync(whole)) return folder
  console.error("installing Portkey's gateway (25 MB, once)")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const file of FILES) copyFileSync(join(PINS, file), join(folder, file))
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 180_000,
  })
  writeFileSync(whole, '')
  return folder
}

export async function startPortkey(folder: string): Promise<Child & { readonly port: number }> {
  const port = freePort()
  // Asked for no port in particular it takes one that others may have; it says nothing when it is ready.
  const child = await startChild('node', [join(folder, PROGRAM), `--port=${port}`, '--headless'], {
    environment: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
    output: '/dev/null',
    ready: () => answers(port),
  })
  return { ...child, port }
}

async function answers(port: number): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await Bun.sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    if (answer) return
  }
  throw new Error("Portkey's gateway does not answer")
}

/** What two regular expressions can say of a credential. */
const CREDENTIAL =
  '(AKIA|ASIA)[0-9A-Z]{16}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{36}|-----BEGIN [A-Z ]*PRIVATE KEY-----'

const guardrail = (id: string, parameters: object): object => ({
  id,
  type: 'guardrail',
  deny: true,
  checks: [{ id, parameters }],
})
const regex = guardrail('default.regexMatch', { rule: CREDENTIAL, not: true })

/** A regular expression each way and, where keys are given, a check of the token by them. */
export function portkeyHeaders(provider: number, token: string, keys: string | undefined): Record<string, string> {
  const jwt = guardrail('default.jwt', { jwksUri: keys, headerKey: 'authorization' })
  const config = {
    provider: 'openai',
    api_key: 'sk-bench',
    custom_host: `http://127.0.0.1:${provider}/v1`,
    before_request_hooks: keys === undefined ? [regex] : [jwt, regex],
    after_request_hooks: [regex],
  }
  return { authorization: `Bearer ${token}`, 'x-portkey-config': JSON.stringify(config) }
}
