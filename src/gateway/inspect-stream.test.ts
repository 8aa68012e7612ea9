import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { EventReading } from '#access/protocol.ts'
import type { Refusal } from '#access/refusal.ts'
import type { Redaction, TextRole } from '#access/text.ts'
import { redact } from '#protocols/texts.ts'
import { type Leaving, streamInspection } from './inspect-stream.ts'
import { type Inspection, inspectionOf } from './inspection.ts'
import { markedSecrets, SECRET } from './inspector.fixture.ts'

interface Said {
  readonly lane?: string
  readonly value: string
  readonly role?: TextRole
}

/** An event whose wire form is `lane=value` of each text, so that what leaves can be read. */
function event(
  said: readonly Said[],
  { ended = [], done = false }: { ended?: readonly string[]; done?: boolean } = {},
): EventReading {
  const values = said.map(({ value }) => value)
  const changed = new Map<number, readonly Redaction[]>()
  return {
    texts: said.map(({ lane, value, role = 'text' }, index) => ({
      place: `/${lane ?? 'whole'}`,
      value,
      role,
      ...(lane === undefined ? {} : { lane }),
      edits(redactions) {
        changed.set(index, redactions)
        return [{ start: index, end: index + 1, with: new Uint8Array(0) }]
      },
    })),
    ended,
    done,
    compose(edits, notices = []) {
      const shown = values.map((value, index) => {
        const edited = edits.some(({ start }) => start === index)
        return `${said[index]?.lane ?? 'whole'}=${edited ? redact(value, changed.get(index) ?? []) : value}`
      })
      const told = notices.map(({ kind, place }) => `!${kind}@${place}`)
      return new TextEncoder().encode([...shown, ...told].join('|'))
    },
  }
}

const inspection = (action: 'flag' | 'redact' | 'block' = 'redact'): Inspection =>
  inspectionOf({ inspector: markedSecrets, direction: 'answer', action })

const decoder = new TextDecoder()

function run(events: readonly EventReading[], watching: Inspection = inspection()) {
  const stream = streamInspection(watching)
  const left: string[][] = []
  for (const each of events) {
    const leaving = stream.take(each)
    left.push(leaving.bytes.map((bytes) => decoder.decode(bytes)))
    if ('failure' in leaving) return { left, failure: leaving.failure }
  }
  return { left }
}

/** What a caller has read in a lane. */
const readIn = (lane: string, left: readonly (readonly string[])[]): string =>
  left
    .flat()
    .flatMap((sent) => sent.split('|'))
    .filter((part) => part.startsWith(`${lane}=`))
    .map((part) => part.slice(lane.length + 1))
    .join('')

test('an event whose text is settled leaves at once', () => {
  const { left } = run([event([{ lane: 'a', value: 'Good morning' }])])
  expect(left).toEqual([['a=Good morning']])
})

test('a secret in one event leaves as its placeholder, and the event tells of it', () => {
  const { left } = run([event([{ lane: 'a', value: `It is ${SECRET}.` }])])
  expect(left).toEqual([['a=It is [redacted: marked-secret].|!marked-secret@/a']])
})

test('a secret over three events is replaced where it begins, and the events stay three', () => {
  const { left } = run([
    event([{ lane: 'a', value: 'It is sk' }]),
    event([{ lane: 'a', value: '_abcd' }]),
    event([{ lane: 'a', value: 'efgh, keep it' }]),
  ])
  expect(left).toEqual([[], [], ['a=It is [redacted: marked-secret]|!marked-secret@/a', 'a=', 'a=, keep it']])
})

test('what only looked like the beginning of one leaves unchanged, in order', () => {
  const { left } = run([
    event([{ lane: 'a', value: 'as' }]),
    event([{ lane: 'b', value: 'other' }]),
    event([{ lane: 'a', value: ' usual' }]),
  ])
  expect(left).toEqual([[], [], ['a=as', 'b=other', 'a= usual']])
})

test('two lanes in turn do not make a secret of each other, nor hide one', () => {
  const { left } = run([
    event([{ lane: 'a', value: 'sk_abcd' }]),
    event([{ lane: 'b', value: 'efgh sk_' }]),
    event([{ lane: 'a', value: ' no' }]),
    event([{ lane: 'b', value: 'abcdefgh' }], { done: true }),
  ])
  expect(readIn('a', left)).toBe('sk_abcd no')
  expect(readIn('b', left)).toBe('efgh [redacted: marked-secret]')
})

