// What a session's access token says of its session (RFC 9068, RFC 8693 section 4.1, RFC 7800). One place prints it, for whoever
// signs and for whoever checks: a token counts only while it says exactly what is kept of its session.
import { chainOf } from '#access/principal.ts'
import type { Session } from '#access/session.ts'
import type { Task } from '#access/task.ts'
import { actorOf, nameOf } from './upstream-token.ts'

/** As `typ` of its header. */
export const SESSION_TOKEN_TYPE = 'at+jwt'

export interface SessionClaims {
  /** `User::alice`: in whose name it acts in the end. */
  readonly sub: string
  readonly sid: string
  readonly tier: 1 | 2 | 3
  readonly client_id?: string
  /** Who acts, the outermost first: `{ sub: 'App::intake' }`. Absent where nobody stands between. */
  readonly act?: object
  readonly task?: Task
  readonly cnf?: { readonly jkt: string }
  /** CIDR networks. */
  readonly net?: readonly string[]
}

/** All that depends on the session alone. Whoever signs adds `iss`, `aud`, `iat`, `exp`, `jti` and `scope`. */
export function sessionClaims({ id, tier, principal, client, task, binding }: Session): SessionClaims {
  const chain = chainOf(principal)
  return {
    sub: nameOf(chain.at(-1) ?? principal),
    sid: id,
    tier,
    ...(client === undefined ? {} : { client_id: client }),
    ...actorOf(chain.slice(0, -1)),
    ...(task && { task }),
    ...(binding.by === 'key' ? { cnf: { jkt: binding.jkt } } : {}),
    ...(binding.by === 'network' ? { net: binding.networks } : {}),
  }
}
