// What it costs to show a session's token, by what it is bound to, beside an issuer's plain token: identification alone, as the gate
// does it for each request, over the stores that it uses. Every proof is a fresh one; making it is the caller's time and not counted.
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Session } from '#access/session.ts'
import type { Binding } from '#access/task.ts'
import { makeDpopNonces } from '#identity/dpop-nonce.ts'
import { makeJwtAuthenticator } from '#identity/jwt.ts'
import { makeSessionAuthenticator } from '#identity/session-token.ts'
import { sessionClaims } from '#identity/session-token-claims.ts'
import { systemClock } from '#lib/clock.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { openSessions } from '#store/sessions.ts'
import { signingKeyOf } from '#store/signing-keys-files.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const SAMPLES = 4_000
const WARM = 1_000
const ORIGIN = 'https://gate.example'
const URL_OF_CALL = `${ORIGIN}/v1/chat/completions`
const ISSUER = 'https://issuer.example'

const now = (): number => systemClock.now()
const seconds = (): number => Math.floor(now() / 1000)
const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

type Kind = 'EdDSA' | 'ES256' | 'RS256'

interface Holder {
  readonly kind: Kind
  readonly key: KeyObject
  readonly jwk: Readonly<Record<string, string | undefined>>
}

function holderOf(kind: Kind): Holder {
  const pair =
    kind === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : kind === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { kty, crv, x, y, n, e } = pair.publicKey.export({ format: 'jwk' })
  return { kind, key: pair.privateKey, jwk: { crv, e, kty, n, x, y } }
}

