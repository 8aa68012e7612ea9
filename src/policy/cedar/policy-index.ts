// Finds the policies whose head can match a request, by a few look-ups in nested maps instead of a walk over all.
// What it finds is a superset: each policy's own scope is still asked. It never finds one twice.
import type { EntityKey } from './entity-set.ts'
import type { Frame, Subject } from './frame.ts'
import { isInAny } from './membership.ts'
import type { Scope } from './scope.ts'

export type Part = 'action' | 'principal' | 'resource'

export interface Indexed {
  readonly scope: Readonly<Record<Part, Scope>>
}

/** A policy in a bucket. `via`: the action group under which it stands there, where it stands under several. */
interface Entry<P> {
  readonly policy: P
  readonly via?: EntityKey
}

type Bucket<P> = { readonly entries: readonly Entry<P>[] } | Branch<P>

interface Branch<P> {
  readonly part: Part
  readonly eq: ReadonlyMap<EntityKey, Bucket<P>>
  readonly within: ReadonlyMap<EntityKey, Bucket<P>>
  readonly is: ReadonlyMap<string, Bucket<P>>
  readonly any: Bucket<P> | undefined
}

/** Calls `take` for each policy that may match, until it answers false. */
export type PolicyIndex<P> = (frame: Frame, take: (policy: P) => boolean) => void

/** Asking this many scopes costs less than another level of look-ups. */
const SMALL = 4

export function indexPolicies<P extends Indexed>(policies: readonly P[], parts: readonly Part[]): PolicyIndex<P> {
  const root = build(
    policies.map((policy) => ({ policy })),
    parts,
  )
  return (frame, take) => {
    visit(root, frame, take)
  }
}

function build<P extends Indexed>(entries: readonly Entry<P>[], parts: readonly Part[]): Bucket<P> {
  const [part, ...rest] = parts
  if (part === undefined || entries.length <= SMALL) return { entries }
  if (entries.every(({ policy }) => policy.scope[part].kind === 'any')) return build(entries, rest)
  const eq = new Map<EntityKey, Entry<P>[]>()
  const within = new Map<EntityKey, Entry<P>[]>()
  const is = new Map<string, Entry<P>[]>()
  const any: Entry<P>[] = []
  for (const entry of entries) {
    const scope = entry.policy.scope[part]
    if (scope.kind === 'any') any.push(entry)
    else if (scope.kind === 'eq') put(eq, scope.key, entry)
    else if (scope.kind === 'is') put(is, scope.type, entry)
    else if (scope.keys.length === 1) put(within, scope.keys[0] ?? ('' as EntityKey), entry)
    else for (const key of new Set(scope.keys)) put(within, key, { policy: entry.policy, via: key })
  }
  return {
    part,
    eq: deepen(eq, rest),
    within: deepen(within, rest),
    is: deepen(is, rest),
    any: any.length === 0 ? undefined : build(any, rest),
  }
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function deepen<K, P extends Indexed>(
  map: ReadonlyMap<K, readonly Entry<P>[]>,
  rest: readonly Part[],
): ReadonlyMap<K, Bucket<P>> {
  return new Map([...map].map(([key, entries]) => [key, build(entries, rest)]))
}

/** Answers false once `take` has had enough. */
function visit<P extends Indexed>(bucket: Bucket<P> | undefined, frame: Frame, take: (policy: P) => boolean): boolean {
  if (bucket === undefined) return true
  if ('entries' in bucket) {
    for (const { policy, via } of bucket.entries) {
      if (via !== undefined && !isFirstMatch(policy, frame.action, via)) continue
      if (!take(policy)) return false
    }
    return true
  }
  const subject = frame[bucket.part]
  return (
    (bucket.eq.size === 0 || visit(bucket.eq.get(subject.key), frame, take)) &&
    (bucket.within.size === 0 || visitHolders(bucket.within, frame, subject, take)) &&
    (bucket.is.size === 0 || visit(bucket.is.get(subject.uid.type), frame, take)) &&
    visit(bucket.any, frame, take)
  )
}

/** `in` holds for the entity itself and for each ancestor; the shorter side is walked. */
function visitHolders<P extends Indexed>(
  within: ReadonlyMap<EntityKey, Bucket<P>>,
  frame: Frame,
  { key: self, ancestors }: Subject,
  take: (policy: P) => boolean,
): boolean {
  if (!visit(within.get(self), frame, take)) return false
  if (ancestors.size > within.size) {
    for (const [key, bucket] of within) {
      if (ancestors.has(key) && !visit(bucket, frame, take)) return false
    }
    return true
  }
  for (const key of ancestors.keys()) {
    if (!visit(within.get(key), frame, take)) return false
  }
  return true
}

/** A policy `action in [A, B]` stands under A and under B; for an action in both, only the first one counts. */
function isFirstMatch(policy: Indexed, action: Subject, via: EntityKey): boolean {
  const scope = policy.scope.action
  return scope.kind === 'in' && scope.keys.find((key) => isInAny(action, [key])) === via
}
