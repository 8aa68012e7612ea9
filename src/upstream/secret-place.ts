// Where a secret is kept: the one thing in which files, environment variables and vaults differ.
import { Refusal } from '#access/refusal.ts'

export interface HeldSecret {
  readonly secret: string
  /** What told this content from any other when it was read: times and sizes of a file, the version in a vault. */
  readonly stamp: string
}

/** How long, in milliseconds, a secret is used without looking; the place's times hold where it says nothing. */
export interface Term {
  readonly fresh?: number
  /** It ends then, looked at or not: the lease of a dynamic secret. */
  readonly ends?: number
}

export type Look =
  | ({ readonly kind: 'same' } & Term)
  | ({ readonly kind: 'found' } & HeldSecret & Term)
  /** Somebody is writing it this moment: what is held stays, and soon it is looked at again. */
  | { readonly kind: 'unsettled'; readonly why: string }
  /** The place cannot be asked: what is held stays, for a while. */
  | { readonly kind: 'away'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }

export interface PlaceTimes {
  /** A secret is used unseen for this long. */
  readonly fresh: number
  /** For this long it is used while it is looked at again: nobody waits. At least `fresh`. */
  readonly behind: number
  /** For this long after it was last seen it is used while the place is away. */
  readonly away: number
  /** Between two looks at a place that failed. */
  readonly pause: number
  /** A secret that was read this short a time ago is not read anew, whoever doubts it. */
  readonly again: number
}

export interface SecretPlace {
  readonly times: PlaceTimes
  /**
   * `anew`: what is held is doubted, so that its content is read even where nothing says that it changed. `why` names
   * neither the secret nor a path. Rejects only with a Refusal of the trail, or where the code is wrong.
   */
  look(held: HeldSecret | undefined, anew: boolean): Promise<Look>
}

/** A line break would end the header and begin another; nothing else outside visible ASCII belongs in one either. */
export const isUsable = (secret: string): boolean => /^[!-~]+$/.test(secret)

/** Why there is no secret: for the log. */
export class MissingSecret extends Error {
  override readonly name = 'MissingSecret'
  readonly kind: 'away' | 'lost'

  constructor(kind: 'away' | 'lost', why: string) {
    super(why)
    this.kind = kind
  }
}

export const missing = (kind: 'away' | 'lost', why: string): Refusal =>
  new Refusal('provider_unreachable', {
    message: "The gate's credential for this provider cannot be read.",
    cause: new MissingSecret(kind, why),
  })
