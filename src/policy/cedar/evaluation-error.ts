// Why a policy erred. Not an Error: policies err on the hot path, and taking a stack trace costs more than evaluating.
// Messages name kinds, attributes and entities, never the text of a value: they are recorded, and text may be a prompt.

export class EvaluationError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export function typeError(expected: string, got: string): EvaluationError {
  return new EvaluationError(`type error: expected ${expected}, got ${got}`)
}

export function extensionError(fn: string, why: string): EvaluationError {
  return new EvaluationError(`error while evaluating \`${fn}\` extension function: ${why}`)
}
