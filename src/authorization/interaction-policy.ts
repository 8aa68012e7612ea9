// When the library sends a browser to our pages. Two things are ours: everybody logs in anew each time (the organisation's provider
// knows whom it has seen, we don't remember anybody), and any client but the bundle's own applications needs a person's yes each time.
import { interactionPolicy } from 'oidc-provider'
import type { AuthorizationDetail, Grant } from 'oidc-provider'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { askingClient, type AskingClient } from './interaction-client.ts'
import { detailsOf } from './interaction-wish.ts'
import type { ActiveAuthorization } from './parts.ts'
import type { ProviderContext } from './plug.ts'

const { Check, Prompt } = interactionPolicy

type Applications = Pick<ActiveAuthorization, 'config'>

export function interactionPrompts(active: Applications): InstanceType<typeof Prompt>[] {
  const login = new Prompt(
    { name: 'login', requestable: true },
    new Check('new_login', 'a person must log in', 'login_required', (ctx) => {
      declareAll(active, ctx)
      return ctx.oidc.result?.login === undefined
    }),
  )
  const consent = new Prompt(
    { name: 'consent', requestable: true },
    new Check(
      'consent_of_person',
      'the person must agree',
      'consent_required',
      (ctx) => !isApplication(active, ctx) && ctx.oidc.result?.consent === undefined,
    ),
  )
  // Asking for it outright changes nothing: an application needs none, and everybody else always does.
  consent.checks.remove('consent_prompt')
  return [login, consent]
}

/** Who declares nothing asks for all that the client may have; to the library, it would be nothing at all. */
function declareAll(active: Applications, { oidc }: ProviderContext): void {
  const { params, client } = oidc
  if (!params || !client || params['scope'] !== undefined || params['authorization_details'] !== undefined) return
  const actions = active.config.applications.get(client.clientId)?.actions ?? MODEL_ACTIONS
  params['scope'] = actions.join(' ')
}

/** What was agreed to for this request, and for no other: nothing that was agreed to before counts. */
export function grantOf(active: Applications): (ctx: ProviderContext) => Promise<Grant | undefined> {
  return async (ctx) => {
    const { oidc } = ctx
    const agreed = oidc.result?.consent?.grantId
    if (agreed !== undefined) return oidc.provider.Grant.find(agreed)
    const { account, client } = oidc
    if (oidc.result?.login === undefined || !account || !client || !isApplication(active, ctx)) return undefined
    const grant = new oidc.provider.Grant({ accountId: account.accountId, clientId: client.clientId })
    addAll(grant, {
      scopes: [...oidc.requestParamScopes],
      resources: Object.keys(oidc.resourceServers ?? {}),
      details: detailsOf(oidc.params?.['authorization_details']),
    })
    await grant.save()
    return grant
  }
}

interface Asked {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly details: readonly Readonly<Record<string, unknown>>[]
}

/** An action is a scope of the server as of the resource, and counts where both have it. */
export function addAll(grant: Grant, { scopes, resources, details }: Asked): void {
  if (scopes.length > 0) {
    grant.addOIDCScope([...scopes])
    for (const resource of resources) grant.addResourceScope(resource, [...scopes])
  }
  for (const detail of details) grant.addRar(detail as AuthorizationDetail)
}

function isApplication(active: Applications, { oidc }: ProviderContext): boolean {
  return oidc.client !== undefined && clientKind(active, oidc.client).kind === 'application'
}

export const clientKind = (active: Applications, client: { readonly clientId: string }): AskingClient =>
  askingClient(active.config.applications, client)
