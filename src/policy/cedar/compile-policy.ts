// One policy, compiled: its scope, and its conditions in order. A condition after one that failed is not evaluated,
// so that what it would have thrown does not count.
import type { ParsedPolicy } from './parsed-policy.ts'
import { truthOf } from './compiled.ts'
import { compileExpression } from './expression.ts'
import type { Frame } from './frame.ts'
import type { ConditionJson } from './policy-json.ts'
import type { Indexed } from './policy-index.ts'
import { readScope, scopeHolds } from './scope.ts'

export interface CompiledPolicy extends Indexed {
  readonly policy: ParsedPolicy
  /** Position in file order. */
  readonly order: number
  /** Throws an EvaluationError where the policy errs. */
  readonly conditionsHold: (frame: Frame) => boolean
}

/** Throws a TypeError on a template that is not linked, and on what the official parser should not have let through. */
export function compilePolicy(policy: ParsedPolicy, order: number): CompiledPolicy {
  const { json, slots } = policy
  return {
    policy,
    order,
    scope: {
      principal: readScope(json.principal, slots),
      action: readScope(json.action, slots),
      resource: readScope(json.resource, slots),
    },
    conditionsHold: conjoin(json.conditions.map((condition) => compileCondition(condition, policy))),
  }
}

function compileCondition({ kind, body }: ConditionJson, { slots }: ParsedPolicy): (frame: Frame) => boolean {
  const truth = truthOf(compileExpression(body, slots))
  return kind === 'when' ? truth : (frame) => !truth(frame)
}

function conjoin(conditions: readonly ((frame: Frame) => boolean)[]): (frame: Frame) => boolean {
  const [first, ...rest] = conditions
  if (first === undefined) return () => true
  if (rest.length === 0) return first
  return (frame) => conditions.every((holds) => holds(frame))
}

export function scopesHold({ scope }: Indexed, frame: Frame): boolean {
  return (
    scopeHolds(scope.principal, frame.principal) &&
    scopeHolds(scope.action, frame.action) &&
    scopeHolds(scope.resource, frame.resource)
  )
}
