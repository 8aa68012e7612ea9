import { describe, expect, test } from 'bun:test'
import type { EventReading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { interrupt } from './error-event.ts'
import { readAnswer } from './read-answer.ts'
import { readStream } from './read-stream.ts'

const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const reader = (model = 'clinic') => {
  const read = readStream(model)
  return (event: object): EventReading => read({ data: JSON.stringify(event) })
}

const reasonOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'accepted'
}

/** Of the texts that hold this value: where they stand, in which role, in which lane. */
const where = ({ texts }: EventReading, value: string) =>
  texts
    .filter((each) => each.value === value)
    .map(({ place, role, lane }) => (lane ? [place, role, lane] : [place, role]))

const T = '/output/2/content/1/text'
const at = { item_id: 'x', output_index: 2, content_index: 1, summary_index: 3, command_index: 4, sequence_number: 5 }

describe('each delta goes on with the text that stands in the whole response', () => {
  test.each([
    ['response.output_text.delta', '/output/2/content/1/text', 'text'],
    ['response.refusal.delta', '/output/2/content/1/refusal', 'text'],
    ['response.reasoning_text.delta', '/output/2/content/1/text', 'text'],
    ['response.reasoning_summary_text.delta', '/output/2/summary/3/text', 'text'],
    ['response.function_call_arguments.delta', '/output/2/arguments', 'json'],
    ['response.mcp_call_arguments.delta', '/output/2/arguments', 'json'],
    ['response.custom_tool_call_input.delta', '/output/2/input', 'text'],
    ['response.code_interpreter_call_code.delta', '/output/2/code', 'text'],
    ['response.apply_patch_call_operation_diff.delta', '/output/2/operation/diff', 'text'],
    ['response.shell_call_command.delta', '/output/2/action/commands/4', 'text'],
    ['response.audio.transcript.delta', '/audio/transcript', 'text'],
  ])('%s', (type, place, role) => {
    expect(where(reader()({ type, delta: 'piece', ...at }), 'piece')).toEqual([[place, role, place]])
  })

  test('a shell has two outputs', () => {
    const reading = reader()({
      type: 'response.shell_call_output_content.delta',
      delta: { stdout: 'o', stderr: 'e' },
      ...at,
    })
    expect(where(reading, 'o')).toEqual([['/output/2/output/4/stdout', 'text', '/output/2/output/4/stdout']])
    expect(where(reading, 'e')).toEqual([['/output/2/output/4/stderr', 'text', '/output/2/output/4/stderr']])
  })

  test('sound and pictures are complete in themselves', () => {
    expect(where(reader()({ type: 'response.audio.delta', delta: 'AAAA' }), 'AAAA')).toEqual([['/audio/data', 'media']])
    const picture = { type: 'response.image_generation_call.partial_image', partial_image_b64: 'AAAA', ...at }
    expect(where(reader()(picture), 'AAAA')).toEqual([['/output/2/result', 'media']])
  })
})

describe('the end of a text', () => {
  test.each([
    ['response.output_text', { text: 'all' }, '/output/2/content/1/text', 'text'],
    ['response.refusal', { refusal: 'all' }, '/output/2/content/1/refusal', 'text'],
    ['response.reasoning_text', { text: 'all' }, '/output/2/content/1/text', 'text'],
    ['response.reasoning_summary_text', { text: 'all' }, '/output/2/summary/3/text', 'text'],
    ['response.function_call_arguments', { arguments: 'all' }, '/output/2/arguments', 'json'],
    ['response.mcp_call_arguments', { arguments: 'all' }, '/output/2/arguments', 'json'],
    ['response.custom_tool_call_input', { input: 'all' }, '/output/2/input', 'text'],
    ['response.code_interpreter_call_code', { code: 'all' }, '/output/2/code', 'text'],
    ['response.apply_patch_call_operation_diff', { diff: 'all' }, '/output/2/operation/diff', 'text'],
    ['response.shell_call_command', { command: 'all' }, '/output/2/action/commands/4', 'text'],
  ])('%s.done ends its lane, and repeats the text', (name, fields, place, role) => {
    const read = reader()
    expect(read({ type: `${name}.delta`, delta: 'al', ...at }).ended).toEqual([])
    const done = read({ type: `${name}.done`, ...fields, ...at })
    expect(where(done, 'all')).toEqual([[place, role]])
    expect(done.ended).toEqual([place])
    expect(done.done).toBe(false)
    // What goes on behind it would be judged without what came before it.
    expect(reasonOf(() => read({ type: `${name}.delta`, delta: 'l', ...at }))).toBe('provider_answer_invalid')
  })

  test('what a shell gave is repeated where its command stands', () => {
    const read = reader()
    read({ type: 'response.shell_call_output_content.delta', delta: { stdout: 'o' }, ...at, output_index: 0 })
    const done = read({
      type: 'response.shell_call_output_content.done',
      output: [{ outcome: { type: 'exit', exit_code: 0 }, stdout: 'all', stderr: '' }],
      ...at,
      output_index: 0,
    })
    expect(where(done, 'all')).toEqual([['/output/0/output/4/stdout', 'text']])
    expect(done.ended).toEqual(['/output/0/output/4/stdout'])
  })

  test('a part, an item and the response end what stands in them', () => {
    const read = reader()
    const delta = (output_index: number, content_index: number) =>
      read({ type: 'response.output_text.delta', delta: 'x', output_index, content_index, logprobs: [] })
    for (const [item, part] of [
      [0, 0],
      [0, 1],
      [0, 10],
      [1, 0],
      [10, 0],
    ] as const)
      delta(item, part)
    expect(
      read({
        type: 'response.content_part.done',
        output_index: 0,
        content_index: 1,
        part: { type: 'output_text', text: 'x' },
      }).ended,
    ).toEqual(['/output/0/content/1/text'])
    expect(read({ type: 'response.output_item.done', output_index: 0, item: { type: 'message' } }).ended).toEqual([
      '/output/0/content/0/text',
      '/output/0/content/10/text',
    ])
    expect(read({ type: 'response.completed', response: { output: [] } }).ended).toEqual([
      '/output/1/content/0/text',
      '/output/10/content/0/text',
    ])
  })
})

