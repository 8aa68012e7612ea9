// The official JSON form of an expression, compiled to closures: each node once, before any request.
// An operator that is not known here is refused when the policy is compiled, never skipped.
import { attributeOperators } from './attribute.ts'
import { binaryOperators } from './binary.ts'
import { boolean, type Compiled, type CompileExpression, constant, truthOf } from './compiled.ts'
import { EvaluationError } from './evaluation-error.ts'
import { compileExtensionCall } from './extension-call.ts'
import { negate } from './long.ts'
import { membershipOperators } from './membership.ts'
import { type ExprJson, uidOf, type UidJson } from './policy-json.ts'
import { asLong, asSet, type RuntimeRecord, type RuntimeValue } from './runtime-value.ts'

export type Slots = Readonly<Record<string, UidJson>>

type Operator = (operand: ExprJson, compile: CompileExpression) => Compiled

const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['&&', ({ left, right }, compile) => both(compile(left), compile(right))],
  ['||', ({ left, right }, compile) => either(compile(left), compile(right))],
  ['!', ({ arg }, compile) => not(compile(arg))],
  ['neg', ({ arg }, compile) => minus(compile(arg))],
  [
    'if-then-else',
    (operand, compile) => choose(compile(operand['if']), compile(operand['then']), compile(operand['else'])),
  ],
  ['isEmpty', ({ arg }, compile) => isEmpty(compile(arg))],
  ['Record', (fields, compile) => makeRecord(Object.entries(fields).map(([name, field]) => [name, compile(field)]))],
  ...attributeOperators,
  ...binaryOperators,
  ...membershipOperators,
])

/** Throws a TypeError for what is no expression. `slots` fills a template's `?principal` and `?resource`. */
export function compileExpression(json: unknown, slots: Slots = {}): Compiled {
  const compile: CompileExpression = (operand) => compileExpression(operand, slots)
  const entries = Object.entries(json as ExprJson)
  const [entry] = entries
  if (entry === undefined || entries.length !== 1) throw new TypeError('an expression has exactly one operator')
  const [name, operand] = entry
  if (name === 'Value') return constant(literal(operand))
  if (name === 'Var') return variable(operand)
  if (name === 'Slot') return slotValue(String(operand), slots)
  if (name === 'Set') return makeSet((operand as readonly unknown[]).map(compile))
  const operator = operators.get(name)
  if (operator !== undefined) return operator(operand as ExprJson, compile)
  if (name === 'unknown') return always('the expression contains unknown(s)')
  return compileExtensionCall(name, (operand as readonly unknown[]).map(compile))
}

function literal(json: unknown): RuntimeValue {
  if (typeof json === 'string' || typeof json === 'boolean' || typeof json === 'bigint') return json
  if (typeof json === 'object' && json !== null && '__entity' in json) return { entity: uidOf(json as UidJson) }
  throw new TypeError('a literal of an unknown kind')
}

function slotValue(slot: string, slots: Slots): Compiled {
  const uid = slots[slot]
  if (uid === undefined) throw new TypeError(`the template slot ${slot} is not filled`)
  return constant({ entity: uidOf(uid) })
}

function variable(name: unknown): Compiled {
  switch (name) {
    case 'principal':
      return { run: (frame) => frame.principal.value, subject: (frame) => frame.principal }
    case 'action':
      return { run: (frame) => frame.action.value, subject: (frame) => frame.action }
    case 'resource':
      return { run: (frame) => frame.resource.value, subject: (frame) => frame.resource }
    case 'context':
      return { run: (frame) => frame.context }
    default:
      throw new TypeError('a variable that Cedar does not have')
  }
}

function both(left: Compiled, right: Compiled): Compiled {
  const [first, second] = [truthOf(left), truthOf(right)]
  return boolean((frame) => first(frame) && second(frame))
}

function either(left: Compiled, right: Compiled): Compiled {
  const [first, second] = [truthOf(left), truthOf(right)]
  return boolean((frame) => first(frame) || second(frame))
}

function not(arg: Compiled): Compiled {
  const truth = truthOf(arg)
  return boolean((frame) => !truth(frame))
}

function minus({ run }: Compiled): Compiled {
  return { run: (frame) => negate(asLong(run(frame))) }
}

function choose(test: Compiled, yes: Compiled, no: Compiled): Compiled {
  const truth = truthOf(test)
  if (yes.truth !== undefined && no.truth !== undefined) {
    const [first, second] = [yes.truth, no.truth]
    return boolean((frame) => (truth(frame) ? first(frame) : second(frame)))
  }
  return { run: (frame) => (truth(frame) ? yes.run(frame) : no.run(frame)) }
}

function isEmpty({ run }: Compiled): Compiled {
  return boolean((frame) => asSet(run(frame)).length === 0)
}

function makeSet(members: readonly Compiled[]): Compiled {
  const constants = members.map((member) => member.constant)
  if (constants.every((value) => value !== undefined)) return constant(constants)
  return { run: (frame) => members.map((member) => member.run(frame)) }
}

function makeRecord(fields: readonly (readonly [string, Compiled])[]): Compiled {
  return {
    run: (frame) => {
      // Without a prototype: on any other object, a field named `__proto__` would not become a field.
      const record = Object.create(null) as Record<string, RuntimeValue>
      for (const [name, field] of fields) record[name] = field.run(frame)
      return { record: record satisfies RuntimeRecord }
    },
  }
}

function always(message: string): Compiled {
  return {
    run: () => {
      throw new EvaluationError(message)
    },
  }
}
