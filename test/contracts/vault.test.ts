// What the gate takes for granted of a vault, on each of them: the double, and a real HashiCorp Vault or OpenBao where its
// address, root token and unseal key are in SALLYPORT_TEST_VAULT_{ADDR,TOKEN,UNSEAL}. That one MUST be made for it: it is
// written to, and sealed.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { VaultSettings } from '#access/provider.ts'
import type { SecretEntry } from '#access/trail.ts'
import { type Credentials, credentials } from '#upstream/credential.ts'
import { textAt, type VaultAnswer, vaultCall } from '#upstream/vault-call.ts'
import { startVault } from '#upstream/vault-double.fixture.ts'

interface World {
  readonly url: string
  readonly root: string
  readonly unsealKey: string
  stop(): Promise<void>
}

const { SALLYPORT_TEST_VAULT_ADDR: url, SALLYPORT_TEST_VAULT_TOKEN: root } = process.env
const unsealKey = process.env['SALLYPORT_TEST_VAULT_UNSEAL'] ?? ''

function double(): World {
  const started = startVault()
  return { url: started.url, root: started.root, unsealKey: started.unsealKey, stop: () => started.stop() }
}
const real = (): World => ({ url: url ?? '', root: root ?? '', unsealKey, stop: async () => undefined })
const WORLDS: readonly (readonly [string, () => World])[] = [
  ['the double', double],
  ...(url !== undefined && root !== undefined ? [['a real one', real] as const] : []),
]

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe.each(WORLDS)('%s', (_, make) => {
  let world: World
  let home = ''
  let now = Date.now()
  beforeAll(async () => {
    world = make()
    home = await mkdtemp(join(tmpdir(), 'sallyport-vault-contract-'))
    await asOwner('POST', 'sys/mounts/kv', { type: 'kv', options: { version: '2' } })
    await asOwner('POST', 'sys/auth/jwt', { type: 'jwt' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    await asOwner('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [pem], default_role: 'gate' })
    await asOwner('POST', 'sys/policies/acl/gate', { policy: 'path "kv/data/*" { capabilities = ["read"] }' })
  })
  afterAll(async () => {
    await world.stop()
    await rm(home, { recursive: true, force: true })
  })

  async function asOwner(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${world.url}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': world.root },
      ...(body && { body: JSON.stringify(body) }),
    })
  }
  const ask: ReturnType<typeof vaultCall> = (question) => vaultCall({ url: world.url, dial: fetch })(question)
  const kindOf = (answer: VaultAnswer): unknown => (answer.kind === 'no' ? answer.status : answer.kind)

  async function tokenOf(options: object): Promise<string> {
    const made = await asOwner('POST', 'auth/token/create', { policies: ['default', 'gate'], ...options })
    const { auth } = (await made.json()) as { auth: { client_token: string } }
    return auth.client_token
  }
  const fileWith = async (text: string): Promise<string> => {
    const path = join(home, randomUUID())
    await writeFile(path, text)
    return path
  }

  function open(auth: VaultSettings['auth']): Credentials & { readonly recorded: readonly SecretEntry[] } {
    const recorded: SecretEntry[] = []
    const held = credentials({
      env: () => undefined,
      now: () => now,
      record: async (entry) => void recorded.push(entry),
      fingerprint: (secret) => `print of ${secret}`,
      vault: () => ({ settings: { url: world.url, auth, private: true }, dial: fetch }),
    })
    return { ...held, recorded }
  }
  const byToken = async (options: object = {}) => open({ by: 'token', path: await fileWith(await tokenOf(options)) })
  const of = (name: string) => ({ from: 'vault', path: `kv/${name}`, key: 'token' }) as const
  const put = (name: string, token: string) => asOwner('POST', `kv/data/${name}`, { data: { token } })
  const failure = (work: Promise<string>) => work.then(String, (error: Error) => String(error.cause))

  test('a secret is read by its path and key, and a new version is another', async () => {
    await put('billing/first', 'sk-one')
    const held = await byToken()
    expect(await held.read(of('billing/first'))).toBe('sk-one')
    await put('billing/first', 'sk-two')
    now += 2_000
    expect(await held.refresh(of('billing/first'))).toBe('sk-two')
  })

  test('a version that was deleted says so, and one that never was is not there', async () => {
    await put('gone', 'sk-one')
    await asOwner('DELETE', 'kv/data/gone')
    const held = await byToken()
    expect(await failure(held.read(of('gone')))).toBe('MissingSecret: deleted in the vault')
    expect(await failure(held.read(of('never')))).toBe('MissingSecret: not in the vault (404)')
  })

  test('no token, a made-up one and a revoked one are each a 403', async () => {
    const token = await tokenOf({})
    expect(kindOf(await ask({ method: 'GET', path: 'kv/data/never', token }))).toBe(404)
    await asOwner('POST', 'auth/token/revoke', { token })
    for (const wrong of [{ token }, { token: 'hvs.made-up' }, {}]) {
      expect(kindOf(await ask({ method: 'GET', path: 'kv/data/never', ...wrong }))).toBe(403)
    }
  })

  test('a token tells how long it lives, and is renewed', async () => {
    const token = await tokenOf({ ttl: '600s', renewable: true })
    const found = await ask({ method: 'GET', path: 'auth/token/lookup-self', token })
    expect(found).toMatchObject({ kind: 'answer' })
    const held = open({ by: 'token', path: await fileWith(token) })
    await put('renewed', 'sk-one')
    expect(await held.read(of('renewed'))).toBe('sk-one')
    const renewed = await ask({ method: 'POST', path: 'auth/token/renew-self', token, body: {} })
    expect(renewed.kind === 'answer' && textAt(renewed.body, 'auth', 'client_token')).toBe(token)
  })

  test('a token that may not be renewed is not', async () => {
    const token = await tokenOf({ ttl: '600s', renewable: false })
    const renewed = await ask({ method: 'POST', path: 'auth/token/renew-self', token, body: {} })
    expect(kindOf(renewed)).toBe(400)
  })

  test('a lease that never was cannot be renewed', async () => {
    const body = { lease_id: 'kv/data/none/1', increment: 60 }
    expect(kindOf(await ask({ method: 'POST', path: 'sys/leases/renew', token: world.root, body }))).toBe(400)
  })

  test('a JWT of a role logs in, and one for another audience does not', async () => {
    await asOwner('POST', 'auth/jwt/role/gate', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: ['gate'],
      token_ttl: '600s',
    })
    const jwt = (audience: string): Promise<string> =>
      new SignJWT({ sub: 'gate' })
        .setProtectedHeader({ alg: 'ES256' })
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    await put('by-login', 'sk-one')
    const auth = { by: 'jwt', mount: 'jwt', role: 'gate' } as const
    const held = open({ ...auth, path: await fileWith(await jwt('vault')) })
    expect(await held.read(of('by-login'))).toBe('sk-one')
    expect(held.recorded.map(({ reference }) => reference).slice(1)).toEqual([
      'vault:auth/jwt/login',
      'vault:kv/by-login#token',
    ])
    const wrong = open({ ...auth, path: await fileWith(await jwt('another')) })
    expect(await failure(wrong.read(of('by-login')))).toBe(
      'MissingSecret: no token for the vault: the vault refused the login (400)',
    )
  })

  test('a sealed one is away, what is held is used meanwhile, and it serves again once unsealed', async () => {
    await put('sealed', 'sk-one')
    const held = await byToken()
    await held.read(of('sealed'))
    const fresh = await byToken()
    await asOwner('POST', 'sys/seal')
    expect(await failure(fresh.read(of('sealed')))).toBe('MissingSecret: it is sealed, or not ready (503)')
    now += 120_000
    expect(await held.read(of('sealed'))).toBe('sk-one')
    await asOwner('POST', 'sys/unseal', { key: world.unsealKey })
    now += 1_000
    for (let turn = 0; turn < 100; turn++) {
      if ((await failure(fresh.read(of('sealed')))) === 'sk-one') break
      now += 1_000
      await Bun.sleep(20)
    }
    expect(await fresh.read(of('sealed'))).toBe('sk-one')
  })
})
