// What sallyport.yaml says, once it has been read and checked. Everything is keyed in Maps: names come from callers
// as well (`model`), and a Map has no `constructor` or `__proto__` of its own to be found by mistake.
import type { Keeping } from '#access/keeping.ts'
import type { Limit, Price } from '#access/limit.ts'
import type { ParameterLimits } from '#access/parameters.ts'
import type { CredentialReference, Provider, VaultSettings } from '#access/provider.ts'
import type { Target } from '#access/target.ts'

export interface Config {
  /** The one origin in links, metadata and audiences: `https://ai.example.com`, without a slash at the end. */
  readonly public: string
  readonly issuers: ReadonlyMap<string, IssuerConfig>
  /** A team and the directory groups that make it up, each `issuer:group`. */
  readonly teams: ReadonlyMap<string, readonly string[]>
  readonly systems: ReadonlyMap<string, SystemConfig>
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: ReadonlyMap<string, ModelConfig>
  /** What of the caller's own word policy may read. Header names are in lower case. */
  readonly claimed: { readonly headers: readonly string[]; readonly metadata: readonly string[] }
  /** Largest body in bytes, and deepest nesting in levels. */
  readonly body: { readonly max: number; readonly depth: number }
  readonly inspectors: {
    readonly credentials: { readonly request: PerTier; readonly answer: PerTier }
  }
  /** Applications that may ask for sessions, by their OAuth client id: `App::"<name>"`. */
  readonly applications: ReadonlyMap<string, ApplicationConfig>
  readonly sessions: SessionsConfig
  readonly limits: readonly Limit[]
  readonly listen: ListenConfig
  readonly vault?: VaultSettings
  /** How the logs are kept. */
  readonly audit: Keeping
  readonly authority: 'files'
}

/** An OAuth client that is no person's program: it proves itself, and acts for itself or for the people of some issuers. */
export interface ApplicationConfig {
  readonly name: string
  readonly team?: string
  readonly environment: string
  readonly use: string
  /** Absolute path of a JWK set with its public keys, re-read when it changes (`private_key_jwt`, RFC 7523 section 2.2). */
  readonly keys?: string
  /** Its platform's own JWT in place of a key: of this issuer of the bundle, with exactly this subject. */
  readonly workload?: { readonly issuer: string; readonly subject: string }
  /** Exact redirect addresses; none: no login through it. */
  readonly redirects: readonly string[]
  /** Issuers for whose people it may ask (token exchange, login). */
  readonly users: readonly string[]
  /** Ceilings of its sessions. */
  readonly models: readonly string[]
  readonly actions: readonly string[]
  /** From where its sessions are used, where they are not bound to a key. */
  readonly networks: readonly string[]
}

export interface SessionsConfig {
  /** Of declared sessions. */
  readonly tiers: Readonly<Record<Tier, SessionBounds>>
  /** Of those that a person's own token opens. */
  readonly implicit: Pick<SessionBounds, 'duration' | 'idle'>
  /** Members of a request's `metadata` that name a conversation. */
  readonly conversation: readonly string[]
  readonly clients: {
    /** Client ids that are addresses of documents (client-id metadata documents). */
    readonly documents: boolean
    /** Names of programs that may register themselves with loopback redirects (RFC 7591). */
    readonly registration: readonly string[]
  }
}

/** Times in milliseconds. */
export interface SessionBounds {
  /** At most 4 h in tier 2, 30 min in tier 3. */
  readonly duration: number
  readonly idle: number
  /** Life of one access token, at most 15 min. */
  readonly token: number
  readonly tokens: number
  readonly calls: number
  readonly clean: number
  readonly outOfScope: number
  /** 0: never. */
  readonly misuse: number
}

/** How people of an issuer log in through the gate: the gate is a client of it (authorization code with PKCE). */
export interface LoginConfig {
  readonly client: string
  /** Absent: a public client. */
  readonly secret?: CredentialReference
  readonly scopes: readonly string[]
}

/** The wire: how the gateway is reached. */
export interface ListenConfig {
  /** Absolute paths of PEM files, re-read when they change. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Who may say for whom a request came: what they say counts, what anyone else says in these headers is ignored. */
  readonly proxy?: ProxyConfig
  /** Why plain HTTP on an address of the network is meant. */
  readonly plaintext?: string
  /** Origins whose pages may call the gateway. */
  readonly cors: readonly string[]
}

export interface ProxyConfig {
  /** CIDR networks of the proxies. */
  readonly networks: readonly string[]
  /** The header in which they write the address of whom they serve. */
  readonly address: 'x-forwarded-for' | 'forwarded'
  /** Whether they write client certificates that they have verified into `client-cert` (RFC 9440). */
  readonly certificate: boolean
}

/** Plain data with every key in the form that identity takes it: `[...issuers.values()]` can be handed over as it is. */
export interface IssuerConfig {
  readonly name: string
  /** Exactly the `iss` of its tokens; discovery stands below it. */
  readonly url: string
  /** A token must be for one of these. */
  readonly audience: readonly string[]
  readonly algorithms?: readonly string[]
  /** The exact name of the claim that lists the groups. */
  readonly groups?: string
  /** How its principals are named: `User::okta/{sub}`. No two issuers can make the same name. */
  readonly as: string
  /** Accepted `typ` headers. */
  readonly types?: readonly string[]
  readonly skewSeconds?: number
  readonly maxAgeSeconds?: number
  /** Its tokens are taken beside an application's proof only, never alone. */
  readonly direct?: false
  readonly attributes: Readonly<Record<string, AttributeConfig>>
  readonly login?: LoginConfig
}

/** An attribute of a principal, taken from a claim. */
export interface AttributeConfig {
  readonly claim: string
  readonly type: AttributeType
}

export type AttributeType = 'string' | 'long' | 'boolean' | 'strings'

export type Tier = 1 | 2 | 3

/** `flag` records it and lets it pass; `redact` puts its kind in its place; `block` refuses the request, or ends the answer. */
export type InspectorAction = 'flag' | 'redact' | 'block'

export type PerTier = Readonly<Record<Tier, InspectorAction>>

export interface SystemConfig {
  readonly name: string
  readonly tier: Tier
  readonly owner: string
  /** Kinds of data that its models see: a session that one of them answered has these labels from then on. */
  readonly labels: readonly string[]
}

export interface ProviderConfig extends Provider {
  /** Body fields unknown to the protocol that pass above tier 1. */
  readonly accept: readonly string[]
  /** Ids of what the provider holds for everybody whom policy permits the act: files, vector stores, prompts. */
  readonly shared: ReadonlySet<string>
}

/** Whose shape of requests and answers: nothing is translated from one to another. */
export type Speech = 'openai' | 'anthropic'

export interface ModelConfig {
  readonly name: string
  readonly system: SystemConfig
  /** In the order in which they are tried; all speak one protocol. */
  readonly targets: readonly [ModelTarget, ...ModelTarget[]]
  /** What all of its targets speak. */
  readonly speaks: Speech
  readonly limits: ParameterLimits
  readonly price?: Price
  /** Body fields that every one of its providers accepts though the protocol does not know them. */
  readonly accept: ReadonlySet<string>
}

export interface ModelTarget extends Target {
  readonly at: ProviderConfig
}
