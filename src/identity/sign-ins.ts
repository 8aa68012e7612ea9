// Notes as what people who have personal keys are proven by tokens of their own: their keys live on that, and stand for it.
// For everybody else it costs one look-up, and nothing is kept.
import { createHash } from 'node:crypto'
import type { Authenticator } from '#access/authenticator.ts'
import type { SignIns, VirtualKeys } from '#access/virtual-key.ts'
import { canonicalJson } from '#lib/canonical-json.ts'
import type { Clock } from '#lib/clock.ts'
import type { Issuer, Teams } from './issuer.ts'

export interface SignInParts {
  readonly keys: Pick<VirtualKeys, 'hasPersonal'>
  readonly signIns: Pick<SignIns, 'note'>
  readonly clock: Pick<Clock, 'now'>
  /** `signInRules` of the bundle in force. */
  readonly rules: string
}

/**
 * Of all by which a bundle makes a person of a token. A sign-in counts under the same rules only: who was taken out of a
 * team by the bundle, or put into one that forbids, must not go on as before through a key.
 */
export function signInRules(issuers: readonly Issuer[], teams: Teams): string {
  const byName = Object.fromEntries(issuers.map((issuer) => [issuer.name, issuer]))
  return createHash('sha256')
    .update(canonicalJson({ issuers: byName, teams }))
    .digest('hex')
}

/**
 * The same authenticator. `tokens` MUST prove by tokens alone, and only of whoever shows their own: a key that noted
 * sign-ins would keep itself alive, and so would an application that shows a user's token beside its own proof.
 */
export function notingSignIns(tokens: Authenticator, { keys, signIns, clock, rules }: SignInParts): Authenticator {
  return {
    async identify(presented) {
      const principal = await tokens.identify(presented)
      if (principal?.type !== 'User' || presented.userToken !== undefined) return principal
      if (!keys.hasPersonal(principal.id)) return principal
      const { id, groups, attributes, proof } = principal
      signIns.note(id, { at: proof.issuedAt * 1000, issuer: proof.issuer, groups, attributes, rules }, clock.now())
      return principal
    },
  }
}
