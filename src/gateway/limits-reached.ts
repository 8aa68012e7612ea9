// A limit is used up: which, whose, until when, and what would help.
import { Refusal } from '#access/refusal.ts'
import type { Applying } from '#policy/limits.ts'
import type { Leases, Pot, SlotTaken } from './limits-leases.ts'

export interface Reached {
  readonly applying: Applying
  readonly pot: Pot
  /** What was asked for. */
  readonly least: number
}

/** Streams end when they end. */
const STREAMS_RETRY_S = 2

export function reached({ applying: { limit, whose }, pot, least }: Reached, leases: Leases, now: number): Refusal {
  const { name, measure, most } = limit
  const slots = leases.slots(pot, now)
  const left = Math.max(0, most - sumOf(slots))
  const resets = least > most ? undefined : resetOf(pot, least, slots)
  const retryAfter = retryOf(measure === 'streams', resets, now)
  return new Refusal('limit_reached', {
    message: `${wordsOf({ name, whose, least, left, most, measure })}${untilWords(resets)}`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    limit: { name, whose, measure, most, left: measure === 'requests' ? 0 : left, resets },
  })
}

function retryOf(isOpen: boolean, resets: number | undefined, now: number): number | undefined {
  if (isOpen) return STREAMS_RETRY_S
  return resets === undefined ? undefined : Math.max(1, Math.ceil((resets - now) / 1000))
}

const sumOf = (slots: readonly SlotTaken[]): number => slots.reduce((sum, { taken }) => sum + taken, 0)

/** When as much as is asked for will be free: of a sliding window, once enough of its segments are over. */
function resetOf(pot: Pot, least: number, slots: readonly SlotTaken[]): number | undefined {
  const { slot, most } = pot
  if (slot.beside.length === 0 || slot.resets === undefined) return slot.resets
  const places = slots.toSorted((one, other) => Number(one.name) - Number(other.name))
  const current = Number(slot.name)
  const length = slot.next / (current + 1)
  let over = sumOf(slots) + least - most
  for (const { name, taken } of places) {
    over -= taken
    if (over <= 0) return slot.resets - (current - Number(name)) * length
  }
  return slot.resets
}

interface Words {
  readonly name: string
  readonly whose: string
  readonly least: number
  readonly left: number
  readonly most: number
  readonly measure: Applying['limit']['measure']
}

function wordsOf({ name, whose, least, left, most, measure }: Words): string {
  const which = `The limit "${name}" of ${whose}`
  const amount = (count: number): string => (measure === 'spend' ? `${dollars(count)} USD` : `${count} ${measure}`)
  if (measure === 'requests' || left === 0) return `${which} is used up`
  const size = measure === 'tool-calls' ? '' : ': its input, and the most that it lets the model answer'
  if (least > most) return `${which} allows ${amount(most)}, and this request could take ${amount(least)}${size}`
  return `${which} has ${amount(left)} left, and this request could take ${amount(least)}${size}`
}

/** To the cent where that says it, and never less than it is. */
function dollars(millionths: number): string {
  const exact = (millionths / 1_000_000).toFixed(6)
  return exact.replace(/(\.\d\d\d*?)0+$/, '$1')
}

const untilWords = (resets: number | undefined): string =>
  resets === undefined ? '.' : `; more is there from ${new Date(resets).toISOString()} on.`
