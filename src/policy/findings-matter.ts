// Does it matter what inspectors would find? A wish that is denied whatever they find need not be inspected. The surprise:
// not only a forbid makes it so. Permits that ask for findings may be out of reach for other reasons, by their scope or
// by a condition that asks for none; where all of them are, nothing that could be found would permit.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Authorized, Rules } from '#policy/authorize.ts'
import { EvaluationError } from '#policy/cedar/evaluation-error.ts'
import { compileCondition, type CompiledPolicy } from '#policy/cedar/compile-policy.ts'
import { type CedarRequest, type Frame, frameOf } from '#policy/cedar/frame.ts'
import type { ConditionJson, ExprJson } from '#policy/cedar/policy-json.ts'
import type { PolicySet } from '#policy/cedar/policy-set.ts'
import { readsContext } from '#policy/cedar/reads.ts'
import { linkRequest } from '#policy/link-requests.ts'

/**
 * Whether this access would be denied with any findings in place of those that it was asked with. `answer` is what it
 * got, with whatever findings. Never true where some set of findings would allow; all else in the context stays as it is.
 */
export function deniedWhateverIsFound(rules: Rules, answer: Authorized, access: Access): boolean {
  if (answer.effect === 'allow') return false
  if (answer.grounds.beyond) return true
  const readers = readersOf(rules.policySet)
  if (readers.size === 0) return true
  // All links must be allowed: one that never is, is enough.
  for (let link: Principal | undefined = access.principal; link; link = link.onBehalfOf) {
    if (isNeverAllowed(rules.policySet, linkRequest(rules.entities, access, link))) return true
  }
  return false
}

/** Whether no findings at all would have the set allow this request. */
export function isNeverAllowed(set: PolicySet, request: CedarRequest): boolean {
  const readers = readersOf(set)
  const frame = frameOf(request)
  let forbidden = false
  let reachable = false
  const weigh = (candidate: CompiledPolicy): boolean => {
    const reader = readers.get(candidate)
    // What a forbid that asks for findings would say is not known, so it forbids nothing here.
    if (candidate.effect === 'forbid') forbidden = !reader && outcomeOf(candidate.conditionsHold, frame) !== 'fails'
    else reachable ||= (reader ?? [candidate.conditionsHold]).every((test) => outcomeOf(test, frame) === 'holds')
    return !forbidden
  }
  set.candidates(frame, weigh, undefined)
  return forbidden || !reachable
}

type Test = CompiledPolicy['conditionsHold']

/** The policies that ask for findings, each with those of its conditions that do not: it holds only if all these hold. */
type Readers = ReadonlyMap<CompiledPolicy, readonly Test[]>

/** Lives as long as its policy set. */
const known = new WeakMap<PolicySet, Readers>()

/** Built when a bundle is loaded, rather than at its first denial. */
export function readersOf(set: PolicySet): Readers {
  const before = known.get(set)
  if (before) return before
  const readers = new Map(
    set.policies.flatMap((compiled) => {
      const { json, slots } = compiled.policy
      if (!json.conditions.some(({ body }) => readsContext(body, FINDINGS))) return []
      const rest = json.conditions.flatMap((condition) => conjunctsOf(condition)).filter(isBlind)
      return [[compiled, rest.map((condition) => compileCondition(condition, slots))] as const]
    }),
  )
  known.set(set, readers)
  return readers
}

const FINDINGS = 'findings'

const isBlind = ({ body }: ConditionJson): boolean => !readsContext(body, FINDINGS)

/** `when { a && b }` as `when { a } when { b }`, and `unless { a || b }` likewise: each must hold for the whole to hold. */
function conjunctsOf({ kind, body }: ConditionJson): readonly ConditionJson[] {
  const joint = body[kind === 'when' ? '&&' : '||'] as { readonly left: ExprJson; readonly right: ExprJson } | undefined
  if (!joint) return [{ kind, body }]
  return [...conjunctsOf({ kind, body: joint.left }), ...conjunctsOf({ kind, body: joint.right })]
}

function outcomeOf(test: Test, frame: Frame): 'holds' | 'fails' | 'errs' {
  try {
    return test(frame) ? 'holds' : 'fails'
  } catch (error) {
    if (error instanceof EvaluationError) return 'errs'
    throw error
  }
}
