import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { type KeyTimes, signingSchedule } from './signing-schedule.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-07-01T00:00:00Z')

const key = (kid: string, created: number): KeyTimes => ({ kid, created: START + created })

function said(keys: readonly KeyTimes[], now: number) {
  const { signs, published, due, removable } = signingSchedule(keys, START + now)
  const kids = (of: readonly KeyTimes[]): string => of.map(({ kid }) => kid).join(' ')
  return { signs: signs?.kid, published: kids(published), due, removable: kids(removable) }
}

describe('the life of a key', () => {
  test('the first is due at once, and signs at once', () => {
    expect(said([], 0)).toEqual({ signs: undefined, published: '', due: true, removable: '' })
    expect(said([key('a', 0)], 0)).toEqual({ signs: 'a', published: 'a', due: false, removable: '' })
  })

  test('the next is due after 30 days', () => {
    expect(said([key('a', 0)], 30 * DAY - 1).due).toBe(false)
    expect(said([key('a', 0)], 30 * DAY).due).toBe(true)
  })

  test('the next is published at once, and signs an hour and two minutes later', () => {
    const two = [key('b', 30 * DAY), key('a', 0)]
    expect(said(two, 30 * DAY)).toEqual({ signs: 'a', published: 'a b', due: false, removable: '' })
    expect(said(two, 30 * DAY + 62 * MINUTE - 1).signs).toBe('a')
    expect(said(two, 30 * DAY + 62 * MINUTE).signs).toBe('b')
  })

  test('the one before stays for a day and two minutes after its last signature', () => {
    const two = [key('a', 0), key('b', 30 * DAY)]
    const over = 30 * DAY + 62 * MINUTE + DAY + 2 * MINUTE
    expect(said(two, over - 1)).toEqual({ signs: 'b', published: 'a b', due: false, removable: '' })
    expect(said(two, over)).toEqual({ signs: 'b', published: 'b', due: false, removable: 'a' })
  })

  test('a gate that slept signs with the old key until the new one has been published for long enough', () => {
    expect(said([key('a', 0)], 90 * DAY)).toEqual({ signs: 'a', published: 'a', due: true, removable: '' })
    expect(said([key('a', 0), key('b', 90 * DAY)], 90 * DAY).signs).toBe('a')
  })

  test('a key from the future is published, and ends no rotation', () => {
    const odd = [key('a', 0), key('z', 1000 * DAY)]
    expect(said(odd, DAY)).toEqual({ signs: 'a', published: 'a z', due: false, removable: '' })
    expect(said(odd, 30 * DAY)).toEqual({ signs: 'a', published: 'a z', due: true, removable: '' })
    expect(said([key('z', 1000 * DAY)], DAY)).toEqual({ signs: 'z', published: 'z', due: true, removable: '' })
  })

  test('two keys of the same moment are told apart the same way by everybody', () => {
    const at = 30 * DAY
    expect(said([key('a', 0), key('b', at), key('c', at)], at + DAY).signs).toBe('c')
    expect(said([key('c', at), key('b', at), key('a', 0)], at + DAY).signs).toBe('c')
  })
})

/** What happens next: so much later, a worker whose clock is so far ahead signs, or is asked for its keys. */
interface Step {
  readonly later: number
  readonly worker: number
  readonly ahead: number
  readonly does: 'sign' | 'publish' | 'both make'
}

interface World {
  now: number
  keys: readonly KeyTimes[]
  readonly past: { readonly at: number; readonly keys: readonly KeyTimes[] }[]
  readonly held: Map<number, { readonly at: number; readonly keys: readonly KeyTimes[] }>
  readonly tokens: { readonly kid: string; readonly at: number }[]
}

const CLOCKS = [0, 29 * SECOND, MINUTE]

function publishedAt(keys: readonly KeyTimes[], at: number, kid: string): boolean {
  return CLOCKS.every((ahead) => signingSchedule(keys, at + ahead).published.some((one) => one.kid === kid))
}

/** As a ring does it: what is due is made, and what is over removed, by whoever reads the directory. */
function tend(world: World, clock: number, twice: boolean): void {
  const { due, removable } = signingSchedule(world.keys, clock)
  // The name of a file holds whole seconds.
  const created = Math.floor(clock / SECOND) * SECOND
  const made = due ? (twice ? ['x', 'y'] : ['x']).map((kid) => ({ kid: `${kid}${world.now}`, created })) : []
  world.keys = [...world.keys.filter((one) => !removable.includes(one)), ...made]
  if (made.length > 0 || removable.length > 0) world.past.push({ at: world.now, keys: world.keys })
}

function take(world: World, { later, worker, ahead, does }: Step): void {
  world.now += later
  const clock = world.now + ahead
  const held = world.held.get(worker)
  const fresh = held && clock >= held.at && clock - held.at < MINUTE && does === 'sign' && held.keys.length > 0
  if (!fresh) {
    tend(world, clock, does === 'both make')
    world.held.set(worker, { at: clock, keys: world.keys })
  }
  if (does === 'publish') return
  const { signs } = signingSchedule(world.held.get(worker)?.keys ?? [], clock)
  if (!signs) throw new Error('nothing to sign with')
  const behind = world.past.filter((_, place) => (world.past[place + 1]?.at ?? Infinity) >= world.now - 5 * MINUTE)
  for (const { at, keys } of behind) {
    const cached = Math.max(at, world.now - 5 * MINUTE)
    if (!publishedAt(keys, cached, signs.kid)) throw new Error(`${signs.kid} was not published when it signed`)
  }
  world.tokens.push({ kid: signs.kid, at: world.now })
}

function checkTokens(world: World): void {
  for (const { kid, at } of world.tokens) {
    // 60 s of life, by a clock that may be 60 s behind the signer's.
    if (world.now - at > 2 * MINUTE) continue
    if (!publishedAt(world.keys, world.now, kid)) throw new Error(`${kid} is no longer published`)
  }
}

const later = fc.oneof(
  fc.integer({ min: 0, max: 2 * MINUTE }),
  fc.constantFrom(59 * SECOND, MINUTE, HOUR, 61 * MINUTE, 62 * MINUTE, 63 * MINUTE, DAY, 30 * DAY - HOUR, 30 * DAY),
  fc.integer({ min: 0, max: 40 * DAY }),
)

test('whatever the clocks of workers say, a token verifies with what is published, and with what was 5 minutes before', () => {
  const step = fc.record<Step>({
    later,
    worker: fc.integer({ min: 0, max: 2 }),
    ahead: fc.constantFrom(0, 1, 30 * SECOND, 59_999, MINUTE),
    does: fc.constantFrom('sign', 'sign', 'publish', 'both make'),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const world: World = { now: START, keys: [], past: [], held: new Map(), tokens: [] }
      for (const each of steps) {
        take(world, each)
        checkTokens(world)
      }
    }),
    { numRuns: 2000, seed: 4 },
  )
})
