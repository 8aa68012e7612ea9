// Asks authenticators in turn who is calling.
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { NOT_MINE } from './not-mine.ts'
import { userTokenNotTaken } from './user-token.ts'

/**
 * The first authenticator that knows the credential decides: its principal is the answer, and its refusal ends the
 * search, so that a wrong proof never falls through to a weaker check. Rejects with a Refusal `unauthenticated` when
 * nothing was presented or nobody knows it, and where there is a user token, or a proof, that the one who answered did not take.
 */
export async function identify(chain: readonly Authenticator[], presented: Presented | undefined): Promise<Principal> {
  if (presented === undefined) {
    throw new Refusal('unauthenticated', {
      message: 'No credential was sent. Send one as "Authorization: Bearer …" or "x-api-key: …".',
    })
  }
  for (const authenticator of chain) {
    const answer = authenticator.identify(presented)
    const principal = answer === NOT_MINE ? undefined : await answer
    if (principal === undefined) continue
    if (presented.userToken !== undefined && !principal.onBehalfOf) throw userTokenNotTaken(principal)
    if (presented.scheme === 'DPoP' && !principal.session) throw notBound()
    return principal
  }
  throw new Refusal('unauthenticated', { message: 'The credential is of no kind that is known here.' })
}

/** Whoever shows a proof believes that it protects them: told that it does not, they ask for a token that is bound. */
const notBound = (): Refusal =>
  new Refusal('unauthenticated', {
    message: 'The credential is bound to no key; send it as "Authorization: Bearer …".',
    field: 'authorization',
    challenge: 'Bearer error="invalid_token"',
  })
