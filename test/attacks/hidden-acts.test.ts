// What a body hides so that the provider acts unasked, policy counts wrongly, or the gate itself stands still.
import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'

const encoder = new TextEncoder()

const read = (body: object) => openAiChat.read(encoder.encode(JSON.stringify(body)), 128)
const asking = (rest: object) => read({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...rest })
const showing = (...content: readonly object[]) => read({ model: 'm', messages: [{ role: 'user', content }] })
const actsIn = ({ acts }: ReturnType<typeof read>): readonly string[] =>
  acts.map(({ action, field }) => `${action} ${field}`)

/** `read`, or the refusal's reason and field. */
function judged(body: string): string {
  try {
    openAiChat.read(encoder.encode(body), 128)
    return 'read'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.reason} ${error.detail.field ?? ''}`.trim()
  }
}

describe('a body of 60 MB is read or refused at once', () => {
  const start = '{"model":"m","messages":[{"role":"user","content":"x"}],'
  const keys = (count: number, key: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => `"${key(index)}":0`).join(',')

  test.each([
    ['one key', () => `"${'A'.repeat(60e6)}":1`, 'read'],
    ['one key in both cases', () => `"${'aA'.repeat(30e6)}":1`, 'read'],
    ['one key of letters that fold', () => `"${'\u017f'.repeat(30e6)}":1`, 'read'],
    ['900,000 keys', () => keys(900_000, (index) => `k${index}`), 'malformed_request'],
    ['900,000 long keys', () => keys(900_000, (index) => `${'A'.repeat(50)}${index}`), 'malformed_request'],
    ['240,000 long keys', () => keys(240_000, (index) => `${'A'.repeat(200)}${index}`), 'read'],
    ['900,000 pairs of metadata', () => `"metadata":{${keys(900_000, (index) => `k${index}`)}}`, 'malformed_request'],
  ] as const)('%s', (_name, rest, expected) => {
    const body = `${start}${rest()}}`
    const began = process.cpuUsage()
    expect(judged(body)).toBe(expected)
    const { user, system } = process.cpuUsage(began)
    // Of the processor, in microseconds: this machine may be busy with others.
    expect(user + system).toBeLessThan(2_500_000)
  })
})

const URL = 'http://169.254.169.254/latest'
const PART = 'messages[0].content[0]'
const BOTH = [`fetch-url ${PART}`, `use-file ${PART}`]

test.each([
  ['an image inline', { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }, []],
  ['a file inline', { type: 'file', file: { filename: 'a', file_data: 'data:text/plain;base64,aGk=' } }, []],
  ['a file in base64', { type: 'file', file: { filename: 'a', file_data: 'aGk=' } }, []],
  ['a file of nothing', { type: 'file', file: { filename: 'a', file_data: '' } }, []],
  ['audio in base64', { type: 'input_audio', input_audio: { data: 'a/+=', format: 'wav' } }, []],
  ['a file by URL', { type: 'file', file: { file_data: URL } }, [`fetch-url ${PART}.file.file_data`]],
  ['a file by path', { type: 'file', file: { file_data: '/etc/passwd' } }, [`fetch-url ${PART}.file.file_data`]],
  [
    'audio by URL',
    { type: 'input_audio', input_audio: { data: URL, format: 'wav' } },
    [`fetch-url ${PART}.input_audio.data`],
  ],
  [
    'a file by id, and by URL',
    { type: 'file', file: { file_id: 'file-1', file_data: URL } },
    [`fetch-url ${PART}.file.file_data`, `use-file ${PART}.file.file_id`],
  ],
  [
    'a file beside an image',
    { type: 'file', file: { file_id: 'file-1' }, image_url: { url: URL } },
    [`fetch-url ${PART}.image_url.url`, `use-file ${PART}.file.file_id`, ...BOTH],
  ],
  ['a video', { type: 'video_url', video_url: { url: URL } }, BOTH],
  ['an image of another protocol', { type: 'input_image', image_url: URL }, BOTH],
  ['an image in a text', { type: 'text', text: 'x', image_url: URL }, BOTH],
  [
    'a file in an image',
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', file_id: 'file-1' } },
    [...BOTH, `use-file ${PART}.image_url.file_id`],
  ],
] as const)('%s', (_name, part, acts) => {
  expect(actsIn(showing(part))).toEqual([...acts])
})

test('parts are looked into wherever they stand', () => {
  const content = [{ type: 'tool_result', content: [{ type: 'image_url', image_url: { url: URL } }] }]
  expect(actsIn(read({ model: 'm', messages: [{ role: 'tool', tool_call_id: '1', content }] }))).toEqual(BOTH)
  const predicted = { type: 'content', content: [{ type: 'image_url', image_url: { url: URL } }] }
  expect(actsIn(asking({ prediction: predicted }))).toEqual([
    'fetch-url prediction.content[0].image_url.url',
    'fetch-url prediction.content[0]',
    'use-file prediction.content[0]',
  ])
})

const schema = { type: 'object', properties: { a: { anyOf: [{ $ref: `${URL}#/a` }] } } }
const local = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $defs: { a: {} },
  items: { $ref: '#/$defs/a' },
}

