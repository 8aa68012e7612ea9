// allow | ask | deny. The wording of a prompt is nowhere among what is asked.
import type { Access } from '#access/access.ts'
import type { Decision, Grounds } from '#access/decision.ts'
import type { Provider } from '#access/provider.ts'
import type { Target } from '#access/target.ts'
import { type Authorized, authorize } from '#policy/authorize.ts'
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
      targets.push(decidedTarget(target, bundle))
      accesses.push(...asked)
      allowedBy ??= answer.grounds
    } else {
      deniedBy ??= answer.grounds
    }
  }
  if (allowedBy) return { effect: 'allow', by: allowedBy, targets, accesses } as unknown as Allowed
  return { effect: 'deny', by: deniedBy ?? NOTHING_ASKED } as unknown as Denied
}

function decidedTarget(target: Target, bundle: Bundle): DecidedTarget {
  const at = bundle.config.providers.get(target.provider)
  if (!at) throw new Error(`a target at ${target.provider}, which the bundle does not have`)
  return { ...target, at } as unknown as DecidedTarget
}

function decideOwn(wish: OwnWish): Decided {
  const { bundle } = wish.exchange.active
  if (wish.need === 'every') {
    const answer = wish.accesses.length === 0 ? NO : askAll(bundle, wish.accesses)
    if (answer.effect === 'deny') return { effect: 'deny', by: answer.grounds } as unknown as Denied
    return { effect: 'allow', by: answer.grounds, targets: [], accesses: wish.accesses } as unknown as Allowed
  }
  const allowed = wish.accesses
    .map((access) => ({ access, answer: authorize(bundle, access) }))
    .filter(({ answer }) => answer.effect === 'allow')
  const by = merged(allowed.map(({ answer }) => answer))
  return { effect: 'allow', by, targets: [], accesses: allowed.map(({ access }) => access) } as unknown as Allowed
}

const NOTHING_ASKED: Grounds = { policies: [], erring: [] }
const NO: Authorized = { effect: 'deny', grounds: NOTHING_ASKED }

/** All must be allowed; the first denial ends it. */
function askAll(bundle: Bundle, accesses: readonly Access[]): Authorized {
  const answers: Authorized[] = []
  for (const access of accesses) {
    const answer = authorize(bundle, access)
    if (answer.effect === 'deny') return answer
    answers.push(answer)
  }
  const [only] = answers
  return answers.length === 1 && only ? only : { effect: 'allow', grounds: merged(answers) }
}

function merged(answers: readonly Authorized[]): Grounds {
  const policies = new Map(
    answers.flatMap(({ grounds }) => grounds.policies.map((policy) => [policy.id, policy] as const)),
  )
  const erring = new Map(answers.flatMap(({ grounds }) => grounds.erring.map((policy) => [policy.id, policy] as const)))
  return { policies: [...policies.values()], erring: [...erring.values()] }
}
