// Which attributes of the context an expression reads. Where the whole record is taken, compared or handed on, rather
// than one of its attributes by name, that counts as reading every one.
import type { ExprJson } from './policy-json.ts'

/** Whether the expression's value, or its error, could depend on `context.NAME`. Errs towards yes. */
export function readsContext(expression: object, name: string): boolean {
  return Object.entries(expression).some(([operator, operand]: [string, unknown]) => {
    switch (operator) {
      case 'Value':
      case 'Slot':
        return false
      case 'Var':
        return operand === 'context'
      case '.':
      case 'has':
        return readsAttribute(operand as Attribute, name)
      default:
        // Operands by the operator's own words, or fields of a record by any word at all: none of them is an operator.
        return expressionsIn(operand).some((inside) => readsContext(inside, name))
    }
  })
}

interface Attribute {
  readonly left: ExprJson
  /** `has a.b` as a list. */
  readonly attr: string | readonly string[]
}

function readsAttribute({ left, attr }: Attribute, name: string): boolean {
  if (left['Var'] !== 'context') return readsContext(left, name)
  return (typeof attr === 'string' ? attr : attr[0]) === name
}

function expressionsIn(operand: unknown): readonly object[] {
  if (typeof operand !== 'object' || operand === null) return []
  return Object.values(operand).flatMap((inside: unknown): readonly object[] => {
    if (Array.isArray(inside)) return expressionsIn(inside)
    return typeof inside === 'object' && inside !== null ? [inside] : []
  })
}