test.each([
  [
    'a schema of a tool',
    { tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] },
    ['fetch-url tools[0].function.parameters'],
  ],
  ['a schema of a function', { functions: [{ name: 'f', parameters: schema }] }, ['fetch-url functions[0].parameters']],
  [
    'a schema of the answer',
    { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
    ['fetch-url response_format.json_schema.schema'],
  ],
  ['a schema that stands alone', { tools: [{ type: 'function', function: { name: 'f', parameters: local } }] }, []],
  ['a voice that was cloned', { audio: { voice: { id: 'voice_1' }, format: 'wav' } }, ['use-file audio.voice']],
  ['a voice', { audio: { voice: 'alloy', format: 'wav' } }, []],
  ['a cache for a day', { prompt_cache_retention: '24h' }, ['store prompt_cache_retention']],
  ['a cache in memory', { prompt_cache_retention: 'in_memory', prompt_cache_options: { ttl: '30m' } }, []],
  [
    'a cache for longer than usual',
    { prompt_cache_options: { mode: 'explicit', ttl: '12h' } },
    ['store prompt_cache_options.ttl'],
  ],
  ['no search', { web_search_options: false }, ['web-search web_search_options']],
  [
    'allowed tools',
    {
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    },
    [],
  ],
  ['a chosen tool', { tool_choice: { type: 'custom', custom: { name: 'f' } } }, []],
] as const)('%s', (_name, rest, acts) => {
  expect(actsIn(asking(rest))).toEqual([...acts])
})

test('a part keeps its cache no longer than usual, or is an act', () => {
  const text = { type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }
  expect(actsIn(showing(text))).toEqual([`store ${PART}.prompt_cache_breakpoint.ttl`])
})

const ONE = '"model":"m","messages":[{"role":"user","content":"x"}]'
const inPart = (part: string): string => `{"model":"m","messages":[{"role":"user","content":[${part}]}]}`
const pairs = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ''])))

test.each([
  ['a type in two cases', inPart('{"type":"zzz","Type":"image_url"}'), `invalid_field ${PART}.Type`],
  ['an image in another case', inPart('{"type":"zzz","Image_url":{}}'), `invalid_field ${PART}.Image_url`],
  ['a URL in another case', inPart('{"type":"z","image_url":{"Url":1}}'), `invalid_field ${PART}.image_url.Url`],
  [
    'a tool that the provider runs',
    `{${ONE},"tool_choice":{"type":"web_search_preview"}}`,
    'invalid_field tool_choice.type',
  ],
  [
    'such a tool among those allowed',
    `{${ONE},"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"mcp"}]}}}`,
    'invalid_field tool_choice.allowed_tools.tools[0].type',
  ],
  ['a choice that is none', `{${ONE},"tool_choice":"web_search"}`, 'invalid_field tool_choice'],
  ['a prediction of another type', `{${ONE},"prediction":{"type":"file","file":{}}}`, 'invalid_field prediction.type'],
  ['16 pairs of metadata', `{${ONE},"metadata":${pairs(16)}}`, 'read'],
  ['17 pairs of metadata', `{${ONE},"metadata":${pairs(17)}}`, 'invalid_field metadata'],
  ['a long name in metadata', `{${ONE},"metadata":{"${'a'.repeat(65)}":""}}`, 'invalid_field metadata'],
  ['a long value in metadata', `{${ONE},"metadata":{"a":"${'b'.repeat(513)}"}}`, 'invalid_field metadata.a'],
] as const)('%s', (_name, body, expected) => {
  expect(judged(body)).toBe(expected)
})

