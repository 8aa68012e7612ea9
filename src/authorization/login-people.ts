// Names the person of an ID token exactly as the data plane names the bearer of an access token: by the same authenticator, with
// the same template, teams and attributes. Only its audience differs: it is made out to the gate as a client.
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Issuer } from '#identity/issuer.ts'
import { makeJwtAuthenticator, type JwtAuthenticator, type JwtOptions } from '#identity/jwt.ts'
import type { Config, IssuerConfig } from '#policy/bundle/config.ts'

export interface LoginPeople {
  /** Rejects with a Refusal `unauthenticated` or `groups_omitted`. */
  identify(issuer: string, idToken: string): Promise<Principal>
  /** For the next bundle's: what inherits keeps the issuers' keys. */
  readonly tokens: JwtAuthenticator
}

export function makeLoginPeople(config: Pick<Config, 'issuers' | 'teams'>, options: JwtOptions): LoginPeople {
  const issuers = [...config.issuers.values()].map(asClient)
  const tokens = makeJwtAuthenticator(issuers, Object.fromEntries(config.teams), options)
  return {
    tokens,
    async identify(issuer, idToken) {
      // It came straight from the provider, not from an address of a caller.
      const principal = await tokens.identify({ credential: idToken, source: '' })
      if (principal?.type === 'User' && principal.proof.issuer === issuer && config.issuers.get(issuer)?.login) {
        return principal
      }
      throw new Refusal('unauthenticated', { message: `What ${issuer} answered proves no person's identity.` })
    },
  }
}

/**
 * ID tokens are of the type `JWT` or of none, whatever type access tokens of that issuer must have. One's audience is exactly the
 * client: a token for another of the provider's clients was never handed to the gate.
 */
function asClient(issuer: IssuerConfig): Issuer {
  return issuer.login ? { ...issuer, audience: [issuer.login.client], types: undefined } : issuer
}
