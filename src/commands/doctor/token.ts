// A real token, judged by the authenticator that a gate would have. It is printed nowhere: of its claims the operator sees
// names, and of a refused one who made it and for whom.
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { type Claims, stringsOf } from '#identity/claims.ts'
import { makeJwtAuthenticator } from '#identity/jwt.ts'
import { isShapedLikeKey, readKey } from '#identity/key-text.ts'
import { readToken } from '#identity/token.ts'
import type { IssuerConfig } from '#policy/bundle/config.ts'
import { issuerAt } from '#upstream/fetch-json.ts'
import { type Around, type Finding, ok, PATIENCE_MS, warn, wrong } from './finding.ts'
import type { Parts } from './read-parts.ts'

export async function checkToken(text: string, parts: Parts, around: Around): Promise<readonly Finding[]> {
  if (isShapedLikeKey(text)) return [virtualKey(text)]
  try {
    const { claims } = readToken(text)
    try {
      const principal = await judge(text, parts, around)
      const issuer = parts.issuers.get(principal.proof.issuer)
      return [accepted(principal, around.now()), ...(issuer ? [groupsIn(claims, issuer, principal)] : [])]
    } catch (error) {
      return [refused(error, parts, claims)]
    }
  } catch (error) {
    return [
      wrong(
        'token',
        'given',
        reasonOf(error),
        'Give a JWT as the issuer made it: three parts with dots between, and nothing else.',
      ),
    ]
  }
}

/** Its id is no secret, and only of a whole key it is known which part that is. */
function virtualKey(text: string): Finding {
  const key = readKey(text)
  const fix = key ? `Run: sallyport key show ${key.id}` : 'Run: sallyport key list'
  return wrong('token', 'given', 'is a virtual key, and no token of an issuer', fix)
}

async function judge(text: string, { issuers, teams }: Parts, { look, now }: Around): Promise<Principal> {
  const authenticator = makeJwtAuthenticator([...issuers.values()], Object.fromEntries(teams), {
    fetchJson: async (url) => {
      const seen = await look({ url: new URL(url).href, to: issuerAt(url), within: PATIENCE_MS })
      if (!seen.ok) throw new Error(seen.said)
      return new Response(seen.status === 204 || seen.status === 304 ? null : Buffer.from(seen.bytes), {
        status: seen.status,
      })
    },
    clock: { now },
    report: () => undefined,
  })
  const principal = await authenticator.identify({ credential: text, source: '127.0.0.1' })
  if (principal) return principal
  throw new Refusal('malformed_proof', { message: 'The token is no JWT.' })
}

function accepted({ type, id, groups, proof }: Principal, now: number): Finding {
  const teams = groups.length === 0 ? 'in no team' : `in ${groups.join(', ')}`
  return ok(
    'token',
    proof.issuer,
    `${type}::${JSON.stringify(id)}, ${teams}; valid for ${lasting(proof.expiresAt * 1000 - now)}`,
  )
}

function lasting(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'less than a minute'
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}

function groupsIn(claims: Claims, { name, groups }: IssuerConfig, principal: Principal): Finding {
  const lists = Object.keys(claims).filter(
    (claim) => !STANDARD.has(claim) && Array.isArray(claims[claim]) && stringsOf(claims[claim]),
  )
  const others = lists.length === 0 ? 'it has no claim with a list' : `it has lists in: ${lists.join(', ')}`
  if (groups === undefined) {
    return warn(
      'groups',
      name,
      `no claim is read for groups; ${others}`,
      `Add issuers.${name}.groups with the name of the claim.`,
    )
  }
  const listed = stringsOf(claims[groups])
  if (listed === undefined) {
    return warn(
      'groups',
      name,
      `the token has no claim ${groups}; ${others}`,
      `Have the issuer send it, or name the right claim in issuers.${name}.groups.`,
    )
  }
  const said = `the claim ${groups} lists ${listed.length}`
  if (principal.groups.length > 0) return ok('groups', name, said)
  return warn(
    'groups',
    name,
    `${said}, and no team of the bundle has one of them`,
    `Compare teams: with what the directory sends; a group is written ${name}:GROUP.`,
  )
}

const STANDARD: ReadonlySet<string> = new Set(['aud', 'amr', 'iss', 'sub'])

/** What the refusal leaves out for callers, and an operator may know. */
function refused(error: unknown, { issuers }: Parts, claims: Claims): Finding {
  const [issuer, audience] = [claims['iss'], stringsOf(claims['aud'])]
  const known = [...issuers.values()].find(({ url }) => url === issuer)
  // Who made it and for whom is its own word, and no help where that is as it should be.
  if (known && audience?.some((each) => known.audience.includes(each))) {
    return wrong('token', known.name, reasonOf(error), FRESH)
  }
  const made = `made by ${typeof issuer === 'string' ? issuer : 'nobody'} for ${audience?.join(', ') ?? 'nobody'}`
  const expected = known
    ? `expected for ${known.audience.join(' or ')}`
    : `trusted: ${[...issuers.values()].map(({ url }) => url).join(', ') || 'nobody'}`
  return wrong('token', known?.name ?? 'given', reasonOf(error), `It was ${made}; ${expected}.`)
}

const FRESH = 'Its issuer and audience are the right ones: get a new one, and give it whole, exactly as it was issued.'

/** Messages of a Refusal name no secret; nothing else is shown. */
const reasonOf = (error: unknown): string => (error instanceof Refusal ? error.message : 'it could not be judged')
