// What a limit is called in headers, explanations and entries: all that it says but warnings and bursts. Amounts are
// written in one way, so that two limits of one meaning have one name.
import type { Limit, Window } from '#access/limit.ts'

export function limitName({ measure, most, per, window, only }: Omit<Limit, 'name'>): string {
  const amount = measure === 'spend' ? `${dollars(most)} USD` : `${most} ${measure}`
  const time = window ? `/${unitOf(window)}${window.kind === 'sliding' ? ' sliding' : ''}` : ''
  const parts = [
    listed('team', only?.teams),
    listed('model', only?.models),
    listed('environment', only?.environments),
    listed('tier', only?.tiers),
  ].filter((part) => part !== undefined)
  return `${amount}${time} per ${per}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`
}

/** Up to six decimals, without zeros at their end. */
function dollars(micro: number): string {
  const cents = String(micro % 1_000_000).padStart(6, '0')
  return `${Math.floor(micro / 1_000_000)}.${cents}`.replace(/\.?0+$/, '')
}

const SLIDING: ReadonlyMap<number, string> = new Map([
  [60_000, 'minute'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
])

const unitOf = (window: Window): string =>
  window.kind === 'calendar' ? window.unit : (SLIDING.get(window.ms) ?? `${window.ms} ms`)

const listed = (what: string, names: readonly (string | number)[] | undefined): string | undefined =>
  names && `${what} ${names.join(', ')}`
