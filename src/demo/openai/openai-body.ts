// Reads a body as OpenAI does: what cannot be read is a problem that names the field.
import type { z } from 'zod'
import type { OpenAiProblem } from './openai-error.ts'

export type Read<T> =
  | { readonly request: T; readonly problem?: never }
  | { readonly request?: never; readonly problem: OpenAiProblem }

export function readBodyAs<T>(shape: z.ZodType<T>, body: string): Read<T> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { problem: { status: 400, message: 'We could not parse the JSON body of your request.' } }
  }
  const read = shape.safeParse(value)
  if (read.success) return { request: read.data }
  const issue = read.error.issues[0]
  const param = issue?.path.map(String).join('.') ?? ''
  const text = `Invalid value for '${param}': ${issue?.message ?? 'not the expected request'}.`
  return { problem: { status: 400, message: text, param, code: 'invalid_value' } }
}
