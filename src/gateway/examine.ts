// Inspected and redacted, unless denied whatever is found. No inspector stands here yet, so nothing is found; what a
// later step takes is already what came out of here, never the wish itself.
import type { Finding } from '#access/finding.ts'
import type { Gate } from './gate.ts'
import type { Wish } from './wish.ts'

declare const examined: unique symbol

/** A wish that has been through every inspector. Made only here. */
export interface Seen {
  readonly [examined]: true
  readonly wish: Wish
  readonly findings: readonly Finding[]
}

export async function examine(wish: Wish, _gate: Gate): Promise<Seen> {
  return { wish, findings: [] } as unknown as Seen
}
