// Identity by JWT: the authenticator for any number of OpenID Connect or OAuth issuers.
// The order of checks is the file's point: nothing but the choice of issuer and key happens before the signature held,
// and no message before it names anything that the token says.
import { compactVerify } from 'jose'
import type { Authenticator } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Clock } from '#lib/clock.ts'
import type { FetchJson } from './document.ts'
import { type Issuer, mediaType, settle, type SettledIssuer, type Teams } from './issuer.ts'
import { makeKeyLoader } from './issuer-keys.ts'
import { KEY_POLICY, type KeyPolicy, type KeySet, makeKeySet } from './key-set.ts'
import { makePrincipal } from './person.ts'
import { NOT_MINE } from './not-mine.ts'
import { type CacheStanding, digestFor, makeProofCache, type Proven } from './proof-cache.ts'
import type { PublicKey } from './public-key.ts'
import { mayCollide } from './template.ts'
import { isShapedLikeJwt, readToken, type UnverifiedToken } from './token.ts'
import { checkValidity } from './validity.ts'

export interface JwtOptions {
  readonly fetchJson: FetchJson
  readonly clock: Pick<Clock, 'now'>
  /** Takes one line for the operator. */
  readonly report: (line: string) => void
  readonly keys?: Partial<KeyPolicy>
  /** For one whole refresh of an issuer's keys. Default 5 s. */
  readonly timeoutMs?: number
  /** How many proven tokens are remembered. Default 10,000. */
  readonly cached?: number
  /** The authenticator that this one replaces: keys of issuers in both are kept, so that a reload outlives an outage. */
  readonly inherit?: JwtAuthenticator | undefined
}

export interface JwtAuthenticator extends Authenticator {
  /** Fetches every issuer's keys for the first time. Never rejects; takes at most `timeoutMs`. */
  start(): Promise<void>
  /** By name and url of the issuer; for whoever inherits. */
  readonly keySets: ReadonlyMap<string, KeySet>
  /** Of the memory of proven tokens. */
  remembered(): CacheStanding
}

interface Trusted {
  readonly issuer: SettledIssuer
  readonly keys: KeySet
}

/**
 * How long a proof is remembered. Expiry and removed keys are checked on every hit, so this bounds only what nobody
 * thought of, and how long a principal stays in memory; proving anew costs 0.25 ms a token a minute.
 */
const REMEMBER_MS = 60_000

/** One per bundle: its cache knows nothing of other issuers, teams or templates. Throws a plain Error on bad settings. */
export function makeJwtAuthenticator(issuers: readonly Issuer[], teams: Teams, options: JwtOptions): JwtAuthenticator {
  // What lives on in here MUST NOT name `options`: the one that this one replaces would live as long, with all before it.
  const { clock, cached = 10_000 } = options
  const trusted = trustAll(issuers, teams, options)
  const cache = makeProofCache(cached)
  const now = () => clock.now()

  async function prove(digest: string, text: string): Promise<Principal> {
    const token = readToken(text)
    const { issuer, keys } = trustedFor(token, trusted)
    checkHeader(token, issuer)
    const key = await verify(token, keys)
    const at = now()
    const validity = checkValidity(token.claims, issuer, at / 1000)
    const principal = makePrincipal(token.claims, issuer, validity)
    cache.set(digest, { principal, keys, key, from: at, until: Math.min(validity.endsAt * 1000, at + REMEMBER_MS) })
    return principal
  }

  async function proveAgain(proven: Proven, digest: string, text: string, wait?: Promise<void>): Promise<Principal> {
    if (wait !== undefined) await wait
    if (stillHolds(proven, now())) return proven.principal
    cache.delete(digest)
    return prove(digest, text)
  }

  return {
    keySets: new Map([...trusted.values()].map(({ issuer, keys }) => [keySetName(issuer), keys])),
    remembered: () => cache.standing(),
    start: async () => {
      await Promise.all([...trusted.values()].map(({ keys }) => keys.start()))
    },
    identify(presented) {
      const { credential } = presented
      if (!isShapedLikeJwt(credential)) return NOT_MINE
      const digest = digestFor(presented)
      const proven = cache.get(digest)
      if (proven === undefined) return prove(digest, credential)
      const wait = proven.keys.freshen()
      if (wait === undefined && stillHolds(proven, now())) return Promise.resolve(proven.principal)
      return proveAgain(proven, digest, credential, wait)
    },
  }
}

