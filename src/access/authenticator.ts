import type { Principal } from './principal.ts'

/** What a caller presented, taken from the headers by one place. */
export interface Presented {
  /** The credential itself, of `Authorization: Bearer` or `x-api-key`. Never logged. */
  readonly credential: string
  /** How it was sent: the scheme of `Authorization` (RFC 9449 section 7.1), Bearer also of `x-api-key`. Absent: Bearer. */
  readonly scheme?: 'Bearer' | 'DPoP'
  /** The `DPoP` header. Never logged. */
  readonly proof?: string
  /** What a proof must be for: the request's method, and its URL below the gate's public origin, without query. */
  readonly request?: { readonly method: string; readonly url: string }
  /** Set where this very request was identified before, and its body has arrived since: its proof is used up by itself. */
  readonly again?: true
  /** A user's identity token beside it, of `x-sallyport-user-token`. Never logged. */
  readonly userToken?: string
  /** The caller's address: the peer's, or what a trusted proxy says of its peer. */
  readonly source: string
}

export interface Authenticator {
  /**
   * Resolves to the principal when the credential is proven; to undefined when it is not of this authenticator's kind;
   * rejects with a Refusal when it is of this kind and wrong. A wrong proof MUST NOT resolve to undefined: falling
   * through to a weaker check would let a caller choose how they are checked. One that takes a user token makes the
   * chain (`onBehalfOf`); a user token that nobody took is refused by whoever asks authenticators in turn.
   */
  identify(presented: Presented): Promise<Principal | undefined>
}
