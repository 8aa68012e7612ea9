// Cedar's `==`: values of different kinds are unequal, never an error; sets ignore order and repetition.
// The surprise: comparing sets pairwise is quadratic, and contexts hold callers' lists, so anything but short sets of
// plain values goes through a canonical text instead.
import { sameRange } from './ip-range.ts'
import { isSet, own, parsedOf, type Parsed, type RuntimeRecord, type RuntimeValue } from './runtime-value.ts'

/** Below this many comparisons, scanning beats building canonical texts. */
const SCAN = 1024

export function same(left: RuntimeValue, right: RuntimeValue): boolean {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right
  if (left === right && !('extension' in left)) return true
  if (isSet(left)) return isSet(right) && containsAll(left, right) && containsAll(right, left)
  if (isSet(right)) return false
  if ('entity' in left) {
    return 'entity' in right && left.entity.id === right.entity.id && left.entity.type === right.entity.type
  }
  if ('record' in left) return 'record' in right && sameRecord(left.record, right.record)
  const first = parsedOf(left)
  const second = parsedOf(right)
  return first !== undefined && second !== undefined && sameParsed(first, second)
}

function sameParsed(left: Parsed, right: Parsed): boolean {
  if (left.parsed === 'ipaddr') return right.parsed === 'ipaddr' && sameRange(left.range, right.range)
  return right.parsed === left.parsed && left.amount === right.amount
}

function sameRecord(left: RuntimeRecord, right: RuntimeRecord): boolean {
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => {
    const [first, second] = [own(left, name), own(right, name)]
    return first !== undefined && second !== undefined && same(first, second)
  })
}

export function contains(set: readonly RuntimeValue[], wanted: RuntimeValue): boolean {
  if (typeof wanted !== 'object') return set.includes(wanted)
  if (isFlat(wanted)) return set.some((member) => same(member, wanted))
  const text = canonical(wanted)
  return set.some((member) => typeof member === 'object' && canonical(member) === text)
}

export function containsAll(set: readonly RuntimeValue[], wanted: readonly RuntimeValue[]): boolean {
  if (scans(set, wanted)) return wanted.every((value) => contains(set, value))
  const members = new Set(set.map(canonical))
  return wanted.every((value) => members.has(canonical(value)))
}

export function containsAny(set: readonly RuntimeValue[], wanted: readonly RuntimeValue[]): boolean {
  if (scans(set, wanted)) return wanted.some((value) => contains(set, value))
  const members = new Set(set.map(canonical))
  return wanted.some((value) => members.has(canonical(value)))
}

function scans(left: readonly RuntimeValue[], right: readonly RuntimeValue[]): boolean {
  return left.length * right.length <= SCAN && left.every(isFlat) && right.every(isFlat)
}

function isFlat(value: RuntimeValue): boolean {
  return typeof value !== 'object' || !(isSet(value) || 'record' in value)
}

/** Equal values have equal texts, and only they: every part is written with its kind and its length. */
export function canonical(value: RuntimeValue): string {
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (typeof value === 'bigint') return `i${value};`
  if (typeof value === 'string') return sized('s', value)
  if (isSet(value)) return sized('a', [...new Set(value.map(canonical))].sort().join(''))
  if ('entity' in value) return sized('e', value.entity.type) + sized('', value.entity.id)
  if ('record' in value) {
    const { record } = value
    const names = Object.keys(record).sort()
    return sized('r', names.map((name) => sized('', name) + canonical(record[name] ?? false)).join(''))
  }
  const parsed = parsedOf(value)
  if (parsed === undefined) return 'x'
  if (parsed.parsed !== 'ipaddr') return `x${parsed.parsed}${parsed.amount};`
  return `xip${parsed.range.bits}.${parsed.range.words.join(',')}.${parsed.range.prefix};`
}

function sized(kind: string, text: string): string {
  return `${kind}${text.length}:${text}`
}
