import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { VaultSettings } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import type { SecretEntry } from '#access/trail.ts'
import { makeVault, type VaultDouble } from '../../test/doubles/vault.ts'
import { type Credentials, credentials } from './credential.ts'

const KEY = { from: 'vault', path: 'kv/billing', key: 'token' } as const
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let home = ''
let now = 0
let vault: VaultDouble
let recorded: SecretEntry[] = []
let log: string[] = []
let down = false

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-vault-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))
beforeEach(() => {
  now = 1_000_000
  vault = makeVault({ now: () => now })
  recorded = []
  log = []
  down = false
})

async function asOwner(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const request = new Request(`http://vault.test/v1/${path}`, {
    method,
    headers: { 'x-vault-token': vault.root },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await (await vault.fetch(request)).text()
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}
const put = (data: object): Promise<unknown> => asOwner('POST', 'kv/data/billing', { data })

async function tokenOf(options: object): Promise<string> {
  const { auth } = await asOwner('POST', 'auth/token/create', options)
  return (auth as { client_token: string }).client_token
}

/** The gate's side, with a token of its own in a file. */
async function byToken(options: object = {}, settings: Partial<VaultSettings> = {}): Promise<Credentials> {
  const path = join(home, `token-${crypto.randomUUID()}`)
  await writeFile(path, await tokenOf(options))
  return open({ url: 'http://vault.test', auth: { by: 'token', path }, private: false, ...settings })
}

async function byJwt(role: object): Promise<Credentials> {
  await asOwner('POST', 'auth/jwt/config', {
    jwt_validation_pubkeys: [publicKey.export({ type: 'spki', format: 'pem' })],
  })
  await asOwner('POST', 'auth/jwt/role/gate', { bound_audiences: ['vault'], ...role })
  const path = join(home, `jwt-${crypto.randomUUID()}`)
  await writeFile(
    path,
    await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setAudience('vault').sign(privateKey),
  )
  const auth = { by: 'jwt', mount: 'jwt', role: 'gate', path } as const
  return open({ url: 'http://vault.test', auth, private: false })
}

function open(settings: VaultSettings): Credentials {
  // Those of the test that opened it: what is still under way when it ends is nobody else's.
  const mine = { vault, recorded, log }
  return credentials({
    env: () => undefined,
    now: () => now,
    async record(entry) {
      mine.recorded.push(entry)
    },
    fingerprint: (secret) => `print of ${secret}`,
    vault: () => ({
      settings,
      async dial(url, init) {
        if (down) throw Object.assign(new Error('refused'), { code: 'ConnectionRefused' })
        return mine.vault.fetch(new Request(url, init))
      },
    }),
    report: (line) => void mine.log.push(line),
  })
}

const asked = (part: string): number => vault.asked.filter(({ path }) => path.includes(part)).length
/** Of the secret alone, not of the ways to it. */
const said = (): readonly string[] =>
  recorded
    .filter(({ reference }) => reference === 'vault:kv/billing#token')
    .map(({ what, fingerprint, why }) => `${what} ${(fingerprint ?? why ?? '').replace('print of ', '')}`)

async function reasonOf(work: Promise<string>): Promise<string> {
  return work.then(
    (secret) => secret,
    (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
  )
}

/** What was begun behind a request is done. */
const behind = (): Promise<void> => Bun.sleep(5)

async function until(count: () => number, wanted: number): Promise<void> {
  for (let turn = 0; turn < 1_000 && count() < wanted; turn++) await Bun.sleep(1)
  await behind()
}

describe('a secret of KV v2', () => {
  test('is read with the token of a file, in the namespace, and each of the two readings is recorded', async () => {
    await put({ token: 'sk-one', other: 7 })
    const held = await byToken({}, { namespace: 'team/a' })
    expect(await held.read(KEY)).toBe('sk-one')
    expect(recorded.map(({ what, reference }) => [what, reference.replace(home, '').replace(/-.*/, '')])).toEqual([
      ['read', 'file:/token'],
      ['read', 'vault:kv/billing#token'],
    ])
    const { method, path, namespace } = vault.asked.at(-1) ?? {}
    expect([method, path, namespace]).toEqual(['GET', 'kv/data/billing', 'team/a'])
    // The gate's own token is what inspection must not let pass, either.
    expect(held.held()).toHaveLength(2)
  })

  test('is used without asking for a minute, and then looked at behind whoever uses it', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    now += 59_999
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('kv/data')).toBe(1)
    now += 1
    expect(await held.read(KEY)).toBe('sk-one')
    await until(() => said().length, 2)
    expect(await held.read(KEY)).toBe('sk-two')
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  test('that was not used for long is waited for', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    now += 120_000
    expect(await held.read(KEY)).toBe('sk-two')
  })

  test('that did not change is looked at, and not recorded again', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    for (let turn = 1; turn <= 5; turn++) {
      await held.read(KEY)
      await until(() => asked('kv/data'), turn)
      now += 60_000
    }
    expect(asked('kv/data')).toBe(5)
    expect(said()).toEqual(['read sk-one'])
  })

  test('that was refused is read at once, by all who were refused together', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    now += 1_000
    const all = await Promise.all(Array.from({ length: 100 }, () => held.refresh(KEY)))
    expect(new Set(all)).toEqual(new Set(['sk-two']))
    expect(await held.refresh(KEY)).toBe('sk-two')
    expect(asked('kv/data')).toBe(2)
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  const GONE: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['deleted', () => asOwner('DELETE', 'kv/data/billing'), 'deleted in the vault'],
    ['without its key', () => put({ elsewhere: 'x' }), 'the vault has no text under this key'],
    ['a number', () => put({ token: 7 }), 'the vault has no text under this key'],
    ['two lines', () => put({ token: 'a\nb' }), 'holds no text that a header can carry'],
  ]
  test.each(GONE)('%s is lost at once, though another was held', async (_, change, why) => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await change()
    now += 120_000
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', `lost ${why}`])
    await put({ token: 'sk-two' })
    now += 1_000
    expect(await held.read(KEY)).toBe('sk-two')
  })

  test('that was never there, or may not be read, is not asked for more than once a second', async () => {
    const held = await byToken()
    for (const path of ['kv/none', 'kv/forbidden']) {
      for (let turn = 0; turn < 20; turn++) {
        expect(await reasonOf(held.read({ ...KEY, path }))).toBe('provider_unreachable')
      }
    }
    expect(asked('kv/data/none')).toBe(1)
    expect(asked('kv/data/forbidden')).toBe(1)
    expect(said()).toEqual([])
  })
})