function trustAll(issuers: readonly Issuer[], teams: Teams, options: JwtOptions): ReadonlyMap<string, Trusted> {
  const trusted = new Map(issuers.map((issuer) => [issuer.url, trust(settle(issuer, teams), options)]))
  refuseConfusion(issuers, [...trusted.values()], teams)
  return trusted
}

function stillHolds(proven: Proven, at: number): boolean {
  // A clock that was set back below the time of the proof proves nothing: nbf and iat must be looked at again.
  return at < proven.until && at >= proven.from && proven.keys.holds(proven.key)
}

function trust(issuer: SettledIssuer, options: JwtOptions): Trusted {
  const { fetchJson, clock, report, timeoutMs = 5000 } = options
  const inherited = options.inherit?.keySets.get(keySetName(issuer))
  if (inherited !== undefined) return { issuer, keys: inherited }
  const load = makeKeyLoader(issuer.url, { fetchJson, clock, timeoutMs })
  return { issuer, keys: makeKeySet({ name: issuer.name, load, clock, report }, { ...KEY_POLICY, ...options.keys }) }
}

function keySetName(issuer: SettledIssuer): string {
  return `${issuer.name} ${issuer.url}`
}

function trustedFor(token: UnverifiedToken, trusted: ReadonlyMap<string, Trusted>): Trusted {
  const found = trusted.get(token.issuer)
  if (found !== undefined) return found
  throw refused('The token was made by an issuer (iss) that is not trusted here; sign in with one that is.')
}

function checkHeader(token: UnverifiedToken, issuer: SettledIssuer): void {
  if (!issuer.algorithms.has(token.alg)) {
    const allowed = [...issuer.algorithms].join(', ')
    throw refused(
      `The token is signed with an algorithm (alg) that is not accepted from its issuer; accepted: ${allowed}.`,
    )
  }
  const typed = token.typ === undefined ? issuer.untypedAllowed : issuer.types.has(mediaType(token.typ))
  if (!typed) throw refused('The token is of a type (typ) that is not accepted here; send an access or ID token.')
}

async function verify(token: UnverifiedToken, keys: KeySet): Promise<PublicKey> {
  const key = await keys.find(token.alg, token.kid)
  if (key === undefined) {
    throw refused('The token is signed with a key that its issuer does not publish; sign in again for a new one.')
  }
  try {
    await compactVerify(token.text, key.jwk, { algorithms: [token.alg] })
    return key
  } catch (cause) {
    throw new Refusal('unauthenticated', {
      message: "The token's signature is wrong; send it exactly as issued.",
      cause,
    })
  }
}

/** Two issuers must never be able to make the same principal by accident, nor a team name a directory that is not there. */
function refuseConfusion(issuers: readonly Issuer[], trusted: readonly Trusted[], teams: Teams): void {
  if (trusted.length !== issuers.length) throw new Error('two issuers have the same url')
  const names = new Set(issuers.map((issuer) => issuer.name))
  if (names.size !== issuers.length) throw new Error('two issuers have the same name')
  for (const [team, members] of Object.entries(teams)) {
    const stray = members.find((member) => !names.has(member.slice(0, member.indexOf(':'))))
    if (stray !== undefined)
      throw new Error(`team ${team}: ${stray} is not issuer:group of an issuer that is configured`)
  }
  for (const [place, { issuer: left }] of trusted.entries()) {
    for (const { issuer: right } of trusted.slice(place + 1)) {
      if (mayCollide(left.naming, right.naming)) {
        throw new Error(`issuers ${left.name} and ${right.name} could name two people alike; change one's "as"`)
      }
    }
  }
}

function refused(message: string): Refusal {
  return new Refusal('unauthenticated', { message })
}
