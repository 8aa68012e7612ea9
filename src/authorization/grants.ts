// The grants that the token endpoint serves, each of ours, in the library's table. All end in one place, where the session begins.
import type { Provider, TokenEndpointGrantContext } from 'oidc-provider'
import type { Config } from '#policy/bundle/config.ts'
import { type Asking, askingOf } from './asking.ts'
import { redeemCode, redeemDeviceCode } from './codes.ts'
import { applicationLink } from './client.ts'
import { exchange } from './exchange.ts'
import { CLIENT_CREDENTIALS, CODE, DEVICE_CODE, EXCHANGE, REFRESH } from './grant-types.ts'
import { answerOf, type GrantKit, type GrantParts, type TokenAnswer } from './grant-kit.ts'
import { grantOf } from './grant-request.ts'
import { makeIssuer } from './issue.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { Plug } from './plug.ts'
import { refresh } from './refresh.ts'
import { makeSessionRate } from './session-rate.ts'

type Grant = (asking: Asking, kit: GrantKit) => Promise<TokenAnswer>

const ASKED = ['scope', 'resource', 'audience', 'authorization_details']

/** Names of the grants that are served. Codes come of logins, and those of issuers at which people can log in. */
export function servedGrants({ issuers }: Pick<Config, 'issuers'>, plugs: readonly Plug[]): readonly string[] {
  const logsIn = [...issuers.values()].some(({ login }) => login !== undefined)
  const devices = plugs.some(({ configuration }) => configuration?.features?.deviceFlow?.enabled === true)
  return [CLIENT_CREDENTIALS, EXCHANGE, REFRESH, ...(logsIn ? [CODE] : []), ...(logsIn && devices ? [DEVICE_CODE] : [])]
}

export function registerGrants(provider: Provider, shared: GrantParts): void {
  const { parts, active, tokens, served } = shared
  const issuer = makeIssuer(parts, active)
  const rate = makeSessionRate(parts.clock)
  const kit: GrantKit = {
    ...shared,
    provider,
    issuer,
    async begin(asking, grant, beginning, came) {
      rate.begin(beginning.principal, asking.arrival.source)
      const endsBy = Math.min(asking.endsBy, beginning.endsBy ?? Infinity)
      const issued = await issuer.begin({ ...beginning, endsBy }, { grant, arrival: asking.arrival })
      const { session } = issued
      await came?.(session)
      if (!beginning.granted.offline || grant === CLIENT_CREDENTIALS) return answerOf(issued)
      const { scope } = issued
      const refresh = { session: session.id, client: beginning.client, scope, expires: session.bounds.expires }
      return { ...answerOf(issued), refresh_token: await tokens.refresh.make(refresh) }
    },
  }
  for (const [name, { params, run }] of Object.entries(GRANTS)) {
    if (!served.includes(name)) continue
    const handle = async (ctx: TokenEndpointGrantContext): Promise<void> => {
      ctx.body = await run(askingOf(ctx, { parts, active }), kit)
    }
    provider.registerGrantType(name, handle, [...params, ...ASKED], ['resource', 'audience'])
  }
}

const clientCredentials: Grant = (asking, kit) => {
  const { client, proof, asked } = asking
  if (client.kind !== 'application') {
    throw new OAuthRefusal('unauthorized_client', 'only an application that proves itself can ask for itself')
  }
  const principal = applicationLink(client.application, kit.active.config, proof)
  const bounded = { ceilings: principal.grants ?? [], networks: client.application.networks }
  const granted = grantOf(asked, bounded, kit.active.config)
  return kit.begin(asking, CLIENT_CREDENTIALS, { principal, client: client.id, granted })
}

const EXCHANGE_PARAMS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
]

const GRANTS: Readonly<Record<string, { readonly params: readonly string[]; readonly run: Grant }>> = {
  [CLIENT_CREDENTIALS]: { params: [], run: clientCredentials },
  [EXCHANGE]: { params: EXCHANGE_PARAMS, run: exchange },
  [REFRESH]: { params: ['refresh_token'], run: refresh },
  [CODE]: { params: ['code', 'code_verifier', 'redirect_uri'], run: redeemCode },
  [DEVICE_CODE]: { params: ['device_code'], run: redeemDeviceCode },
}
