// What clients put together of a stream, however they do: by index or by place, with names that come once or in each event.
import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { readStream } from './read-answer.ts'

const chunk = (...choices: readonly object[]) => ({ data: JSON.stringify({ choices }) })

/** `place role lane: value` of the strings that go on. */
const shown = (texts: Iterable<Text>): readonly string[] =>
  [...texts]
    .filter(({ lane }) => lane !== undefined)
    .map(({ place, role, lane, value }) => `${place} ${role} ${lane}: ${value}`)

test('what waits for a name would hold back the answer: each is complete at once, and goes on all the same', () => {
  const read = readStream('m')
  const call = (fields: object) => chunk({ delta: { tool_calls: [{ index: 0, ...fields }] } })
  const lanes = ['0/delta/tool_calls/0/id', '0/delta/tool_calls/0/function/name']
  expect(read(call({ id: 'a', function: { name: 'f', arguments: '' } })).ended).toEqual(lanes)
  // Some clients add up `id` and `name`, and so does this.
  const second = read(call({ id: 'b', function: { name: 'g' } }))
  expect(second.texts.flatMap(({ lane, value }) => (lane ? [`${lane}: ${value}`] : []))).toEqual([
    '0/delta/tool_calls/0/id: b',
    '0/delta/tool_calls/0/function/name: g',
  ])
  expect(second.ended).toEqual(lanes)
})

test('a name that is given in every event is the same text, and then no other', () => {
  const read = readStream('m')
  const role = (value: string) =>
    read(chunk({ delta: { role: value } }))
      .texts.map(({ lane }) => lane ?? '-')
      .at(-1)
  expect([role('assistant'), role('assistant'), role(''), role('assistant')]).toEqual(['0/delta/role', '-', '-', '-'])
  expect(() => role('user')).toThrow(Refusal)
  const other = readStream('m')
  const id = (value: string) =>
    other(chunk({ delta: { id: value } }))
      .texts.map(({ lane }) => lane ?? '-')
      .at(-1)
  expect([id('a'), id('b'), id('b'), id('a')]).toEqual(Array.from({ length: 4 }, () => '0/delta/id'))
})

test('choices that begin out of order are read as clients join them that count, too', () => {
  const read = readStream('m')
  const event = (index: number, content: string, finish_reason: string | null = null) => {
    const { texts, ended } = read(chunk({ index, delta: { content }, finish_reason }))
    return [texts.flatMap(({ lane, role, value }) => (lane ? [`${lane} ${role} ${value}`] : [])), ended]
  }
  expect(event(0, 'a')).toEqual([['0/delta/content text a'], []])
  expect(event(2, 'b')).toEqual([['2/delta/content text b', 'counted 1/delta/content signed b'], []])
  expect(event(1, 'c')).toEqual([['1/delta/content text c', 'counted 1/delta/content signed c'], []])
  expect(event(1, '', 'stop')).toEqual([[], ['1/delta/content', 'counted 1/delta/content']])
})

test('sound goes on from piece to piece', () => {
  const read = readStream('m')
  read(chunk({ delta: { audio: { data: 'AA' } } }))
  expect(shown(read(chunk({ delta: { audio: { data: 'AB' } } })).texts)).toEqual([
    '/choices/0/message/audio/data media 0/delta/audio/data: AB',
  ])
})

test('objects of any list go on by their index, in lists of lists, too', () => {
  const read = readStream('m')
  const details = (...reasoning_details: object[]) => shown(read(chunk({ delta: { reasoning_details } })).texts)
  details({ index: 0, text: 'a' }, { index: 1, text: 'b', in: [{ text: 'c' }, { text: 'd' }] })
  expect(details({ index: 1, text: 'e', in: [{ index: 1, text: 'f' }] }, { index: 0, text: 'g' })).toEqual([
    '/choices/0/message/reasoning_details/1/text text 0/delta/reasoning_details/1/text: e',
    '/choices/0/message/reasoning_details/1/in/1/text text 0/delta/reasoning_details/1/in/1/text: f',
    '/choices/0/message/reasoning_details/0/text text 0/delta/reasoning_details/0/text: g',
  ])
  // Without one, they go on where they stand.
  expect(details({ text: 'h' })).toEqual([
    '/choices/0/message/reasoning_details/0/text text 0/delta/reasoning_details/0/text: h',
  ])
})

const calls = (...tool_calls: object[]) => ({ delta: { tool_calls } })
const details = (...reasoning_details: object[]) => ({ delta: { reasoning_details } })

test.each([
  ['a tool call that is not the next', [calls({ index: 0 }), calls({ index: 5 })]],
  ['a first tool call that is not the first', [calls({ index: 1 })]],
  ['a tool call without its index behind others', [calls({ id: 'a' }), calls({ function: { arguments: 'b' } })]],
  ['a tool call in the place of another', [calls({ index: 0 }, { index: 0 }), calls({ index: 1 })]],
  ['an object in the place of another', [details({ index: 0 }, { index: 5 }), details({ index: 1 })]],
  ['an index beyond all lists', [details({ index: 1024 })]],
])('%s cannot be passed on', (_name, choices) => {
  const read = readStream('m')
  const last = choices.pop() ?? {}
  for (const choice of choices) read(chunk(choice))
  expect(() => read(chunk(last))).toThrow(Refusal)
})

test('tool calls that count up may go on in any order; a list that begins elsewhere goes on by its index', () => {
  const read = readStream('m')
  for (const choice of [
    calls({ index: 0 }, { index: 1 }),
    calls({ index: 2 }),
    calls({ index: 1 }, { index: 0 }),
    details({ index: 3 }),
    details({ index: 3 }),
  ]) {
    expect(() => read(chunk(choice))).not.toThrow()
  }
})
