// Who acts in a session: the chain that its row holds, under every ceiling there is. What can be narrowed while a session goes on (an
// application, a key) counts as it is now, and as it was when the session began: nothing that changes later widens it.
import type { Grant } from '#access/grant.ts'
import type { Principal } from '#access/principal.ts'
import type { Session, SessionState } from '#access/session.ts'
import type { VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import type { SessionToken } from './session-token-read.ts'
import { type ApplicationTerms, isClientOf } from './session-token-standing.ts'

export interface PrincipalParts {
  readonly applications: ReadonlyMap<string, ApplicationTerms>
  readonly keys: Pick<VirtualKeys, 'find'>
  /** Names of the bundle's teams, and of its models. */
  readonly teams: ReadonlySet<string>
  readonly models: ReadonlySet<string>
}

export function principalIn(
  { session, root, trust }: SessionState,
  token: SessionToken,
  parts: PrincipalParts,
): Principal {
  const { id, kind, tier, binding, task, principal } = session
  const actor = asNow(principal, session, parts)
  const { key } = actor.proof
  return {
    ...actor,
    proof: {
      method: 'session',
      issuer: 'sallyport',
      ...(key === undefined ? {} : { key }),
      issuedAt: Math.floor(token.issuedAt),
      expiresAt: Math.floor(token.expiresAt),
    },
    session: { id, root, kind, tier, trust, bound: binding.by, ...(task && { task }) },
    // Its own first: what lies beyond several is told, and counted, as beyond the session.
    grants: [...declared(session), ...scoped(token, id, parts), ...(actor.grants ?? [])],
  }
}

/** With the team and the ceiling that the bundle in force gives an application, beside those with which the session began. */
function asNow(link: Principal, session: Session, parts: PrincipalParts): Principal {
  const { onBehalfOf, proof } = link
  const behind = onBehalfOf && { onBehalfOf: asNow(onBehalfOf, session, parts) }
  const application = isClientOf(session.client, link) ? parts.applications.get(link.id) : undefined
  if (application) {
    const { team, environment, use } = application
    const groups = team !== undefined && parts.teams.has(team) ? [team] : []
    const grant = ceiling(`application ${link.id}`, application)
    return { ...link, ...behind, groups, attributes: { environment, use }, grants: [...(link.grants ?? []), grant] }
  }
  const key = proof.key === undefined ? undefined : parts.keys.find(proof.key)
  if (key) return { ...link, ...behind, grants: [...(link.grants ?? []), ceiling(`key ${key.id}`, key)] }
  return { ...link, ...behind }
}

const ceiling = (of: string, { models, actions }: Pick<VirtualKey, 'models' | 'actions'>): Grant => ({
  of,
  models: new Set(models),
  actions: new Set(actions),
})

/** By this name an access beyond it is told from others: it is the session that does not contain it. */
const declared = ({ id, task }: Session): readonly Grant[] => (task ? [ceiling(`session ${id}`, task)] : [])

/** What stands in `scope` for other reasons than to narrow it (OpenID Connect Core section 5.4, section 11). */
const NO_ACTIONS: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

/** A token may be narrower than its session, and says so by the actions in its scope. */
function scoped({ scope = [] }: SessionToken, id: string, { models }: PrincipalParts): readonly Grant[] {
  const actions = scope.filter((word) => !NO_ACTIONS.has(word))
  return actions.length === 0 ? [] : [{ of: `session ${id}`, models, actions: new Set(actions) }]
}
