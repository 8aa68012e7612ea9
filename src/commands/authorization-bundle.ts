// Which bundle the authorization server goes by. A reload takes the whole new bundle or nothing, and is recorded before it counts.
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

export interface ServedBundle {
  server(): AuthorizationServer
  bundle(): Bundle
  /** Never rejects: what is wrong is reported, and the old bundle stays. */
  reload(): Promise<void>
}

interface Served {
  readonly bundle: Bundle
  readonly tokens: JwtAuthenticator
  readonly server: AuthorizationServer
}

/** Undefined when the first bundle is faulty. */
export async function serveBundle(parts: AuthorizationBundleParts): Promise<ServedBundle | undefined> {
  const first = await take(parts, 'start', undefined)
  if (!first) return undefined
  let current = first
  let reloading = Promise.resolve()
  const reload = async (): Promise<void> => {
    try {
      const next = await take(parts, 'reload', current)
      if (next) current = next
      parts.report(
        next
          ? 'the bundle was loaded again'
          : `the new bundle is faulty and was not taken; ${short(current)} stays in force`,
      )
    } catch (error) {
      parts.report(`the bundle was not reloaded: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    server: () => current.server,
    bundle: () => current.bundle,
    reload() {
      // One after the other: two at once could end with the older one in force.
      reloading = reloading.then(reload)
      return reloading
    },
  }
}

const short = ({ bundle }: Served): string => bundle.hash.slice(0, 12)

async function take(
  parts: AuthorizationBundleParts,
  why: string,
  before: Served | undefined,
): Promise<Served | undefined> {
  const bundle = await parts.load()
  if (!bundle) return undefined
  const { active, tokens } = activeOf(bundle, parts, before)
  await tokens.start()
  const server = authorizationServer(parts, active)
  const change = {
    kind: 'change',
    what: 'bundle',
    subject: 'bundle',
    by: 'operator',
    why,
    ...(before ? { before: before.bundle.hash } : {}),
    after: bundle.hash,
  } as const
  await parts.trail.append(change, 'machine')
  return { bundle, tokens, server }
}

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
