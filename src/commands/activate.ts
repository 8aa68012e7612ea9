// From a bundle directory to what is in force: the bundle itself and the authenticators for its issuers.
import { type JwtAuthenticator, makeJwtAuthenticator } from '#identity/jwt.ts'
import type { UpstreamTokens } from '#identity/upstream-token.ts'
import type { Active } from '#gateway/exchange.ts'
import { systemClock } from '#lib/clock.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { archiveBundle } from '#store/bundle-archive.ts'
import { fetchJson } from '#upstream/fetch-json.ts'

export interface ActivateOptions {
  /** Where every bundle that was ever in force is kept. */
  readonly archive: string
  readonly report: (line: string) => void
  /** For this public origin. */
  readonly identityTokens: (issuer: string) => UpstreamTokens
}

/** What is in force, and what the next bundle takes over from it: the keys of issuers that stay. */
export interface Activated extends Active {
  readonly jwt: JwtAuthenticator
}

/** An issuer that cannot be reached is one line of the report, and stops nothing. */
export async function activate(
  bundle: Bundle,
  options: ActivateOptions,
  before: Activated | undefined,
): Promise<Activated> {
  const issuers = [...bundle.config.issuers.values()]
  const teams = Object.fromEntries(bundle.config.teams)
  const jwt = makeJwtAuthenticator(issuers, teams, {
    fetchJson,
    clock: systemClock,
    report: options.report,
    ...(before ? { inherit: before.jwt } : {}),
  })
  await archiveBundle(options.archive, bundle)
  await jwt.start()
  return { bundle, authenticators: [jwt], jwt, identityTokens: options.identityTokens(bundle.config.public) }
}