function signed({ kind, key }: Pick<Holder, 'kind' | 'key'>, header: object, claims: object): string {
  const text = `${segment({ alg: kind, ...header })}.${segment(claims)}`
  const digest = kind === 'EdDSA' ? null : 'sha256'
  return `${text}.${sign(digest, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

export async function bench(): Promise<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-dpop-'))
  const sessions = openSessions(join(home, 'runtime.db'))
  const onlyOnce = openOnlyOnce(join(home, 'runtime.db'))
  try {
    const world = worldOf(sessions, onlyOnce)
    const rows = [await timed("an issuer's token", await plainOf())]
    rows.push(await timed('a session token, bound to nothing', world.show({ by: 'nothing' })))
    rows.push(
      await timed('a session token, bound to a network', world.show({ by: 'network', networks: ['10.0.0.0/8'] })),
    )
    for (const kind of ['EdDSA', 'ES256', 'RS256'] as const) {
      const holder = holderOf(kind)
      const jkt = hash('sha256', JSON.stringify(holder.jwk), 'base64url')
      rows.push(await timed(`a session token, bound to a key, ${kind} proof`, world.show({ by: 'key', jkt }, holder)))
    }
    const p50 = (at: number): number => Number(rows[at]?.['p50_us'])
    return benchResult('dpop', rows, {
      added_p50_us: Math.max(p50(3), p50(4)) - p50(0),
      added_p50_us_eddsa: p50(3) - p50(0),
      added_p50_us_es256: p50(4) - p50(0),
      added_p50_us_rs256: p50(5) - p50(0),
    })
  } finally {
    sessions.close()
    onlyOnce.close()
    await rm(home, { recursive: true, force: true })
  }
}

interface Shows {
  readonly authenticator: Authenticator
  readonly presented: () => Presented
}

/** Proven once, then remembered, as it is while somebody works. */
async function plainOf(): Promise<Shows> {
  const { key, jwk } = holderOf('EdDSA')
  const pages: Readonly<Record<string, object>> = {
    [`${ISSUER}/.well-known/openid-configuration`]: { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
    [`${ISSUER}/jwks`]: { keys: [{ ...jwk, kid: 'k', use: 'sig' }] },
  }
  const issuer = { name: 'issuer', url: ISSUER, audience: ['gate'] }
  const authenticator = makeJwtAuthenticator(
    [issuer],
    {},
    {
      fetchJson: async (url) => Response.json(pages[url]),
      clock: systemClock,
      report: (line) => console.log(line),
    },
  )
  await authenticator.start()
  const claims = { iss: ISSUER, sub: 'alice', aud: 'gate', iat: seconds(), exp: seconds() + 3600 }
  const credential = signed({ kind: 'EdDSA', key }, { typ: 'JWT', kid: 'k' }, claims)
  return { authenticator, presented: () => ({ credential, source: '10.0.0.7' }) }
}

function worldOf(sessions: ReturnType<typeof openSessions>, onlyOnce: ReturnType<typeof openOnlyOnce>) {
  const key = signingKeyOf(crypto.getRandomValues(new Uint8Array(32)), now())
  const nonces = makeDpopNonces(crypto.getRandomValues(new Uint8Array(32)), now)
  const authenticator = makeSessionAuthenticator({
    ring: { find: (kid) => (kid === key.kid ? key : undefined) },
    sessions,
    onlyOnce,
    nonces,
    keys: { find: () => undefined },
    origin: ORIGIN,
    rules: 'rules',
    teams: new Set(),
    models: new Set(['small']),
    applications: new Map(),
    clock: systemClock,
  })
  let begun = 0
  let proofs = 0
  return {
    show(binding: Binding, holder?: Holder): Shows {
      begun += 1
      const session = sessionOf(begun, binding)
      sessions.begin(session)
      const times = { iat: seconds(), exp: seconds() + 890 }
      const claims = { iss: ORIGIN, aud: ORIGIN, ...times, jti: `t${begun}`, scope: 'infer', ...sessionClaims(session) }
      const text = `${segment({ alg: 'EdDSA', kid: key.kid, typ: 'at+jwt' })}.${segment(claims)}`
      const credential = `${text}.${Buffer.from(key.sign(text)).toString('base64url')}`
      const ath = hash('sha256', credential, 'base64url')
      const request = { method: 'POST', url: URL_OF_CALL }
      const presented = (): Presented => {
        if (!holder) return { credential, source: '10.0.0.7', request }
        proofs += 1
        const proof = { jti: `p${proofs}`, htm: 'POST', htu: URL_OF_CALL, iat: seconds(), ath, nonce: nonces.current() }
        const made = signed(holder, { typ: 'dpop+jwt', jwk: holder.jwk }, proof)
        return { credential, scheme: 'DPoP', proof: made, source: '10.0.0.7', request }
      }
      return { authenticator, presented }
    },
  }
}

function sessionOf(number: number, binding: Binding): Session {
  const tier = binding.by === 'key' ? 3 : binding.by === 'network' ? 2 : 1
  const began = now()
  return {
    id: `01K7B00000000000000000000${number}`,
    kind: 'declared',
    tier,
    principal: {
      type: 'User',
      id: 'alice',
      groups: ['clinicians'],
      attributes: {},
      proof: { method: 'jwt', issuer: 'issuer', issuedAt: 1, expiresAt: 2 },
    },
    task: { type: 'letters', models: ['small'], actions: ['infer'], tools: [], output: 'text' },
    binding,
    bounds: { expires: began + 900_000, idle: 900_000, tokens: 1e6, calls: 1e6, clean: 5, outOfScope: 3, misuse: 1 },
    began,
    rules: 'rules',
  }
}

async function timed(name: string, { authenticator, presented }: Shows): Promise<BenchRow> {
  const times = new Float64Array(SAMPLES)
  for (let at = -WARM; at < SAMPLES; at += 1) {
    const shown = presented()
    const start = Bun.nanoseconds()
    const principal = await authenticator.identify(shown)
    const took = Bun.nanoseconds() - start
    if (!principal) throw new Error(`${name}: nobody`)
    if (at >= 0) times[at] = took / 1000
  }
  const sorted = times.toSorted()
  const figure = (share: number): number => Math.round((sorted[Math.floor(SAMPLES * share)] ?? 0) * 10) / 10
  return { case: name, target: 'sallyport', p50_us: figure(0.5), p99_us: figure(0.99) }
}
