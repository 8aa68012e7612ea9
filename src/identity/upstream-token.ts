// `x-sallyport-identity`: who is behind a request, signed for the one upstream that it is made out to (RFC 7519, EdDSA).
import type { ChainLink } from '#access/trail.ts'

export interface UpstreamRequest {
  readonly audience: string
  /** From the actor to its origin. */
  readonly chain: readonly ChainLink[]
  readonly exchange: string
  readonly method: string
  /** Without query. */
  readonly url: string
  readonly body: Uint8Array | undefined
}

export interface UpstreamTokens {
  /** A token that ends within 60 s, and its `jti`. */
  sign(request: UpstreamRequest): { readonly token: string; readonly id: string }
  /** The public keys (RFC 7517): of the tokens that may still be on their way, and of the next to come. */
  keys(): { readonly keys: readonly object[] }
}
