import { describe, expect, test } from 'bun:test'
import type { EventReading } from '#access/protocol.ts'
import { readStream } from './read-stream.ts'
import { outcomeOf, text } from './scene.fixture.ts'

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
const STOP: Event = { type: 'message_stop' }
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

describe('each text of a stream goes on in the lane of its block', () => {
  test.each<readonly [Event, object, readonly string[]]>([
    [TEXT, { type: 'text_delta', text: 'X' }, ['text /content/0/text 0/text']],
    [
      begins(0, { type: 'thinking', thinking: '', signature: '' }),
      { type: 'thinking_delta', thinking: 'X', estimated_tokens: 3 },
      ['signed /content/0/thinking 0/thinking'],
    ],
    [
      begins(0, { type: 'thinking', thinking: '', signature: '' }),
      { type: 'signature_delta', signature: 'X' },
      ['sealed /content/0/signature'],
    ],
    [
      begins(0, { type: 'tool_use', id: 't', name: 'n', input: {} }),
      { type: 'input_json_delta', partial_json: '{"a":"X' },
      ['json /content/0/input 0/input'],
    ],
    [
      begins(0, { type: 'server_tool_use', id: 't', name: 'web_search', input: {} }),
      { type: 'input_json_delta', partial_json: 'X' },
      ['json /content/0/input 0/input'],
    ],
    [
      begins(0, { type: 'compaction', content: null, encrypted_content: null }),
      { type: 'compaction_delta', content: 'X', encrypted_content: 'X' },
      ['signed /content/0/content 0/content', 'sealed /content/0/encrypted_content'],
    ],
    [
      TEXT,
      {
        type: 'citations_delta',
        citation: { type: 'web_search_result_location', cited_text: 'X', encrypted_index: 'X', url: 'https://a' },
      },
      ['text /content/0/citations/0/cited_text', 'sealed /content/0/citations/0/encrypted_index'],
    ],
    [
      begins(0, { type: 'hologram' }),
      { type: 'beam_delta', beam: { left: 'X', right: ['X'] } },
      [
        'text /content/0/beam/left 0/delta/beam_delta["beam","left"]',
        'text /content/0/beam/right/0 0/delta/beam_delta["beam","right",0]',
      ],
    ],
    [TEXT, { type: 'text_delta', text: '', more: 'X' }, ['text /content/0/more 0/delta/text_delta["more"]']],
  ])('%j %j', (start, delta, expected) => {
    expect(marked(last(start, goesOn(0, delta)))).toEqual(expected)
  })

  test('which begins with what its block begins with', () => {
    expect(marked(last(begins(0, { type: 'text', text: 'X', citations: ['X'] })))).toEqual([
      'text /content/0/text 0/text',
      'text /content/0/citations/0',
    ])
    expect(marked(last(begins(0, { type: 'thinking', thinking: 'X', signature: 'X' })))).toEqual([
      'signed /content/0/thinking 0/thinking',
      'sealed /content/0/signature',
    ])
    expect(marked(last(begins(0, { type: 'compaction', content: 'X', signature: 'X' })))).toEqual([
      'signed /content/0/content 0/content',
      'sealed /content/0/signature',
    ])
    const [use] = last(begins(0, { type: 'tool_use', id: 't', name: 'n', input: { password: 'X' } })).texts.slice(-1)
    expect(use).toMatchObject({ place: '/content/0/input/password', label: 'password' })
    expect(use?.lane).toBeUndefined()
  })

  test('and ends with its block, or with the message', () => {
    const readings = readAll(
      START,
      TEXT,
      goesOn(0, { type: 'text_delta', text: 'a' }),
      ends(0),
      begins(1, { type: 'tool_use', id: 't', name: 'n', input: {} }),
      goesOn(1, { type: 'input_json_delta', partial_json: '{}' }),
      STOP,
    )
    expect(readings.map(({ ended }) => ended)).toEqual([[], [], [], ['0/text'], [], [], ['1/input']])
    expect(readings.map(({ done }) => done)).toEqual([false, false, false, false, false, false, true])
  })

  test('citations are counted, block by block', () => {
    const cite = (index: number) => goesOn(index, { type: 'citations_delta', citation: { cited_text: 'X' } })
    expect(
      readAll(START, TEXT, cite(0), cite(0), ends(0), begins(1, { type: 'text', text: '' }), cite(1)).flatMap(marked),
    ).toEqual([
      'text /content/0/citations/0/cited_text',
      'text /content/0/citations/1/cited_text',
      'text /content/1/citations/0/cited_text',
    ])
  })
})

