// Finds the policies whose head can match a request, by a few look-ups instead of a walk over all of them. Each distinct
// part of a head has a number; a request is turned into the numbers that hold for it, and those are followed through
// nested maps. What is found is exactly what matches, in the parts that are indexed, and no policy is found twice.
import type { EntityKey } from './entity-set.ts'
import type { Frame, Subject } from './frame.ts'
import { isInAny } from './membership.ts'
import { type Scope, scopeHolds } from './scope.ts'

export type Part = 'action' | 'principal' | 'resource'

export interface Indexed {
  readonly scope: Readonly<Record<Part, Scope>>
}

/** Calls `take` for each policy whose indexed parts match, in no order, until it answers false. */
export type PolicyIndex<P> = (frame: Frame, take: (policy: P) => boolean) => void

/** A policy that matches only if more holds than where it stands. */
interface Checked<P> {
  readonly policy: P
  /** The action group under which it stands here, where it stands under several. */
  readonly via: EntityKey | undefined
  /** A part says `is T in E`: it stands under E, and its type is still to be asked. */
  readonly typed: boolean
}

interface Level<P> {
  /** Below a part that says nothing. */
  any: Level<P> | undefined
  readonly next: Map<number, Level<P>>
  readonly plain: P[]
  readonly checked: Checked<P>[]
}

/** The numbers of one part of all heads. */
interface Numbers {
  readonly eq: Map<EntityKey, number>
  readonly within: Map<EntityKey, number>
  readonly is: Map<string, number>
}

/** The number of a part that says nothing, and so always holds. */
const ANY = 0

export function indexPolicies<P extends Indexed>(policies: readonly P[], parts: readonly Part[]): PolicyIndex<P> {
  const numbers = parts.map((): Numbers => ({ eq: new Map(), within: new Map(), is: new Map() }))
  const root = level<P>()
  for (const policy of policies) {
    const scopes = parts.map((part) => policy.scope[part])
    const groups = scopes.find((scope) => scope.kind === 'in' && scope.keys.length !== 1)
    const keys = groups?.kind === 'in' ? [...new Set(groups.keys)] : [undefined]
    const typed = scopes.some((scope) => scope.kind === 'in' && scope.type !== undefined)
    for (const via of keys) {
      let at = root
      for (const [depth, scope] of scopes.entries()) {
        const known = numbers[depth]
        if (known !== undefined) at = descend(at, numberOf(scope, known, scope === groups ? via : undefined))
      }
      if (via === undefined && !typed) at.plain.push(policy)
      else at.checked.push({ policy, via, typed })
    }
  }
  return (frame, take) => {
    const holding = parts.map((part, depth) => numbersHolding(frame[part], numbers[depth]))
    visit(root, { holding, frame, parts, take }, 0)
  }
}

function level<P>(): Level<P> {
  return { any: undefined, next: new Map(), plain: [], checked: [] }
}

function descend<P>(at: Level<P>, number: number): Level<P> {
  if (number === ANY) return (at.any ??= level<P>())
  const known = at.next.get(number)
  if (known !== undefined) return known
  const made = level<P>()
  at.next.set(number, made)
  return made
}

function numberOf(scope: Scope, { eq, within, is }: Numbers, via: EntityKey | undefined): number {
  const next = eq.size + within.size + is.size + 1
  switch (scope.kind) {
    case 'any':
      return ANY
    case 'eq':
      return numbered(eq, scope.key, next)
    case 'is':
      return numbered(is, scope.type, next)
    case 'in': {
      const key = via ?? scope.keys[0]
      return key === undefined ? ANY : numbered(within, key, next)
    }
  }
}

function numbered<K>(known: Map<K, number>, key: K, next: number): number {
  const number = known.get(key) ?? next
  known.set(key, number)
  return number
}

/** `in` holds for the entity itself and for each ancestor; the shorter side is walked. */
function numbersHolding({ key, uid, ancestors }: Subject, numbers: Numbers | undefined): readonly number[] {
  const found: number[] = []
  if (numbers === undefined) return found
  const { eq, within, is } = numbers
  if (eq.size > 0) push(found, eq.get(key))
  if (is.size > 0) push(found, is.get(uid.type))
  if (within.size === 0) return found
  push(found, within.get(key))
  if (ancestors.size <= within.size) for (const above of ancestors.keys()) push(found, within.get(above))
  else for (const [above, number] of within) if (ancestors.has(above)) found.push(number)
  return found
}

function push(found: number[], number: number | undefined): void {
  if (number !== undefined) found.push(number)
}

interface Visit<P> {
  readonly holding: readonly (readonly number[])[]
  readonly frame: Frame
  readonly parts: readonly Part[]
  readonly take: (policy: P) => boolean
}

/** Answers false once `take` has had enough. */
function visit<P extends Indexed>(at: Level<P>, asked: Visit<P>, depth: number): boolean {
  const numbers = asked.holding[depth]
  if (numbers === undefined) return takeAll(at, asked)
  if (at.any !== undefined && !visit(at.any, asked, depth + 1)) return false
  if (at.next.size === 0) return true
  for (const number of numbers) {
    const next = at.next.get(number)
    if (next !== undefined && !visit(next, asked, depth + 1)) return false
  }
  return true
}

function takeAll<P extends Indexed>(at: Level<P>, { frame, parts, take }: Visit<P>): boolean {
  for (const policy of at.plain) if (!take(policy)) return false
  for (const { policy, via, typed } of at.checked) {
    if (via !== undefined && !isFirstMatch(policy, frame.action, via)) continue
    if (typed && !parts.every((part) => scopeHolds(policy.scope[part], frame[part]))) continue
    if (!take(policy)) return false
  }
  return true
}

/** A policy `action in [A, B]` stands under A and under B; for an action in both, only the first one counts. */
function isFirstMatch(policy: Indexed, action: Subject, via: EntityKey): boolean {
  const scope = policy.scope.action
  return scope.kind === 'in' && scope.keys.find((key) => isInAny(action, [key])) === via
}
