// One compiled expression. Evaluating it either yields a value or throws an EvaluationError.
import type { EntityUid } from '#access/value.ts'
import type { Frame, Subject } from './frame.ts'
import { asBool, type RuntimeValue } from './runtime-value.ts'

export interface Compiled {
  readonly run: (frame: Frame) => RuntimeValue
  /** Set where the value is the same for every request. */
  readonly constant?: RuntimeValue
  /** Set where the expression cannot yield anything but a boolean. */
  readonly truth?: (frame: Frame) => boolean
  /** Set where the expression is `principal`, `action` or `resource`. */
  readonly subject?: (frame: Frame) => Subject
}

/** Compiles an operand; throws a TypeError on what is no Cedar expression. */
export type CompileExpression = (json: unknown) => Compiled

export function constant(value: RuntimeValue): Compiled {
  return { run: () => value, constant: value }
}

export function boolean(truth: (frame: Frame) => boolean): Compiled {
  return { run: truth, truth }
}

/** The expression where a boolean is required: another kind is a type error, as in `1 && true`. */
export function truthOf({ run, truth }: Compiled): (frame: Frame) => boolean {
  return truth ?? ((frame) => asBool(run(frame)))
}

export function entityOf(value: RuntimeValue | undefined): EntityUid | undefined {
  return typeof value === 'object' && 'entity' in value ? value.entity : undefined
}
