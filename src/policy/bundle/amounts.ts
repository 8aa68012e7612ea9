// How much of what in which time, as limits write it: `120/minute`, `2M/day`, `2000 USD/month`, `80%`, `20/10s`.
import type { Limit, Measure, Window } from '#access/limit.ts'
import { fault, type Field, integerOf, textOf } from './field.ts'
import { quote } from './problem.ts'
import { durationOf } from './units.ts'

export type Unit = Extract<Window, { kind: 'calendar' }>['unit']

export interface Amount {
  /** Of spend, millionths of a US dollar. */
  readonly most: number
  /** Absent of what is counted at once. */
  readonly unit?: Unit
}

const UNITS = ['minute', 'hour', 'day', 'month'] as const
const COUNT = /^([1-9][0-9]{0,11})(k|M)?$/
const DOLLARS = /^(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,6}))? USD$/
const TIMES: ReadonlyMap<string | undefined, number> = new Map([
  ['k', 1_000],
  ['M', 1_000_000],
])

const EXAMPLES: Readonly<Record<Measure, string>> = {
  requests: '120/minute',
  tokens: '2M/day',
  spend: '2000 USD/month',
  'tool-calls': '50/hour',
  streams: '20',
}

export function amountOf(field: Field, measure: Measure): Amount | undefined {
  const example = EXAMPLES[measure]
  const text = writtenIn(field, `an amount such as ${example}`)
  if (text === undefined) return undefined
  const slash = text.indexOf('/')
  const [amount, time] = slash < 0 ? [text] : [text.slice(0, slash), text.slice(slash + 1)]
  const most = measure === 'spend' ? microDollarsOf(amount) : countOf(amount)
  const unit = UNITS.find((each) => each === time)
  if (most === undefined) {
    const what = measure === 'spend' ? 'US dollars' : 'a whole number from 1 on, with k or M behind it if you like'
    return fault(field, `must be ${what}, but is ${quote(amount)}`, `Write it as ${example}.`)
  }
  if (measure === 'streams') {
    if (time === undefined) return { most }
    return fault(field, 'counts how many are open at once, in no time', `Write the number alone: ${amount}.`)
  }
  if (unit) return { most, unit }
  const which = time === undefined ? 'lacks the time that it is for' : `has a time that is none: ${quote(time)}`
  return fault(field, which, `Write minute, hour, day or month behind a slash: ${example}.`)
}

/** What YAML takes for a number, too. */
const writtenIn = (field: Field, expected: string): string | undefined =>
  field.node.kind === 'number' ? field.node.source : textOf(field, expected)

/** `5000`, `500k` or `2M`, as a number or as text. */
export function countIn(field: Field, least: number, most: number): number | undefined {
  if (field.node.kind !== 'text') return integerOf(field, least, most)
  const count = countOf(field.node.text)
  if (count !== undefined && count >= least && count <= most) return count
  const expected = `a whole number from ${least} to ${most}`
  return fault(field, `must be ${expected}, but is ${quote(field.node.text)}`, `Write ${expected}: 500k, 2M.`)
}

function countOf(text: string): number | undefined {
  const [, digits, suffix] = COUNT.exec(text) ?? []
  if (digits === undefined) return undefined
  const count = Number(digits) * (TIMES.get(suffix) ?? 1)
  return count <= 1e12 ? count : undefined
}

function microDollarsOf(text: string): number | undefined {
  const [, dollars, cents = ''] = DOLLARS.exec(text) ?? []
  const micro = Number(dollars) * 1_000_000 + Number(cents.padEnd(6, '0'))
  return micro > 0 ? micro : undefined
}

/** A share of `80%`: 0.8. */
export function shareOf(field: Field): number | undefined {
  const text = writtenIn(field, 'a share such as 80%')
  if (text === undefined) return undefined
  const [, percent] = /^([1-9][0-9]?)%$/.exec(text) ?? []
  if (percent !== undefined) return Number(percent) / 100
  return fault(field, `must be a share from 1% to 99%, but is ${quote(text)}`, 'Write it as 80%.')
}

/** More than so many in so short a time: `20/10s`. */
export function burstOf(field: Field): NonNullable<Limit['burst']> | undefined {
  const text = writtenIn(field, 'a burst such as 20/10s')
  if (text === undefined) return undefined
  const [amount = '', time] = text.split('/', 2)
  const most = countOf(amount)
  if (most === undefined || time === undefined || !/^[0-9]/.test(time)) {
    return fault(field, `must be how many in how short a time, but is ${quote(text)}`, 'Write it as 20/10s.')
  }
  const ms = durationOf({ ...field, node: { kind: 'text', at: field.node.at, text: time } }, 1_000, 3_600_000)
  return ms === undefined ? undefined : { most, ms }
}
