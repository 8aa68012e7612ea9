import { expect, test } from 'bun:test'
import { NO_LIMITS } from '#access/parameters.ts'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { openAiModerations } from './openai-moderations.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)
const read = (body: string) => openAiModerations.read(bytes(body), 128)
const answer = (body: string) => openAiModerations.readAnswer(bytes(body), 'mine')

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

const image = (url: string): string => JSON.stringify({ type: 'image_url', image_url: { url } })

test.each([
  ['"one"', ['/input text: one'], []],
  ['["one","two"]', ['/input/0 text: one', '/input/1 text: two'], []],
  ['[{"type":"text","text":"one"}]', ['/input/0/type text: text', '/input/0/text text: one'], []],
  [
    `[${image('data:image/png;base64,AAAA')}]`,
    ['/input/0/type text: image_url', '/input/0/image_url/url media: data:image/png;base64,AAAA'],
    [],
  ],
  [
    `["x",${image('https://example.com/a')}]`,
    ['/input/0 text: x', '/input/1/type text: image_url', '/input/1/image_url/url text: https://example.com/a'],
    [{ action: 'fetch-url', field: 'input[1].image_url.url' }],
  ],
] as const)('an input of %s', (input, texts, acts) => {
  const reading = read(`{"model":"m","input":${input}}`)
  expect(shown(reading.texts())).toEqual(['/model text: m', ...texts])
  expect(reading.acts).toEqual([...acts])
  expect(reading).toMatchObject({ model: 'm', streaming: false, unknown: [] })
  expect(reading.parametersUnder(NO_LIMITS)).toEqual({ tools: 0n, logprobs: false })
})

test('what lies deeper than where media stand is text, whatever stands beside it', () => {
  const deeper = '{"type":"odd","image_url":{"url":{"url":"data:,","y":"hello"}}}'
  const reading = read(`{"model":"m","input":[${deeper}]}`)
  expect(shown(reading.texts())).toContain('/input/0/image_url/url/y text: hello')
})

test('a part of another type could make the provider fetch anything', () => {
  const reading = read('{"model":"m","input":[{"type":"video_url","video_url":"http://a"}]}')
  expect(reading.unknown).toEqual(['input[0].type'])
  expect(reading.acts).toEqual([
    { action: 'fetch-url', field: 'input[0]' },
    { action: 'use-file', field: 'input[0]' },
  ])
  const named = read('{"model":"m","input":[{"type":"image_url","image_url":{"url":"data:,","file_id":"f1"}}]}')
  expect(named.acts).toContainEqual({ action: 'use-file', field: 'input[0].image_url.file_id', id: 'f1' })
  expect(read('{"model":"m","input":"x","trace":{"file_id":"f1"}}').mentions).toEqual([
    { id: 'f1', field: 'trace.file_id' },
  ])
})

test('an image that the body carries counts by the piece, and an address by its bytes, too', () => {
  expect(read(`{"model":"m","input":[${image(`data:image/png;base64,${'A'.repeat(400_000)}`)}]}`).inputTokens).toBe(
    1_011,
  )
  expect(read(`{"model":"m","input":[${image(`http://a/${'a'.repeat(4_000)}`)}]}`).inputTokens).toBe(2_014)
})

test('a model must be named', () => {
  let told = ''
  try {
    read('{"input":"x"}')
  } catch (error) {
    if (error instanceof Refusal) told = `${error.reason} ${error.detail.field ?? ''}: ${error.message}`
  }
  expect(told).toBe(
    'invalid_field model: `model` must be named here, where no other chooses it: access is decided by it.',
  )
})

test.each([
  ['{"model":"m"}', 'invalid_field input'],
  ['{"model":null,"input":"x"}', 'invalid_field model'],
  ['{"Model":"m","input":"x"}', 'invalid_field Model'],
  ['{"model":"m","input":[]}', 'invalid_field input'],
  ['{"model":"m","input":[1]}', 'invalid_field input[0]'],
  ['{"model":"m","input":[{"type":"text"}]}', 'invalid_field input[0].text'],
  ['{"model":"m","input":[{"type":"text","text":"x","Text":"y"}]}', 'invalid_field input[0].Text'],
  ['{"model":"m","input":[{"type":"image_url","image_url":"http://a"}]}', 'invalid_field input[0].image_url'],
  ['{"model":"m","input":"x","stream":true}', 'unknown_field stream'],
  ['{"model":"m","input":"x","provider":{}}', 'unknown_field provider'],
])('%s: %s', (body, expected) => {
  expect(judged(() => read(body))).toBe(expected)
})

test('what leaves has the model of the target, and no word of the caller about who they are', () => {
  const settings = {
    model: 'h',
    user: 'p-1',
    limits: NO_LIMITS,
    without: new Set<never>(),
    provider: 'openai',
  } as const
  expect(text(read('{ "model":"m","input":"x" }').compose(settings))).toBe('{ "model":"h","input":"x" }')
  expect(text(read('{"user":"me","model":"m","input":"x"}').compose(settings))).toBe(
    '{"user":"p-1","model":"h","input":"x"}',
  )
})

test('verdicts come back byte for byte, with the name that the caller used', () => {
  const body = '{"id":"modr-1", "model":"h","results":[{"flagged":false,"category_scores":{"hate/threatening":1e-7}}]}'
  const reading = answer(body)
  expect(text(reading.compose([]))).toBe(body.replace('"h"', '"mine"'))
  expect(shown(reading.texts())).toEqual(['/id text: modr-1', '/model text: h'])
  expect(reading.made).toEqual([])
})

test.each([
  ['{"results":[],"error":{"message":"x"}}', 'provider_failed'],
  ['{"results":["x"]}', 'provider_answer_invalid'],
  ['{"id":"x"}', 'provider_answer_invalid'],
  ['[]', 'provider_answer_invalid'],
])('%s: %s', (body, expected) => {
  expect(judged(() => answer(body))).toBe(expected)
})

test('it is never a stream', () => {
  expect(judged(() => openAiModerations.readStream('m')({ data: '{"results":[]}' }))).toBe('provider_answer_invalid')
})
