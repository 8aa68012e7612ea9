// Operators of two values: both are evaluated, the left first, then their kinds are checked.
import { boolean, type Compiled, type CompileExpression } from './compiled.ts'
import { contains, containsAll, containsAny, same } from './equality.ts'
import { typeError } from './evaluation-error.ts'
import { add, multiply, subtract } from './long.ts'
import type { ExprJson } from './policy-json.ts'
import { asLong, asSet, kindOf, parsedOf, type RuntimeValue } from './runtime-value.ts'

type Operator = (operand: ExprJson, compile: CompileExpression) => Compiled

export const binaryOperators: readonly (readonly [string, Operator])[] = [
  ['==', test(same)],
  ['!=', test((left, right) => !same(left, right))],
  ['<', test((left, right) => compare(left, right, isBelow))],
  ['<=', test((left, right) => compare(left, right, isAtMost))],
  ['>', test((left, right) => compare(left, right, isAbove))],
  ['>=', test((left, right) => compare(left, right, isAtLeast))],
  ['contains', test((set, value) => contains(asSet(set), value))],
  ['containsAll', test((set, wanted) => containsAll(asSet(set), asSet(wanted)))],
  ['containsAny', test((set, wanted) => containsAny(asSet(set), asSet(wanted)))],
  ['+', arithmetic(add)],
  ['-', arithmetic(subtract)],
  ['*', arithmetic(multiply)],
]

// By name: made where they are used, they would be made anew for every comparison.
function isBelow(first: bigint, second: bigint): boolean {
  return first < second
}
function isAtMost(first: bigint, second: bigint): boolean {
  return first <= second
}
function isAbove(first: bigint, second: bigint): boolean {
  return first > second
}
function isAtLeast(first: bigint, second: bigint): boolean {
  return first >= second
}

function test(holds: (left: RuntimeValue, right: RuntimeValue) => boolean): Operator {
  return (operand, compile) => {
    const [left, right] = [compile(operand['left']), compile(operand['right'])]
    const first = left.run
    if (right.constant !== undefined) {
      const second = right.constant
      return boolean((frame) => holds(first(frame), second))
    }
    const second = right.run
    return boolean((frame) => holds(first(frame), second(frame)))
  }
}

function arithmetic(of: (left: bigint, right: bigint) => bigint): Operator {
  return (operand, compile) => {
    const [left, right] = [compile(operand['left']).run, compile(operand['right']).run]
    return {
      run: (frame) => {
        const first = left(frame)
        const second = right(frame)
        return of(asLong(first), asLong(second))
      },
    }
  }
}

/** Longs, datetimes and durations are ordered, each among themselves; decimals only by their methods. */
function compare(left: RuntimeValue, right: RuntimeValue, holds: (first: bigint, second: bigint) => boolean): boolean {
  if (typeof left === 'bigint' && typeof right === 'bigint') return holds(left, right)
  const first = parsedOf(left)
  const second = parsedOf(right)
  if (isOrdered(first) && isOrdered(second) && first.parsed === second.parsed) {
    return holds(first.amount, second.amount)
  }
  throw typeError('two longs, datetimes or durations', `${kindOf(left)} and ${kindOf(right)}`)
}

function isOrdered(
  value: ReturnType<typeof parsedOf>,
): value is { readonly parsed: 'datetime' | 'duration'; readonly amount: bigint } {
  return value?.parsed === 'datetime' || value?.parsed === 'duration'
}
