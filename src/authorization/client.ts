// Who asks for a session: an application of the bundle, which proves itself and is a link of the chain; a public client, which is
// none and is only recorded; or nobody in particular, who holds a person's token or a virtual key and shows just that.
import type { Config, ApplicationConfig } from '#policy/bundle/config.ts'
import type { Grant } from '#access/grant.ts'
import type { Principal, Proof } from '#access/principal.ts'

export type Client =
  | { readonly kind: 'application'; readonly id: string; readonly application: ApplicationConfig }
  | { readonly kind: 'public'; readonly id: string }
  | { readonly kind: 'holder'; readonly id: typeof HOLDER }

/** The client id of whoever shows a credential and names no client. No application can be called so: its name has no colon. */
export const HOLDER = 'urn:sallyport:client:holder'

export function clientOf(id: string, { applications }: Pick<Config, 'applications'>): Client {
  if (id === HOLDER) return { kind: 'holder', id }
  const application = applications.get(id)
  return application ? { kind: 'application', id, application } : { kind: 'public', id }
}

/** The application as a link of the chain. A team that the bundle in force does not have is none. */
export function applicationLink(
  { name, team, environment, use, models, actions }: ApplicationConfig,
  { teams }: Pick<Config, 'teams'>,
  { onBehalfOf, ...proof }: Pick<Proof, 'issuer' | 'issuedAt' | 'expiresAt'> & { readonly onBehalfOf?: Principal },
): Principal {
  return {
    type: 'App',
    id: name,
    groups: team !== undefined && teams.has(team) ? [team] : [],
    attributes: { environment, use },
    proof: { method: 'client-assertion', ...proof },
    grants: [ceilingOf({ name, models, actions })],
    ...(onBehalfOf ? { onBehalfOf } : {}),
  }
}

const ceilingOf = ({ name, models, actions }: Pick<ApplicationConfig, 'name' | 'models' | 'actions'>): Grant => ({
  of: `application ${name}`,
  models: new Set(models),
  actions: new Set(actions),
})