test('all else stands where it would in a whole answer', () => {
  expect(
    marked(readAll({ type: 'message_start', message: { type: 'message', id: 'X', surprise: 'X' } })[0] as EventReading),
  ).toEqual(['text /id', 'text /surprise'])
  const delta = { stop_reason: 'end_turn', stop_sequence: 'X', stop_details: { explanation: 'X' } }
  expect(marked(last({ type: 'message_delta', delta, usage: { note: 'X' } }))).toEqual([
    'text /stop_sequence',
    'text /stop_details/explanation',
    'text /usage/note',
  ])
  expect(marked(last({ type: 'aurora_borealis', light: 'X' }))).toEqual(['text /light'])
  const hit = { type: 'web_search_result', encrypted_content: 'X', title: 'X' }
  expect(marked(last(begins(0, { type: 'web_search_tool_result', content: [hit] })))).toEqual([
    'sealed /content/0/content/0/encrypted_content',
    'text /content/0/content/0/title',
  ])
})

test('usage and ids are told as they come', () => {
  const output = { type: 'bash_code_execution_output', file_id: 'file_1' }
  const readings = readAll(
    START,
    begins(0, { type: 'bash_code_execution_tool_result', content: { type: 'r', content: [output] } }),
    {
      type: 'message_delta',
      delta: { container: { id: 'container_1' } },
      usage: { output_tokens: 9, input_tokens: null },
    },
  )
  expect(readings.map(({ usage }) => usage)).toEqual([
    { input: 8, output: 1, cached: 1, cacheWrite: 2 },
    undefined,
    { input: 8, output: 9, cached: 1, cacheWrite: 2 },
  ])
  expect(readings.map(({ made }) => made)).toEqual([['msg_1'], ['file_1'], ['container_1']])
})

describe('an event leaves', () => {
  test('named, with the name that the caller used, and otherwise as it came', () => {
    const [start] = readAll(START)
    expect(text((start as EventReading).compose([]))).toBe(
      `event: message_start\ndata: ${JSON.stringify(START).replace('harbor-1', 'claude-clinic')}\n\n`,
    )
    const read = readStream('m')
    const ping = read({ data: '{"type": "ping",\n"n":1.50}' })
    expect(text(ping.compose([]))).toBe('event: ping\ndata: {"type": "ping", "n":1.50}\n\n')
    expect(text(read({ event: 'ping', data: '' }).compose([]))).toBe('')
    const counted = { type: 'message_delta', delta: {}, usage: { iterations: [{ model: 'harbor-1' }] } }
    expect(text(last(counted).compose([]))).toContain('"iterations":[{"model":"claude-clinic"}]')
  })

  test('with what was redacted of it, and what is told of that', () => {
    const reading = last(TEXT, goesOn(0, { type: 'text_delta', text: 'say hunter2' }))
    const edits = reading.texts.flatMap((each) =>
      each.value === 'say hunter2' ? each.edits([{ start: 4, end: 11, with: '[redacted: password]' }]) : [],
    )
    expect(text(reading.compose(edits, [{ kind: 'password', place: '/content/0/text' }]))).toBe(
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"say [redacted: password]"},"sallyport":{"redacted":[{"kind":"password","place":"/content/0/text"}]}}\n\n',
    )
  })

  test('with the gate’s own words in place of what a provider wrote under its name', () => {
    const reading = last({ type: 'ping', sallyport: { redacted: ['hunter2'] } })
    const edits = reading.texts.flatMap((each) =>
      each.value === 'hunter2' ? each.edits([{ start: 0, end: 7, with: '[redacted: password]' }]) : [],
    )
    expect(text(reading.compose(edits, [{ kind: 'password', place: '/sallyport' }]))).toBe(
      'event: ping\ndata: {"type":"ping","sallyport":{"redacted":[{"kind":"password","place":"/sallyport"}]}}\n\n',
    )
    expect(text(reading.compose(edits))).toContain('{"redacted":["[redacted: password]"]}')
  })
})

