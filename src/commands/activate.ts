// From a bundle directory to what is in force: the bundle itself, and who proves who is calling under it.
import type { OnlyOnce, Sessions } from '#access/session.ts'
import type { KeyUses, SignIns, VirtualKeys } from '#access/virtual-key.ts'
import type { Active } from '#gateway/exchange.ts'
import type { FetchJson } from '#identity/document.ts'
import type { Guesses } from '#identity/guesses.ts'
import type { DpopNonces } from '#identity/dpop-nonce.ts'
import { directOnly } from '#identity/direct.ts'
import { type JwtAuthenticator, makeJwtAuthenticator } from '#identity/jwt.ts'
import { makeSessionAuthenticator } from '#identity/session-token.ts'
import type { VerifyingRing } from '#identity/session-token-read.ts'
import { notingSignIns, signInRules } from '#identity/sign-ins.ts'
import type { UpstreamTokens } from '#identity/upstream-token.ts'
import { takingUserTokens } from '#identity/user-token.ts'
import { makeKeyAuthenticator } from '#identity/virtual-key.ts'
import { systemClock } from '#lib/clock.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { archiveBundle } from '#store/bundle-archive.ts'

export interface ActivateOptions {
  /** Where every bundle that was ever in force is kept. */
  readonly archive: string
  readonly fetchJson: FetchJson
  readonly keys: VirtualKeys
  readonly uses: KeyUses
  readonly signIns: SignIns
  readonly sessions: Sessions
  readonly onlyOnce: OnlyOnce
  /** Of proofs that stand beside session tokens. */
  readonly nonces: DpopNonces
  /** By which session tokens are signed. */
  readonly ring: VerifyingRing
  readonly guesses: Guesses
  /** For this public origin. */
  readonly identityTokens: (issuer: string) => UpstreamTokens
  readonly report: (line: string) => void
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
  const { issuers, teams, applications, models, public: origin } = bundle.config
  const { archive, fetchJson, keys, uses, signIns, guesses, identityTokens, report } = options
  const clock = systemClock
  const jwt = makeJwtAuthenticator([...issuers.values()], Object.fromEntries(teams), {
    fetchJson,
    clock,
    report,
    ...(before ? { inherit: before.jwt } : {}),
  })
  const names = new Set(teams.keys())
  const rules = signInRules([...issuers.values()], Object.fromEntries(teams))
  const virtualKeys = makeKeyAuthenticator({ keys, uses, signIns, users: jwt, teams: names, rules, clock, guesses })
  const indirect = new Set([...issuers.values()].filter(({ direct }) => direct === false).map(({ name }) => name))
  // Asked in this order: what is refused alone is no sign-in.
  const own = notingSignIns(directOnly(jwt, indirect), { keys, signIns, clock, rules })
  await archiveBundle(archive, bundle)
  await jwt.start()
  const sessionTokens = makeSessionAuthenticator({
    ...options,
    origin,
    rules,
    teams: names,
    models: new Set(models.keys()),
    applications,
    clock,
  })
  // Session tokens before those of issuers: whatever names the gate itself as its issuer is nobody else's to judge.
  const authenticators = [virtualKeys, sessionTokens, takingUserTokens(own, jwt)]
  return { bundle, authenticators, jwt, identityTokens: identityTokens(origin) }
}
