// A policy's head: what it says of principal, action and resource, as data for the index and as a test.
import type { EntityUid } from '#access/value.ts'
import { type EntityKey, entityKey } from './entity-set.ts'
import type { Slots } from './expression.ts'
import type { Subject } from './frame.ts'
import { isInAny } from './membership.ts'
import { type ScopeJson, uidOf, type UidJson } from './policy-json.ts'

export type Scope =
  | { readonly kind: 'any' }
  | { readonly kind: 'eq'; readonly key: EntityKey; readonly uid: EntityUid }
  /** In any of these; only an action's scope names more than one. `type` is set for `is T in E`. */
  | {
      readonly kind: 'in'
      readonly keys: readonly EntityKey[]
      readonly uids: readonly EntityUid[]
      readonly type?: string
    }
  | { readonly kind: 'is'; readonly type: string }

export function readScope(json: ScopeJson, slots: Slots): Scope {
  switch (json.op) {
    case 'All':
      return { kind: 'any' }
    case '==': {
      const uid = filled(json, slots)
      return { kind: 'eq', key: entityKey(uid), uid }
    }
    case 'in':
      return within('entities' in json ? json.entities.map(uidOf) : [filled(json, slots)])
    case 'is': {
      const { entity_type: type, in: holder } = json
      return holder === undefined ? { kind: 'is', type } : { ...within([filled(holder, slots)]), type }
    }
  }
}

function within(uids: readonly EntityUid[]): Extract<Scope, { kind: 'in' }> {
  return { kind: 'in', keys: uids.map(entityKey), uids }
}

function filled(json: { readonly entity: UidJson } | { readonly slot: string }, slots: Slots): EntityUid {
  if ('entity' in json) return uidOf(json.entity)
  const uid = slots[json.slot]
  if (uid === undefined) throw new TypeError(`the template slot ${json.slot} is not filled`)
  return uidOf(uid)
}

export function scopeHolds(scope: Scope, subject: Subject): boolean {
  switch (scope.kind) {
    case 'any':
      return true
    case 'eq':
      return scope.key === subject.key
    case 'in':
      return (scope.type === undefined || scope.type === subject.uid.type) && isInAny(subject, scope.keys)
    case 'is':
      return scope.type === subject.uid.type
  }
}
