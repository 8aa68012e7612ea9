import { describe, expect, test } from 'bun:test'
import { NO_LIMITS } from '#access/parameters.ts'
import type { Settings } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { readRequest } from './read-request.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const read = (body: object): ReturnType<typeof readRequest> => readRequest(bytes(JSON.stringify(body)))

const refusalOf = (body: string): { reason: string; message: string; field?: string | undefined } => {
  try {
    readRequest(bytes(body))
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.reason, message: error.message, field: error.detail.field }
    throw error
  }
  throw new Error('it was accepted')
}

const hello = [{ role: 'user', content: 'hello' }]

const settings: Settings = {
  model: 'm',
  user: 'p-1',
  limits: NO_LIMITS,
  without: new Set(),
  provider: 'openai-compatible',
}

const leaving = (body: string, changed: Partial<Settings> = {}): string =>
  text(readRequest(bytes(body)).compose({ ...settings, ...changed }))

describe('what leaves', () => {
  test('a body whose model keeps its name leaves byte for byte: key order, large integers, escapes, spacing', () => {
    const body =
      '{ "seed":12345678901234567890,\t"messages" : [ {"content":"\\u0041\\/é😀","role":"user"} ] ,"temperature":1.0e0, "safety_identifier":"p-1" , "model":"m" }'
    expect(leaving(body)).toBe(body)
  })

  test('only the model name changes, wherever it stands and however it was escaped', () => {
    const body =
      '{"messages":[{"role":"user","content":"say \\"model\\":\\"x\\""}],"model":"cl\\u0069nic","safety_identifier":"p-1","n":2}'
    expect(leaving(body, { model: 'gpt "5"' })).toBe(
      '{"messages":[{"role":"user","content":"say \\"model\\":\\"x\\""}],"model":"gpt \\"5\\"","safety_identifier":"p-1","n":2}',
    )
    expect(readRequest(bytes(body)).model).toBe('clinic')
  })

  test.each([
    ['', ',"safety_identifier":"p-1"'],
    [',"safety_identifier":"mine"', ',"safety_identifier":"p-1"'],
    [',"safety_identifier":null', ',"safety_identifier":"p-1"'],
    [',"user":"me@example.com"', ',"user":"p-1","safety_identifier":"p-1"'],
    [',"safety_identifier":"a","user":"b"', ',"safety_identifier":"p-1","user":"p-1"'],
  ])('who asks is told by a pseudonym alone: %s', (came, leaves) => {
    const start = '{"model":"m","messages":[{"role":"user","content":"me@example.com"}]'
    expect(leaving(`${start}${came}}`)).toBe(`${start}${leaves}}`)
  })

  test.each([
    ['', ',"store":false'],
    [',"store":null', ',"store":false'],
    [',"store":true', ',"store":true'],
  ])('what a provider of OpenAI would keep unasked, it does not: %s', (came, leaves) => {
    const start = '{"model":"m","messages":[{"role":"user","content":"x"}],"safety_identifier":"p-1"'
    expect(leaving(`${start}${came}}`, { provider: 'openai' })).toBe(`${start}${leaves}}`)
    expect(leaving(`${start}${came}}`)).toBe(`${start}${came}}`)
  })
})

