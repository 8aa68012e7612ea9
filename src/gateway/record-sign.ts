// What a refusal may be a sign of is an entry of its own: it is looked for by itself.
import { Refusal } from '#access/refusal.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'

/** Rejects with a Refusal `audit_unavailable` when it cannot be written. */
export async function recordSign(
  failure: unknown,
  { exchange, source }: { readonly exchange: Exchange['id']; readonly source?: string },
  gate: Pick<Gate, 'trail'>,
): Promise<void> {
  if (!(failure instanceof Refusal) || !failure.detail.indicator) return
  const from = source === undefined ? {} : { source }
  await gate.trail.append({ kind: 'indicator', exchange, ...from, ...failure.detail.indicator }, 'process')
}
