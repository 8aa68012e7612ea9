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

/** What an evaluation has come to so far. Lists are made by the first that belongs there: most stay empty. */
interface Found {
  readonly frame: Frame
  forbids: CompiledPolicy[] | undefined
  permits: CompiledPolicy[] | undefined
  erring: (ErringPolicy & { readonly order: number })[] | undefined
  last: CompiledPolicy['conditionsHold'] | undefined
  /** Of `last`. */
  verdict: boolean | EvaluationError
}

function evaluate(candidates: PolicyIndex<CompiledPolicy>, frame: Frame): Evaluation {
  const found: Found = {
    frame,
    forbids: undefined,
    permits: undefined,
    erring: undefined,
    last: undefined,
    verdict: false,
  }
  candidates(frame, weigh, found)
  const { forbids, permits, erring } = found
  const determining = forbids ?? permits
  return {
    decision: forbids === undefined && permits !== undefined ? 'allow' : 'deny',
    determining: determining === undefined ? NOTHING : inFileOrder(determining).map(policyOf),
    erring: erring === undefined ? NOTHING : inFileOrder(erring).map(({ policy, error }) => ({ policy, error })),
  }
}

const NOTHING: readonly never[] = Object.freeze([])

function policyOf({ policy }: CompiledPolicy): ParsedPolicy {
  return policy
}

function weigh(candidate: CompiledPolicy, found: Found): boolean {
  const { conditionsHold, effect, order, policy } = candidate
  // Policies that share their conditions tend to stand together; what held a moment ago holds still.
  if (conditionsHold !== found.last) {
    found.verdict = ask(conditionsHold, found.frame)
    found.last = conditionsHold
  }
  const { verdict } = found
  if (verdict === false) return true
  if (verdict !== true) (found.erring ??= []).push({ policy, error: verdict.message, order })
  else if (effect === 'forbid') (found.forbids ??= []).push(candidate)
  else (found.permits ??= []).push(candidate)
  return true
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
  return found.length < 2 ? found : found.sort(byOrder)
}

function byOrder(left: { readonly order: number }, right: { readonly order: number }): number {
  return left.order - right.order
}
