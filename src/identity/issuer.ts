// An issuer of JWTs: as the bundle writes it (`Issuer`, `Teams`), and settled for use, with every default filled in.
// Plain data, so that whoever reads the bundle can hand it over without importing this folder. Settling throws a plain
// Error on what would weaken the gate; the reader of the bundle is expected to have said it better, with file and line.
import type { Principal } from '#access/principal.ts'
import { parseTemplate, type Template } from './template.ts'

/** Signatures only. `none` and the HS family are not here and cannot be configured: a public key is no shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

export type Algorithm = (typeof ALGORITHMS)[number]

export interface AttributeSource {
  /** The claim's exact name. A dot is a dot, never a path. */
  readonly claim: string
  readonly type: 'string' | 'long' | 'boolean' | 'strings'
}

export interface Issuer {
  /** Its name in the bundle. */
  readonly name: string
  /** The issuer identifier, compared with `iss` character by character. */
  readonly url: string
  /** At least one; a token must name one of them in `aud`. */
  readonly audience: readonly string[]
  readonly algorithms?: readonly string[] | undefined
  /** The exact name of the claim that lists groups. Without it nobody from this issuer is in a team. */
  readonly groups?: string | undefined
  /** How a principal is named: `App::ci/{repository}`. Default: `User::<name>/{sub}`. */
  readonly as?: string | undefined
  /** Allowed `typ` headers. Default: `JWT`, `at+jwt` or none at all; where it is set, a token without `typ` is refused. */
  readonly types?: readonly string[] | undefined
  readonly skewSeconds?: number | undefined
  /** The longest time since `iat`, however far `exp` lies in the future. */
  readonly maxAgeSeconds?: number | undefined
  readonly attributes?: { readonly [name: string]: AttributeSource } | undefined
}

/** Team name to its members, each `issuer:group`; a group may itself hold colons. */
export interface Teams {
  readonly [team: string]: readonly string[]
}

export interface SettledIssuer {
  readonly name: string
  readonly url: string
  readonly audience: readonly string[]
  readonly algorithms: ReadonlySet<string>
  readonly groups: { readonly claim: string; readonly teams: ReadonlyMap<string, readonly string[]> } | undefined
  readonly naming: Template & { readonly type: Principal['type'] }
  /** Media types in lower case, without `application/`. */
  readonly types: ReadonlySet<string>
  readonly untypedAllowed: boolean
  readonly skewSeconds: number
  readonly maxAgeSeconds: number | undefined
  readonly attributes: readonly (AttributeSource & { readonly name: string })[]
}

const MOST_SKEW_SECONDS = 300

export function settle(issuer: Issuer, teams: Teams): SettledIssuer {
  const wrong = (what: string) => new Error(`issuer ${issuer.name}: ${what}`)
  const { audience, skewSeconds = 60, maxAgeSeconds, algorithms = ALGORITHMS, types } = issuer
  if (!isIssuerUrl(issuer.url))
    throw wrong('url must be https (http only on loopback), without user, query or fragment')
  if (audience.length === 0 || audience.includes('')) throw wrong('audience must name at least one, none of them empty')
  const unknown = algorithms.find((name) => !ALGORITHMS.some((known) => known === name))
  if (unknown !== undefined) throw wrong(`algorithm ${unknown} is not one of ${ALGORITHMS.join(', ')}`)
  if (algorithms.length === 0) throw wrong('algorithms is an empty list')
  if (!(skewSeconds >= 0 && skewSeconds <= MOST_SKEW_SECONDS)) throw wrong('skewSeconds must lie between 0 and 300')
  if (maxAgeSeconds !== undefined && !(maxAgeSeconds > 0)) throw wrong('maxAgeSeconds must be above 0')
  return {
    name: issuer.name,
    url: issuer.url,
    audience,
    algorithms: new Set(algorithms),
    groups: issuer.groups === undefined ? undefined : { claim: issuer.groups, teams: teamsOf(issuer.name, teams) },
    naming: parseTemplate(issuer.as ?? `User::${issuer.name}/{sub}`),
    types: new Set((types ?? ['JWT', 'at+jwt']).map(mediaType)),
    untypedAllowed: types === undefined,
    skewSeconds,
    maxAgeSeconds,
    attributes: Object.entries(issuer.attributes ?? {}).map(([name, { claim, type }]) => ({ name, claim, type })),
  }
}

/** `application/at+JWT` and `at+jwt` are the same `typ` (RFC 7515 §4.1.9). */
export function mediaType(typ: string): string {
  const lower = typ.toLowerCase()
  return lower.startsWith('application/') ? lower.slice('application/'.length) : lower
}

/** Issuers and the places they point to: https, or http where it cannot leave this machine. */
export function isTrustworthyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || text.includes('#')) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

function isIssuerUrl(text: string): boolean {
  return isTrustworthyUrl(text) && !text.includes('?')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function teamsOf(issuer: string, teams: Teams): ReadonlyMap<string, readonly string[]> {
  const byGroup = new Map<string, string[]>()
  for (const [team, members] of Object.entries(teams)) {
    for (const member of members) {
      if (!member.startsWith(`${issuer}:`)) continue
      const group = member.slice(issuer.length + 1)
      const named = byGroup.get(group)
      if (named === undefined) byGroup.set(group, [team])
      else if (!named.includes(team)) named.push(team)
    }
  }
  return byGroup
}
