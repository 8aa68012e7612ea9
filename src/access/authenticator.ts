import type { Principal } from './principal.ts'

/** What a caller presented, taken from the headers by one place. */
export interface Presented {
  /** The credential itself, of `Authorization: Bearer` or `x-api-key`. Never logged. */
  readonly credential: string
  /** The peer's address. */
  readonly source: string
}

export interface Authenticator {
  /**
   * Resolves to the principal when the credential is proven; to undefined when it is not of this authenticator's kind;
   * rejects with a Refusal when it is of this kind and wrong. A wrong proof MUST NOT resolve to undefined: falling
   * through to a weaker check would let a caller choose how they are checked.
   */
  identify(presented: Presented): Promise<Principal | undefined>
}
