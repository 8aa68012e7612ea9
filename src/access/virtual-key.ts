// A virtual key: `sp_<id>_<secret>`, letters and digits only. What is kept of it, and what may be asked of where it is kept.
// Times are milliseconds since the epoch.
import type { RecordValue } from './value.ts'

export interface VirtualKey {
  readonly id: string
  /** Whom it stands for: an application, or (a personal key) a person, named as their issuer's tokens name them. */
  readonly principal: { readonly type: 'App' | 'User'; readonly id: string }
  /** Who answers for it, such as an address. */
  readonly owner: string
  /** A team of the bundle. Absent of a personal key: the person's own teams count. */
  readonly team?: string
  readonly environment: string
  /** What it is for, in words. */
  readonly use: string
  /** The grant: a ceiling, never a permission. */
  readonly models: readonly string[]
  readonly actions: readonly string[]
  /** CIDR networks from which it is taken; where there are any, from nowhere else. */
  readonly networks: readonly string[]
  /** Names of the issuers whose user tokens it is taken with. */
  readonly users: readonly string[]
  readonly created: number
  readonly notBefore: number
  readonly expires: number
  /** Suspended once it was not used for so many milliseconds; a rotation counts as use. */
  readonly unusedFor?: number
  readonly rotated?: number
  readonly revoked?: { readonly at: number; readonly why: string }
  /** SHA-256 of each secret that is or was good, the newest first. `until`: a rotated one's end. */
  readonly secrets: readonly { readonly sha256: Uint8Array; readonly until?: number }[]
}

/** The side that asks. What was revoked is revoked in the very next answer. */
export interface VirtualKeys {
  /** Throws a Refusal `not_ready` where the store cannot be read. */
  find(id: string): VirtualKey | undefined
  /** Whether this person has a personal key at all. */
  hasPersonal(person: string): boolean
}

/** What was kept from further in the future was kept by a clock that was wrong: it counts as nothing, and gives way. */
export const MOST_AHEAD_MS = 300_000

/** Made, rotated or used: whichever was last. All in milliseconds. */
export function lastUsed({ created, rotated = created }: VirtualKey, use: KeyUse | undefined, now: number): number {
  const used = use !== undefined && use.at <= now + MOST_AHEAD_MS ? use.at : created
  return Math.max(created, rotated, used)
}

export interface KeyUse {
  readonly at: number
  readonly source: string
}

/** When keys were used last. Kept apart from the keys: the data plane never writes those. */
export interface KeyUses {
  last(id: string): KeyUse | undefined
  /** Remembered to the minute. An earlier one changes nothing, unless what is kept lies more than MOST_AHEAD_MS after it. */
  note(id: string, use: KeyUse): void
}

/** As what a person who has a personal key was last proven by a token of their own. */
export interface SignIn {
  /** When the token was issued, however much later it was shown. */
  readonly at: number
  /** The issuer's name in the bundle. */
  readonly issuer: string
  /** Names of the bundle's teams. */
  readonly groups: readonly string[]
  readonly attributes: RecordValue
  /** Fingerprint of the issuers and teams by which the bundle made all this of the token. */
  readonly rules: string
}

export interface SignIns {
  last(person: string): SignIn | undefined
  /**
   * Changes nothing where a token that was issued later is kept already, whoever noted it: an older one must not give a team
   * back. Unless what is kept lies more than MOST_AHEAD_MS after `now`.
   */
  note(person: string, signIn: SignIn, now: number): void
}
