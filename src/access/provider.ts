/** A model provider of the bundle, as the upstream side needs it. Holds a reference to its credential, never the credential. */
export interface Provider {
  readonly name: string
  readonly kind: 'openai' | 'openai-compatible' | 'anthropic'
  /** Origin and path prefix, without a slash at the end: `https://api.openai.com/v1`. */
  readonly url: string
  readonly credential?: CredentialReference
  /** Milliseconds. */
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
}

export type CredentialReference =
  /** An absolute path; re-read when the file changes. */
  { readonly from: 'file'; readonly path: string } | { readonly from: 'env'; readonly name: string }
