// The official JSON form of a policy, as far as it is read here. Expressions stay `unknown` until they are compiled:
// their keys are operators, and an unknown one must be refused rather than skipped.
import type { EntityUid } from '#access/value.ts'

export type UidJson = EntityUid | { readonly __entity: EntityUid }

export type ScopeJson =
  | { readonly op: 'All' }
  | { readonly op: '=='; readonly entity: UidJson }
  | { readonly op: '=='; readonly slot: string }
  | { readonly op: 'in'; readonly entity: UidJson }
  | { readonly op: 'in'; readonly slot: string }
  | { readonly op: 'in'; readonly entities: readonly UidJson[] }
  | {
      readonly op: 'is'
      readonly entity_type: string
      readonly in?: { readonly entity: UidJson } | { readonly slot: string }
    }

export type ExprJson = Readonly<Record<string, unknown>>

export interface ConditionJson {
  readonly kind: 'when' | 'unless'
  readonly body: ExprJson
}

export interface PolicyJson {
  readonly effect: 'permit' | 'forbid'
  readonly principal: ScopeJson
  readonly action: ScopeJson
  readonly resource: ScopeJson
  readonly conditions: readonly ConditionJson[]
  readonly annotations?: Readonly<Record<string, string | null>>
}

export function uidOf(json: UidJson): EntityUid {
  return '__entity' in json ? json['__entity'] : json
}
