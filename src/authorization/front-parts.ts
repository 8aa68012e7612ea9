// What the front stands before, and goes by.
import type { Configuration, Provider } from 'oidc-provider'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import type { Plug } from './plug.ts'
import type { Workloads } from './workload.ts'

export interface FrontParts {
  readonly parts: AuthorizationParts
  readonly active: ActiveAuthorization
  readonly plugs: readonly Plug[]
  readonly provider: Provider
  readonly workloads: Workloads
  /** Names of the grants that are served. */
  readonly served: readonly string[]
  readonly configuration: Configuration
}
