// All policies of a bundle, compiled, and Cedar's verdict over them: a forbid that holds denies, else a permit that
// holds allows, else no. A policy that errs is skipped and named; what an erring forbid means is the caller's to say.
import { type CompiledPolicy, compilePolicy, type KnownConditions } from './compile-policy.ts'
import { EvaluationError } from './evaluation-error.ts'
import { type CedarRequest, type Frame, frameOf } from './frame.ts'
import { indexPolicies, type PolicyIndex } from './policy-index.ts'
import type { ParsedPolicy } from './parsed-policy.ts'

export interface ErringPolicy {
  readonly policy: ParsedPolicy
  /** Names kinds, attributes and entities, never the text of a value. */
  readonly error: string
}

export interface Evaluation {
  readonly decision: 'allow' | 'deny'
  /** In file order. Empty for a denial that no forbid made. */
  readonly determining: readonly ParsedPolicy[]
  /** In file order. */
  readonly erring: readonly ErringPolicy[]
}

export interface PolicySet {
  readonly policies: readonly CompiledPolicy[]
  readonly candidates: PolicyIndex<CompiledPolicy>
  readonly evaluate: (request: CedarRequest) => Evaluation
}

/** Throws a TypeError on an unlinked template. Uniqueness of ids is the caller's to check. */
export function compilePolicies(parsed: readonly ParsedPolicy[]): PolicySet {
  const known: KnownConditions = new Map()
  const policies = parsed.map((policy, order) => compilePolicy(policy, order, known))
  const candidates = indexPolicies(policies, ['action', 'principal', 'resource'])
  return { policies, candidates, evaluate: (request) => evaluate(candidates, frameOf(request)) }
}

function evaluate(candidates: PolicyIndex<CompiledPolicy>, frame: Frame): Evaluation {
  const forbids: CompiledPolicy[] = []
  const permits: CompiledPolicy[] = []
  const erring: (ErringPolicy & { readonly order: number })[] = []
  let last: CompiledPolicy['conditionsHold'] | undefined
  let verdict: boolean | EvaluationError = false
  candidates(frame, (candidate) => {
    const { conditionsHold, effect, order, policy } = candidate
    // Policies that share their conditions tend to stand together; what held a moment ago holds still.
    if (conditionsHold !== last) verdict = ask(conditionsHold, frame)
    last = conditionsHold
    if (verdict === true) (effect === 'forbid' ? forbids : permits).push(candidate)
    else if (verdict !== false) erring.push({ policy, error: verdict.message, order })
    return true
  })
  const determining = forbids.length > 0 ? forbids : permits
  return {
    decision: forbids.length === 0 && permits.length > 0 ? 'allow' : 'deny',
    determining: inFileOrder(determining).map(({ policy }) => policy),
    erring: erring.length === 0 ? [] : inFileOrder(erring).map(({ policy, error }) => ({ policy, error })),
  }
}

function ask(conditionsHold: CompiledPolicy['conditionsHold'], frame: Frame): boolean | EvaluationError {
  try {
    return conditionsHold(frame)
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}

function inFileOrder<T extends { readonly order: number }>(found: T[]): readonly T[] {
  const inOrder = found.every(({ order }, at) => at === 0 || order > (found[at - 1]?.order ?? 0))
  return inOrder ? found : found.sort((left, right) => left.order - right.order)
}