test('at the end what waits leaves, since it is no secret', () => {
  const { left } = run([event([{ lane: 'a', value: 'ends in s' }]), event([], { done: true })])
  expect(left).toEqual([[], ['a=ends in s', '']])
})

test('a lane that ends lets go of what it held', () => {
  const { left } = run([event([{ lane: 'a', value: 'ends in sk_' }]), event([{ value: 'x' }], { ended: ['a'] })])
  expect(left).toEqual([[], ['a=ends in sk_', 'whole=x']])
})

test('a snapshot that repeats the text is redacted by itself', () => {
  const { left } = run([event([{ lane: 'a', value: SECRET }]), event([{ value: `It is ${SECRET}` }], { done: true })])
  expect(left.flat()).toEqual([
    'a=[redacted: marked-secret]|!marked-secret@/a',
    'whole=It is [redacted: marked-secret]|!marked-secret@/whole',
  ])
})

describe('arguments of a tool call', () => {
  const call = (...pieces: readonly string[]): EventReading[] => [
    ...pieces.map((value) => event([{ lane: 'call', value, role: 'json' }])),
    event([], { ended: ['call'], done: true }),
  ]

  test('wait until they are complete, and leave as they were cut', () => {
    const { left } = run(call('{"a":', '1}'))
    expect(left).toEqual([[], [], ['call={"a":', 'call=1}', '']])
  })

  test('leave without a secret that JSON had escaped, in the first piece', () => {
    const { left } = run(call('{"key":"sk\\u005fabc', 'defgh","n":1}'))
    expect(readIn('call', left)).toBe('{"key":"[redacted: marked-secret]","n":1}')
    expect(left.flat()[0]).toContain('!marked-secret@/call/key')
  })

  test('of more than 256 KiB are refused', () => {
    const { failure } = run(call('{"a":"', 'x'.repeat(256 * 1024)))
    expect((failure as Refusal).reason).toBe('provider_answer_invalid')
    expect((failure as Refusal).message).toContain('262144 bytes')
  })
})

test('arguments that begin with an empty piece are redacted all the same', () => {
  const pieces = ['', '{"key":"', SECRET, '"}'].map((value) => event([{ lane: 'call', value, role: 'json' }]))
  const { left } = run([...pieces, event([], { ended: ['call'], done: true })])
  expect(readIn('call', left)).toBe('{"key":"[redacted: marked-secret]"}')
})

test('a lane that goes on behind its end gives away no second half of what had begun', () => {
  const half = event([{ lane: 'a', value: 'It is sk_abcd' }], { ended: ['a'] })
  const { left, failure } = run([
    half,
    event([{ lane: 'b', value: 'meanwhile' }]),
    event([{ lane: 'a', value: 'efgh' }]),
  ])
  expect(left.flat()).toEqual(['a=It is sk_abcd', 'b=meanwhile'])
  expect((failure as Refusal).reason).toBe('content_blocked')
})

test('a lane that goes on behind its end is otherwise read as before', () => {
  const events = [
    event([{ lane: 'a', value: `${SECRET} s` }], { ended: ['a'] }),
    event([{ lane: 'a', value: `o ${SECRET}` }]),
  ]
  expect(readIn('a', run([...events, event([], { done: true })]).left)).toBe(
    '[redacted: marked-secret] so [redacted: marked-secret]',
  )
})

test('what is to be blocked ends the stream; events before it have left, and those behind never do', () => {
  const watching = inspection('block')
  const { left, failure } = run(
    [
      event([{ lane: 'a', value: 'first s' }]),
      event([{ lane: 'a', value: 'econd ' }]),
      event([{ lane: 'a', value: 'third sk_abcd' }]),
      event([{ lane: 'a', value: 'efgh' }]),
    ],
    watching,
  )
  expect(left.flat()).toEqual(['a=first s', 'a=econd '])
  expect((failure as Refusal).reason).toBe('content_blocked')
  expect((failure as Refusal).message).not.toContain('abcd')
  expect(watching.findings()).toEqual([
    { inspector: 'marked', kind: 'marked-secret', place: '/a', action: 'block', coverage: { seen: 30, of: 30 } },
  ])
})

