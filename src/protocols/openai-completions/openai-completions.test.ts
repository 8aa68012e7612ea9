import { describe, expect, test } from 'bun:test'
import { NO_LIMITS, type ParameterLimits } from '#access/parameters.ts'
import type { Settings } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { openAiCompletions } from './openai-completions.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)
const read = (body: string) => openAiCompletions.read(bytes(body), 128)
const asking = (rest: object) => read(JSON.stringify({ model: 'm', prompt: 'x', ...rest }))

const settings: Settings = { model: 'h', user: 'p-1', limits: NO_LIMITS, without: new Set(), provider: 'openai' }

/** `reason field`, or `read`. */
function judged(run: () => unknown): string {
  try {
    run()
    return 'read'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.reason} ${error.detail.field ?? ''}`.trim()
  }
}

const isName = ({ place, value, lane }: Text): boolean =>
  lane === undefined && place.endsWith('/*') && /^[a-z_]+$/.test(value)
const shown = (texts: Iterable<Text>): readonly string[] =>
  [...texts]
    .filter((each) => !isName(each))
    .map(({ place, role, lane, value }) => `${place} ${role} ${lane ?? '-'}: ${value}`)

describe('a request', () => {
  test('parameters as policy sees them: of all answers that are made, not only of those that are given', () => {
    const reading = asking({ n: 2, best_of: 5, max_tokens: 7, temperature: 0.5, top_p: 1, logprobs: 0, stream: true })
    expect(reading.parametersUnder(NO_LIMITS)).toEqual({
      tools: 0n,
      logprobs: true,
      n: 5n,
      max_output_tokens: 7n,
      temperature: { extension: { fn: 'decimal', arg: '0.5000' } },
      top_p: { extension: { fn: 'decimal', arg: '1.0000' } },
    })
    expect(reading).toMatchObject({ model: 'm', streaming: true, acts: [], unknown: [] })
    expect(asking({ n: 3, best_of: null, logprobs: null }).parametersUnder(NO_LIMITS)).toEqual({
      tools: 0n,
      logprobs: false,
      n: 3n,
    })
  })

  test.each([
    ['"one"', ['/prompt text -: one']],
    ['["one","two"]', ['/prompt/0 text -: one', '/prompt/1 text -: two']],
    ['[1, 22]', ['/prompt sealed -: [1, 22]']],
    ['[[1],[22,3]]', ['/prompt sealed -: [[1],[22,3]]']],
    ['null', []],
  ])('a prompt of %s', (prompt, texts) => {
    const reading = read(`{"model":"m","prompt":${prompt},"suffix":"end"}`)
    expect(shown(reading.texts())).toEqual(['/model text -: m', ...texts, '/suffix text -: end'])
  })

  test.each([
    ['"12345678"', 3],
    ['[1,2,3]', 3],
    ['[[1,2,3],[4]]', 4],
    ['null', 1],
  ])('a prompt of %s is about %i tokens', (prompt, tokens) => {
    expect(read(`{"model":"m","prompt":${prompt}}`).inputTokens).toBe(tokens)
  })

  test.each([
    ['"one"', 1],
    ['["one"]', 1],
    ['["one","two","one"]', 3],
    ['[1, 22]', 1],
    ['[[1],[22,3]]', 2],
    ['null', 1],
  ])('a prompt of %s asks for %i answers', (prompt, prompts) => {
    expect(read(`{"model":"m","prompt":${prompt}}`).prompts).toBe(prompts)
  })

  const max: ParameterLimits = { maxOutputTokens: { max: 50 }, temperature: { max: 0.5 } }

  test.each([
    [NO_LIMITS, '', ',"user":"p-1"'],
    [NO_LIMITS, ',"user":"me","safety_identifier":"me"', ',"user":"p-1","safety_identifier":"p-1"'],
    [max, ',"user":"p-1"', ',"user":"p-1","max_tokens":50,"temperature":0.5'],
    [max, ',"user":"p-1","max_tokens":80,"temperature":1', ',"user":"p-1","max_tokens":50,"temperature":0.5'],
    [max, ',"user":"p-1","max_tokens":20,"temperature":0', ',"user":"p-1","max_tokens":20,"temperature":0'],
    [{ maxOutputTokens: { fixed: 9 } }, ',"user":"p-1","max_tokens":null', ',"user":"p-1","max_tokens":9'],
  ] as const)('under %j, %s leaves as %s', (limits, came, leaves) => {
    const body = `{"model":"m","prompt":"x"${came}}`
    expect(text(read(body).compose({ ...settings, limits }))).toBe(`{"model":"h","prompt":"x"${leaves}}`)
  })

  test.each([
    ['{"model":"m"}', 'invalid_field prompt'],
    ['{"prompt":"x"}', 'invalid_field model'],
    ['{"model":"m","prompt":[]}', 'invalid_field prompt'],
    ['{"model":"m","prompt":[1,"a"]}', 'invalid_field prompt[1]'],
    ['{"model":"m","prompt":["a",1]}', 'invalid_field prompt[1]'],
    ['{"model":"m","prompt":[[]]}', 'invalid_field prompt[0]'],
    ['{"model":"m","prompt":[1.5]}', 'invalid_field prompt[0]'],
    ['{"model":"m","prompt":[-1]}', 'invalid_field prompt[0]'],
    ['{"model":"m","prompt":{"a":1}}', 'invalid_field prompt'],
    ['{"model":"m","prompt":"x","Prompt":"y"}', 'invalid_field Prompt'],
    ['{"model":"m","prompt":"x","Max_tokens":9}', 'invalid_field Max_tokens'],
    ['{"model":"m","prompt":"x","n":0}', 'invalid_field n'],
    ['{"model":"m","prompt":"x","models":["y"]}', 'unknown_field models'],
    ['{"model":"m","prompt":"x","messages":[]}', 'unknown_field messages'],
    ['{"model":"m","prompt":"x","store":true}', 'unknown_field store'],
    ['{"model":"m","prompt":"x","n_predict":9}', 'unknown_field n_predict'],
    ['{"model":"m","model":"n","prompt":"x"}', 'malformed_request'],
  ])('%s: %s', (body, expected) => {
    expect(judged(() => read(body))).toBe(expected)
  })

  test('unknown fields are noted, and effort is not limited under another name', () => {
    const reading = asking({ min_p: 0.1, thinking: {} })
    expect(reading.unknown).toEqual(['min_p', 'thinking'])
    expect(judged(() => reading.parametersUnder(NO_LIMITS))).toBe('read')
    expect(judged(() => reading.parametersUnder({ reasoningEffort: { max: 'low' } }))).toBe('invalid_field thinking')
  })

  test('300,000 tokens are read', () => {
    expect(asking({ prompt: Array.from({ length: 300_000 }, () => 1) }).inputTokens).toBe(300_000)
  })
})

describe('an answer', () => {
  const logprobs = { tokens: ['my se', 'cret'], token_logprobs: [-1, -2], top_logprobs: null, text_offset: [0, 5] }

  test('comes back with the name that the caller used; texts and tokens are read', () => {
    const body = `{"id":"c-1", "model":"h","choices":[{"text":"my secret","index":0,"logprobs":${JSON.stringify(logprobs)},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`
    const answer = openAiCompletions.readAnswer(bytes(body), 'mine')
    expect(answer).toMatchObject({ usage: { input: 1, output: 2 }, made: [] })
    expect(shown(answer.texts())).toEqual([
      '/id text -: c-1',
      '/model text -: h',
      '/choices/0/text text -: my secret',
      '/choices/0/logprobs text -: my secret',
      '/choices/0/finish_reason text -: stop',
    ])
    const edits = [...answer.texts()]
      .filter(({ value }) => value === 'my secret')
      .flatMap((each) => each.edits([{ start: 3, end: 9, with: '[gone]' }]))
    expect(text(answer.compose(edits))).toBe(
      body.replace('"h"', '"mine"').replace('"my secret"', '"my [gone]"').replace('"my se","cret"', '"my [gone]",""'),
    )
  })

  test.each([
    ['{"error":{"message":"x"},"choices":[]}', 'provider_failed'],
    ['{"choices":[{"index":0}]}', 'provider_answer_invalid'],
    ['{"choices":[{"message":{"content":"x"}}]}', 'provider_answer_invalid'],
    ['{}', 'provider_answer_invalid'],
  ])('%s: %s', (body, reason) => {
    expect(judged(() => openAiCompletions.readAnswer(bytes(body), 'm'))).toBe(reason)
    expect(judged(() => openAiCompletions.readStream('m')({ data: body }))).toBe(reason)
  })
})

test('a stream is one text per choice, in the places of the whole answer', () => {
  const read = openAiCompletions.readStream('mine')
  const first = read({ data: '{"model":"h","choices":[{"index":1,"text":"my se"},{"index":0,"text":"a"}]}' })
  expect(shown(first.texts)).toEqual([
    '/model text -: h',
    '/choices/1/text text 1/text: my se',
    '/choices/0/text text 0/text: a',
  ])
  expect(text(first.compose([]))).toBe(
    'data: {"model":"mine","choices":[{"index":1,"text":"my se"},{"index":0,"text":"a"}]}\n\n',
  )
  const last = read({
    data: '{"choices":[{"index":1,"text":"cret","logprobs":{"tokens":["cret"]},"finish_reason":"length"}]}',
  })
  expect(shown(last.texts)).toEqual([
    '/choices/1/text text 1/text: cret',
    '/choices/1/logprobs text 1/logprobs: cret',
    '/choices/1/finish_reason text -: length',
  ])
  expect(last.ended).toEqual(['1/text', '1/logprobs'])
  expect(read({ data: '{"choices":[],"usage":{"prompt_tokens":3}}' }).usage).toEqual({ input: 3 })
  expect(read({ data: '[DONE]' }).done).toBe(true)
})