describe('a vault that does not answer', () => {
  const AWAY: readonly (readonly [string, () => void, string])[] = [
    ['sealed', () => void asOwner('POST', 'sys/seal'), 'it is sealed, or not ready (503)'],
    [
      'down',
      () => {
        down = true
      },
      'it cannot be reached (ConnectionRefused)',
    ],
    ['overrun', () => instead(new Response('{}', { status: 429 })), 'it answered 429'],
    ['broken', () => instead(new Response('secret-words', { status: 500 })), 'it answered 500'],
    ['no vault', () => instead(new Response('<html>secret-words')), 'its answer is not JSON'],
    ['too much', () => instead(new Response('x'.repeat(65 * 1024))), 'its answer is too large, too slow or cut off'],
    ['ambiguous', () => instead(new Response('{"data":{"data":{"token":"a","token":"b"}}}')), 'its answer is not JSON'],
    [
      'a standby',
      () => instead(new Response(null, { status: 307, headers: { location: 'http://elsewhere.test/' } })),
      'it redirects, which is not followed: name the address of the active node',
    ],
  ]
  const instead = (response: Response): void => {
    vault.instead = () => new Response(response.clone().body, response)
  }

  test.each(AWAY)('%s: what is held is used for ten minutes, told once, and then lost', async (_, breakIt, why) => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    breakIt()
    for (let minute = 1; minute <= 9; minute++) {
      now += 60_000
      expect([minute, await held.read(KEY)]).toEqual([minute, 'sk-one'])
      await behind()
    }
    now += 59_999
    expect(await held.read(KEY)).toBe('sk-one')
    await behind()
    now += 1
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(log).toEqual([
      `vault:kv/billing#token cannot be read again (${why}); the one held is used for 9 min at most`,
    ])
    expect(said()).toEqual(['read sk-one', `lost ${why}`])
    expect(JSON.stringify([log, recorded])).not.toContain('secret-words')
  })

  test('refuses what was never read, and serves it once it answers', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    down = true
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    down = false
    now += 1_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('delays nobody who holds a secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    now += 60_000
    vault.instead = () => new Promise<Response>(() => undefined)
    for (let turn = 0; turn < 100; turn++) expect(await held.read(KEY)).toBe('sk-one')
  })

  test('is told of when it answers again', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    down = true
    now += 60_000
    await held.read(KEY)
    await until(() => log.length, 1)
    down = false
    now += 1_000
    await held.read(KEY)
    await until(() => log.length, 2)
    expect(log.at(-1)).toBe('vault:kv/billing#token can be read again')
    expect(said()).toEqual(['read sk-one'])
  })
})

