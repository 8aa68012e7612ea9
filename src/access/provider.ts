/** A model provider of the bundle, as the upstream side needs it. Holds a reference to its credential, never the credential. */
export interface Provider {
  readonly name: string
  readonly kind: 'openai' | 'openai-compatible' | 'anthropic'
  /** Origin and path prefix, without a slash at the end: `https://api.openai.com/v1`. */
  readonly url: string
  readonly credential?: CredentialReference
  /** Milliseconds: until connected, until the first byte of the answer, between two pieces of it. */
  readonly timeouts: { readonly connect: number; readonly firstByte: number; readonly idle: number }
  /** True where http and addresses of private networks are meant. */
  readonly private: boolean
  /** PEM: the authorities that its certificate is checked against, in place of the public ones. */
  readonly ca?: string
  /** It asks for `x-sallyport-identity`, made out to this audience. */
  readonly identity?: { readonly audience: string }
  /** It is told of the caller's trace (W3C `traceparent`), where there is one. */
  readonly trace?: true
}

export type CredentialReference =
  /** An absolute path; re-read when the file changes. */
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'env'; readonly name: string }
  /** KV v2 of HashiCorp Vault or OpenBao: the path with its mount first (`kv/billing`), and the key within. */
  | {
      readonly from: 'vault'
      readonly path: string
      readonly key: string
      /** That of the bundle which says so: another bundle's is another place. Absent in a bundle without one, which is faulty. */
      readonly at?: VaultSettings
    }

/** Where secrets of `vault:` references are, and how the gate proves itself there. */
export interface VaultSettings {
  /** Without a slash at the end. */
  readonly url: string
  readonly namespace?: string
  readonly auth:
    /** An absolute path of a file with a token, re-read when it changes. */
    | { readonly by: 'token'; readonly path: string }
    /** Login with a workload's JWT: the auth method's mount (`kubernetes`, `jwt`), the role, and the JWT's file. */
    | { readonly by: 'jwt'; readonly mount: string; readonly role: string; readonly path: string }
  readonly private: boolean
  readonly ca?: string
}
