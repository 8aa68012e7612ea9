import { expect, test } from 'bun:test'
import { NO_LIMITS } from '#access/parameters.ts'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)
const read = (body: string) => openAiEmbeddings.read(bytes(body), 128)
const answer = (body: string) => openAiEmbeddings.readAnswer(bytes(body), 'mine')

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

const shown = (texts: Iterable<Text>): readonly string[] =>
  [...texts].filter(({ place }) => !place.endsWith('/*')).map(({ place, role, value }) => `${place} ${role}: ${value}`)

test.each([
  ['"one"', 2, ['/input text: one']],
  ['["one","two"]', 4, ['/input/0 text: one', '/input/1 text: two']],
  ['[1,2,3]', 3, ['/input sealed: [1,2,3]']],
  ['[[1,2],[3]]', 3, ['/input sealed: [[1,2],[3]]']],
] as const)('an input of %s', (input, tokens, texts) => {
  const reading = read(`{"model":"m","input":${input}}`)
  expect(reading).toMatchObject({ model: 'm', streaming: false, inputTokens: tokens, acts: [], unknown: [] })
  expect(shown(reading.texts())).toEqual(['/model text: m', ...texts])
})

test.each([
  ['', ',"user":"p-1"'],
  [',"user":"me"', ',"user":"p-1"'],
  [',"safety_identifier":"me"', ',"safety_identifier":"p-1","user":"p-1"'],
])('what leaves has the pseudonym: %s', (came, leaves) => {
  const limits = { maxOutputTokens: { max: 5 }, temperature: { fixed: 0 } }
  const reading = read(`{"model":"m", "input":"x","dimensions":256,"encoding_format":"float"${came}}`)
  expect(reading.parametersUnder(limits)).toEqual({ tools: 0n, logprobs: false })
  expect(
    text(reading.compose({ model: 'h', user: 'p-1', limits, without: new Set(), provider: 'openai-compatible' })),
  ).toBe(`{"model":"h", "input":"x","dimensions":256,"encoding_format":"float"${leaves}}`)
})

test.each([
  ['{"model":"m"}', 'invalid_field input'],
  ['{"input":"x"}', 'invalid_field model'],
  ['{"model":"m","input":null}', 'invalid_field input'],
  ['{"model":"m","input":[]}', 'invalid_field input'],
  ['{"model":"m","input":["a",[1]]}', 'invalid_field input[1]'],
  ['{"model":"m","input":[[1],"a"]}', 'invalid_field input[1]'],
  ['{"model":"m","input":"x","encoding_format":"int8"}', 'invalid_field encoding_format'],
  ['{"model":"m","input":"x","dimensions":0}', 'invalid_field dimensions'],
  ['{"model":"m","input":"x","INPUT":"y"}', 'invalid_field INPUT'],
  ['{"model":"m","input":"x","stream":true}', 'unknown_field stream'],
  ['{"model":"m","input":"x","base_url":"http://a"}', 'unknown_field base_url'],
])('%s: %s', (body, expected) => {
  expect(judged(() => read(body))).toBe(expected)
})

test('unknown fields are noted', () => {
  expect(read('{"model":"m","input":"x","input_type":"query"}').unknown).toEqual(['input_type'])
})

test('vectors come back byte for byte, with the name that the caller used', () => {
  const body =
    '{"object":"list", "data":[{"object":"embedding","index":0,"embedding":[0.10, -1E-5]}], "model":"h","usage":{"prompt_tokens":8,"total_tokens":8}}'
  const read = answer(body)
  expect(text(read.compose([]))).toBe(body.replace('"h"', '"mine"'))
  expect(read).toMatchObject({ usage: { input: 8 }, made: [] })
  expect(shown(read.texts())).toEqual(['/object text: list', '/data/0/object text: embedding', '/model text: h'])
})

test('vectors in base64 are numbers, and not media', () => {
  const long = 'AAAA'.repeat(300)
  const body = JSON.stringify({ data: [{ embedding: long }, { embedding: 'AAAA' }] })
  expect(shown(answer(body).texts())).toEqual([`/data/0/embedding numbers: ${long}`, '/data/1/embedding numbers: AAAA'])
})

test.each([
  ['{"data":[{"embedding":["a"]}]}', 'provider_answer_invalid'],
  ['{"data":[{"embedding":[1,[2]]}]}', 'provider_answer_invalid'],
  ['{"data":[{"embedding":{"float":[1]}}]}', 'provider_answer_invalid'],
  ['{"data":[{"embedding":[1e999]}]}', 'provider_answer_invalid'],
  ['{"data":[{"index":0}]}', 'provider_answer_invalid'],
  ['{"data":[[1]]}', 'provider_answer_invalid'],
  ['{"data":{}}', 'provider_answer_invalid'],
  ['{"data":[],"error":{"message":"x"}}', 'provider_failed'],
  ['{"data":[],"data":[]}', 'provider_answer_invalid'],
  ['{"data":[]}', 'read'],
])('%s: %s', (body, expected) => {
  expect(judged(() => answer(body))).toBe(expected)
})

test('it is never a stream', () => {
  expect(judged(() => openAiEmbeddings.readStream('m')({ data: '{"data":[]}' }))).toBe('provider_answer_invalid')
})

test('2,048 vectors of 1,536 numbers are read in less than two seconds', () => {
  const vector = `[${Array.from({ length: 1_536 }, (_, index) => (index / 7e4).toFixed(10)).join(',')}]`
  const items = Array.from({ length: 2_048 }, (_, index) => `{"index":${index},"embedding":${vector}}`)
  const body = bytes(`{"data":[${items.join(',')}],"model":"h"}`)
  const began = performance.now()
  const read = openAiEmbeddings.readAnswer(body, 'm')
  expect(read.compose([]).length).toBe(body.length)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('no parameters are limited here', () => {
  expect(read('{"model":"m","input":"x"}').parametersUnder(NO_LIMITS)).toEqual({ tools: 0n, logprobs: false })
})
