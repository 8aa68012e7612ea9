// How the logs are kept: for how long, where else, who is told of them, and who co-signs them. `audit:` of the bundle.
import type { CredentialReference } from './provider.ts'

/**
 * What kinds of log there are, by how long their entries must be kept. `exchanges`: what the data plane decided and what came of it;
 * `changes`: who changed what is in force; `reads`: who read the logs.
 */
export type RetentionClass = 'exchanges' | 'changes' | 'reads'

export interface Keeping {
  /** Milliseconds after a log's seal until it may be removed, by class. */
  readonly retention: Readonly<Record<RetentionClass, number>>
  /** Milliseconds after its birth when a log is sealed and followed by the next. */
  readonly rotate: number
  readonly copies: readonly CopyPlace[]
  readonly streams: readonly StreamPlace[]
  readonly witnesses: readonly WitnessPlace[]
}

/** Where the logs are copied to, file by file, as they grow. */
export type CopyPlace =
  | { readonly name: string; readonly to: 'directory'; readonly path: string }
  | {
      readonly name: string
      readonly to: 's3'
      readonly bucket: string
      /** Below it, `<log>/…`; without slashes at its ends; empty for the bucket's own root. */
      readonly prefix: string
      readonly region?: string
      /** Of a store that is not AWS's own: `https://minio.example:9000`. */
      readonly endpoint?: string
      readonly key: CredentialReference
      readonly secret: CredentialReference
    }

/** Who is told of entries as they happen. `native`: as they stand in the log. */
export type StreamPlace =
  | { readonly name: string; readonly to: 'stdout'; readonly format: 'native' | 'ocsf' }
  | {
      readonly name: string
      readonly to: 'otlp'
      /** Of the collector's HTTP receiver, without the path: `http://127.0.0.1:4318`. */
      readonly url: string
      readonly signals: readonly ('logs' | 'traces')[]
      readonly format: 'native' | 'ocsf'
      /** The value of the `authorization` header. */
      readonly authorization?: CredentialReference
      /** Whether the collector may stand in a private network. */
      readonly private: boolean
    }

export interface WitnessPlace {
  readonly name: string
  /** Where it takes checkpoints (C2SP tlog-witness): `POST <url>/add-checkpoint`. */
  readonly url: string
  /** Its verifier key, in the note format of a cosigner (type 0x04). */
  readonly key: string
  readonly private: boolean
}
