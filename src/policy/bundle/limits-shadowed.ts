// Limits that change nothing, since another is used up first. The lower one stays; the others are told where they stand.
import type { Limit } from '#access/limit.ts'
import { fault, type Field } from './field.ts'

/** A limit, and where it stands. */
export interface Placed {
  readonly limit: Limit
  readonly field: Field
}

export function refuseShadowed(placed: readonly Placed[]): void {
  const lowest = new Map<string, Placed>()
  for (const each of placed) {
    const key = scopeOf(each.limit)
    const other = lowest.get(key)
    if (!other || each.limit.most < other.limit.most) lowest.set(key, each)
    if (other) refuseHigher(each, other)
  }
}

function refuseHigher(one: Placed, other: Placed): void {
  const [low, high] = one.limit.most < other.limit.most ? [one, other] : [other, one]
  if (one.limit.most === other.limit.most) {
    fault(one.field, `has the name of ${other.field.path}: ${one.limit.name}`, 'Keep one of the two.')
    return
  }
  fault(high.field, `can never count: ${low.field.path} (${low.limit.name}) is used up first`, 'Remove one of the two.')
}

const scopeOf = ({ per, measure, window, only }: Limit): string => JSON.stringify([per, measure, window, only])
