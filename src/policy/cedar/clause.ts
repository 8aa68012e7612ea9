// A policy cut into clauses that can each be asked alone, with their source text. Made from the same JSON as the
// policy's own closures, the text only stands beside it: what is explained is what was decided.
import { truthOf } from './compiled.ts'
import { because, becauseOfScope } from './because.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { compileExpression } from './expression.ts'
import type { Frame } from './frame.ts'
import type { ParsedPolicy } from './parsed-policy.ts'
import type { Part } from './policy-index.ts'
import type { ConditionJson, ExprJson } from './policy-json.ts'
import { scopeHolds } from './scope.ts'
import { type ConditionPieces, findPieces, type Piece } from './statement.ts'

export interface ClauseTest extends Piece {
  /** Throws an EvaluationError where the clause errs. */
  readonly holds: (frame: Frame) => boolean
  /** Why it does not hold, where that can be said in a few words without quoting what a caller sent. */
  readonly because: (frame: Frame) => string | undefined
}

const PARTS: readonly Part[] = ['principal', 'action', 'resource']

export function clausesOf({ policy, scope }: CompiledPolicy): readonly ClauseTest[] {
  const { head, conditions } = findPieces(policy.text, policy.line)
  const scopes = PARTS.map((part, index): ClauseTest => {
    const { text, line } = head[index] ?? policy
    const holds = (frame: Frame) => scopeHolds(scope[part], frame[part])
    return { text, line, holds, because: (frame) => becauseOfScope(part, scope[part], frame[part]) }
  })
  const tests = policy.json.conditions.flatMap((condition, index) =>
    conditionClauses(condition, conditions[index], policy),
  )
  return [...scopes, ...tests]
}

function conditionClauses(
  condition: ConditionJson,
  found: ConditionPieces | undefined,
  policy: ParsedPolicy,
): readonly ClauseTest[] {
  const pieces = found?.pieces ?? [policy]
  const operator = condition.kind === 'when' ? '&&' : '||'
  const bodies = leftSpine(condition.body, operator, pieces.length)
  return bodies.map((body, index): ClauseTest => {
    const piece = (bodies.length === pieces.length ? pieces[index] : undefined) ?? policy
    const truth = truthOf(compileExpression(body, policy.slots))
    if (condition.kind === 'when') {
      return { text: piece.text, line: piece.line, holds: truth, because: because(body, false) }
    }
    return {
      line: piece.line,
      text: `unless { ${piece.text} }`,
      holds: (frame) => !truth(frame),
      because: because(body, true),
    }
  })
}

/** `((a && b) && c)` as `[a, b, c]`, cut exactly `count` times from the left; uncut where it has another shape. */
export function leftSpine(body: ExprJson, operator: '&&' | '||', count: number): readonly ExprJson[] {
  const parts: ExprJson[] = []
  let rest = body
  while (parts.length < count - 1) {
    const joint = rest[operator] as { readonly left: ExprJson; readonly right: ExprJson } | undefined
    if (joint === undefined) return [body]
    parts.unshift(joint.right)
    rest = joint.left
  }
  return [rest, ...parts]
}
