// For tests only: the gate's side and the owner's of a vault that is a double, on a clock that a test moves.
import { afterAll, beforeAll, beforeEach } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { VaultSettings } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import type { SecretEntry } from '#access/trail.ts'
import { makeVault } from './vault-double.fixture.ts'
import { type Credentials, credentials } from './credential.ts'

export const KEY = { from: 'vault', path: 'kv/billing', key: 'token' } as const
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Of the test that runs. */
export const world = {
  home: '',
  now: 0,
  vault: makeVault(),
  recorded: [] as SecretEntry[],
  log: [] as string[],
  /** Nothing takes connections. */
  down: false,
}

/** MUST be called once by each file of tests. */
export function useWorld(): void {
  beforeAll(async () => {
    world.home = await mkdtemp(join(tmpdir(), 'sallyport-vault-'))
  })
  afterAll(() => rm(world.home, { recursive: true, force: true }))
  beforeEach(() => {
    Object.assign(world, { now: 1_000_000, recorded: [], log: [], down: false })
    world.vault = makeVault({ now: () => world.now })
  })
}

export async function asOwner(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const request = new Request(`http://vault.test/v1/${path}`, {
    method,
    headers: { 'x-vault-token': world.vault.root },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await (await world.vault.fetch(request)).text()
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}
export const put = (data: object): Promise<unknown> => asOwner('POST', 'kv/data/billing', { data })

export async function tokenOf(options: object): Promise<string> {
  const { auth } = await asOwner('POST', 'auth/token/create', options)
  return (auth as { client_token: string }).client_token
}

/** The gate's side, with a token of its own in a file. */
export async function byToken(options: object = {}, settings: Partial<VaultSettings> = {}): Promise<Credentials> {
  const path = join(world.home, `token-${crypto.randomUUID()}`)
  await writeFile(path, await tokenOf(options))
  return open({ url: 'http://vault.test', auth: { by: 'token', path }, private: false, ...settings })
}

export async function byJwt(role: object): Promise<Credentials> {
  await asOwner('POST', 'auth/jwt/config', {
    jwt_validation_pubkeys: [publicKey.export({ type: 'spki', format: 'pem' })],
  })
  await asOwner('POST', 'auth/jwt/role/gate', { bound_audiences: ['vault'], ...role })
  const path = join(world.home, `jwt-${crypto.randomUUID()}`)
  await writeFile(
    path,
    await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setAudience('vault').sign(privateKey),
  )
  const auth = { by: 'jwt', mount: 'jwt', role: 'gate', path } as const
  return open({ url: 'http://vault.test', auth, private: false })
}

export function open(settings: VaultSettings): Credentials {
  // Those of the test that opened it: what is still under way when it ends is nobody else's.
  const mine = { ...world }
  const held = credentials({
    env: () => undefined,
    now: () => world.now,
    async record(entry) {
      mine.recorded.push(entry)
    },
    fingerprint: (secret) => `print of ${secret}`,
    vault: () => ({
      settings,
      async dial(url, init) {
        if (world.down) throw Object.assign(new Error('refused'), { code: 'ConnectionRefused' })
        return mine.vault.fetch(new Request(url, init))
      },
    }),
    report: (line) => void mine.log.push(line),
  })
  // It is the one of the bundle in force.
  return { ...held, tend: () => held.tend(settings) }
}

export const asked = (part: string): number => world.vault.asked.filter(({ path }) => path.includes(part)).length
/** Of the secret alone, not of the ways to it. */
export const said = (): readonly string[] =>
  world.recorded
    .filter(({ reference }) => reference === 'vault:kv/billing#token')
    .map(({ what, fingerprint, why }) => `${what} ${(fingerprint ?? why ?? '').replace('print of ', '')}`)

export async function reasonOf(work: Promise<string>): Promise<string> {
  return work.then(
    (secret) => secret,
    (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
  )
}

/** What was begun behind a request is done: it reads files in a row, and whoever asks for one after it is answered after it. */
export async function behind(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await stat(world.home)
    await Bun.sleep(1)
  }
}

export async function until(count: () => number, wanted: number): Promise<void> {
  for (let turn = 0; turn < 1_000 && count() < wanted; turn++) await Bun.sleep(1)
  await behind()
}
