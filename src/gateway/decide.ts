// allow | ask | deny. The wording of a prompt is nowhere among what is asked.
import type { Access } from '#access/access.ts'
import type { ActAction } from '#access/protocol.ts'
import type { Decision, Grounds } from '#access/decision.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { ProviderConfig } from '#policy/bundle/config.ts'
import type { Target } from '#access/target.ts'
import { isAuthorized, mergeGrounds } from '#policy/authorize.ts'
import { askAll, askAny, NO_GROUNDS } from './ask.ts'
import type { Seen } from './examine.ts'
import { type Intent, note } from './exchange.ts'
import type { Gate } from './gate.ts'
import type { OwnWish, SendWish } from './wish.ts'

declare const decided: unique symbol

/** A target that policy allowed for this very wish. Made only here. */
export interface DecidedTarget extends Target {
  readonly [decided]: true
  readonly at: ProviderConfig
  /** What it would do unasked, and is told not to. */
  readonly without: ReadonlySet<ActAction>
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
export type Denied = Branded<
  Extract<Decision, { effect: 'deny' }> & {
    /** Of several accesses, the action of the one that was denied. */
    readonly action?: string
  }
>
export type Decided = Allowed | Asked | Denied

export function decide(seen: Seen, _gate: Gate): Decided {
  const { wish } = seen
  const began = performance.now()
  const decision = wish.kind === 'send' ? decideSend(wish, seen.facts) : decideOwn(wish)
  note(wish.exchange, 'policy', decision.effect === 'allow' ? 'pass' : 'fail', began)
  return decision
}

const made = <D extends Decided | DecidedTarget>(value: Omit<D, typeof decided>): D => value as D

/** Each target is decided beforehand; the request may go to those for which every access is allowed, in order. */
function decideSend(wish: SendWish, found: readonly string[]): Decided {
  const { bundle } = wish.exchange.active
  const targets: DecidedTarget[] = []
  const accesses: Access[] = []
  let allowedBy: Grounds | undefined
  let denial: { readonly by: Grounds; readonly action?: string } | undefined
  for (const target of wish.targets) {
    const asked = wish.accessesFor(target, found)
    const answer = askAll(bundle, asked)
    if (answer.effect === 'allow') {
      for (const access of asked.accesses) accesses.push(access)
      const { provider, model, at } = target
      const without = withheld(wish.unaskedFor(target, found), bundle, accesses)
      targets.push(made<DecidedTarget>({ provider, model, at, without }))
      allowedBy ??= answer.grounds
    } else {
      denial ??= { by: answer.grounds, ...(answer.denied ? { action: answer.denied.action } : {}) }
    }
  }
  if (allowedBy) {
    const { intent } = wish.exchange.account
    if (intent && hasOther(accesses, intent.action)) recordUnasked(wish, intent, accesses)
    return made<Allowed>({ effect: 'allow', by: allowedBy, targets, accesses })
  }
  return made<Denied>({ effect: 'deny', ...(denial ?? { by: NO_GROUNDS }) })
}

/** What of that is not allowed; what is, is among the accesses from then on. */
function withheld(unasked: ReturnType<SendWish['unaskedFor']>, bundle: Bundle, accesses: Access[]): Without {
  if (unasked.length === 0) return NOTHING
  const without = new Set<ActAction>()
  for (const access of unasked) {
    if (isAuthorized(bundle, access)) accesses.push(access)
    else without.add(access.action)
  }
  return without
}

type Without = DecidedTarget['without']
const NOTHING: Without = new Set()

function hasOther(accesses: readonly Access[], action: string): boolean {
  for (const access of accesses) if (access.action !== action) return true
  return false
}

/** What the provider will do though the body does not ask stands in the record as what was asked does. */
function recordUnasked({ exchange: { account } }: SendWish, intent: Intent, accesses: readonly Access[]): void {
  const named = new Set([intent.action, ...(intent.also ?? []).map(({ action }) => action)])
  const more = [...new Set(accesses.map(({ action }) => action))].filter((action) => !named.has(action))
  if (more.length === 0) return
  const also = more.map((action) => ({ action, resource: intent.resource }))
  account.intent = { ...intent, also: [...(intent.also ?? []), ...also] }
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
function untold({ policies, erring, nearest, beyond }: Grounds): Grounds {
  return { policies, erring, ...(nearest ? { nearest } : {}), ...(beyond ? { beyond } : {}) }
}
