// Whether what a client asks people to log in for could ever be granted. It is looked at before anybody logs in, and as the client sent
// it: the library takes an empty list for none at all, and of a member that stands there twice the last.
import type { KoaContextWithOIDC } from 'oidc-provider'
import { applicationLink } from './client.ts'
import { OFFLINE, taskOf, wordsOf } from './grant-request.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { parseTask } from './task-request.ts'

/** Throws OAuthRefusal, which the client is told in the answer to its request. */
export function makeAskable(
  { holdsCredential }: Pick<AuthorizationParts, 'holdsCredential'>,
  { config }: Pick<ActiveAuthorization, 'config'>,
): (ctx: KoaContextWithOIDC) => void {
  return ({ method, query, oidc }) => {
    const { params, client, body } = oidc
    const sent: unknown = (method === 'POST' ? body : query)?.['authorization_details']
    const task = parseTask(sent, holdsCredential)
    const scope: unknown = params?.['scope']
    const application = client && config.applications.get(client.clientId)
    const ceilings = application ? (applicationLink(application, config, NO_PROOF).grants ?? []) : []
    taskOf({ scope: actionsIn(typeof scope === 'string' ? scope : undefined), task }, ceilings, config)
  }
}

/** Its ceiling alone is looked at. */
const NO_PROOF = { issuer: 'sallyport', issuedAt: 0, expiresAt: 0 }

/** Words that mean nothing here (`openid`, `profile`) are those of clients that ask everybody alike. */
export const actionsIn = (scope: string | undefined): readonly string[] | undefined =>
  wordsOf(scope)?.filter((word) => word === OFFLINE || MODEL_ACTIONS.some((action) => action === word))
