// The vault: there, unsealed, and does it take the gate's token? Where the gate would log in, the doctor does not: that would
// make a token.
import { readFile } from 'node:fs/promises'
import type { VaultSettings } from '#access/provider.ts'
import { type Claims, isClaims, readClaims } from '#identity/claims.ts'
import { type Around, type Finding, notKnown, ok, PATIENCE_MS, warn, wrong } from './finding.ts'
import { type Secret, usable, type VaultDoor, type VaultReference } from './secret.ts'

interface Door {
  readonly settings: VaultSettings
  readonly around: Around
  readonly host: string
}

export async function openVault(settings: VaultSettings, around: Around): Promise<VaultDoor> {
  const door: Door = { settings, around, host: URL.parse(settings.url)?.host ?? settings.url }
  const seal = await sealOf(door)
  if (seal.verdict !== 'ok') return { findings: [seal], read: async () => closed('the vault cannot be asked') }
  if (settings.auth.by === 'jwt') {
    const login = await loginOf(door, settings.auth)
    return { findings: [seal, login], read: async () => closed('the doctor does not log in to the vault') }
  }
  const token = await tokenIn(settings.auth.path)
  if (!token.ok) {
    const found = wrong('vault', door.host, `its token: ${token.said}`, token.fix)
    return { findings: [seal, found], read: async () => closed('the vault cannot be asked') }
  }
  const lookup = await tokenFinding(door, token.secret)
  return { findings: [seal, lookup], read: (reference) => readSecret(door, token.secret, reference) }
}

const closed = (said: string): Secret => ({ ok: false, known: false, said, fix: 'See vault, above.' })

async function get({ settings, around }: Door, path: string, token?: string): ReturnType<Around['look']> {
  const { url, namespace } = settings
  return around.look({
    url: `${url}/v1/${path}`,
    to: { name: 'vault', timeouts: { connect: PATIENCE_MS }, ...settings },
    within: PATIENCE_MS,
    headers: {
      'x-vault-request': 'true',
      ...(token !== undefined && { 'x-vault-token': token }),
      // What tells its state stands in no namespace.
      ...(token !== undefined && namespace !== undefined && { 'x-vault-namespace': namespace }),
    },
  })
}

async function sealOf(door: Door): Promise<Finding> {
  const { host } = door
  const seen = await get(door, 'sys/seal-status')
  if (!seen.ok) return wrong('vault', host, seen.said, 'Ask it from this machine: vault status')
  const status = claimsOf(seen.bytes)
  if (status?.['initialized'] === false) return wrong('vault', host, 'is not initialised', 'Run: vault operator init')
  if (status?.['sealed'] === true)
    return wrong('vault', host, 'is sealed: no secret can be read', 'Run: vault operator unseal')
  if (status?.['sealed'] === false) return ok('vault', host, 'reachable, not sealed')
  return wrong(
    'vault',
    host,
    `answers ${seen.status}, and not as a vault does`,
    'Look whether vault.url is that of a vault, without /v1.',
  )
}

const tokenIn = async (path: string): Promise<Secret> =>
  usable(
    await readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    ),
    `${path} is empty or cannot be read`,
    'Write the token into it, mode 0600.',
  )

const SOON_SECONDS = 3_600

async function tokenFinding(door: Door, token: string): Promise<Finding> {
  const { host } = door
  const seen = await get(door, 'auth/token/lookup-self', token)
  if (!seen.ok) return wrong('vault', host, seen.said, 'Ask it from this machine: vault token lookup')
  if (seen.status === 403)
    return wrong(
      'vault',
      host,
      'does not take the token: it is wrong, or has ended',
      'Put a new one into the file of vault.token.',
    )
  const found = claimsOf(seen.bytes)?.['data']
  const ttl = isClaims(found) ? found['ttl'] : undefined
  if (seen.status !== 200 || typeof ttl !== 'number')
    return notKnown('vault', host, `answers ${seen.status} when it is asked about its token`)
  if (ttl === 0) return ok('vault', host, 'takes the token, which never ends')
  const renewable = isClaims(found) && found['renewable'] === true
  const said = `takes the token; ${lasting(ttl)} left${renewable ? ', renewable' : ''}`
  return ttl < SOON_SECONDS && !renewable
    ? warn('vault', host, said, 'Put a new one into the file of vault.token before then.')
    : ok('vault', host, said)
}

function lasting(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`
}

async function loginOf({ host }: Door, auth: Extract<VaultSettings['auth'], { readonly by: 'jwt' }>): Promise<Finding> {
  const jwt = await tokenIn(auth.path)
  if (!jwt.ok)
    return wrong(
      'vault',
      host,
      `the JWT of its login: ${jwt.said}`,
      'Let the platform mount it there, readable for the gateway alone.',
    )
  return notKnown(
    'vault',
    host,
    `whether it lets role ${auth.role} in: the doctor does not log in, which would make a token`,
  )
}

/** KV v2 has its secrets below `data/`, and each in a `data` of its own. */
async function readSecret(door: Door, token: string, { path, key }: VaultReference): Promise<Secret> {
  const [mount = '', ...rest] = path.split('/')
  const seen = await get(door, `${mount}/data/${rest.join('/')}`, token)
  if (!seen.ok) return closed(seen.said)
  const no = (said: string, fix: string): Secret => ({
    ok: false,
    known: true,
    said: `vault:${path}#${key} ${said}`,
    fix,
  })
  if (seen.status === 403)
    return no('may not be read with this token', `Let its policy read ${mount}/data/${rest.join('/')}.`)
  if (seen.status === 404) return no('does not exist', `Write it: vault kv put ${path} ${key}=…`)
  if (seen.status !== 200) return no(`is answered with ${seen.status}`, 'Ask it from this machine: vault kv get')
  const outer = claimsOf(seen.bytes)?.['data']
  const inner = isClaims(outer) ? outer['data'] : undefined
  const value = isClaims(inner) ? inner[key] : undefined
  return usable(
    typeof value === 'string' ? value : undefined,
    `vault:${path}#${key} has no such key`,
    `Write it: vault kv patch ${path} ${key}=…`,
  )
}

function claimsOf(bytes: Uint8Array): Claims | undefined {
  try {
    return readClaims(bytes)
  } catch {
    return undefined
  }
}