describe("the gate's token", () => {
  test('is renewed at two thirds of its life, also when nobody asks for a secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken({ ttl: '3600s' })
    await held.read(KEY)
    expect(asked('lookup-self')).toBe(1)
    now += 2_399_000
    await held.tend()
    expect(asked('renew-self')).toBe(0)
    now += 1_000
    await held.tend()
    expect(asked('renew-self')).toBe(1)
    now += 3_599_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('that cannot be renewed is told of, and its end loses the secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken({ ttl: '600s', renewable: false })
    await held.read(KEY)
    expect(log).toEqual(['vault: the token ends in 10 min and cannot be renewed'])
    now += 600_000
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', 'lost the vault refuses it to the gate (403)'])
  })

  test('of the file is read again when another was written', async () => {
    await put({ token: 'sk-one' })
    const path = join(home, 'replaced')
    const first = await tokenOf({})
    await writeFile(path, first)
    const held = open({ url: 'http://vault.test', auth: { by: 'token', path }, private: false })
    await held.read(KEY)
    await asOwner('POST', 'auth/token/revoke', { token: first })
    await writeFile(path, `${await tokenOf({})}\n`)
    now += 120_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(said()).toEqual(['read sk-one'])
  })

  test('of a login is got with the JWT, recorded, renewed, and got anew when its whole life ends', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ token_ttl: '600s', token_max_ttl: '900s' })
    expect(await held.read(KEY)).toBe('sk-one')
    expect(recorded.map(({ reference }) => reference).slice(1)).toEqual([
      'vault:auth/jwt/login',
      'vault:kv/billing#token',
    ])
    now += 400_000
    await held.tend()
    expect([asked('renew-self'), asked('login')]).toEqual([1, 1])
    now += 340_000
    await held.tend()
    expect([asked('renew-self'), asked('login')]).toEqual([2, 2])
    now += 200_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('of a login that was revoked is got anew, once, and the secret stays', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ token_ttl: '3600s' })
    await held.read(KEY)
    const token = vault.asked.at(-1)?.token
    await asOwner('POST', 'auth/token/revoke', { token })
    now += 120_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('login')).toBe(2)
    expect(said()).toEqual(['read sk-one'])
  })

  test('of a login is not asked for again and again where it is the secret that may not be read', async () => {
    const held = await byJwt({ token_ttl: '3600s' })
    for (let turn = 0; turn < 9; turn++) {
      expect(await reasonOf(held.read({ ...KEY, path: 'kv/forbidden' }))).toBe('provider_unreachable')
      now += 1_000
    }
    expect(asked('login')).toBe(1)
  })

  test('that is refused to the gate is why there is no secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ bound_audiences: ['another'] })
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(asked('kv/data')).toBe(0)
  })
})

describe('a secret with a lease', () => {
  const leased = (lease: object): Promise<unknown> => put({ token: 'sk-one', $lease: lease })

  test('is not read each minute, and its lease is renewed at two thirds', async () => {
    await leased({ ttl: 600 })
    const held = await byToken()
    await held.read(KEY)
    now += 399_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('leases/renew')).toBe(0)
    now += 1_000
    expect(await held.read(KEY)).toBe('sk-one')
    await until(() => asked('leases/renew'), 1)
    now += 300_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('kv/data')).toBe(1)
    expect(said()).toEqual(['read sk-one'])
  })

  test('that cannot be renewed is read anew before it ends', async () => {
    await leased({ ttl: 600, renewable: false })
    const held = await byToken()
    await held.read(KEY)
    await leased({ ttl: 600 })
    await put({ token: 'sk-two', $lease: { ttl: 600 } })
    now += 400_000
    await held.tend()
    expect(await held.read(KEY)).toBe('sk-two')
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  test('is not used beyond its lease, whatever the vault does', async () => {
    await leased({ ttl: 300 })
    const held = await byToken()
    await held.read(KEY)
    down = true
    now += 299_999
    expect(await held.read(KEY)).toBe('sk-one')
    await behind()
    now += 1
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', 'lost it cannot be reached (ConnectionRefused)'])
  })
})

test('of another vault, or another way into one, nothing that was held counts', async () => {
  await put({ token: 'sk-one' })
  const path = join(home, 'moving')
  await writeFile(path, await tokenOf({}))
  const settings = { url: 'http://vault.test', auth: { by: 'token', path }, private: false } as const
  let current: VaultSettings | undefined = settings
  const held = credentials({
    env: () => undefined,
    now: () => now,
    async record(entry) {
      recorded.push(entry)
    },
    fingerprint: () => '',
    vault: () => current && { settings: current, dial: async (url, init) => vault.fetch(new Request(url, init)) },
  })
  await held.read(KEY)
  current = { ...settings }
  await held.read(KEY)
  expect(asked('kv/data')).toBe(1)
  current = { ...settings, namespace: 'team' }
  await held.read(KEY)
  expect(asked('kv/data')).toBe(2)
  current = undefined
  expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
})

test('no token is in any entry, line or refusal', async () => {
  await put({ token: 'sk-one' })
  const held = await byJwt({ token_ttl: '60s' })
  const failures: string[] = []
  await held.read(KEY)
  const token = vault.asked.at(-1)?.token ?? 'none'
  vault.instead = () => Response.json({ errors: [`bad token ${token}`] }, { status: 400 })
  now += 120_000
  await held.read(KEY).catch((error: unknown) => failures.push(Bun.inspect(error, { depth: 9 })))
  expect(failures).toHaveLength(1)
  const seen = failures.join() + log.join() + JSON.stringify(recorded.map((entry) => ({ ...entry, fingerprint: '' })))
  expect(seen).not.toContain(token)
  expect(held.held()).toContain(token)
})
