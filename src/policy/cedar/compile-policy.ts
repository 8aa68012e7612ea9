// One policy, compiled: its scope, and its conditions in order. A condition after one that failed is not evaluated,
// so that what it would have thrown does not count. Policies with the same conditions share them: among thousands of
// policies, what a request touches must stay in the processor's cache, or fetching it costs more than evaluating it.
import { truthOf } from './compiled.ts'
import { compileExpression, type Slots } from './expression.ts'
import type { Frame } from './frame.ts'
import type { ParsedPolicy } from './parsed-policy.ts'
import type { ConditionJson } from './policy-json.ts'
import type { Indexed } from './policy-index.ts'
import { readScope } from './scope.ts'

type Conditions = (frame: Frame) => boolean

/** Conditions by their JSON and what fills their slots. Lives while one policy set is compiled. */
export type KnownConditions = Map<string, Conditions>

export interface CompiledPolicy extends Indexed {
  readonly policy: ParsedPolicy
  readonly effect: 'permit' | 'forbid'
  /** Position in file order. */
  readonly order: number
  /** Throws an EvaluationError where the policy errs. */
  readonly conditionsHold: Conditions
}

/** Throws a TypeError on a template that is not linked, and on what the official parser should not have let through. */
export function compilePolicy(policy: ParsedPolicy, order: number, known: KnownConditions): CompiledPolicy {
  const { json, slots, effect } = policy
  const scope = {
    principal: readScope(json.principal, slots),
    action: readScope(json.action, slots),
    resource: readScope(json.resource, slots),
  }
  return { policy, effect, order, scope, conditionsHold: compileConditions(policy, known) }
}

function compileConditions(policy: ParsedPolicy, known: KnownConditions): Conditions {
  const key = JSON.stringify([policy.json.conditions, policy.slots], (_, value: unknown) =>
    typeof value === 'bigint' ? { long: String(value) } : value,
  )
  const shared = known.get(key)
  if (shared !== undefined) return shared
  const conditions = conjoin(policy.json.conditions.map((condition) => compileCondition(condition, policy.slots)))
  known.set(key, conditions)
  return conditions
}

export function compileCondition({ kind, body }: ConditionJson, slots: Slots): Conditions {
  const truth = truthOf(compileExpression(body, slots))
  return kind === 'when' ? truth : (frame) => !truth(frame)
}

function conjoin(conditions: readonly Conditions[]): Conditions {
  const [first, second, ...rest] = conditions
  if (first === undefined) return () => true
  if (second === undefined) return first
  return conjoin([(frame) => first(frame) && second(frame), ...rest])
}
