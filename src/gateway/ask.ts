// Asks policy about lists of accesses: of a wish all must be allowed, of an alternative one.
import type { Access } from '#access/access.ts'
import type { Grounds } from '#access/decision.ts'
import { type Authorized, authorize, mergeGrounds } from '#policy/authorize.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { deniedWhateverIsFound } from '#policy/findings-matter.ts'
import type { AllAuthorized, Asking, SendWish } from './wish.ts'

export const NO_GROUNDS: Grounds = { policies: [], erring: [] }

export const asksFor = (accesses: readonly Access[]): Asking => ({ accesses, answered: undefined })

/** All must be allowed; the first denial ends it. */
export function askAll(bundle: Bundle, asking: Asking): AllAuthorized {
  if (asking.answered?.by === bundle) return asking.answered.all
  const all = askEach(bundle, asking.accesses)
  asking.answered = { by: bundle, all }
  return all
}

function askEach(bundle: Bundle, accesses: readonly Access[]): AllAuthorized {
  const grounds: Grounds[] = []
  for (const access of accesses) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'deny') return { ...answer, denied: access }
    if (accesses.length === 1) return answer
    grounds.push(answer.grounds)
  }
  return { effect: 'allow', grounds: mergeGrounds(grounds) }
}

/** The first that is allowed; where none is, the denial of the first. */
export function askAny(
  bundle: Bundle,
  alternatives: readonly Access[],
): Authorized & { readonly access: readonly Access[] } {
  let denied: Authorized | undefined
  for (const access of alternatives) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'allow') return { ...answer, access: [access] }
    denied ??= answer
  }
  return { ...(denied ?? { effect: 'deny', grounds: NO_GROUNDS }), access: [] }
}

/** Whether policy denies a wish at every target, whatever inspection might find in it: then nobody looks. */
export function deniedAnyway(wish: SendWish): boolean {
  const { bundle } = wish.exchange.active
  for (const target of wish.targets) {
    const asking = wish.accessesFor(target, NOTHING_FOUND)
    // What may go somewhere is inspected, and what was answered here stands if nothing is found.
    if (askAll(bundle, asking).effect === 'allow' || !isDeniedAnyway(bundle, asking)) return false
  }
  return true
}

const NOTHING_FOUND: readonly never[] = []

const isDeniedAnyway = (bundle: Bundle, { accesses }: Asking): boolean =>
  accesses.some((access) => {
    const answer = authorize(bundle, access)
    return answer.effect === 'deny' && deniedWhateverIsFound(bundle, answer, access)
  })
