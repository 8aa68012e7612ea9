import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Target as AnyTarget } from '#access/target.ts'
import { type AttemptResult, type Circuits, makeCircuits } from './circuits.ts'

const [A, B, C] = [
  { provider: 'one', model: 'm' },
  { provider: 'two', model: 'm' },
  { provider: 'three', model: 'm' },
] as const
/** Of those that may be tried, the ones that somebody then tries. */
const tried = <T extends AnyTarget>(circuits: Circuits, targets: readonly T[]): readonly T[] =>
  circuits.order(targets).filter((target) => circuits.begin(target))
type Target = typeof A | typeof B | typeof C

function scene() {
  let now = 1_000_000
  const circuits = makeCircuits({ now: () => now })
  return {
    circuits,
    wait: (ms: number) => void (now += ms),
    report: (target: Target, result: AttemptResult, times = 1) => {
      for (let time = 0; time < times; time += 1) circuits.report(target, result)
    },
  }
}

test('who fails five times in a row within 60 s is asked last, and still asked', () => {
  const { circuits, wait, report } = scene()
  report(A, 'failing', 4)
  expect(tried(circuits, [A, B])).toEqual([A, B])
  report(A, 'failing')
  expect(tried(circuits, [A, B])).toEqual([B, A])
  expect(tried(circuits, [A])).toEqual([A])
  wait(59_999)
  expect(tried(circuits, [A, B])).toEqual([B, A])
  wait(1)
  expect(tried(circuits, [A, B])).toEqual([A, B])
})

test('an answer in between makes it none in a row', () => {
  const { circuits, report } = scene()
  report(A, 'failing', 4)
  report(A, 'answered')
  report(A, 'failing', 4)
  report(B, 'unreachable', 2)
  report(B, 'answered')
  report(B, 'unreachable', 2)
  expect(tried(circuits, [A, B])).toEqual([A, B])
})

test('failing slowly is not failing in a row', () => {
  const { circuits, wait, report } = scene()
  for (let time = 0; time < 20; time += 1) {
    report(A, 'failing')
    wait(15_000)
  }
  expect(tried(circuits, [A, B])).toEqual([A, B])
})

test('429 and 5xx never close a target, however many there are', () => {
  const { circuits, report } = scene()
  report(A, 'failing', 1_000)
  expect(tried(circuits, [A])).toEqual([A])
})

test('who cannot be reached three times in a row is not asked for 5 s, then by one request, and longer each time up to 60 s', () => {
  const { circuits, wait, report } = scene()
  report(A, 'unreachable', 3)
  for (const closed of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    expect(tried(circuits, [A, B])).toEqual([B])
    expect(tried(circuits, [A])).toEqual([])
    expect(circuits.retryAfter([A])).toBe(closed / 1_000)
    wait(closed - 1)
    expect(tried(circuits, [A])).toEqual([])
    wait(1)
    expect(tried(circuits, [A])).toEqual([A])
    expect(tried(circuits, [A])).toEqual([])
    report(A, 'unreachable')
  }
  wait(60_000)
  expect(tried(circuits, [A])).toEqual([A])
  report(A, 'answered')
  expect([tried(circuits, [A]), tried(circuits, [A])]).toEqual([[A], [A]])
  report(A, 'unreachable', 3)
  expect(circuits.retryAfter([A])).toBe(5)
})

test('a probe that is answered with 503 has reached it: it is open again', () => {
  const { circuits, wait, report } = scene()
  report(A, 'unreachable', 3)
  wait(5_000)
  expect(tried(circuits, [A])).toEqual([A])
  report(A, 'failing')
  expect([tried(circuits, [A]), tried(circuits, [A])]).toEqual([[A], [A]])
})

test('a probe of which nobody ever hears keeps others away for 10 s, not for ever', () => {
  const { circuits, wait, report } = scene()
  report(A, 'unreachable', 3)
  wait(5_000)
  expect(tried(circuits, [A])).toEqual([A])
  wait(9_999)
  expect(tried(circuits, [A])).toEqual([])
  expect(circuits.retryAfter([A])).toBe(1)
  wait(1)
  expect(tried(circuits, [A])).toEqual([A])
})

test('requests that were on their way when it closed do not close it for longer', () => {
  const { circuits, wait, report } = scene()
  report(A, 'unreachable', 40)
  expect(circuits.retryAfter([A])).toBe(5)
  wait(5_000)
  expect(tried(circuits, [A])).toEqual([A])
})

