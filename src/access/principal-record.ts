// A principal as the trail names it.
import { chainOf, type Principal } from './principal.ts'
import type { PrincipalRecord } from './trail.ts'

export function principalRecord(principal: Principal): PrincipalRecord {
  const { type, id, groups, proof } = principal
  return {
    type,
    id,
    groups,
    issuer: proof.issuer,
    ...(proof.method === 'jwt' ? {} : { method: proof.method }),
    ...(proof.key === undefined ? {} : { key: proof.key }),
    chain: chainOf(principal).map((link) => ({ type: link.type, id: link.id })),
  }
}
