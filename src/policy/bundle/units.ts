// Durations, sizes and addresses as the bundle writes them.
import { type Field, fault, textOf } from './field.ts'
import { quote } from './problem.ts'

const DURATION = /^([1-9][0-9]{0,8})(ms|s|m|h)$/
const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of `60s`, from `least` to `most`. */
export function durationOf(field: Field, least: number, most: number): number | undefined {
  const expected = `a duration from ${printDuration(least)} to ${printDuration(most)}`
  const { node } = field
  const text = node.kind === 'number' ? node.source : textOf(field, expected)
  if (text === undefined) return undefined
  if (text === '0s' && least === 0) return 0
  const [, amount, unit] = DURATION.exec(text) ?? []
  const value = isUnit(unit) ? Number(amount) * MILLISECONDS[unit] : Number.NaN
  if (value >= least && value <= most) return value
  return fault(field, `must be ${expected}, but is ${quote(text)}`, 'Write a whole number and ms, s, m or h: 60s.')
}

const isUnit = (unit: string | undefined): unit is keyof typeof MILLISECONDS =>
  unit !== undefined && unit in MILLISECONDS

function printDuration(milliseconds: number): string {
  if (milliseconds !== 0 && milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000}h`
  if (milliseconds !== 0 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`
  return milliseconds % 1_000 === 0 ? `${milliseconds / 1_000}s` : `${milliseconds}ms`
}

export const DAY = 24 * 3_600_000
/** 365 days. */
export const YEAR = 365 * DAY
const PERIOD = /^([1-9][0-9]{0,5})(h|d|y)$/
const LONG_MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['d', DAY],
  ['y', YEAR],
])

/** Milliseconds of `30d`, from `least` to `most`: times that things are kept for. */
export function periodOf(field: Field, least: number, most: number): number | undefined {
  const expected = `a time from ${printPeriod(least)} to ${printPeriod(most)}`
  const text = field.node.kind === 'number' ? field.node.source : textOf(field, expected)
  if (text === undefined) return undefined
  const [, amount, unit] = PERIOD.exec(text) ?? []
  const value = Number(amount) * (LONG_MILLISECONDS.get(unit ?? '') ?? Number.NaN)
  if (value >= least && value <= most) return value
  return fault(field, `must be ${expected}, but is ${quote(text)}`, 'Write a whole number and h, d or y: 30d.')
}

function printPeriod(milliseconds: number): string {
  if (milliseconds % YEAR === 0) return `${milliseconds / YEAR}y`
  return milliseconds % DAY === 0 ? `${milliseconds / DAY}d` : `${milliseconds / 3_600_000}h`
}

const SIZE = /^([1-9][0-9]{0,8})(KiB|MiB|GiB)$/
const BYTES: ReadonlyMap<string, number> = new Map([
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
])

/** Bytes of `64MiB`. */
export function sizeOf(field: Field, least: number, most: number): number | undefined {
  const expected = `a size from ${least / 2 ** 10}KiB to ${most / 2 ** 30}GiB`
  const text = field.node.kind === 'number' ? field.node.source : textOf(field, expected)
  if (text === undefined) return undefined
  const [, amount, unit] = SIZE.exec(text) ?? []
  const value = Number(amount) * (BYTES.get(unit ?? '') ?? Number.NaN)
  if (value >= least && value <= most) return value
  return fault(field, `must be ${expected}, but is ${quote(text)}`, 'Write a whole number and KiB, MiB or GiB: 64MiB.')
}

export interface AddressRule {
  /** Whether http is meant also for other hosts than this machine. */
  readonly plain: boolean
  /** How to say that it is. */
  readonly plainHint: string
}

/** An address without user, query and fragment: a place where secrets would end up in logs. The text as it was written. */
export function addressOf(field: Field, rule: AddressRule): URL | undefined {
  const text = textOf(field, 'an address such as https://example.com')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  // Asked of the text as well: `https://host?` and `https://@host` parse to nothing that could be seen.
  if (!url || text !== text.trim() || !/^https?:\/\//.test(text)) {
    return fault(field, 'must be an address that begins with https://', 'Write it in full: https://example.com/path.')
  }
  if (url.username !== '' || url.password !== '' || /[@?#\\]/.test(text)) {
    return fault(
      field,
      'must be an address without user, password, query and fragment',
      'Remove what stands before @, or after ? or #; a secret goes into `credential`.',
    )
  }
  if (url.protocol === 'http:' && !rule.plain && !isLoopback(url.hostname)) {
    return fault(field, 'is http to another machine: anyone on the way could read and change it', rule.plainHint)
  }
  return url
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname)
}
