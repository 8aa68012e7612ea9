// What every grant reads of a token request alike: who asks, with which key, for what and for whom. The library has authenticated the
// client before; here its DPoP proof is checked, once and for one use.
import type { TokenEndpointGrantContext } from 'oidc-provider'
import { ROUTES } from '#access/authorization-path.ts'
import type { Proof } from '#access/principal.ts'
import { type Arrival, arrivalOf } from './arrival.ts'
import { type Client, clientOf } from './client.ts'
import { isOurs } from './configuration.ts'
import { type Asked, wordsOf } from './grant-request.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { provenKey } from './proof.ts'
import { parseTask } from './task-request.ts'
import type { StandIn } from './workload.ts'

export type ClientProof = Pick<Proof, 'issuer' | 'issuedAt' | 'expiresAt'>

export interface Asking {
  readonly client: Client
  readonly arrival: Arrival
  readonly asked: Asked
  /** How an application proved itself, just now. */
  readonly proof: ClientProof
  /** Milliseconds since the epoch: nothing that begins lasts longer. Infinity but for a workload, whose token says until when it is one. */
  readonly endsBy: number
  /** A parameter that was sent once, or not at all. */
  readonly param: (name: string) => string | undefined
  readonly ctx: TokenEndpointGrantContext
}

/** Throws OAuthRefusal. */
export function askingOf(
  ctx: TokenEndpointGrantContext,
  { parts, active }: { readonly parts: AuthorizationParts; readonly active: ActiveAuthorization },
): Asking {
  const params = ctx.oidc.params as Readonly<Record<string, unknown>>
  const param = (name: string): string | undefined => {
    const value = params[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  refuseForeignTargets([params['resource'], params['audience']].flat(), active.config.public)
  // As it was sent: the library drops an empty list, which would leave everything.
  const details: unknown = ctx.oidc.body?.['authorization_details']
  const workload = workloadOf(ctx)
  const jkt = provenKey(ctx, active.config.public + ROUTES.token, parts)
  return {
    client: clientOf(ctx.oidc.client.clientId, active.config),
    arrival: arrivalOf(ctx.req.headers),
    asked: {
      scope: wordsOf(param('scope')),
      task: parseTask(details, parts.holdsCredential),
      jkt,
    },
    proof: workload?.proof ?? assertedNow(parts.clock.now()),
    endsBy: workload ? workload.proof.expiresAt * 1000 : Infinity,
    param,
    ctx,
  }
}

/** The front leaves here what it made of a workload's own token. */
const WORKLOAD = 'workload'

export const keepWorkload = (state: Record<string, unknown>, standIn: StandIn): void => void (state[WORKLOAD] = standIn)

const workloadOf = ({ state }: TokenEndpointGrantContext): StandIn | undefined => state[WORKLOAD] as StandIn | undefined

/** By a key of its own, which names no time of interest. */
const assertedNow = (now: number): ClientProof => {
  const issuedAt = Math.floor(now / 1000)
  return { issuer: 'sallyport', issuedAt, expiresAt: issuedAt + ASSERTED_S }
}

const ASSERTED_S = 60

/** RFC 8707 section 2, RFC 8693 section 2.1: a token is for the gate, or it is not made. */
function refuseForeignTargets(targets: readonly unknown[], origin: string): void {
  for (const target of targets) {
    if (target === undefined || target === '') continue
    if (typeof target !== 'string' || !isOurs(target, origin)) {
      throw new OAuthRefusal('invalid_target', `resource and audience can only be ${origin}`)
    }
  }
}