test('signed text that holds a secret is never edited: the stream ends', () => {
  const { left, failure } = run([event([{ lane: 'a', value: `I think ${SECRET}`, role: 'signed' }])])
  expect(left.flat()).toEqual([])
  expect((failure as Refusal).reason).toBe('content_blocked')
})

test('what is only flagged passes unchanged, and is told to the trail', () => {
  const watching = inspection('flag')
  const { left } = run([event([{ lane: 'a', value: SECRET }], { done: true })], watching)
  expect(left.flat()).toEqual([`a=${SECRET}`])
  expect(watching.findings().map(({ kind, action }) => [kind, action])).toEqual([['marked-secret', 'flag']])
  expect(watching.facts()).toEqual(['marked', 'marked:marked-secret'])
})

test('a provider that leaves everything open is cut off, not buffered', () => {
  const open = event([{ lane: 'a', value: 's' }])
  const many = Array.from({ length: 3_000 }, () => event([{ value: 'x'.repeat(2_000) }]))
  const { failure } = run([open, ...many])
  expect((failure as Refusal).reason).toBe('provider_answer_invalid')
})

const words = fc.array(fc.constantFrom('s', 'sk', 'sk_', '_', 'abc', 'abcdefgh', SECRET, ' ', 'ß', '😀', 'plain '), {
  maxLength: 12,
})

/** A text in pieces, cut anywhere but inside a surrogate pair, where JSON cannot be cut. */
const cut = (text: string, cuts: readonly number[]): readonly string[] => {
  const characters = Array.from(text)
  const places = [...new Set(cuts.map((at) => at % (characters.length + 1)))].sort((left, right) => left - right)
  return [0, ...places].map((from, index) => characters.slice(from, places[index]).join(''))
}

test('what leaves does not depend on where the stream was cut, in any of several lanes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ said: words, cuts: fc.array(fc.nat(), { maxLength: 20 }) }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(2), { maxLength: 60 }),
      (lanes, turns) => {
        const queues = lanes.map(({ said, cuts }, index) =>
          cut(said.join(''), cuts).map((value) => ({ lane: String(index), value })),
        )
        const events: EventReading[] = []
        for (const turn of turns) {
          const next = queues[turn % queues.length]?.shift()
          if (next) events.push(event([next]))
        }
        for (const queue of queues) for (const rest of queue) events.push(event([rest]))
        const { left } = run([...events, event([], { done: true })])
        for (const [index, { said }] of lanes.entries()) {
          expect(readIn(String(index), left)).toBe(
            said.join('').replaceAll(/sk_[a-z]{8}/g, '[redacted: marked-secret]'),
          )
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('events that are held and read together leave as they would one by one, and end where they would', () => {
  const said = fc.record({
    lane: fc.constantFrom('a', 'a', 'a', 'b'),
    value: fc.oneof(fc.constantFrom(SECRET, SECRET.slice(0, 5), SECRET.slice(5), ' ', ''), fc.string({ maxLength: 6 })),
  })
  const batches = fc.array(fc.array(said, { minLength: 1, maxLength: 6 }), { maxLength: 6 })
  fc.assert(
    fc.property(batches, fc.constantFrom('flag', 'redact', 'block'), (parts, action) => {
      const events = (): EventReading[] => parts.flat().map((each) => event([each]))
      const [one, other] = [inspection(action), inspection(action)]
      const expected = run([...events(), event([], { done: true })], one)
      const stream = streamInspection(other)
      const left: string[] = []
      const leave = (leaving: Leaving): boolean => {
        left.push(...leaving.bytes.map((bytes) => decoder.decode(bytes)))
        return !('failure' in leaving)
      }
      const holdAll = (part: (typeof parts)[number]): boolean => {
        try {
          for (const each of part) stream.hold(event([each]))
          return true
        } catch {
          return false
        }
      }
      const going = parts.every((part) => {
        const held = holdAll(part)
        return leave(stream.leave()) && held
      })
      if (going) leave(stream.take(event([], { done: true })))
      expect(left).toEqual(expected.left.flat())
      expect(other.facts()).toEqual(one.facts())
      expect(other.redacted()).toEqual(one.redacted())
    }),
    { numRuns: 300 },
  )
})
