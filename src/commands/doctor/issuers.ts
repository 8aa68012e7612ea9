// Each issuer: is it there, is it called what the bundle calls it, and could its tokens be checked?
import type { IssuerConfig } from '#policy/bundle/config.ts'
import { type Around, count, type Finding, notKnown, ok, PATIENCE_MS, warn, wrong } from './finding.ts'
import type { Parts } from './read-parts.ts'
import { type Watched, watchIssuer } from './watch-issuer.ts'

/** Where a token was given, it says more of audience and groups than any document: those are left to it. */
export async function checkIssuers(
  { issuers, teams }: Parts,
  { look }: Around,
  withToken: boolean,
): Promise<readonly Finding[]> {
  const each = await Promise.all(
    [...issuers.values()].map(async (issuer) => {
      const watched = await watchIssuer(issuer.url, look, PATIENCE_MS)
      const found = [discoveryOf(issuer, watched)].concat(loginOf(issuer, watched))
      return withToken ? found : found.concat(audienceOf(issuer), groupsOf(issuer, teams, watched))
    }),
  )
  return each.flat()
}

function discoveryOf(issuer: IssuerConfig, { document, keys, fault }: Watched): Finding {
  const { name, url } = issuer
  if (document?.issuer !== undefined && document.issuer !== url) return otherName(issuer, document.issuer)
  if (fault !== undefined) {
    return wrong(
      'issuer',
      name,
      `its keys cannot be fetched: ${fault}`,
      `Ask it from this machine: curl -i ${wellKnown(url)}`,
    )
  }
  const accepted = keys.filter(({ algorithms }) => algorithms.some((each) => isAccepted(each, issuer)))
  if (accepted.length > 0) {
    const names = [
      ...new Set(accepted.flatMap(({ algorithms }) => algorithms).filter((each) => isAccepted(each, issuer))),
    ]
    return ok('issuer', name, `${url}: ${count(accepted.length, 'key')} for ${shortened(names)}`)
  }
  if (keys.length === 0) {
    return wrong(
      'issuer',
      name,
      'publishes no key that could be used',
      'RSA from 2048 bits, P-256, P-384, P-521 and Ed25519 are taken.',
    )
  }
  const published = [...new Set(keys.flatMap(({ algorithms }) => algorithms))].join(', ')
  return wrong(
    'issuer',
    name,
    `publishes keys for ${published}; accepted are ${issuer.algorithms?.join(', ') ?? 'none of these'}`,
    `Add the one that it signs with to issuers.${name}.algorithms.`,
  )
}

/** Whether people could log in through the gate, as far as the document says. Its secret is tried by the first login only. */
function loginOf({ name, login }: IssuerConfig, { document }: Watched): readonly Finding[] {
  if (!login || !document) return []
  const { authorize, token, challenges } = document.login
  const lacking =
    authorize === undefined ? 'authorization_endpoint' : token === undefined ? 'token_endpoint' : undefined
  const fix = `Ask its operator for OpenID Connect with the code flow, or remove issuers.${name}.login.`
  if (lacking !== undefined) return [wrong('login', name, `its document names no ${lacking}`, fix)]
  if (challenges && !challenges.includes('S256')) return [wrong('login', name, 'it does not take PKCE with S256', fix)]
  const host = URL.parse(authorize ?? '')?.host ?? authorize
  return [ok('login', name, `at ${host}, as ${login.client}${login.secret ? '' : ', a public client'}`)]
}

const isAccepted = (algorithm: string, { algorithms }: IssuerConfig): boolean =>
  algorithms === undefined || algorithms.includes(algorithm)

/** An RSA key serves six: nobody wants to read them all. */
const shortened = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} …`

function otherName({ name, url }: IssuerConfig, called: string): Finding {
  const slash = called === `${url}/` || url === `${called}/`
  const how = slash
    ? `${called.endsWith('/') ? 'with' : 'without'} a slash at the end`
    : `from character ${firstDifference(url, called)} on it differs`
  return wrong(
    'issuer',
    name,
    `calls itself ${called}: ${how}; the bundle says ${url}, and iss is compared character by character`,
    slash
      ? `Write issuers.${name}.url: ${called}`
      : `If that is your issuer, write issuers.${name}.url: ${called}; if not, somebody else answers there.`,
  )
}

function firstDifference(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at + 1
}

const wellKnown = (url: string): string => `${url.replace(/\/$/, '')}/.well-known/openid-configuration`

const GIVE_TOKEN = 'Give a real one: sallyport doctor --token FILE, or - for standard input.'

const audienceOf = ({ name, audience }: IssuerConfig): Finding =>
  notKnown(
    'audience',
    name,
    `expected: ${audience.join(' or ')}; only a token shows what it is made out to`,
    GIVE_TOKEN,
  )

function groupsOf({ name, groups }: IssuerConfig, teams: Parts['teams'], { document }: Watched): readonly Finding[] {
  const used = [...teams].filter(([, members]) => members.some((member) => member.startsWith(`${name}:`)))
  const names = used.map(([team]) => team).join(', ')
  if (groups === undefined) {
    if (used.length === 0) return []
    const fix = `Add issuers.${name}.groups: the name of the claim that lists groups, such as groups.`
    return [warn('groups', name, `no claim is read for groups, so nobody from here is in ${names}`, fix)]
  }
  if (document?.claims?.includes(groups)) return [ok('groups', name, `its document lists the claim ${groups}`)]
  const why = document?.claims
    ? `its document does not list the claim ${groups}, which may be sent all the same`
    : 'its document does not say which claims there are'
  return [notKnown('groups', name, why, GIVE_TOKEN)]
}
