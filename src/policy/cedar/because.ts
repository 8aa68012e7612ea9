// Why a clause does not hold, in words: `bob is in billing`. Only in simple cases, and never by quoting text of the
// request: reasons are recorded, and text may be a prompt. Numbers, booleans and the names of entities may be told.
import type { EntityUid } from '#access/value.ts'
import { constant, entityOf } from './compiled.ts'
import { EvaluationError } from './evaluation-error.ts'
import { compileExpression } from './expression.ts'
import type { Frame, Subject } from './frame.ts'
import type { Part } from './policy-index.ts'
import type { ExprJson } from './policy-json.ts'
import { isSet, type RuntimeValue } from './runtime-value.ts'
import type { Scope } from './scope.ts'

/** A person may be in hundreds of groups; so many are named. */
const MOST_GROUPS = 8

export function becauseOfScope(part: Part, scope: Scope, subject: Subject): string | undefined {
  const { uid } = subject
  if (scope.kind === 'eq') return `the ${part} is ${nameOf(uid)}`
  if (scope.kind === 'is' || (scope.kind === 'in' && scope.type !== undefined && scope.type !== uid.type)) {
    return `${uid.id} is of type ${uid.type}`
  }
  return scope.kind === 'in' ? inGroups(subject, scope.uids) : undefined
}

/** `bob is in billing`, `bob is in no Team`: only groups of the kinds that were asked for. */
function inGroups({ uid, ancestors }: Subject, wanted: readonly EntityUid[]): string {
  const types = new Set(wanted.map(({ type }) => type))
  const held = [...ancestors.values()].filter(({ type }) => types.has(type)).map(({ id }) => id)
  if (held.length === 0) return `${uid.id} is in no ${[...types].join(' or ') || 'group'}`
  const named = held.slice(0, MOST_GROUPS)
  const more = held.length > named.length ? [`${held.length - named.length} more`] : []
  return `${uid.id} is in ${listed([...named, ...more])}`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** `negated`: the clause is the body's opposite, as in an `unless`. */
export function because(body: ExprJson, negated: boolean): (frame: Frame) => string | undefined {
  const [entry] = Object.entries(body)
  if (entry === undefined) return () => undefined
  const [operator, operand] = entry as [string, ExprJson]
  if (operator === '!') return because(operand['arg'] as ExprJson, !negated)
  if (operator === 'in' && !negated) return becauseOfMembership(operand)
  if (operator === '.') return tellValue(body)
  return COMPARISONS.has(operator) ? tellValue(operand['left'] as ExprJson) : () => undefined
}

function becauseOfMembership({ left, right }: ExprJson): (frame: Frame) => string | undefined {
  const part = (left as ExprJson)['Var']
  const { constant: value } = 'Value' in (right as ExprJson) || 'Set' in (right as ExprJson) ? compiled(right) : {}
  if (part !== 'principal' && part !== 'action' && part !== 'resource') return () => undefined
  if (value === undefined) return () => undefined
  const uids = (isSet(value) ? value : [value]).map(entityOf).filter((uid) => uid !== undefined)
  return (frame) => inGroups(frame[part], uids)
}

function compiled(json: unknown) {
  try {
    return compileExpression(json)
  } catch (error) {
    // A template's slot: what it was filled with is told by the head of the policy.
    if (error instanceof TypeError) return constant(false)
    throw error
  }
}

function tellValue(json: ExprJson): (frame: Frame) => string | undefined {
  const path = pathOf(json)
  if (path === undefined) return () => undefined
  const { run } = compiled(json)
  return (frame) => {
    try {
      const shown = show(run(frame))
      return shown === undefined ? undefined : `${path} is ${shown}`
    } catch (error) {
      if (error instanceof EvaluationError) return error.message
      throw error
    }
  }
}

/** `context.session.tier` of an attribute path that starts at a variable. */
function pathOf(json: ExprJson): string | undefined {
  const variable = json['Var']
  if (typeof variable === 'string') return variable
  const step = json['.'] as { readonly left: ExprJson; readonly attr: string } | undefined
  const before = step === undefined ? undefined : pathOf(step.left)
  return step === undefined || before === undefined ? undefined : `${before}.${step.attr}`
}

function show(value: RuntimeValue): string | undefined {
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  const uid = entityOf(value)
  return uid === undefined ? undefined : nameOf(uid)
}

function nameOf({ type, id }: EntityUid): string {
  return `${type}::${JSON.stringify(id)}`
}
