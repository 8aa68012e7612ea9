import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { openAiCompact } from './compact.ts'
import { openAiInputTokens } from './input-tokens.ts'
import { openAiResponses } from './openai-responses.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (body: object, protocol = openAiResponses) => protocol.read(bytes(JSON.stringify(body)), 128)

const refusalOf = (body: object, protocol = openAiResponses) => {
  try {
    read(body, protocol)
  } catch (error) {
    if (error instanceof Refusal) return [error.reason, error.detail.field, error.message] as const
    throw error
  }
  return ['accepted'] as const
}

describe('what is read', () => {
  test('parameters as policy sees them', () => {
    const reading = read({
      model: 'm',
      input: [
        { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'h' }] },
        { type: 'configuration_update', reasoning: { effort: 'high' }, text: { format: { type: 'text' } } },
      ],
      stream: true,
      max_output_tokens: 20,
      temperature: 0.25,
      top_p: 1,
      top_logprobs: 1,
      reasoning: { effort: 'low' },
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      tools: [
        { type: 'function', name: 'f', parameters: {}, strict: false },
        { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'custom', name: 'g' }] },
      ],
      metadata: { ticket: 'T-1' },
    })
    expect(reading.model).toBe('m')
    expect(reading.streaming).toBe(true)
    expect([...reading.metadata]).toEqual([['ticket', 'T-1']])
    expect(reading.parametersUnder({})).toEqual({
      tools: 3n,
      max_output_tokens: 20n,
      temperature: { extension: { fn: 'decimal', arg: '0.2500' } },
      top_p: { extension: { fn: 'decimal', arg: '1.0000' } },
      reasoning_effort: 'high',
      response_format: 'text',
      logprobs: true,
    })
    expect(
      reading.parametersUnder({
        maxOutputTokens: { max: 10 },
        temperature: { fixed: 0 },
        reasoningEffort: { max: 'medium' },
      }),
    ).toMatchObject({
      max_output_tokens: 10n,
      temperature: { extension: { fn: 'decimal', arg: '0.0000' } },
      reasoning_effort: 'medium',
    })
  })

  test('a field that is null is one that is left out, and log-probabilities can be asked for in another way', () => {
    const reading = read({
      model: 'm',
      input: null,
      stream: null,
      tools: null,
      reasoning: null,
      text: null,
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      stream_options: { include_obfuscation: false },
    })
    expect(reading.streaming).toBe(false)
    expect(reading.unknown).toEqual([])
    expect(reading.parametersUnder({})).toEqual({ tools: 0n, logprobs: true })
  })

  test('an image counts flat, whatever its bytes; a text counts by its length', () => {
    const image = { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${'A'.repeat(400_000)}` }
    const tokens = read({ model: 'm', input: [{ role: 'user', content: [image] }] }).inputTokens
    expect(tokens).toBeGreaterThan(1_000)
    expect(tokens).toBeLessThan(1_100)
    expect(read({ model: 'm', input: 'x'.repeat(398) }).inputTokens).toBe(100)
    expect(read({ model: 'm', instructions: 'x'.repeat(398), input: 'x'.repeat(398) }).inputTokens).toBe(200)
  })

  test('what the official client and others send is known in full', () => {
    const { unknown } = read({
      model: 'm',
      input: [
        { role: 'system', content: 'a' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }], status: 'completed' },
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          phase: 'final_answer',
          content: [
            {
              type: 'output_text',
              text: 'a',
              annotations: [{ type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1 }],
              logprobs: [],
            },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', id: 'fc_1', status: 'completed' },
        { type: 'function_call_output', call_id: 'c', output: '{}' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 's' }], encrypted_content: null },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
        { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['q'], results: null },
        { type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'c', output: 'y' },
        { type: 'mcp_call', id: 'm', server_label: 's', name: 'n', arguments: '{}', output: 'o', error: null },
        { type: 'compaction', encrypted_content: 'x' },
        { type: 'local_shell_call_output', id: 'l', output: 'x' },
        { type: 'apply_patch_call_output', call_id: 'c', status: 'completed', output: 'x' },
      ],
    })
    expect(unknown).toEqual([])
  })
})

describe('what is refused', () => {
  test.each([
    [{ input: 'x' }, ['invalid_field', 'model', '`model` is required.']],
    [{ model: 'm', stream: 'true' }, ['invalid_field', 'stream', '`stream` must be true or false.']],
    [{ model: 'm', input: 7 }, ['invalid_field', 'input', '`input` must be a string or an array of items.']],
    [{ model: 'm', input: ['x'] }, ['invalid_field', 'input[0]', '`input[0]` must be an object.']],
    [
      { model: 'm', input: [{ role: 'root', content: 'x' }] },
      ['invalid_field', 'input[0].role', '`input[0].role` must be one of "user", "assistant", "system", "developer".'],
    ],
    [
      { model: 'm', Background: true },
      [
        'invalid_field',
        'Background',
        '`Background` differs from `background` only in case: some parsers read them as one. Write `background`.',
      ],
    ],
    [
      { model: 'm', input: [{ role: 'user', content: [{ type: 'input_image', Image_url: 'https://a' }] }] },
      [
        'invalid_field',
        'input[0].content[0].Image_url',
        '`input[0].content[0].Image_url` differs from `input[0].content[0].image_url` only in case: some parsers read them as one. Write `image_url`.',
      ],
    ],
    [
      { model: 'm', tools: [{ type: 'teleport', Server_url: 'https://a' }] },
      [
        'invalid_field',
        'tools[0].Server_url',
        '`tools[0].Server_url` differs from `tools[0].server_url` only in case: some parsers read them as one. Write `server_url`.',
      ],
    ],
    [
      { model: 'm', max_completion_tokens: 5 },
      [
        'unknown_field',
        'max_completion_tokens',
        '`max_completion_tokens` belongs to another protocol, and is not served here; leave it out.',
      ],
    ],
    [
      { model: 'm', mcp_servers: [] },
      [
        'unknown_field',
        'mcp_servers',
        '`mcp_servers` would make the provider act, and is not served here; leave it out.',
      ],
    ],
  ])('%j', (body, refusal) => {
    expect(refusalOf(body)).toEqual(refusal as never)
  })

  test('what belongs to the creation of a response is refused by the others', () => {
    const refusal = [
      'unknown_field',
      'background',
      '`background` belongs to the creation of a response, and is not served here; leave it out.',
    ] as const
    expect(refusalOf({ model: 'm', background: true }, openAiCompact)).toEqual(refusal)
    expect(refusalOf({ model: 'm', background: true }, openAiInputTokens)).toEqual(refusal)
    expect(refusalOf({ model: 'm', personality: 'friendly', text: { verbosity: 'low' } }, openAiInputTokens)).toEqual([
      'accepted',
    ])
  })

  test('fields that nobody knows are noted', () => {
    expect(read({ model: 'm', top_k: 5, input: [{ role: 'user', content: 'x', y: 1 }] }).unknown).toEqual([
      'top_k',
      'input[0].y',
    ])
  })
})

describe('texts', () => {
  const textsIn = (body: object) =>
    [...read(body).texts()].map(({ place, value, role, label }) =>
      label ? [place, value, role, label] : [place, value, role],
    )

  test('stand where they stand, in their roles', () => {
    const sealed = 'gAAAAAB'.padEnd(80, 'x')
    const all = textsIn({
      model: 'm',
      instructions: 'be kind',
      input: [
        { role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":"b"}' },
        { type: 'reasoning', id: 'rs', summary: [], encrypted_content: sealed },
        { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'AKIAIOSFODNN7EXAMPLE' },
        { type: 'custom_tool_call', call_id: 'c', name: 'f', input: '{"a":"b"}' },
      ],
      tools: [{ type: 'mcp', server_label: 's', headers: { 'X-Key': 'k' }, authorization: 't' }],
      metadata: { encrypted_content: sealed },
      prompt: { id: 'p', variables: { type: 'reasoning', encrypted_content: sealed } },
    })
    expect(all).toContainEqual(['/instructions', 'be kind', 'text'])
    expect(all).toContainEqual(['/input/0/content/0/image_url', 'data:image/png;base64,AAAA', 'media'])
    expect(all).toContainEqual(['/input/1/arguments', '{"a":"b"}', 'json'])
    expect(all).toContainEqual(['/input/2/encrypted_content', sealed, 'sealed'])
    expect(all).toContainEqual(['/input/3/encrypted_content', 'AKIAIOSFODNN7EXAMPLE', 'text'])
    expect(all).toContainEqual(['/input/4/input', '{"a":"b"}', 'text'])
    expect(all).toContainEqual(['/tools/0/headers/*', 'k', 'text', 'X-Key'])
    expect(all).toContainEqual(['/tools/0/authorization', 't', 'text', 'authorization'])
    expect(all).toContainEqual(['/metadata/encrypted_content', sealed, 'text', 'encrypted_content'])
    expect(all).toContainEqual(['/prompt/variables/encrypted_content', sealed, 'text', 'encrypted_content'])
    expect(all).toContainEqual(['/tools/0/*', 'authorization', 'text'])
  })
})
