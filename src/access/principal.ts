import type { Grant } from './grant.ts'
import type { SessionRef } from './task.ts'
import type { RecordValue } from './value.ts'

/** Who is asking. Made only by an authenticator from a proof that held. */
export interface Principal {
  readonly type: 'User' | 'App' | 'Agent' | 'Judge'
  readonly id: string
  /** Names from the bundle's `teams:`, never a directory's own names. */
  readonly groups: readonly string[]
  readonly attributes: RecordValue
  /** How the identity was proven; context for policy, evidence for audit. */
  readonly proof: Proof
  /** The next link of the chain, towards the person in whose name this principal acts. */
  readonly onBehalfOf?: Principal
  /** In which session this link acts; of a chain, its actor's. */
  readonly session?: SessionRef
  /** An access must lie within every one of them. */
  readonly grants?: readonly Grant[]
}

/** A key is never the whole proof: its method says what was proven beside it. */
export type ProofMethod =
  | 'jwt'
  | 'key-and-network'
  | 'key-and-user-token'
  | 'personal-key'
  | 'client-assertion'
  | 'session'

export interface Proof {
  readonly method: ProofMethod
  /** The issuer's name in the bundle; `sallyport` for keys, which no issuer of a bundle is called. */
  readonly issuer: string
  /** The id of the virtual key, where one was used. */
  readonly key?: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** In whose name a principal acts in the end; itself, where nobody stands behind it. */
export const originOf = (principal: Principal): Principal => chainOf(principal).at(-1) ?? principal

type Named = Pick<Principal, 'id'> & { readonly type: string }

export const isSame = (one: Named, other: Named): boolean => one.type === other.type && one.id === other.id

/** The chain from the actor to its origin, the actor first. */
export function chainOf(principal: Principal): readonly Principal[] {
  const chain: Principal[] = []
  for (let link: Principal | undefined = principal; link; link = link.onBehalfOf) chain.push(link)
  return chain
}
