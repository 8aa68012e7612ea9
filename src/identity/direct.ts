// Whose tokens count alone. A user's token is a bearer token for the gate: an application that holds one could show it alone
// and be the user, beyond everything that its own key or policy allows it.
import type { Authenticator } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'

/** The same authenticator, without tokens of the issuers named: those stand beside an application's own proof only. */
export function directOnly(tokens: Authenticator, indirect: ReadonlySet<string>): Authenticator {
  if (indirect.size === 0) return tokens
  return {
    async identify(presented) {
      const principal = await tokens.identify(presented)
      if (principal === undefined || !indirect.has(principal.proof.issuer)) return principal
      throw new Refusal('unauthenticated', {
        message:
          `Tokens of the issuer ${principal.proof.issuer} are taken beside an application's key or token only, as ` +
          'x-sallyport-user-token, and never alone.',
      })
    },
  }
}