describe('what clients go on from is part of the text', () => {
  test.each([
    [
      { type: 'response.output_item.added', output_index: 2, item: { type: 'function_call', arguments: 'AK' } },
      '/output/2/arguments',
      'json',
    ],
    [{ type: 'response.content_part.added', part: { type: 'output_text', text: 'AK' }, ...at }, T, 'text'],
    [
      { type: 'response.reasoning_summary_part.added', part: { type: 'summary_text', text: 'AK' }, ...at },
      '/output/2/summary/3/text',
      'text',
    ],
    [{ type: 'response.shell_call_command.added', command: 'AK', ...at }, '/output/2/action/commands/4', 'text'],
    [
      {
        type: 'response.in_progress',
        response: { output: [{ type: 'message', content: [{ type: 'output_text', text: 'AK' }] }] },
      },
      '/output/0/content/0/text',
      'text',
    ],
  ])('%j', (event, place, role) => {
    expect(where(reader()(event), 'AK')).toEqual([[place, role, place]])
  })

  test('an empty beginning begins nothing', () => {
    const event = { type: 'response.content_part.added', part: { type: 'output_text', text: '' }, ...at }
    expect(where(reader()(event), '')).toEqual([[T, 'text']])
  })
})

describe('log-probabilities', () => {
  const logprobs = [
    {
      token: 'AK',
      logprob: -1,
      bytes: [65, 75],
      top_logprobs: [
        { token: 'AK', logprob: -1 },
        { token: 'no', logprob: -2 },
      ],
    },
    {
      token: 'IA',
      logprob: -1,
      bytes: [73, 65],
      top_logprobs: [
        { token: 'IA', logprob: -1 },
        { token: 'pe', logprob: -2 },
      ],
    },
  ]
  const L = '/output/2/content/1/logprobs'

  test('are a lane of their own, and one more for each rank', () => {
    const reading = reader()({ type: 'response.output_text.delta', delta: 'AKIA', logprobs, ...at })
    expect(where(reading, 'AKIA')).toEqual([
      [T, 'text', T],
      [L, 'text', L],
      [L, 'text', `${L}/0`],
    ])
    expect(where(reading, 'nope')).toEqual([[L, 'text', `${L}/1`]])
    expect(where(reading, 'AK')).toEqual([])
  })

  test('what is found in them is taken out of every token that it touches', () => {
    const reading = reader()({
      type: 'response.output_text.delta',
      delta: 'x',
      logprobs,
      output_index: 0,
      content_index: 0,
    })
    const tokens = reading.texts.find(({ lane }) => lane === '/output/0/content/0/logprobs')
    const edits = tokens?.edits([{ start: 1, end: 3, with: '[redacted: x]' }]) ?? []
    expect(text(reading.compose(edits))).toBe(
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"x","logprobs":[{"token":"A[redacted: x]","logprob":-1,"bytes":[],"top_logprobs":[]},{"token":"A","logprob":-1,"bytes":[],"top_logprobs":[]}],"output_index":0,"content_index":0}\n\n',
    )
    const rank = reading.texts.find(({ lane }) => lane === '/output/0/content/0/logprobs/1')
    expect(text(reading.compose(rank?.edits([{ start: 0, end: 1, with: 'X' }]) ?? []))).toContain(
      '[{"token":"AK","logprob":-1,"bytes":[65,75],"top_logprobs":[]},{"token":"IA","logprob":-1,"bytes":[73,65],"top_logprobs":[{"token":"IA"',
    )
  })

  test('end with their text', () => {
    const read = reader()
    read({ type: 'response.output_text.delta', delta: 'AKIA', logprobs, ...at })
    const done = read({ type: 'response.output_text.done', text: 'AKIA', logprobs, ...at })
    expect(done.ended).toEqual([T, L, `${L}/0`, `${L}/1`])
    expect(where(done, 'AKIA')).toEqual([
      [T, 'text'],
      [L, 'text'],
      [L, 'text'],
    ])
  })
})