test('who is offered and never tried is no probe: whoever needs it next finds it', () => {
  const { circuits, wait, report } = scene()
  report(B, 'unreachable', 3)
  wait(5_000)
  for (let time = 0; time < 100; time += 1) expect(circuits.order([A, B])).toEqual([A, B])
  expect(circuits.begin(B)).toBe(true)
  expect(circuits.begin(B)).toBe(false)
  expect(circuits.begin(A)).toBe(true)
})

test('the same model of another provider, and another model of the same, stand for themselves', () => {
  const { circuits, report } = scene()
  report(A, 'unreachable', 3)
  const other = { provider: 'one', model: 'n' }
  expect(tried(circuits, [A, B, other])).toEqual([B, other])
})

test('what is remembered is bounded: the target that failed longest ago is forgotten', () => {
  const { circuits, report } = scene()
  report(A, 'unreachable', 3)
  for (let model = 0; model < 1_023; model += 1) circuits.report({ provider: 'p', model: `${model}` }, 'failing')
  expect(tried(circuits, [A])).toEqual([])
  circuits.report({ provider: 'p', model: 'one more' }, 'failing')
  expect(tried(circuits, [A])).toEqual([A])
})

// A model that keeps the whole history and reads each answer off it.
type Step =
  | { readonly step: 'report'; readonly target: Target; readonly result: AttemptResult }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'order' }

type Event = { readonly at: number; readonly what: AttemptResult | 'offered' }

function readHistory(events: readonly Event[], now: number): 'first' | 'behind' | 'out' {
  let streak: number[] = []
  let [misses, closed, until, probe] = [0, 0, 0, Number.NEGATIVE_INFINITY]
  for (const { at, what } of events) {
    if (what === 'offered') {
      if (closed > 0) probe = at
    } else if (what === 'unreachable') {
      streak.push(at)
      misses += 1
      const probing = probe !== Number.NEGATIVE_INFINITY
      if (closed === 0 ? misses >= 3 : probing) {
        closed = closed === 0 ? 5_000 : Math.min(60_000, closed * 2)
        until = at + closed
        probe = Number.NEGATIVE_INFINITY
      }
    } else {
      streak = what === 'failing' ? [...streak, at] : []
      ;[misses, closed, until, probe] = [0, 0, 0, Number.NEGATIVE_INFINITY]
    }
  }
  if (closed > 0 && now < Math.max(until, probe + 10_000)) return 'out'
  const fifthLast = streak.at(-5)
  return fifthLast !== undefined && now - fifthLast < 60_000 ? 'behind' : 'first'
}

test('whatever happens in whatever order, it does what its history says', () => {
  const target = fc.constantFrom<Target>(A, B, C)
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        step: fc.constant('report' as const),
        target,
        result: fc.constantFrom<AttemptResult>(
          'answered',
          'failing',
          'failing',
          'unreachable',
          'unreachable',
          'unreachable',
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('wait' as const),
        ms: fc.constantFrom(1, 999, 4_999, 5_000, 10_000, 30_000, 60_000),
      }),
    },
    { weight: 3, arbitrary: fc.record({ step: fc.constant('order' as const) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let now = 0
      const circuits = makeCircuits({ now: () => now })
      const histories = new Map<Target, Event[]>([A, B, C].map((each) => [each, []]))
      for (const each of [...steps, { step: 'order' } as const]) {
        if (each.step === 'wait') now += each.ms
        else if (each.step === 'report') {
          circuits.report(each.target, each.result)
          histories.get(each.target)?.push({ at: now, what: each.result })
        } else {
          const told = ([A, B, C] as const).map((one) => [one, readHistory(histories.get(one) ?? [], now)] as const)
          const wanted = (['first', 'behind'] as const).flatMap((kind) => told.filter(([, is]) => is === kind))
          expect(tried(circuits, [A, B, C])).toEqual(wanted.map(([one]) => one))
          for (const [one] of wanted) histories.get(one)?.push({ at: now, what: 'offered' })
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a provider whose address was corrected begins anew', () => {
  const { circuits } = scene()
  const at = (url: string) => ({ ...A, at: { url } })
  for (let time = 0; time < 3; time += 1) circuits.report(at('https://typo.test'), 'unreachable')
  expect(circuits.order([at('https://typo.test')])).toEqual([])
  expect(circuits.order([at('https://right.test')])).toEqual([at('https://right.test')])
})
