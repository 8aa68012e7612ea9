// `models.NAME.parameters`: what a request may ask of a model, whoever sends it: a value that stands in every request,
// or the most that passes.
import { type ParameterLimit, type ParameterLimits, REASONING_EFFORTS } from '#access/parameters.ts'
import { fault, type Field, fieldsOf, integerOf, numberOf, wordOf } from './field.ts'

const KEYS = { known: ['max_output_tokens', 'temperature', 'reasoning_effort'] } as const

export function parametersOf(field: Field): ParameterLimits {
  const fields = fieldsOf(field, KEYS)
  const read = <T>(key: (typeof KEYS.known)[number], reader: (inside: Field) => T | undefined) => {
    const inside = fields?.get(key)
    return inside && limitOf(inside, reader)
  }
  const maxOutputTokens = read('max_output_tokens', (inside) => integerOf(inside, 1, 10_000_000))
  const temperature = read('temperature', (inside) => numberOf(inside, 0, 2))
  const reasoningEffort = read('reasoning_effort', (inside) => wordOf(inside, REASONING_EFFORTS))
  return {
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(temperature && { temperature }),
    ...(reasoningEffort && { reasoningEffort }),
  }
}

function limitOf<T>(field: Field, read: (inside: Field) => T | undefined): ParameterLimit<T> | undefined {
  const fields = fieldsOf(field, { known: ['fixed', 'max'] })
  if (!fields) return undefined
  const [fixedField, maxField] = [fields.get('fixed'), fields.get('max')]
  const [fixed, max] = [fixedField && read(fixedField), maxField && read(maxField)]
  if ((fixedField === undefined) === (maxField === undefined)) {
    return fault(field, 'must name exactly one of: fixed, max', 'Write `{ max: … }`, or `{ fixed: … }`.')
  }
  if (fixed !== undefined) return { fixed }
  return max === undefined ? undefined : { max }
}