test('a bias for more than 1,024 tokens is refused', () => {
  const biased = (count: number) => ({
    logit_bias: Object.fromEntries(Array.from({ length: count }, (_, n) => [n, 1])),
  })
  expect(asking(biased(1_024)).model).toBe('m')
  expect(() => asking(biased(1_025))).toThrow('`logit_bias` must be an object of at most 1024 names.')
})

test.each([
  ['models', 'would let the provider choose another model or address'],
  ['provider', 'would let the provider choose another model or address'],
  ['fallbacks', 'would let the provider choose another model or address'],
  ['api_base', 'would let the provider choose another model or address'],
  ['plugins', 'would make the provider act'],
  ['mcp_servers', 'would make the provider act'],
  ['data_sources', 'would make the provider act'],
  ['search_parameters', 'would make the provider act'],
  ['previous_response_id', 'stands for what the provider holds'],
  ['conversation', 'stands for what the provider holds'],
  ['file_ids', 'stands for what the provider holds'],
  ['background', 'would have the provider work on unattended'],
  ['instructions', 'belongs to another protocol'],
  ['extra_body', 'could hold any other field'],
])('`%s` is refused by name', (name, because) => {
  expect(judged(`{${ONE},"${name}":null}`)).toBe(`unknown_field ${name}`)
  expect(judged(`{${ONE},"${name.toUpperCase()}":1}`)).toBe(`invalid_field ${name.toUpperCase()}`)
  expect(() => asking({ [name]: 1 })).toThrow(`\`${name}\` ${because}, and is not served here; leave it out.`)
})

describe('what policy counts', () => {
  const long = 'a'.repeat(400_000)
  const tokensOf = ({ inputTokens }: ReturnType<typeof read>): number => inputTokens

  test('functions are tools', () => {
    const functions = [{ name: 'f' }, { name: 'g' }]
    const tools = [{ type: 'function', function: { name: 'h' } }]
    expect(asking({ functions }).parametersUnder({})).toMatchObject({ tools: 2n })
    expect(asking({ functions, tools }).parametersUnder({})).toMatchObject({ tools: 3n })
  })

  test.each([
    ['a part of an unknown type', () => showing({ type: 'input_text', text: long })],
    ['an image in it', () => showing({ type: 'x', image_url: { url: `data:${long}` } })],
    ['a text with an image', () => showing({ type: 'text', text: '', image_url: { url: `data:${long}` } })],
    ['a text', () => showing({ type: 'text', text: long })],
    ['a prediction', () => asking({ prediction: { type: 'content', content: long } })],
    ['a schema', () => asking({ functions: [{ name: 'f', description: long }] })],
    ['a file in base64', () => showing({ type: 'file', file: { file_data: long } })],
    ['the name of a file', () => showing({ type: 'file', file: { file_id: 'f', filename: long } })],
    ['the address of an image', () => showing({ type: 'image_url', image_url: { url: `http://${long}` } })],
  ] as const)('%s counts by its bytes', (_name, made) => {
    expect(tokensOf(made())).toBeGreaterThan(100_000)
  })

  test('media that the body carries count by the piece', () => {
    const counted = tokensOf(
      showing(
        { type: 'image_url', image_url: { url: `data:${long}` } },
        { type: 'input_audio', input_audio: { data: long, format: 'wav' } },
        { type: 'file', file: { file_data: `data:${long}` } },
        { type: 'file', file: { file_id: 'file-1' } },
      ),
    )
    expect(counted).toBeGreaterThan(4_000)
    expect(counted).toBeLessThan(4_200)
  })
})
