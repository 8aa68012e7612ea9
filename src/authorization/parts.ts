// What the authorization server is made of: what lasts as long as the process, and what changes with the bundle in force.
import type { Authenticator } from '#access/authenticator.ts'
import type { OnlyOnce, Sessions } from '#access/session.ts'
import type { Trail } from '#access/trail.ts'
import type { VirtualKeys } from '#access/virtual-key.ts'
import type { DpopNonces } from '#identity/dpop-nonce.ts'
import type { Guesses } from '#identity/guesses.ts'
import type { SigningRing } from '#identity/upstream-token.ts'
import type { Clock } from '#lib/clock.ts'
import type { Config } from '#policy/bundle/config.ts'
import type { OAuthRecords } from './records.ts'

export interface AuthorizationParts {
  readonly sessions: Sessions
  readonly onlyOnce: OnlyOnce
  readonly records: OAuthRecords
  readonly findKey: VirtualKeys['find']
  readonly trail: Trail
  /** Resolves once the trail has room for what nobody in particular did. */
  readonly room: () => Promise<void>
  /** Signs access tokens; the gateway verifies by the same files. */
  readonly ring: SigningRing
  /** Of DPoP proofs: the gateway's own, since both stand under one origin. */
  readonly nonces: DpopNonces
  /** 32 bytes, for what is sealed and for cookies: never for tokens. */
  readonly secret: Uint8Array
  /** Who presents wrong client credentials, and from where. */
  readonly guesses: Guesses
  readonly clock: Clock
  readonly random: (bytes: number) => Uint8Array
  /** Whether there is something in this text that the trail must not hold. */
  readonly holdsCredential: (text: string) => boolean
  /** What comes of refresh tokens that are in use just now, under whatever bundle: one that is used twice at once is used once. */
  readonly refreshing: Map<string, Promise<Readonly<Record<string, unknown>>>>
  /** Reads a file of the bundle (client keys), or throws. */
  readonly readText: (path: string) => string
  /** Fetches documents of clients: judged by the egress guard, without redirects, bounded by whoever reads the answer. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** One line for the operator, never a secret. */
  readonly report: (line: string) => void
}

/** Under one bundle. */
export interface ActiveAuthorization {
  readonly config: Config
  /** `signInRules` of it. */
  readonly rules: string
  /** Proves people and workloads by tokens of the bundle's issuers. */
  readonly tokens: Authenticator
  /** Issuers whose tokens are taken beside an application's proof only. */
  readonly indirect: ReadonlySet<string>
  /** Proves virtual keys, as the data plane does. */
  readonly keys: Authenticator
}
