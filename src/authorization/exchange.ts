// Token exchange (RFC 8693): a session of ours for what proves a person, an application, a key, or another session.
import type { Asking } from './asking.ts'
import { ACCESS_TOKEN, EXCHANGE, JWT } from './grant-types.ts'
import { grantOf } from './grant-request.ts'
import type { GrantKit, TokenAnswer } from './grant-kit.ts'
import { asOAuth, OAuthRefusal } from './oauth-refusal.ts'
import { subjectOf } from './subject.ts'

export async function exchange(asking: Asking, kit: GrantKit): Promise<TokenAnswer> {
  const { active } = kit
  const wanted = asking.param('requested_token_type')
  if (wanted !== undefined && wanted !== ACCESS_TOKEN && wanted !== JWT) {
    throw invalid(`requested_token_type can only be ${ACCESS_TOKEN} or ${JWT}`)
  }
  await checkActor(asking, kit)
  const { principal, parent, endsBy, ...bounded } = await subjectOf(asking, kit)
  // Some seconds are allowed for clocks that differ: enough to be proven, and not to begin anything.
  if (endsBy !== undefined && endsBy <= kit.parts.clock.now()) {
    throw invalid('the subject token has expired: take a fresh one')
  }
  const granted = grantOf(asking.asked, bounded, active.config)
  try {
    const answer = await kit.begin(asking, EXCHANGE, {
      principal,
      client: asking.client.id,
      granted,
      ...(parent ? { parent } : {}),
      ...(endsBy === undefined ? {} : { endsBy }),
    })
    return { ...answer, issued_token_type: wanted ?? ACCESS_TOKEN }
  } catch (error) {
    throw asOAuth('invalid_request', error)
  }
}

/** Who acts is the client that proved itself: a token of anybody else would add a hop, and forge who acts. */
async function checkActor({ client, arrival, param }: Asking, { workloads }: GrantKit): Promise<void> {
  const actor = param('actor_token')
  if (actor === undefined) {
    if (param('actor_token_type') === undefined) return
    throw invalid('actor_token_type stands beside an actor_token only')
  }
  if (param('actor_token_type') === undefined) throw invalid('actor_token_type is needed beside actor_token')
  try {
    if (client.kind === 'application' && (await workloads.isOf(client.application, actor, arrival.source))) return
  } catch (error) {
    throw asOAuth('invalid_request', error)
  }
  throw invalid("actor_token can only be the client's own token: leave it out, the client acts in any case")
}

const invalid = (description: string): OAuthRefusal => new OAuthRefusal('invalid_request', description)
