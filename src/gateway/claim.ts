// What a provider made is noted as its maker's before the caller learns its id.
import type { DecidedTarget } from './decide.ts'
import type { SendPermit } from './approve.ts'
import type { Gate } from './gate.ts'
import { finished, judge } from './judge-text.ts'

/** Throws a Refusal `not_ready` where it cannot be noted: the id must not reach anybody then. */
export function claim(made: readonly string[], from: DecidedTarget, permit: SendPermit, gate: Gate): void {
  if (made.length === 0 || !permit.keeps) return
  const ids = made.filter((id) => isId(id, gate))
  if (ids.length === 0) return
  const { maker, model, exchange } = permit
  gate.providerIds.claim(from.provider, ids, { principal: maker, model, at: from.model, exchange })
}

/** Ids are kept as they are. One in the form of a credential is nobody's: its maker never sees it whole. */
function isId(value: string, { inspector }: Gate): boolean {
  return finished(judge({ place: '', value, role: 'text', edits: () => [] }, inspector)).found.length === 0
}
