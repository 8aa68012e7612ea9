// What a provider made is noted as its maker's before the caller learns its id.
import type { DecidedTarget } from './decide.ts'
import type { SendPermit } from './approve.ts'
import type { Gate } from './gate.ts'

/** Throws a Refusal `not_ready` where it cannot be noted: the id must not reach anybody then. */
export function claim(made: readonly string[], from: DecidedTarget, permit: SendPermit, gate: Gate): void {
  if (made.length === 0 || !permit.keeps) return
  const { maker, model, exchange } = permit
  gate.providerIds.claim(from.provider, made, { principal: maker, model, at: from.model, exchange })
}
