import { describe, expect, test } from 'bun:test'
import type { EventReading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { interrupt } from './error-event.ts'
import { readAnswer } from './read-answer.ts'
import { readStream } from './read-stream.ts'
import { reader, reasonOf, text, where } from './stream.fixture.ts'

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
  test('of the provider are a failure like any other, and none of its words is passed on', () => {
    const told = { code: 'rate_limit_exceeded', message: 'gpt-real of org-1 is at its limit', param: null }
    for (const event of [
      { type: 'error', ...told, sequence_number: 7 },
      { type: 'error', error: told },
    ]) {
      expect(reasonOf(() => reader()(event))).toBe('provider_failed')
      expect(() => reader()(event)).toThrow(/^The provider reported an error in its answer\.$/)
    }
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
