// A gate with sessions in its store and the key that signs their tokens: whatever a test changes about a token, a proof or a row,
// the rest of it is right in every way.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Principal } from '#access/principal.ts'
import type { Bounds, Session } from '#access/session.ts'
import { signAccessToken } from '#authorization/access-token.ts'
import { forge, type ForgedKey, makeKey } from '#identity/forge.fixture.ts'
import { signInRules } from '#identity/sign-ins.ts'
import { signingSchedule } from '#identity/signing-schedule.ts'
import { openSessions } from '#store/sessions.ts'
import { openSigningKeys, type SigningKeys } from '#store/signing-keys.ts'
import { CLINIC, type Rig, startRig } from '../rig.ts'
import { HELLO, JSON_TYPE } from './hello.ts'

export const ORIGIN = 'https://gate.example'
export const CHAT = '/v1/chat/completions'

type Kept = ReturnType<typeof openSessions>

export interface SessionWorld {
  readonly rig: Rig
  /** The store of the gate, by a handle of its own, as another process has it. */
  readonly sessions: Kept
  readonly ring: SigningKeys
  /** Whose key sessions are bound to, unless told otherwise. */
  readonly holder: ForgedKey
  begin(differs?: Partial<Session>): Session
  /** As the authorization server signs it, with the claims changed. */
  token(session: Session, claims?: object, header?: object): string
  stop(): Promise<void>
}

export const publicJwk = ({ publicKey }: ForgedKey): Record<string, string> => {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return JSON.parse(JSON.stringify({ kty, crv, x, y })) as Record<string, string>
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

export const thumbprint = (key: ForgedKey): string => {
  const { crv, kty, x } = publicJwk(key)
  return digest(`{"crv":"${crv}","kty":"${kty}","x":"${x}"}`)
}

export interface Differs {
  readonly claims?: object
  readonly header?: object
}

let made = 0

export function proofOf(key: ForgedKey, token: string, { claims = {}, header = {} }: Differs = {}): string {
  made += 1
  const iat = Math.floor(Date.now() / 1000)
  const good = { jti: `jti-${made}`, htm: 'POST', htu: `${ORIGIN}${CHAT}`, iat, ath: digest(token) }
  return forge(key, { ...good, ...claims }, { typ: 'dpop+jwt', kid: undefined, jwk: publicJwk(key), ...header })
}

export const alice: Principal = {
  type: 'User',
  id: 'alice',
  groups: ['clinicians'],
  attributes: {},
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 },
}

/** The application `desk` for alice. */
export const desk: Principal = {
  type: 'App',
  id: 'desk',
  groups: ['intake'],
  attributes: { environment: 'production', use: 'letters' },
  proof: { method: 'client-assertion', issuer: 'sallyport', issuedAt: 1, expiresAt: 2 },
  onBehalfOf: alice,
}

const MODELS = ['clinic-large', 'clinic-records', 'clinic-small']

const APPLICATION = `applications:
  desk:
    team: intake
    environment: production
    use: letters
    keys: file:desk.json
    users: [harbor]
    models: [${MODELS.join(', ')}]
    actions: [infer, store, use-stored, fetch-url]
context:`

export const boundsOf = (differs: Partial<Bounds> = {}): Bounds => ({
  expires: Date.now() + 600_000,
  idle: 300_000,
  tokens: 100_000,
  calls: 100,
  clean: 5,
  outOfScope: 3,
  misuse: 3,
  ...differs,
})

export interface SessionWorldOptions {
  /** One more file of policies. */
  readonly policies?: string
  /** As a rig takes it. */
  readonly provider?: string
}

export async function startSessionWorld({ policies, provider }: SessionWorldOptions = {}): Promise<SessionWorld> {
  const client = makeKey('desk')
  const holder = makeKey('holder')
  const files = {
    ...CLINIC,
    'sallyport.yaml': (CLINIC['sallyport.yaml'] ?? '').replace('context:', APPLICATION),
    'desk.json': JSON.stringify({ keys: [{ ...publicJwk(client), kid: 'desk', alg: 'EdDSA', use: 'sig' }] }),
    'policies/desk.cedar': '@id("intake-reads")\npermit (principal in Team::"intake", action, resource);\n',
    ...(policies !== undefined && { 'policies/more.cedar': policies }),
  }
  const rig = await startRig({ files, ...(provider !== undefined && { provider }) })
  const sessions = openSessions(join(rig.home, 'runtime.db'))
  const ring = await openSigningKeys({
    keys: join(rig.home, 'keys'),
    prefix: 'authorization',
    lock: join(rig.home, 'locks', 'authorization-keys.lock'),
    now: () => Date.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    schedule: signingSchedule,
    record: async () => undefined,
    report: () => undefined,
  })
  const { issuers, teams } = rig.inForce.active().bundle.config
  const rules = signInRules([...issuers.values()], Object.fromEntries(teams))
  let begun = 0
  return {
    rig,
    sessions,
    ring,
    holder,
    begin(differs = {}) {
      begun += 1
      const now = Date.now()
      const session: Session = {
        id: `01K7A000000000000000000${String(begun).padStart(3, '0')}`,
        kind: 'declared',
        tier: 3,
        principal: desk,
        client: 'desk',
        task: { type: 'letters', models: MODELS, actions: ['infer'], tools: [], output: 'text' },
        binding: { by: 'key', jkt: thumbprint(holder) },
        bounds: boundsOf(),
        began: now,
        rules,
        ...differs,
      }
      sessions.begin(session)
      return session
    },
    token(session, claims = {}, header = {}) {
      const now = Date.now()
      const scope = session.task?.actions.join(' ') ?? ''
      const { text } = signAccessToken(ring, {
        session,
        scope,
        origin: ORIGIN,
        life: 300_000,
        now,
        jti: crypto.randomUUID(),
      })
      if (Object.keys(claims).length + Object.keys(header).length === 0) return text
      const [head = '', body = ''] = text.split('.').map((part) => Buffer.from(part, 'base64url').toString())
      const parts = [
        { ...(JSON.parse(head) as object), ...header },
        { ...(JSON.parse(body) as object), ...claims },
      ]
      const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${signed}.${Buffer.from(ring.signing().sign(signed)).toString('base64url')}`
    },
    async stop() {
      sessions.close()
      await rig.stop()
    },
  }
}

export type Headers = Readonly<Record<string, string>>

export const dpop = (token: string, proof: string): Headers => ({ authorization: `DPoP ${token}`, dpop: proof })

export const ask = ({ rig }: SessionWorld, headers: Headers, path = CHAT, body: object = HELLO): Promise<Response> =>
  fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } })

/** The nonce for the next proof: whoever shows a proof without one gets it. */
export async function nonceOf(world: SessionWorld): Promise<string> {
  const token = world.token(world.begin())
  const response = await ask(world, dpop(token, proofOf(world.holder, token)))
  return response.headers.get('dpop-nonce') ?? ''
}
