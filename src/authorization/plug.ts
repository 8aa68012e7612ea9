// Where something is plugged into the authorization server: pages and routes of its own, and settings of the library.
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { ParameterizedContext } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Logins } from './logins.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'

export type Page = ParameterizedContext

export type ProviderContext = KoaContextWithOIDC

export interface Plug {
  /** Laid over the server's own configuration; features one by one. */
  readonly configuration?: Configuration
  /**
   * Asked for every path that the server does not know itself, before the library is. Resolves to true where it has answered.
   * Throws a Refusal for what was foreseen.
   */
  answer?(page: Page, provider: Provider): Promise<boolean>
}

/** Once for each bundle that comes into force. `logins` keeps who was proven, for the code or device code that follows. */
export type MakePlug = (parts: AuthorizationParts, active: ActiveAuthorization, logins: Logins) => Plug

export interface PluggedParts extends AuthorizationParts {
  /** Logins, device pages, documents of clients. */
  readonly plugs: readonly MakePlug[]
}
