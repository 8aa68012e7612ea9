// allow | ask | deny. The wording of a prompt is nowhere among what is asked.
import type { Access } from '#access/access.ts'
import type { Decision, Grounds } from '#access/decision.ts'
import type { Provider } from '#access/provider.ts'
import type { Target } from '#access/target.ts'
import { type Authorized, authorize, mergeGrounds } from '#policy/authorize.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { Seen } from './examine.ts'
import { note } from './exchange.ts'
import type { Gate } from './gate.ts'
import type { OwnWish, SendWish } from './wish.ts'

declare const decided: unique symbol

/** A target that policy allowed for this very wish. Made only here. */
export interface DecidedTarget extends Target {
  readonly [decided]: true
  readonly at: Provider
}

type Branded<D> = D & { readonly [decided]: true }

/** A decision about one seen wish. Made only here. */
export type Allowed = Branded<
  Extract<Decision, { effect: 'allow' }> & {
    readonly targets: readonly DecidedTarget[]
    /** The accesses that were allowed: of a list, those that it may show. */
    readonly accesses: readonly Access[]
  }
>
export type Asked = Branded<Extract<Decision, { effect: 'ask' }>>
export type Denied = Branded<Extract<Decision, { effect: 'deny' }>>
export type Decided = Allowed | Asked | Denied

export function decide(seen: Seen, _gate: Gate): Decided {
  const { wish } = seen
  const began = performance.now()
  const decision = wish.kind === 'send' ? decideSend(wish) : decideOwn(wish)
  note(wish.exchange, 'policy', decision.effect === 'allow' ? 'pass' : 'fail', began)
  return decision
}

const made = <D extends Decided | DecidedTarget>(value: Omit<D, typeof decided>): D => value as D

/** Each target is decided beforehand; the request may go to those for which every access is allowed, in order. */
function decideSend(wish: SendWish): Decided {
  const { bundle } = wish.exchange.active
  const targets: DecidedTarget[] = []
  const accesses: Access[] = []
  let allowedBy: Grounds | undefined
  let deniedBy: Grounds | undefined
  for (const target of wish.model.targets) {
    const asked = wish.accessesFor(target)
    const answer = askAll(bundle, asked)
    if (answer.effect === 'allow') {
      targets.push(made<DecidedTarget>(target))
      accesses.push(...asked)
      allowedBy ??= answer.grounds
    } else {
      deniedBy ??= answer.grounds
    }
  }
  if (allowedBy) return made<Allowed>({ effect: 'allow', by: allowedBy, targets, accesses })
  return made<Denied>({ effect: 'deny', by: deniedBy ?? NO_GROUNDS })
}

/** Of each thing asked for, one alternative must be allowed: a model that one of its targets may serve can be used. */
function decideOwn(wish: OwnWish): Decided {
  const { bundle } = wish.exchange.active
  const answers = wish.asked.map((alternatives) => askAny(bundle, alternatives))
  const allowed = answers.filter((answer) => answer.effect === 'allow')
  const denied = answers.find((answer) => answer.effect === 'deny')
  if (wish.need === 'every' && (denied || answers.length === 0)) {
    return made<Denied>({ effect: 'deny', by: denied?.grounds ?? NO_GROUNDS })
  }
  // A list that shows nothing is explained by what came nearest to being shown.
  const by =
    allowed.length > 0 || !denied ? mergeGrounds(allowed.map(({ grounds }) => grounds)) : untold(denied.grounds)
  const accesses = allowed.flatMap(({ access }) => access)
  return made<Allowed>({ effect: 'allow', by, targets: [], accesses })
}

/** An empty list is an answer: nobody is refused, so nothing is told. */
function untold({ policies, erring, nearest }: Grounds): Grounds {
  return { policies, erring, ...(nearest ? { nearest } : {}) }
}

const NO_GROUNDS: Grounds = { policies: [], erring: [] }

/** All must be allowed; the first denial ends it. */
function askAll(bundle: Bundle, accesses: readonly Access[]): Authorized {
  const answers: Authorized[] = []
  for (const access of accesses) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'deny') return answer
    answers.push(answer)
  }
  return { effect: 'allow', grounds: mergeGrounds(answers.map(({ grounds }) => grounds)) }
}

/** The first that is allowed; where none is, the denial of the first. */
function askAny(bundle: Bundle, alternatives: readonly Access[]): Authorized & { readonly access: readonly Access[] } {
  let denied: Authorized | undefined
  for (const access of alternatives) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'allow') return { ...answer, access: [access] }
    denied ??= answer
  }
  return { ...(denied ?? { effect: 'deny', grounds: NO_GROUNDS }), access: [] }
}