const WHOLE = {
  id: 'resp_1',
  model: 'gpt-real',
  status: 'completed',
  store: true,
  metadata: { secret: 'm' },
  output: [
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'thought' }], encrypted_content: 'x' },
    {
      type: 'message',
      id: 'msg_1',
      content: [
        {
          type: 'output_text',
          text: 'said',
          annotations: [{ type: 'url_citation', url: 'u', title: 'cited' }],
          logprobs: [{ token: 'said', top_logprobs: [] }],
        },
        { type: 'refusal', refusal: 'refused' },
      ],
    },
    { type: 'function_call', id: 'fc_1', name: 'called', arguments: '{"a":"b"}' },
    { type: 'image_generation_call', id: 'ig_1', result: 'AAAA' },
  ],
  usage: { input_tokens: 3, output_tokens: 4 },
}

describe('snapshots', () => {
  const told = ({ place, value, role, label }: EventReading['texts'][number]) =>
    [place, value, role, label ?? ''].join(' ')

  test('have every text where the whole answer has it', () => {
    const whole = [...readAnswer(new TextEncoder().encode(JSON.stringify(WHOLE)), 'clinic').texts()].map(told)
    const { texts } = reader()({ type: 'response.completed', response: WHOLE, sequence_number: 9 })
    const frame = new Set([
      '/* type text ',
      '/type response.completed text ',
      '/* response text ',
      '/* sequence_number text ',
    ])
    expect(
      texts
        .map(told)
        .filter((each) => !frame.has(each))
        .sort(),
    ).toEqual(whole.sort())
    expect(texts.some(({ lane }) => lane !== undefined)).toBe(false)
  })

  test('of an item or a part have them there, too', () => {
    const read = reader()
    const item = read({ type: 'response.output_item.done', output_index: 1, item: WHOLE.output[1] })
    expect(where(item, 'said')).toEqual([
      ['/output/1/content/0/text', 'text'],
      ['/output/1/content/0/logprobs', 'text'],
    ])
    expect(where(item, 'cited')).toEqual([['/output/1/content/0/annotations/0/title', 'text']])
    expect(where(item, 'annotations')).toEqual([['/output/1/content/0/*', 'text']])
    const part = read({
      type: 'response.content_part.done',
      output_index: 1,
      content_index: 1,
      part: { type: 'refusal', refusal: 'refused' },
    })
    expect(where(part, 'refused')).toEqual([['/output/1/content/1/refusal', 'text']])
    const note = read({
      type: 'response.output_text.annotation.added',
      output_index: 1,
      content_index: 0,
      annotation_index: 0,
      annotation: { type: 'url_citation', title: 'cited' },
    })
    expect(where(note, 'cited')).toEqual([['/output/1/content/0/annotations/0/title', 'text']])
  })

  test('leave with the caller’s name of the model, and tell usage and what was made', () => {
    const read = reader()
    const first = read({
      type: 'response.created',
      response: { id: 'resp_1', model: 'gpt-real', status: 'in_progress', output: [] },
    })
    expect(text(first.compose([]))).toBe(
      'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","model":"clinic","status":"in_progress","output":[]}}\n\n',
    )
    expect([first.made, first.done]).toEqual([['resp_1'], false])
    expect(read({ type: 'response.output_item.done', output_index: 1, item: WHOLE.output[1] }).made).toEqual(['msg_1'])
    const last = read({ type: 'response.completed', response: WHOLE })
    expect(last).toMatchObject({
      usage: { input: 3, output: 4 },
      made: ['resp_1', 'rs_1', 'msg_1', 'fc_1', 'ig_1'],
      done: true,
    })
  })

  test('of what is not stored make nothing but containers', () => {
    const read = reader()
    expect(read({ type: 'response.created', response: { id: 'resp_1', store: false, output: [] } }).made).toEqual([])
    const item = { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' }
    expect(read({ type: 'response.output_item.added', output_index: 0, item }).made).toEqual(['cntr_1'])
  })
})

describe('an event leaves', () => {
  test('under its type, on one line, with what was redacted told behind', () => {
    const read = readStream('clinic')
    const reading = read({
      event: 'response.output_text.delta',
      data: '{"type":"response.output_text.delta",\n"delta":"AKIA","output_index":0,"content_index":0,"logprobs":[]}',
    })
    const piece = reading.texts.find(({ lane }) => lane !== undefined)
    const edits = piece?.edits([{ start: 0, end: 4, with: '[redacted: k]' }]) ?? []
    expect(text(reading.compose(edits, [{ kind: 'k', place: '/output/0/content/0/text' }]))).toBe(
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta", "delta":"[redacted: k]","output_index":0,"content_index":0,"logprobs":[],"sallyport":{"redacted":[{"kind":"k","place":"/output/0/content/0/text"}]}}\n\n',
    )
  })

  test('even where nobody here knows its type, or the provider tells of redactions itself', () => {
    const reading = reader()({ type: 'response.dream.delta', delta: 'x', sallyport: 'mine' })
    expect(where(reading, 'x')).toEqual([['/delta', 'text']])
    expect([reading.done, reading.ended]).toEqual([false, []])
    expect(text(reading.compose([], [{ kind: 'k', place: '/a' }]))).toBe(
      'event: response.dream.delta\ndata: {"type":"response.dream.delta","delta":"x","sallyport":{"redacted":[{"kind":"k","place":"/a"}]}}\n\n',
    )
  })

  test.each([
    ['{"delta":"x"}', undefined, 'provider_answer_invalid'],
    ['{"type":7}', undefined, 'provider_answer_invalid'],
    ['{"type":"a\\nevent: b"}', undefined, 'provider_answer_invalid'],
    ['{"type":"response.completed","response":{"output":[]}}', 'response.created', 'provider_answer_invalid'],
    ['{"type":"response.completed","response":{}}', undefined, 'provider_answer_invalid'],
    ['{"type":"response.output_text.delta","delta":"x"}', undefined, 'provider_answer_invalid'],
    [
      '{"type":"response.output_text.delta","delta":"x","output_index":-1,"content_index":0}',
      undefined,
      'provider_answer_invalid',
    ],
    ['{"type":"response.output_text.delta","delta":"x","error":{"message":"x"}}', undefined, 'provider_failed'],
    ['{"error":{"message":"overloaded"}}', undefined, 'provider_failed'],
    ['"x"', undefined, 'provider_answer_invalid'],
    ['{"type":"x"', undefined, 'provider_answer_invalid'],
    ['{"type":"keepalive","sequence_number":3}', 'keepalive', 'accepted'],
    ['', undefined, 'accepted'],
    ['[DONE]', undefined, 'accepted'],
  ])('or does not: %s under %s', (data, event, reason) => {
    expect(reasonOf(() => readStream('m')({ data, ...(event === undefined ? {} : { event }) }))).toBe(reason)
  })
})

describe('errors in the middle', () => {
  test('of the provider are passed on without its words', () => {
    const event = {
      type: 'error',
      code: 'rate_limit_exceeded',
      message: 'gpt-real of org-1 is at its limit',
      param: null,
      sequence_number: 7,
      more: 1,
    }
    const reading = reader()(event)
    expect(text(reading.compose([]))).toBe(
      'event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"The provider reported an error.","param":null,"sequence_number":7}\n\n',
    )
    expect(reading.done).toBe(true)
    expect(where(reading, 'rate_limit_exceeded')).toEqual([['/code', 'text']])
    expect(text(reader()({ type: 'error', error: { code: 'a b', message: 'x', param: 'input[0]' } }).compose([]))).toBe(
      'event: error\ndata: {"type":"error","code":null,"message":"The provider reported an error.","param":"input[0]","sequence_number":0}\n\n',
    )
  })

  test('a response that failed tells why, and names the model as the caller does', () => {
    const response = {
      model: 'gpt-real',
      status: 'failed',
      output: [],
      error: { code: 'server_error', message: 'gpt-real fell' },
    }
    const reading = reader()({ type: 'response.failed', response })
    expect(reading.done).toBe(true)
    expect(where(reading, 'clinic fell')).toEqual([['/error/message', 'text']])
    expect(text(reading.compose([]))).toBe(
      'event: response.failed\ndata: {"type":"response.failed","response":{"model":"clinic","status":"failed","output":[],"error":{"code":"server_error","message":"clinic fell"}}}\n\n',
    )
  })

  test('of the gate end it', () => {
    const refusal = new Refusal('content_blocked', { message: 'The answer holds\na credential.' })
    expect(text(interrupt(refusal, 'EX'))).toBe(
      'event: error\ndata: {"type":"error","code":"content_blocked","message":"The answer holds\\na credential. (exchange EX)","param":null,"sequence_number":0}\n\n',
    )
  })
})
