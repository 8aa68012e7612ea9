// A vault as the gate meets one: KV v2, tokens that end, login with a JWT, leases, a seal. Its owner's side is the real one's,
// too, so that the contract suite sets both up with the same requests. `asked` is what a real one's audit device would show.
import { randomUUID } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'

export interface VaultDouble {
  readonly root: string
  readonly unsealKey: string
  /** Of everybody but the owner, oldest first. */
  readonly asked: Asked[]
  /** Where it answers, it does so in the vault's place. */
  instead: ((request: Request) => Response | Promise<Response> | undefined) | undefined
  fetch(request: Request): Promise<Response>
}

export interface Asked {
  readonly method: string
  /** Behind `/v1/`. */
  readonly path: string
  readonly token: string | null
  readonly namespace: string | null
}

interface Token {
  readonly renewable: boolean
  /** Milliseconds; 0 without end. */
  readonly ttl: number
  /** It is never renewed beyond this moment. */
  readonly utmost: number
  ends: number
}

interface Version {
  readonly data: unknown
  readonly created: string
  deleted: string
}

type Body = Readonly<Record<string, unknown>>

export const ROOT = 'double-root-token'
export const UNSEAL_KEY = 'double-unseal-key'

export function makeVault({ now = Date.now }: { readonly now?: () => number } = {}): VaultDouble {
  const tokens = new Map<string, Token>([[ROOT, { renewable: false, ttl: 0, utmost: Infinity, ends: Infinity }]])
  const secrets = new Map<string, Version[]>()
  const leases = new Map<string, Token>()
  const roles = new Map<string, Body>()
  let publicKey = ''
  let sealed = false

  const issue = (id: string, body: Body, into: Map<string, Token>): Token => {
    const ttl = millisecondsOf(body['ttl'] ?? body['token_ttl'])
    const most = millisecondsOf(body['max_ttl'] ?? body['token_max_ttl'])
    const token = {
      ttl,
      renewable: body['renewable'] !== false,
      utmost: most === 0 ? Infinity : now() + most,
      ends: ttl === 0 ? Infinity : now() + ttl,
    }
    into.set(id, token)
    return token
  }
  const authOf = (client_token: string, { ends, renewable, ttl }: Token): Response =>
    answer({ auth: { client_token, renewable, lease_duration: ttl === 0 ? 0 : secondsUntil(ends) } })
  const secondsUntil = (ends: number): number => Math.max(0, Math.round((ends - now()) / 1_000))
  const renew = (token: Token | undefined): boolean => {
    if (!token?.renewable || token.ends <= now()) return false
    token.ends = Math.min(now() + token.ttl, token.utmost)
    return true
  }

  const ofTokens = (path: string, id: string, body: Body): Response | undefined => {
    const own = tokens.get(id)
    switch (path) {
      case 'auth/token/lookup-self':
        if (!own) return refused(403)
        return answer({ data: { id, ttl: own.ttl === 0 ? 0 : secondsUntil(own.ends), renewable: own.renewable } })
      case 'auth/token/renew-self':
        return own && renew(own) ? authOf(id, own) : refused(400)
      case 'sys/leases/renew': {
        const lease_id = String(body['lease_id'])
        const lease = leases.get(lease_id)
        if (!lease || !renew(lease)) return refused(400)
        return answer({ lease_id, renewable: true, lease_duration: secondsUntil(lease.ends) })
      }
    }
    return undefined
  }

  const login = async (body: Body): Promise<Response> => {
    const role = roles.get(String(body['role']))
    if (!role) return refused(400)
    try {
      const audience = role['bound_audiences'] as string[]
      await jwtVerify(String(body['jwt']), await importSPKI(publicKey, 'ES256'), { audience })
    } catch {
      return refused(400)
    }
    const id = `hvs.${randomUUID()}`
    return authOf(id, issue(id, role, tokens))
  }

  const read = (path: string): Response => {
    const versions = secrets.get(path)
    const last = versions?.at(-1)
    if (!versions || !last) return Response.json({ errors: [] }, { status: 404 })
    const { created: created_time, deleted: deletion_time } = last
    const metadata = { created_time, custom_metadata: null, deletion_time, destroyed: false, version: versions.length }
    if (deletion_time !== '') return answer({ data: { data: null, metadata } }, 404)
    const lease = (last.data as Body)['$lease'] as Body | undefined
    const lease_id = lease ? `${path}/${randomUUID()}` : ''
    const made = lease ? issue(lease_id, lease, leases) : undefined
    return answer({
      lease_id,
      renewable: made?.renewable ?? false,
      lease_duration: (made?.ttl ?? 0) / 1_000,
      data: { data: last.data, metadata },
    })
  }

  const asOwner = (method: string, path: string, body: Body): Response => {
    if (path === 'sys/seal') sealed = true
    if (path === 'auth/token/create') {
      const id = `hvs.${randomUUID()}`
      return authOf(id, issue(id, body, tokens))
    }
    if (path === 'auth/token/revoke') tokens.delete(String(body['token']))
    if (path === 'auth/jwt/config') publicKey = (body['jwt_validation_pubkeys'] as string[])[0] ?? ''
    const role = /^auth\/jwt\/role\/(.+)$/.exec(path)?.[1]
    if (role !== undefined) roles.set(role, body)
    if (path.startsWith('kv/data/') && method !== 'GET') {
      const versions = secrets.get(path) ?? []
      const time = new Date(now()).toISOString()
      const last = versions.at(-1)
      if (method === 'DELETE' && last) last.deleted = time
      if (method === 'POST') versions.push({ data: body['data'], created: time, deleted: '' })
      secrets.set(path, versions)
    }
    return new Response(null, { status: 204 })
  }

  const double: VaultDouble = {
    root: ROOT,
    unsealKey: UNSEAL_KEY,
    asked: [],
    instead: undefined,
    async fetch(request) {
      const { method, headers } = request
      const path = new URL(request.url).pathname.replace('/v1/', '')
      const token = headers.get('x-vault-token')
      if (token !== ROOT && path !== 'sys/unseal') {
        double.asked.push({ method, path, token, namespace: headers.get('x-vault-namespace') })
        const other = await double.instead?.(request)
        if (other) return other
      }
      const text = await request.text()
      const body = (text === '' ? {} : JSON.parse(text)) as Body
      if (path === 'sys/unseal' && body['key'] === UNSEAL_KEY) sealed = false
      if (sealed) return Response.json({ errors: ['Vault is sealed'] }, { status: 503 })
      if (path === 'sys/unseal') return answer({ sealed })
      if (path === 'auth/jwt/login') return login(body)
      const own = token === null ? undefined : tokens.get(token)
      if (token === null || !own || own.ends <= now()) return refused(403)
      const about = ofTokens(path, token, body)
      if (about) return about
      if (path.startsWith('kv/data/') && method === 'GET') return path.includes('forbidden') ? refused(403) : read(path)
      return token === ROOT ? asOwner(method, path, body) : refused(403)
    },
  }
  return double
}

/** On a port of its own. */
export function startVault(): VaultDouble & { readonly url: string; stop(): Promise<void> } {
  const double = makeVault()
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => double.fetch(request) })
  return Object.assign(double, { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) })
}

/** Of `30s`, or of 30. */
const millisecondsOf = (duration: unknown): number =>
  typeof duration === 'string' || typeof duration === 'number' ? Number.parseInt(`${duration}`, 10) * 1_000 : 0

const answer = (body: object, status = 200): Response =>
  Response.json(
    {
      request_id: randomUUID(),
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data: null,
      warnings: null,
      ...body,
    },
    { status },
  )

const refused = (status: number): Response => Response.json({ errors: ['permission denied'] }, { status })
