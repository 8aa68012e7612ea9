// Cedar's 64-bit integers on bigint. What does not fit is an error of the policy, never a wrapped number.
import { EvaluationError } from './evaluation-error.ts'

export function fitsLong(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

export function add(left: bigint, right: bigint): bigint {
  return checked(left + right, 'add')
}

export function subtract(left: bigint, right: bigint): bigint {
  return checked(left - right, 'subtract')
}

export function multiply(left: bigint, right: bigint): bigint {
  return checked(left * right, 'multiply')
}

export function negate(value: bigint): bigint {
  return checked(-value, 'negate')
}

/** Digits as a number. Reading is quadratic in the digits, so what is too long to fit becomes merely too large. */
export function readDigits(digits: string): bigint {
  const significant = digits.replace(/^0+/, '')
  return significant.length > 30 ? 2n ** 100n : BigInt(significant)
}

function checked(value: bigint, verb: string): bigint {
  if (fitsLong(value)) return value
  throw new EvaluationError(`integer overflow while attempting to ${verb}`)
}
