// For tests only: a session that is right in every way, its token, the key that the token is bound to, and an authenticator beside
// stores in which all can be wrong.
import { createHash, type KeyObject } from 'node:crypto'
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import type { Ending, OnlyOnce, Session, Sessions, SessionState } from '#access/session.ts'
import { type DpopNonces, makeDpopNonces } from './dpop-nonce.ts'
import { forge, type ForgedKey, makeKey, NOW, NOW_SECONDS } from './forge.fixture.ts'
import { GOOD_KEY } from './key.fixture.ts'
import { makeSessionAuthenticator, type SessionAuthenticatorOptions } from './session-token.ts'
import { sessionClaims } from './session-token-claims.ts'

export const ORIGIN = 'https://gate.example'
export const SID = '01K7A0000000000000000000AA'
export const URL_OF_CALL = `${ORIGIN}/v1/chat/completions`
export const HERE = '192.0.2.7'
export const RULES = 'the rules in force'

/** Public half as a proof's header has it, nothing else beside. */
export const publicJwk = ({ publicKey }: { readonly publicKey: KeyObject }): Record<string, string> => {
  const { kty, crv, x, y, n, e } = publicKey.export({ format: 'jwk' })
  const all = { kty, crv, x, y, n, e }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** RFC 7638, written out by hand. */
export function thumbprint(jwk: Readonly<Record<string, string | undefined>>): string {
  const { kty, crv, x, y, n, e } = jwk
  const text =
    kty === 'RSA'
      ? `{"e":"${e}","kty":"RSA","n":"${n}"}`
      : kty === 'EC'
        ? `{"crv":"${crv}","kty":"EC","x":"${x}","y":"${y}"}`
        : `{"crv":"${crv}","kty":"OKP","x":"${x}"}`
  return createHash('sha256').update(text).digest('base64url')
}

export const athOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

export interface ProofDiffers {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

let proofs = 0

/** A proof by this key for this token, right in every way but what differs. */
export function proofOf(key: ForgedKey, token: string, { claims = {}, header = {} }: ProofDiffers = {}): string {
  proofs += 1
  const good = { jti: `proof-${proofs}`, htm: 'POST', htu: URL_OF_CALL, iat: NOW_SECONDS, ath: athOf(token) }
  return forge(key, { ...good, ...claims }, { typ: 'dpop+jwt', kid: undefined, jwk: publicJwk(key), ...header })
}

export const alice: Principal = {
  type: 'User',
  id: 'okta/alice',
  groups: ['clinicians'],
  attributes: { ward: 'north', level: 3n },
  proof: { method: 'jwt', issuer: 'okta', issuedAt: 1, expiresAt: 2 },
}

/** The application of the bundle that the session was begun by, for alice. */
export const desk: Principal = {
  type: 'App',
  id: 'desk',
  groups: ['intake'],
  attributes: { environment: 'production', use: 'letters' },
  proof: { method: 'client-assertion', issuer: 'sallyport', issuedAt: 1, expiresAt: 2 },
  onBehalfOf: alice,
  grants: [{ of: 'application desk', models: new Set(['small', 'large']), actions: new Set(['infer', 'embed']) }],
}

export const holder = makeKey('holder')
export const JKT = thumbprint(publicJwk(holder))
const signing = makeKey('signing')

/** Of tier 3, bound to the key `holder`. */
export const SESSION: Session = {
  id: SID,
  kind: 'declared',
  tier: 3,
  principal: desk,
  client: 'desk',
  task: { type: 'answer-letters', models: ['small'], actions: ['infer'], tools: [], output: 'text' },
  binding: { by: 'key', jkt: JKT },
  bounds: {
    expires: NOW + 1_800_000,
    idle: 600_000,
    tokens: 500_000,
    calls: 500,
    clean: 5,
    outOfScope: 3,
    misuse: 2,
  },
  began: NOW - 60_000,
  rules: RULES,
}

export interface SessionScene {
  readonly authenticator: Authenticator
  readonly rows: Map<string, SessionState>
  readonly revoked: Set<string>
  readonly keys: Map<string, typeof GOOD_KEY>
  readonly strikes: string[]
  readonly ended: (Ending & { readonly id: string })[]
  readonly used: OnlyOnce & { readonly seen: Map<string, number> }
  readonly nonces: DpopNonces
  readonly time: { now: number }
  /** Keys that are published just now. */
  readonly ring: { keys: { readonly kid: string; readonly x: string }[] }
  /** A token of the session, right in every way but these. */
  mint(claims?: object, header?: object, key?: ForgedKey): string
  /** Another authenticator over the same stores: another worker, or the next bundle. */
  beside(options?: Partial<SessionAuthenticatorOptions>): Authenticator
}

export const stateOf = (session: Session): SessionState => ({
  session,
  root: session.id,
  trust: 'initial',
  usedAt: NOW - 1_000,
  calls: 1,
  tokens: 1,
  toolCalls: 0,
  clean: 0,
  outOfScope: 0,
  misuse: 0,
  flags: 0,
  labels: [],
})

const xOf = (key: ForgedKey): string => publicJwk(key)['x'] ?? ''

function rowsAs(
  scene: Pick<SessionScene, 'rows' | 'revoked' | 'strikes' | 'ended'>,
): SessionAuthenticatorOptions['sessions'] {
  const { rows, revoked, strikes, ended } = scene
  const end = (id: string, ending: Ending): readonly string[] => {
    const row = rows.get(id)
    if (!row || row.ended) return []
    rows.set(id, { ...row, ended: ending })
    ended.push({ id, ...ending })
    return [id]
  }
  return {
    find: (id) => rows.get(id),
    isRevoked: (jti) => revoked.has(jti),
    strike(id, what, now) {
      strikes.push(`${id} ${what}`)
      const most = rows.get(id)?.session.bounds[what] ?? 0
      if (most === 0 || strikes.length < most) return 'counted'
      end(id, { at: now, why: 'misuse', by: 'gate' })
      return 'misuse'
    },
    end,
  } satisfies Pick<Sessions, 'find' | 'end' | 'strike' | 'isRevoked'>
}

function onlyOnce(): SessionScene['used'] {
  const seen = new Map<string, number>()
  return {
    seen,
    use(key, until) {
      if (seen.has(key)) return false
      seen.set(key, until)
      return true
    },
  }
}

const DESK = {
  team: 'intake',
  environment: 'production',
  use: 'letters',
  users: ['okta'],
  models: ['small', 'large'],
  actions: ['infer', 'embed'],
}

/** `differs`: how the session differs from the good one. */
export function sessionScene(differs: Partial<Session> = {}): SessionScene {
  const session = { ...SESSION, ...differs }
  const time = { now: NOW }
  const now = () => time.now
  const kept = {
    rows: new Map([[session.id, stateOf(session)]]),
    revoked: new Set<string>(),
    strikes: [] as string[],
    ended: [] as (Ending & { readonly id: string })[],
  }
  const keys = new Map([[GOOD_KEY.id, GOOD_KEY]])
  const used = onlyOnce()
  const nonces = makeDpopNonces(new Uint8Array(32).fill(7), now)
  const ring = { keys: [{ kid: signing.kid, x: xOf(signing) }] }
  const beside: SessionScene['beside'] = (options = {}) =>
    makeSessionAuthenticator({
      ring: { find: (kid) => ring.keys.find((key) => key.kid === kid) },
      sessions: rowsAs(kept),
      onlyOnce: used,
      nonces,
      keys: { find: (id) => keys.get(id) },
      origin: ORIGIN,
      rules: RULES,
      teams: new Set(['intake', 'clinicians']),
      models: new Set(['small', 'large', 'records']),
      applications: new Map([['desk', DESK]]),
      clock: { now },
      ...options,
    })
  const good = { iss: ORIGIN, aud: ORIGIN, iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 290, jti: 'token-1' }
  return {
    ...kept,
    keys,
    used,
    nonces,
    time,
    ring,
    authenticator: beside(),
    mint: (claims = {}, header = {}, key = signing) =>
      forge(key, { ...good, scope: 'infer', ...sessionClaims(session), ...claims }, { typ: 'at+jwt', ...header }),
    beside,
  }
}

/** All that a good request shows: the token, its scheme, and a fresh proof with the nonce of now. */
export function shownWith(scene: SessionScene, differs: ProofDiffers = {}, token = scene.mint()): Presented {
  const claims = { nonce: scene.nonces.current(), ...differs.claims }
  return {
    credential: token,
    scheme: 'DPoP',
    proof: proofOf(holder, token, { ...differs, claims }),
    request: { method: 'POST', url: URL_OF_CALL },
    source: HERE,
  }
}

/** How it is refused: `reason: message`, and of what it is a sign. */
export async function refusedAs(work: () => Promise<unknown>): Promise<readonly [string, Sign?]> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { indicator } = error.detail
    return [`${error.reason}: ${error.message}`, ...(indicator ? ([indicator] as const) : ([] as const))]
  }
  return ['no refusal']
}
