// What each grant is handed, and what each answers with.
import type { Provider } from 'oidc-provider'
import type { Session } from '#access/session.ts'
import type { Asking } from './asking.ts'
import { TASK } from './grant-types.ts'
import type { Beginning, Issued, Issuer } from './issue.ts'
import type { Logins } from './logins.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import type { Tokens } from './tokens.ts'
import type { Workloads } from './workload.ts'

export interface GrantParts {
  readonly parts: AuthorizationParts
  readonly active: ActiveAuthorization
  readonly logins: Logins
  readonly tokens: Tokens
  readonly workloads: Workloads
  readonly served: readonly string[]
}

/** What a grant is handed: all that is shared, and how a session begins of what it found. */
export interface GrantKit extends GrantParts {
  readonly provider: Provider
  readonly issuer: Issuer
  /** `came`: told of the session once it has begun, before anybody else. */
  begin(
    asking: Asking,
    grant: string,
    beginning: Beginning,
    came?: (session: Session) => Promise<void>,
  ): Promise<TokenAnswer>
}

/** RFC 6749 section 5.1, RFC 8693 section 2.2.1, RFC 9396 section 7. */
export type TokenAnswer = Readonly<Record<string, unknown>>

export function answerOf({ session, token, scope, life }: Issued): TokenAnswer {
  return {
    access_token: token,
    token_type: session.binding.by === 'key' ? 'DPoP' : 'Bearer',
    expires_in: life,
    scope,
    ...detailsOf(session),
  }
}

function detailsOf({ task }: Session): TokenAnswer {
  if (!task) return {}
  const { type, ...rest } = task
  return { authorization_details: [{ type: TASK, task: type, ...rest }] }
}
