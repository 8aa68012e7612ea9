// The authorization server under one bundle: the library, with our grants in place of its own, our storage behind it, and our front
// before it. A new bundle makes a new one; what must outlive it is in the parts.
import type Koa from 'koa'
import { Provider } from 'oidc-provider'
import { makeAdapter } from './adapter.ts'
import { clientMetadata } from './client-metadata.ts'
import { configurationOf } from './configuration.ts'
import { registerGrants, servedGrants } from './grants.ts'
import { makeFront } from './front.ts'
import { canLogIn } from './login.ts'
import { makeLogins } from './logins.ts'
import type { ActiveAuthorization } from './parts.ts'
import type { PluggedParts } from './plug.ts'
import { seldom } from './seldom.ts'
import { makeTokens } from './tokens.ts'
import { makeWorkloads } from './workload.ts'

export type AuthorizationServer = ReturnType<Koa['callback']>

export function authorizationServer(parts: PluggedParts, active: ActiveAuthorization): AuthorizationServer {
  const { config } = active
  const logins = makeLogins({ ...parts, rules: active.rules })
  const plugs = parts.plugs.map((make) => make(parts, active, logins))
  const workloads = makeWorkloads(parts, active)
  const tokens = makeTokens(parts, active)
  const report = seldom(parts.report, () => parts.clock.now())
  const served = servedGrants(config, plugs)
  const adapter = makeAdapter({
    records: parts.records,
    client: (id) => clientMetadata(id, { config, served, workloadKey: workloads.publicKey, ...parts, report }),
    foreign: tokens.models,
    programs: canLogIn(config) ? config.sessions.clients.registration : [],
    now: () => parts.clock.now(),
  })
  const configuration = configurationOf({ parts, active, adapter, logins, plugs })
  const provider = new Provider(config.public, configuration)
  // What is public is made from the bundle: the front writes these headers itself, whatever arrived in them.
  provider.proxy = true
  provider.silent = true
  registerGrants(provider, { parts, active, logins, tokens, workloads, served })
  provider.use(makeFront({ parts, active, plugs, provider, workloads, served, configuration }))
  return provider.callback()
}
