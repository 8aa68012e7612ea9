// What an expression yields while it is evaluated: any Value, or an extension value already read from its text.
// The surprise: an `{extension}` stays text until an operator needs it, so a context may be handed over unconverted.
import type { EntityUid, RecordValue, Value } from '#access/value.ts'
import { typeError } from './evaluation-error.ts'
import { parseDatetime, parseDuration } from './datetime.ts'
import { parseDecimal } from './decimal.ts'
import { type IpRange, parseIp } from './ip-range.ts'

/** An extension value as numbers: a decimal in ten-thousandths, a datetime and a duration in milliseconds. */
export type Parsed =
  | { readonly parsed: 'decimal' | 'datetime' | 'duration'; readonly amount: bigint }
  | { readonly parsed: 'ipaddr'; readonly range: IpRange }

export type RuntimeValue =
  | boolean
  | bigint
  | string
  | { readonly entity: EntityUid }
  | { readonly extension: { readonly fn: string; readonly arg: string } }
  | { readonly record: RuntimeRecord }
  | Parsed
  | readonly RuntimeValue[]

export interface RuntimeRecord {
  readonly [key: string]: RuntimeValue
}

/** The extension value behind `value`, or undefined for a value of another kind. Throws an EvaluationError on bad text. */
export function parsedOf(value: RuntimeValue): Parsed | undefined {
  if (typeof value !== 'object') return undefined
  if ('parsed' in value) return value
  if (!('extension' in value)) return undefined
  // Not remembered: a weak map costs more than reading an address or a date, and most contexts are asked once.
  return construct(value.extension.fn, value.extension.arg)
}

export function construct(fn: string, text: string): Parsed {
  switch (fn) {
    case 'ip':
      return { parsed: 'ipaddr', range: parseIp(text) }
    case 'decimal':
      return { parsed: 'decimal', amount: parseDecimal(text) }
    case 'datetime':
      return { parsed: 'datetime', amount: parseDatetime(text) }
    case 'duration':
      return { parsed: 'duration', amount: parseDuration(text) }
    default:
      throw typeError('an extension value', fn)
  }
}

/** The kind of a value, in the words of Cedar's own messages. */
export function kindOf(value: RuntimeValue): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'long'
  if (typeof value === 'string') return 'string'
  if (isSet(value)) return 'set'
  if ('record' in value) return 'record'
  if ('entity' in value) return `(entity of type \`${value.entity.type}\`)`
  if ('parsed' in value) return value.parsed
  return value.extension.fn === 'ip' ? 'ipaddr' : value.extension.fn
}

export function isSet(value: RuntimeValue): value is readonly RuntimeValue[] {
  return Array.isArray(value)
}

export function asLong(value: RuntimeValue): bigint {
  if (typeof value === 'bigint') return value
  throw typeError('long', kindOf(value))
}

export function asText(value: RuntimeValue): string {
  if (typeof value === 'string') return value
  throw typeError('string', kindOf(value))
}

export function asBool(value: RuntimeValue): boolean {
  if (typeof value === 'boolean') return value
  throw typeError('bool', kindOf(value))
}

export function asSet(value: RuntimeValue): readonly RuntimeValue[] {
  if (isSet(value)) return value
  throw typeError('set', kindOf(value))
}

export function asEntity(value: RuntimeValue): EntityUid {
  if (typeof value === 'object' && 'entity' in value) return value.entity
  throw typeError('(entity of type `any_entity_type`)', kindOf(value))
}

export function asAmount(value: RuntimeValue, kind: 'decimal' | 'datetime' | 'duration'): bigint {
  const parsed = parsedOf(value)
  if (parsed?.parsed === kind) return parsed.amount
  throw typeError(kind, kindOf(value))
}

export function asRange(value: RuntimeValue): IpRange {
  const parsed = parsedOf(value)
  if (parsed?.parsed === 'ipaddr') return parsed.range
  throw typeError('ipaddr', kindOf(value))
}

/** An attribute that the record itself holds: what every object inherits (`constructor`) is not an attribute. */
export function own(record: RuntimeRecord | RecordValue, name: string): RuntimeValue | undefined {
  const value: Value | RuntimeValue | undefined = record[name]
  return value !== undefined && Object.hasOwn(record, name) ? value : undefined
}
