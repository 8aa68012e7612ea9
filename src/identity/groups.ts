// A verified token's groups, as the bundle's team names.
// The surprise: a directory with too many groups to print prints none and leaves a mark instead. Read as "no groups", every
// rule that forbids by group would quietly stop applying; so the marks are refused by name.
import { Refusal } from '#access/refusal.ts'
import { type Claims, isClaims, stringsOf } from './claims.ts'
import type { SettledIssuer } from './issuer.ts'

const MOST_GROUPS = 2000

/** Sorted, without doubles; groups that no team names are dropped. Throws a Refusal `groups_omitted` or `unauthenticated`. */
export function teamsOf(claims: Claims, groups: SettledIssuer['groups']): readonly string[] {
  if (groups === undefined) return []
  refuseOmission(claims, groups.claim)
  const claim = claims[groups.claim]
  if (claim === undefined) return []
  const named = stringsOf(claim)
  if (named === undefined) {
    throw new Refusal('unauthenticated', {
      message: `The token's claim ${groups.claim} is not a list of strings, so your groups are unknown.`,
    })
  }
  if (named.length > MOST_GROUPS) {
    throw new Refusal('unauthenticated', {
      message: `The token's claim ${groups.claim} lists more than 2,000 groups; have your issuer send only those it assigns here.`,
    })
  }
  return [...new Set(named.flatMap((group) => groups.teams.get(group) ?? []))].sort()
}

/**
 * The marks known: `_claim_names` with the claim in it (OpenID Connect Core §5.6.2, and Microsoft Entra above 200
 * groups), `hasgroups` (Entra, where the token travels in a URL), `groups:src1` (Entra's reference). Entra's speak of
 * `groups` even where the bundle reads another claim, into which Entra may have been told to put groups: refused, too.
 * Okta issues no token at all in this case, or, with its Groups.* expressions, at most 100 groups and no mark.
 */
function refuseOmission(claims: Claims, claim: string): void {
  const sources = claims['_claim_names']
  const hasGroups = claims['hasgroups']
  const omitted =
    (sources !== undefined &&
      (!isClaims(sources) || sources[claim] !== undefined || sources['groups'] !== undefined)) ||
    (hasGroups !== undefined && hasGroups !== false && hasGroups !== 'false') ||
    Object.keys(claims).some((name) => name.startsWith(`${claim}:src`) || name.startsWith('groups:src'))
  if (!omitted) return
  throw new Refusal('groups_omitted', {
    message:
      `The directory left ${claim} out of the token because there are too many. ` +
      'Ask its administrator to send only the groups assigned to this application.',
  })
}
