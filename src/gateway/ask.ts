// Asks policy about lists of accesses: of a wish all must be allowed, of an alternative one.
import type { Access } from '#access/access.ts'
import type { Grounds } from '#access/decision.ts'
import { type Authorized, authorize, mergeGrounds } from '#policy/authorize.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { deniedWhateverIsFound } from '#policy/findings-matter.ts'
import type { SendWish } from './wish.ts'

export const NO_GROUNDS: Grounds = { policies: [], erring: [] }

type All = Authorized & { readonly denied?: Access }

/** What was answered to the very same list, by the very same bundle: most wishes are asked about before and after inspection. */
const answered = new WeakMap<readonly Access[], { readonly bundle: Bundle; readonly all: All }>()

/** All must be allowed; the first denial ends it. The list and what is in it MUST NOT change afterwards. */
export function askAll(bundle: Bundle, accesses: readonly Access[]): All {
  const before = answered.get(accesses)
  if (before?.bundle === bundle) return before.all
  const all = askEach(bundle, accesses)
  answered.set(accesses, { bundle, all })
  return all
}

function askEach(bundle: Bundle, accesses: readonly Access[]): All {
  const answers: Authorized[] = []
  for (const access of accesses) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'deny') return { ...answer, denied: access }
    answers.push(answer)
  }
  const [only, second] = answers
  if (only && !second) return only
  return { effect: 'allow', grounds: mergeGrounds(answers.map(({ grounds }) => grounds)) }
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
  return wish.targets.every((target) => {
    const accesses = wish.accessesFor(target, [])
    if (askAll(bundle, accesses).effect === 'allow') return false
    return accesses.some((access) => {
      const answer = authorize(bundle, access)
      return answer.effect === 'deny' && deniedWhateverIsFound(bundle, answer, access)
    })
  })
}
