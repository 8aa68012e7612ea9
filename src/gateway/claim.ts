// What a provider made is noted as its maker's before the caller learns its id.
import { Refusal } from '#access/refusal.ts'
import type { DecidedTarget } from './decide.ts'
import type { SendPermit } from './approve.ts'
import type { Gate } from './gate.ts'
import { finished, judge } from './judge-text.ts'
import { isOwnedBy } from './ownership.ts'

/** Throws a Refusal where it cannot be noted, or is somebody else's already: the id must not reach anybody then. */
export function claim(made: readonly string[], from: DecidedTarget, permit: SendPermit, gate: Gate): void {
  if (made.length === 0 || !permit.acts) return
  if (made.length > MOST_IDS || made.some((id) => id.length > LONGEST_ID)) {
    throw new Refusal('provider_answer_invalid', {
      message: 'The provider answered with more ids than it can have made.',
    })
  }
  // What the bundle shares is everybody's, and stays so when it is shared no longer.
  const ids = made.filter((id) => !from.at.shared.has(id) && isId(id, gate))
  if (ids.length === 0) return
  const { maker, session, model, exchange } = permit
  gate.providerIds.claim(from.provider, ids, {
    principal: maker,
    ...(session !== undefined && { session }),
    model,
    at: from.model,
    exchange,
  })
  for (const id of ids) {
    const found = gate.providerIds.find(from.provider, id)
    // A provider whose ids begin anew: whoever was given it first would be handed what it now stands for.
    if (found && !isOwnedBy(found, { principal: maker, session })) {
      throw new Refusal('provider_answer_invalid', {
        message: 'The provider answered with an id that it had given to somebody else.',
      })
    }
  }
}

const MOST_IDS = 1024
const LONGEST_ID = 256

/** Ids are kept as they are. One in the form of a credential is nobody's: its maker never sees it whole. */
function isId(value: string, { inspector }: Gate): boolean {
  return finished(judge({ place: '', value, role: 'text', edits: () => [] }, inspector)).found.length === 0
}
