// Finds the policies whose head can match a request, by a few look-ups instead of a walk over all of them: nested maps, one
// level for each part of the head, keyed by what the part names. What is found is exactly what matches, in the parts that
// are indexed, and no policy is found twice. Looking makes no object: it is done for every request.
import type { EntityKey } from './entity-set.ts'
import type { Frame, Subject } from './frame.ts'
import { type Scope, scopeHolds } from './scope.ts'

export type Part = 'action' | 'principal' | 'resource'

export interface Indexed {
  readonly scope: Readonly<Record<Part, Scope>>
}

/** Answers false once it has had enough. What it keeps stands in `into`, so that none need be made for each request. */
export type Take<P, Into> = (policy: P, into: Into) => boolean

/** Calls `take` for each policy whose indexed parts match, in no order. */
export type PolicyIndex<P> = <Into>(frame: Frame, take: Take<P, Into>, into: Into) => void

/** A policy that matches only if more holds than where it stands. */
interface Checked<P> {
  readonly policy: P
  /** The action group under which it stands here, where it stands under several. */
  readonly via: EntityKey | undefined
  /** Parts that say `is T in E`: it stands under E, and its type is still to be asked. */
  readonly typed: readonly Part[]
}

/** Each kind of next level is there only if a policy needs it. */
interface Level<P> {
  /** What the next levels ask about; undefined where the policies themselves stand. */
  readonly part: Part | undefined
  /** Below a part that says nothing. */
  any: Level<P> | undefined
  eq: Map<EntityKey, Level<P>> | undefined
  is: Map<string, Level<P>> | undefined
  within: Map<EntityKey, Level<P>> | undefined
  readonly plain: P[]
  readonly checked: Checked<P>[]
}

export function indexPolicies<P extends Indexed>(policies: readonly P[], parts: readonly Part[]): PolicyIndex<P> {
  const root = level<P>(parts[0])
  for (const policy of policies) {
    const groups = parts
      .map((part) => policy.scope[part])
      .find((scope) => scope.kind === 'in' && scope.keys.length !== 1)
    const keys = groups?.kind === 'in' ? [...new Set(groups.keys)] : [undefined]
    const typed = parts.filter((part) => isTyped(policy.scope[part]))
    for (const via of keys) {
      let at = root
      for (const [depth, part] of parts.entries()) {
        const scope = policy.scope[part]
        at = descend(at, scope, { via: scope === groups ? via : undefined, part: parts[depth + 1] })
      }
      if (via === undefined && typed.length === 0) at.plain.push(policy)
      else at.checked.push({ policy, via, typed })
    }
  }
  return (frame, take, into) => {
    visit(root, frame, take, into)
  }
}

const isTyped = (scope: Scope): boolean => scope.kind === 'in' && scope.type !== undefined

function level<P>(part: Part | undefined): Level<P> {
  return { part, any: undefined, eq: undefined, is: undefined, within: undefined, plain: [], checked: [] }
}

interface Next {
  readonly via: EntityKey | undefined
  readonly part: Part | undefined
}

function descend<P>(at: Level<P>, scope: Scope, { via, part }: Next): Level<P> {
  switch (scope.kind) {
    case 'any':
      return (at.any ??= level(part))
    case 'eq':
      return below((at.eq ??= new Map()), scope.key, part)
    case 'is':
      return below((at.is ??= new Map()), scope.type, part)
    case 'in': {
      const key = via ?? scope.keys[0]
      return key === undefined ? (at.any ??= level(part)) : below((at.within ??= new Map()), key, part)
    }
  }
}

function below<K, P>(levels: Map<K, Level<P>>, key: K, part: Part | undefined): Level<P> {
  const known = levels.get(key)
  if (known !== undefined) return known
  const made = level<P>(part)
  levels.set(key, made)
  return made
}

/** Answers false once `take` has had enough. */
function visit<P extends Indexed, Into>(at: Level<P>, frame: Frame, take: Take<P, Into>, into: Into): boolean {
  const { part, any, eq, is, within } = at
  if (part === undefined) return takeAll(at, frame, take, into)
  const { key, uid, ancestors } = frame[part]
  if (any !== undefined && !visit(any, frame, take, into)) return false
  const named = eq?.get(key)
  if (named !== undefined && !visit(named, frame, take, into)) return false
  const typed = is?.get(uid.type)
  if (typed !== undefined && !visit(typed, frame, take, into)) return false
  if (within === undefined) return true
  // `in` holds for the entity itself and for each ancestor; the shorter side is walked.
  const itself = within.get(key)
  if (itself !== undefined && !visit(itself, frame, take, into)) return false
  if (ancestors.size > within.size) {
    for (const [above, next] of within) if (ancestors.has(above) && !visit(next, frame, take, into)) return false
    return true
  }
  for (const above of ancestors.keys()) {
    const next = within.get(above)
    if (next !== undefined && !visit(next, frame, take, into)) return false
  }
  return true
}

function takeAll<P extends Indexed, Into>(at: Level<P>, frame: Frame, take: Take<P, Into>, into: Into): boolean {
  for (const policy of at.plain) if (!take(policy, into)) return false
  for (const { policy, via, typed } of at.checked) {
    if (via !== undefined && !isFirstMatch(policy, frame.action, via)) continue
    if (typed.length > 0 && !typed.every((part) => scopeHolds(policy.scope[part], frame[part]))) continue
    if (!take(policy, into)) return false
  }
  return true
}

/** A policy `action in [A, B]` stands under A and under B; for an action in both, only the first one counts. */
function isFirstMatch({ scope: { action: scope } }: Indexed, { key, ancestors }: Subject, via: EntityKey): boolean {
  if (scope.kind !== 'in') return false
  for (const group of scope.keys) if (group === key || ancestors.has(group)) return group === via
  return false
}
