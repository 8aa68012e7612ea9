// The user behind an application: a token of their own beside the application's proof makes the chain application -> user.
// The user token is never ignored: whoever sends one means somebody, and must not be served as nobody.
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'

const HEADER = 'x-sallyport-user-token'

/** `users` proves people by tokens of their issuers. Throws a Refusal that names the header, whatever is wrong with it. */
export async function proveUser(users: Authenticator, userToken: string, source: string): Promise<Principal> {
  const user = await identifyUser(users, userToken, source)
  if (user?.type === 'User' && !user.onBehalfOf) return user
  throw new Refusal('unauthenticated', {
    message: `The ${HEADER} header must hold a person's token of an issuer that is trusted here.`,
    field: HEADER,
  })
}

async function identifyUser(users: Authenticator, userToken: string, source: string) {
  try {
    return await users.identify({ credential: userToken, source })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.reason, { ...error.detail, message: `${HEADER}: ${error.detail.message}`, field: HEADER })
  }
}

/** The same authenticator, which takes a user token, proven by `users`, beside an application's own. */
export function takingUserTokens(tokens: Authenticator, users: Authenticator): Authenticator {
  async function identifyBoth(presented: Presented, userToken: string): Promise<Principal | undefined> {
    const principal = await tokens.identify(presented)
    if (principal === undefined) return undefined
    if (principal.type !== 'App') throw userTokenNotTaken(principal)
    return { ...principal, onBehalfOf: await proveUser(users, userToken, presented.source) }
  }
  return {
    identify: (presented) =>
      presented.userToken === undefined ? tokens.identify(presented) : identifyBoth(presented, presented.userToken),
  }
}

/** A person speaks for themselves: two people in one request is a question that nobody may answer. */
export function userTokenNotTaken({ type }: Principal): Refusal {
  if (type === 'User') {
    return new Refusal('ambiguous_proof', {
      message: `The credential is a person's own, and ${HEADER} names a person, too; send one of them.`,
      field: HEADER,
    })
  }
  return new Refusal('unauthenticated', {
    message: `The ${HEADER} header is taken beside the proof of an application only; leave it out.`,
    field: HEADER,
  })
}
