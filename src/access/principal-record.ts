// A principal as the trail names it. Members stand in their order there: what is in order is printed as it is.
import { chainOf, type Principal } from './principal.ts'
import type { PrincipalRecord } from './trail.ts'

export function principalRecord(principal: Principal): PrincipalRecord {
  const { type, id, groups, proof } = principal
  const chain = chainOf(principal).map((link) => ({ id: link.id, type: link.type }))
  const { issuer, key, method } = proof
  return {
    chain,
    groups,
    id,
    issuer,
    ...(key === undefined ? undefined : { key }),
    ...(method === 'jwt' ? undefined : { method }),
    type,
  }
}
