// Notes when people who have personal keys were proven by a token of their own: their keys live on that, and take their
// teams from it. For everybody else it costs one look-up, and nothing is kept.
import type { Authenticator } from '#access/authenticator.ts'
import type { SignIn, SignIns, VirtualKeys } from '#access/virtual-key.ts'
import type { Clock } from '#lib/clock.ts'

export interface SignInParts {
  readonly keys: Pick<VirtualKeys, 'hasPersonal'>
  readonly signIns: Pick<SignIns, 'note'>
  readonly clock: Pick<Clock, 'now'>
}

const MINUTE_MS = 60_000
const MOST_PEOPLE = 10_000

/** The same authenticator. `tokens` MUST prove by tokens alone: a key that noted sign-ins would keep itself alive. */
export function notingSignIns(tokens: Authenticator, { keys, signIns, clock }: SignInParts): Authenticator {
  const noted = new Map<string, SignIn>()

  function note(person: string, groups: readonly string[]): void {
    const at = clock.now()
    const before = noted.get(person)
    // Teams that changed are noted at once: who was taken out of one must not keep it through a key.
    if (before && Math.abs(at - before.at) < MINUTE_MS && isSameList(before.groups, groups)) return
    signIns.note(person, { at, groups })
    noted.delete(person)
    noted.set(person, { at, groups })
    for (const eldest of noted.keys()) {
      if (noted.size <= MOST_PEOPLE) break
      noted.delete(eldest)
    }
  }

  return {
    async identify(presented) {
      const principal = await tokens.identify(presented)
      if (principal?.type === 'User' && keys.hasPersonal(principal.id)) note(principal.id, principal.groups)
      return principal
    },
  }
}

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at])
