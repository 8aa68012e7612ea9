// What the authorization server makes of a bundle that is in force.
import type { VirtualKeys, KeyUses, SignIns } from '#access/virtual-key.ts'
import type { ActiveAuthorization } from '#authorization/parts.ts'
import type { PluggedParts } from '#authorization/plug.ts'
import { type AuthorizationServer, authorizationServer } from '#authorization/provider.ts'
import type { FetchJson } from '#identity/document.ts'
import type { Guesses } from '#identity/guesses.ts'
import { type JwtAuthenticator, makeJwtAuthenticator } from '#identity/jwt.ts'
import { signInRules } from '#identity/sign-ins.ts'
import { makeKeyAuthenticator } from '#identity/virtual-key.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { bundleInForce, type InForce } from './in-force.ts'

export interface AuthorizationBundleParts extends PluggedParts {
  readonly fetchJson: FetchJson
  readonly keys: VirtualKeys
  readonly uses: KeyUses
  readonly signIns: SignIns
  /** Of virtual keys; those of clients are counted apart. */
  readonly keyGuesses: Guesses
  /** Undefined where the bundle is faulty; what is wrong has been reported then. */
  readonly load: () => Promise<Bundle | undefined>
}

export interface Served {
  readonly bundle: Bundle
  readonly tokens: JwtAuthenticator
  readonly server: AuthorizationServer
}

/** Undefined when the first bundle is faulty. */
export const serveBundle = (parts: AuthorizationBundleParts): Promise<InForce<Served> | undefined> =>
  bundleInForce<Served>({
    load: parts.load,
    async activate(bundle, before) {
      const { active, tokens } = activeOf(bundle, parts, before)
      await tokens.start()
      return { bundle, tokens, server: authorizationServer(parts, active) }
    },
    trail: parts.trail,
    report: parts.report,
    // The gateway says which one: this goes by the same.
    loaded: () => 'the bundle was loaded again',
  })

function activeOf(
  { config }: Bundle,
  { fetchJson, clock, report, keys, uses, signIns, keyGuesses }: AuthorizationBundleParts,
  before: Served | undefined,
): { readonly active: ActiveAuthorization; readonly tokens: JwtAuthenticator } {
  const issuers = [...config.issuers.values()]
  const teams = Object.fromEntries(config.teams)
  const inherit = before ? { inherit: before.tokens } : {}
  const tokens = makeJwtAuthenticator(issuers, teams, { fetchJson, clock, report, ...inherit })
  const rules = signInRules(issuers, teams)
  const names = new Set(config.teams.keys())
  const proveKeys = makeKeyAuthenticator({
    keys,
    uses,
    signIns,
    users: tokens,
    teams: names,
    rules,
    clock,
    guesses: keyGuesses,
  })
  const indirect = new Set(issuers.filter(({ direct }) => direct === false).map(({ name }) => name))
  return { active: { config, rules, tokens, indirect, keys: proveKeys }, tokens }
}
