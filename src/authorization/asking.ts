// What every grant reads of a token request alike: who asks, with which key, for what and for whom. The library has authenticated the
// client before; here its DPoP proof is checked, once and for one use.
import type { Provider, TokenEndpointGrantContext } from 'oidc-provider'
import { validateDpop } from 'oidc-provider/lib/helpers/grants.js'
import type { Proof } from '#access/principal.ts'
import { type Arrival, arrivalOf } from './arrival.ts'
import { type Client, clientOf } from './client.ts'
import { isOurs } from './configuration.ts'
import type { Asked } from './grant-request.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { parseTask } from './task-request.ts'
import type { StandIn } from './workload.ts'

export type ClientProof = Pick<Proof, 'issuer' | 'issuedAt' | 'expiresAt'>

export interface Asking {
  readonly client: Client
  readonly arrival: Arrival
  readonly asked: Asked
  /** How an application proved itself, just now. */
  readonly proof: ClientProof
  /** A parameter that was sent once, or not at all. */
  readonly param: (name: string) => string | undefined
  readonly ctx: TokenEndpointGrantContext
}

/** The longest that a nonce of the library is good for, and then some. */
const PROOF_MS = 600_000

/** Rejects with OAuthRefusal, or an error of the library. */
export async function askingOf(
  ctx: TokenEndpointGrantContext,
  provider: Provider,
  { parts, active }: { readonly parts: AuthorizationParts; readonly active: ActiveAuthorization },
): Promise<Asking> {
  const params = ctx.oidc.params as Readonly<Record<string, unknown>>
  const param = (name: string): string | undefined => {
    const value = params[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  refuseForeignTargets([params['resource'], params['audience']].flat(), active.config.public)
  const jkt = await provenKey(ctx, provider, parts)
  return {
    client: clientOf(ctx.oidc.client.clientId, active.config),
    arrival: arrivalOf(ctx.req.headers),
    asked: { scope: wordsOf(param('scope')), task: parseTask(param('authorization_details')), jkt },
    proof: workloadOf(ctx)?.proof ?? assertedNow(parts.clock.now()),
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

export const wordsOf = (scope: string | undefined): readonly string[] | undefined =>
  scope?.split(' ').filter((word) => word !== '')

/** RFC 8707 section 2, RFC 8693 section 2.1: a token is for the gate, or it is not made. */
function refuseForeignTargets(targets: readonly unknown[], origin: string): void {
  for (const target of targets) {
    if (target === undefined || target === '') continue
    if (typeof target !== 'string' || !isOurs(target, origin)) {
      throw new OAuthRefusal('invalid_target', `resource and audience can only be ${origin}`)
    }
  }
}

async function provenKey(
  ctx: TokenEndpointGrantContext,
  provider: Provider,
  { onlyOnce, clock }: AuthorizationParts,
): Promise<string | undefined> {
  const proof = await validateDpop(provider, ctx)
  if (!proof) return undefined
  const now = clock.now()
  // One step, where the library would look first and write later: of two at once one is refused.
  if (onlyOnce.use(`dpop ${proof.thumbprint} ${proof.jti}`, now + PROOF_MS, now)) return proof.thumbprint
  throw new OAuthRefusal('invalid_dpop_proof', 'this DPoP proof was used before; make a new one for each request', {
    indicator: 'session-proof-replayed',
  })
}