describe('a stream is refused', () => {
  const outcome = (...events: readonly Event[]): string => outcomeOf(() => readAll(...events))
  const INVALID = 'provider_answer_invalid -'

  test('that is out of order', () => {
    expect(outcome(TEXT)).toBe(INVALID)
    expect(outcome(STOP)).toBe(INVALID)
    expect(outcome(START, START)).toBe(INVALID)
    expect(outcome(START, goesOn(0, { type: 'text_delta', text: 'a' }))).toBe(INVALID)
    expect(outcome(START, ends(0))).toBe(INVALID)
    expect(outcome(START, TEXT, TEXT)).toBe(INVALID)
    expect(outcome(START, begins(1, { type: 'text', text: '' }))).toBe(INVALID)
    expect(outcome(START, TEXT, ends(0), goesOn(0, { type: 'text_delta', text: 'a' }))).toBe(INVALID)
    expect(outcome(START, STOP, TEXT)).toBe(INVALID)
    expect(outcome(START, STOP, STOP)).toBe(INVALID)
    expect(outcome(START, STOP, { type: 'message_delta', delta: {} })).toBe(INVALID)
    expect(outcome(START, STOP, { type: 'ping' })).toBe(INVALID)
    expect(outcome({ type: 'ping' }, START, { type: 'ping' }, TEXT, { type: 'ping' }, ends(0), STOP)).toBe('accepted')
  })

  test('whose pieces are of another kind than their block', () => {
    const thinking = begins(0, { type: 'thinking', thinking: '', signature: '' })
    expect(outcome(START, thinking, goesOn(0, { type: 'text_delta', text: 'a' }))).toBe(INVALID)
    expect(outcome(START, TEXT, goesOn(0, { type: 'thinking_delta', thinking: 'a' }))).toBe(INVALID)
    expect(outcome(START, TEXT, goesOn(0, { type: 'compaction_delta', content: 'a' }))).toBe(INVALID)
    expect(outcome(START, TEXT, goesOn(0, { type: 'input_json_delta', partial_json: '{}' }))).toBe(INVALID)
    expect(outcome(START, begins(0, { type: 'hologram' }), goesOn(0, { type: 'text_delta', text: 'a' }))).toBe(
      'accepted',
    )
  })

  test('that takes more and more memory', () => {
    const open = Array.from({ length: 65 }, (_, index) => begins(index, { type: 'dream' }))
    expect(outcome(START, ...open.slice(0, 64))).toBe('accepted')
    expect(outcome(START, ...open)).toBe(INVALID)
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'x']))
    expect(outcome(START, begins(0, { type: 'hologram' }), goesOn(0, { type: 'beam_delta', ...fields(64) }))).toBe(
      'accepted',
    )
    expect(outcome(START, begins(0, { type: 'hologram' }), goesOn(0, { type: 'beam_delta', ...fields(65) }))).toBe(
      INVALID,
    )
  })

  test('that reports an error', () => {
    expect(outcome(START, { type: 'error', error: { type: 'overloaded_error', message: 'm' } })).toBe(
      'provider_failed -',
    )
    expect(outcome({ type: 'ping', error: { message: 'm' } })).toBe('provider_failed -')
  })

  test.each([
    ['text', undefined],
    ['[]', undefined],
    ['{"type":"ping","type":"ping"}', undefined],
    ['{}', undefined],
    ['{"type":1}', undefined],
    ['{"type":"ping"}', 'message_stop'],
    // The type leaves as the event's name: nothing that could be a secret does.
    ['{"type":"AKIAIOSFODNN7EXAMPLE"}', undefined],
    ['{"type":"a\\nb"}', undefined],
    [`{"type":"${'a'.repeat(41)}"}`, undefined],
    ['{"type":"message_start","message":{"type":"error"}}', undefined],
    ['{"type":"message_start"}', undefined],
  ])('that says %s, named %s', (data, event) => {
    expect(outcomeOf(() => readStream('m')({ data, ...(event === undefined ? {} : { event }) }))).toBe(INVALID)
  })
})
