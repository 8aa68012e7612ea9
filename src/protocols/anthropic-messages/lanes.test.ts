import { describe, expect, test } from 'bun:test'
import type { EventReading } from '#access/protocol.ts'
import { readStream } from './read-stream.ts'
import { outcomeOf } from './scene.fixture.ts'

type Event = { readonly type: string; readonly [key: string]: unknown }

const START: Event = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'harbor-1',
    content: [],
    container: null,
    usage: { input_tokens: 5, cache_creation_input_tokens: 2, cache_read_input_tokens: 1, output_tokens: 1 },
  },
}
const begins = (index: number, content_block: object): Event => ({ type: 'content_block_start', index, content_block })
const goesOn = (index: number, delta: object): Event => ({ type: 'content_block_delta', index, delta })
const ends = (index: number): Event => ({ type: 'content_block_stop', index })
const TEXT = begins(0, { type: 'text', text: '' })

/** Every reading of a stream of these events. */
function readAll(...events: readonly Event[]): readonly EventReading[] {
  const read = readStream('claude-clinic')
  return events.map((event) => read({ event: event.type, data: JSON.stringify(event) }))
}

const last = (...events: readonly Event[]): EventReading => readAll(START, ...events).at(-1) as EventReading

/** `role place lane` of the texts that hold an X. */
const marked = (reading: EventReading): readonly string[] =>
  reading.texts
    .filter(({ value }) => value.includes('X'))
    .map(({ role, place, lane }) => [role, place, lane ?? ''].join(' ').trim())

describe('blocks of text', () => {
  const groups = (reading: EventReading): readonly string[] =>
    reading.texts.filter(({ value }) => value.includes('X')).map(({ lane, group }) => `${lane} ${group}`)

  test('are one group, from their beginnings on', () => {
    expect(groups(last(begins(0, { type: 'text', text: 'X' })))).toEqual(['0/text text'])
    expect(groups(last(TEXT, goesOn(0, { type: 'text_delta', text: 'X' })))).toEqual(['0/text text'])
    const second = begins(1, { type: 'text', text: '' })
    expect(groups(last(TEXT, ends(0), second, goesOn(1, { type: 'text_delta', text: 'X' })))).toEqual(['1/text text'])
    const other = begins(0, { type: 'dream', text: 'X' })
    expect(groups(last(other))).toEqual(['undefined /content'])
  })

  test('come one behind the other', () => {
    expect(outcomeOf(() => last(TEXT, begins(1, { type: 'text', text: '' })))).toStartWith('provider_answer_invalid')
    expect(outcomeOf(() => last(TEXT, begins(1, { type: 'tool_use', id: 't', name: 'n', input: {} })))).toBe('accepted')
  })
})

test('an empty piece goes on with nothing', () => {
  const lanes = ({ texts, ended }: EventReading) => [texts.flatMap(({ lane }) => lane ?? []), ended]
  expect(lanes(last(TEXT, goesOn(0, { type: 'text_delta', text: '' })))).toEqual([[], []])
  expect(lanes(last(TEXT, goesOn(0, { type: 'dream_delta', a: '', b: [''] })))).toEqual([[], []])
  const thinking = begins(0, { type: 'thinking', thinking: '', signature: '' })
  expect(lanes(last(thinking, goesOn(0, { type: 'thinking_delta', thinking: '' }), ends(0)))).toEqual([[], []])
  const call = begins(0, { type: 'tool_use', id: 't', name: 'n', input: {} })
  expect(lanes(last(call, goesOn(0, { type: 'input_json_delta', partial_json: '' })))).toEqual([[], []])
})

test('what a tool is called with has no role of ours, streamed or not', () => {
  const input = { encrypted_content: 'X1', type: 'base64', data: 'X2', in: { type: 'thinking', thinking: 'X3' } }
  const block = { type: 'server_tool_use', id: 't', name: 'n', input }
  expect(marked(last(begins(0, block)))).toEqual([
    'text /content/0/input/encrypted_content',
    'text /content/0/input/data',
    'text /content/0/input/in/thinking',
  ])
})