describe('what is read', () => {
  test('parameters as policy sees them', () => {
    const reading = read({
      model: 'm',
      messages: hello,
      stream: true,
      max_tokens: 10,
      max_completion_tokens: 20,
      temperature: 0.25,
      top_p: 1,
      n: 3,
      logprobs: true,
      reasoning_effort: 'high',
      response_format: { type: 'json_object' },
      tools: [{ type: 'function', function: { name: 'f' } }],
    })
    expect(reading.streaming).toBe(true)
    expect(reading.parametersUnder(NO_LIMITS)).toEqual({
      tools: 1n,
      max_output_tokens: 20n,
      n: 3n,
      temperature: { extension: { fn: 'decimal', arg: '0.2500' } },
      top_p: { extension: { fn: 'decimal', arg: '1.0000' } },
      reasoning_effort: 'high',
      response_format: 'json_object',
      logprobs: true,
    })
  })

  test('a field that is null is a field that is left out', () => {
    const reading = read({
      model: 'm',
      messages: hello,
      stream: null,
      temperature: null,
      max_tokens: null,
      store: null,
      web_search_options: null,
    })
    expect(reading.streaming).toBe(false)
    expect(reading.parametersUnder(NO_LIMITS)).toEqual({ tools: 0n, logprobs: false })
    expect(reading.acts).toEqual([])
  })

  test('an image counts flat, whatever its bytes', () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(400_000)}` } }
    const { inputTokens } = read({
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'see' }, image] }],
    })
    expect(inputTokens).toBeGreaterThan(1_000)
    expect(inputTokens).toBeLessThan(1_100)
  })

  test('metadata is read as text, by name', () => {
    expect([...read({ model: 'm', messages: hello, metadata: { ticket: 'T-1' } }).metadata]).toEqual([
      ['ticket', 'T-1'],
    ])
  })
})

describe('what would make the provider act', () => {
  test('each is an act of its own, and says where it stands', () => {
    const { acts } = read({
      model: 'm',
      store: true,
      web_search_options: {},
      messages: [
        { role: 'assistant', content: 'earlier', audio: { id: 'audio_1' } },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'image_url', image_url: { url: 'DATA:image/png;base64,AAAA' } },
            { type: 'file', file: { file_id: 'file-1' } },
          ],
        },
      ],
    })
    expect(acts).toEqual([
      { action: 'use-file', field: 'messages[0].audio.id', id: 'audio_1' },
      { action: 'fetch-url', field: 'messages[1].content[0].image_url.url' },
      { action: 'use-file', field: 'messages[1].content[2].file.file_id', id: 'file-1' },
      { action: 'store', field: 'store' },
      { action: 'web-search', field: 'web_search_options' },
    ])
  })

  test('a tool that the provider would run itself is refused by name', () => {
    expect(refusalOf('{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"mcp"}]}')).toEqual({
      reason: 'invalid_field',
      message: '`tools[0].type` must be one of "function", "custom".',
      field: 'tools[0].type',
    })
  })
})

test('nesting is limited to what the bundle says', () => {
  const body = bytes('{"model":"m","messages":[{"role":"user","content":"x"}],"x":{"a":{"b":{}}}}')
  expect(readRequest(body, 4).model).toBe('m')
  expect(() => readRequest(body, 3)).toThrow('more than 3 levels')
})

describe('what is refused', () => {
  test.each([
    [
      '{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"true"}',
      '`stream` must be true or false.',
      'stream',
    ],
    ['{"model":"m","messages":[{"role":"user","content":"x"}],"n":1.5}', '`n` must be an integer from 1 to 128.', 'n'],
    ['{"model":"m","messages":[{"role":"user","content":"x"}],"n":1e1}', '`n` must be an integer from 1 to 128.', 'n'],
    [
      '{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"0"}',
      '`temperature` must be a number from 0 to 2.',
      'temperature',
    ],
    ['{"model":7,"messages":[{"role":"user","content":"x"}]}', '`model` must be a string.', 'model'],
    ['{"messages":[{"role":"user","content":"x"}]}', '`model` is required.', 'model'],
    ['{"model":"m"}', '`messages` is required.', 'messages'],
    ['{"model":"m","messages":[]}', '`messages` must be an array of at least 1.', 'messages'],
    [
      '{"model":"m","messages":[{"role":"root","content":"x"}]}',
      '`messages[0].role` must be one of "system", "developer", "user", "assistant", "tool", "function".',
      'messages[0].role',
    ],
    ['{"model":"m","messages":[{"role":"user"}]}', '`messages[0].content` is required.', 'messages[0].content'],
    [
      '{"model":"m","messages":[{"role":"tool","content":"x"}]}',
      '`messages[0].tool_call_id` is required.',
      'messages[0].tool_call_id',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":7}]}',
      '`messages[0].content` must be a string or an array of parts.',
      'messages[0].content',
    ],
  ])('%s', (body, message, field) => {
    expect(refusalOf(body)).toEqual({ reason: 'invalid_field', message, field })
  })

  test.each([
    ['{"Model":"x","model":"m","messages":[{"role":"user","content":"x"}]}', 'Model', 'model'],
    ['{"model":"m","meſſages":[],"messages":[{"role":"user","content":"x"}]}', 'meſſages', 'messages'],
    [
      '{"model":"m","messages":[{"role":"user","Content":"y","content":"x"}]}',
      'messages[0].Content',
      'messages[0].content',
    ],
  ])('a name that a lenient parser reads as a known one: %s', (body, field, meant) => {
    const refusal = refusalOf(body)
    expect(refusal.field).toBe(field)
    expect(refusal.message).toContain(`\`${meant}\``)
  })

  test.each([
    ['{"model":"a","model":"b","messages":[]}', 'model'],
    ['[1', ''],
    ['', ''],
    ['{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}', ''],
    [`{"model":"m","messages":${'['.repeat(200)}${']'.repeat(200)}}`, ''],
  ])('what two parsers could read differently: %s', (body, named) => {
    const refusal = refusalOf(body)
    expect(refusal.reason).toBe('malformed_request')
    expect(refusal.message).toContain(named)
  })

  test('a body that is no object', () => {
    expect(refusalOf('[]').message).toBe('The body must be an object.')
  })
})

test('unknown fields are noted, with their place, and at most 32 of them, then that there are more', () => {
  const { unknown } = read({ model: 'm', messages: [{ role: 'user', content: [{ type: 'video' }], x: 1 }], top_k: 5 })
  expect(unknown).toEqual(['messages[0].content[0].type', 'messages[0].x', 'top_k'])
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field_${index}`, index]))
  const listed = read({ model: 'm', messages: hello, ...many }).unknown
  expect(listed).toHaveLength(33)
  expect(listed.slice(31)).toEqual(['field_31', '…'])
})
