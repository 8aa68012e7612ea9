import { describe, expect, test } from 'bun:test'
import { openAiResponses } from './openai-responses.ts'

const actsOf = (fields: object) => {
  const body = { model: 'm', store: false, ...fields }
  return openAiResponses.read(new TextEncoder().encode(JSON.stringify(body)), 128).acts
}
const unknownOf = (fields: object) =>
  openAiResponses.read(new TextEncoder().encode(JSON.stringify({ model: 'm', ...fields })), 128).unknown

test('a plain request asks for nothing but what OpenAI does unasked: it stores', () => {
  expect(actsOf({ input: 'hello' })).toEqual([])
  expect(actsOf({ input: 'hello', store: undefined })).toEqual([{ action: 'store', field: 'store', unasked: true }])
  expect(actsOf({ input: 'hello', store: null })).toEqual([{ action: 'store', field: 'store', unasked: true }])
  expect(actsOf({ input: 'hello', store: true })).toEqual([{ action: 'store', field: 'store' }])
})

describe('input', () => {
  const user = (...content: object[]) => ({ input: [{ role: 'user', content }] })

  test('what the body carries is nobody’s act; what it names, the provider would fetch or holds', () => {
    expect(
      actsOf(
        user(
          { type: 'input_text', text: 'see https://example.com' },
          { type: 'input_image', detail: 'auto', image_url: 'DATA:image/png;base64,AAAA' },
          { type: 'input_image', detail: 'auto', image_url: 'https://example.com/a.png' },
          { type: 'input_image', detail: 'auto', file_id: 'file-1' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
          { type: 'input_file', file_id: 'file-2' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'input_audio', input_audio: { data: 'https://example.com/a.wav', format: 'wav' } },
        ),
      ),
    ).toEqual([
      { action: 'fetch-url', field: 'input[0].content[2].image_url' },
      { action: 'use-file', field: 'input[0].content[3].file_id', id: 'file-1' },
      { action: 'fetch-url', field: 'input[0].content[5].file_url' },
      { action: 'use-file', field: 'input[0].content[6].file_id', id: 'file-2' },
      { action: 'fetch-url', field: 'input[0].content[8].input_audio.data' },
    ])
  })

  test('what tools gave can name files and addresses, too', () => {
    expect(
      actsOf({
        input: [
          { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'http://a/b' }] },
          { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', file_id: 'file-3' } },
          {
            type: 'code_interpreter_call',
            id: 'ci_1',
            container_id: 'cntr_1',
            outputs: [{ type: 'image', url: 'http://c' }],
          },
          {
            type: 'shell_call',
            call_id: 'c',
            action: { commands: ['ls'] },
            environment: { type: 'container_reference', container_id: 'cntr_2' },
          },
          { type: 'program', id: 'p', call_id: 'c', code: 'x', fingerprint: 'f' },
        ],
      }),
    ).toEqual([
      { action: 'run-code', field: 'input[2].container_id', id: 'cntr_1' },
      { action: 'fetch-url', field: 'input[2].outputs[0].url' },
      { action: 'run-code', field: 'input[3].environment.container_id', id: 'cntr_2' },
      { action: 'run-code', field: 'input[4].type' },
      { action: 'fetch-url', field: 'input[0].output[0].image_url' },
      { action: 'use-file', field: 'input[1].output.file_id', id: 'file-3' },
    ])
  })

  test('an item or a part that nobody here knows could be any of it', () => {
    expect(
      actsOf({
        input: [
          { type: 'hologram', id: 'h' },
          { role: 'user', content: [{ type: 'video' }] },
        ],
      }),
    ).toEqual([
      { action: 'fetch-url', field: 'input[0]' },
      { action: 'use-file', field: 'input[0]' },
      { action: 'use-stored', field: 'input[0]' },
      { action: 'use-stored', field: 'input[0].id', id: 'h' },
      { action: 'fetch-url', field: 'input[1].content[0]' },
      { action: 'use-file', field: 'input[1].content[0]' },
    ])
    expect(
      actsOf({
        input: [
          { role: 'user', content: 'x', file_ids: ['file-1'] },
          { role: 'user', content: [{ type: 'file', file: { file_id: 'file-2' } }] },
          { role: 'user', content: [{ type: 'input_file', file_ids: ['file-3'], file_data: 'AAAA' }] },
        ],
      }),
    ).toEqual([
      { action: 'fetch-url', field: 'input[0]' },
      { action: 'use-file', field: 'input[0]' },
      { action: 'use-stored', field: 'input[0]' },
      { action: 'use-stored', field: 'input[0].file_ids[0]', id: 'file-1' },
      { action: 'fetch-url', field: 'input[1].content[0]' },
      { action: 'use-file', field: 'input[1].content[0]' },
      { action: 'use-file', field: 'input[1].content[0].file.file_id', id: 'file-2' },
      { action: 'fetch-url', field: 'input[2].content[0]' },
      { action: 'use-file', field: 'input[2].content[0]' },
      { action: 'use-file', field: 'input[2].content[0].file_ids[0]', id: 'file-3' },
    ])
    expect(actsOf({ input: 'x', tool_choice: { type: 'zzz', container_id: 'cntr_1' } })).toContainEqual({
      action: 'use-hosted-tool',
      field: 'tool_choice.container_id',
      id: 'cntr_1',
    })
    const ran = { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] } }
    expect(() => actsOf({ input: [{ ...ran, environment: { type: 'container_auto', file_ids: ['f'] } }] })).toThrow(
      '`input[0].environment.type` must be one of',
    )
    expect(
      unknownOf({
        input: [
          { type: 'hologram', id: 'h' },
          { role: 'user', content: [{ type: 'video' }] },
        ],
      }),
    ).toEqual(['input[0].type', 'input[1].content[0].type'])
  })
})

test('a stored prompt, and what goes into it, by whatever name', () => {
  expect(
    actsOf({
      prompt: {
        id: 'pmpt_1',
        variables: { 'tools[0]': { type: 'video' }, pic: { type: 'input_image', image_url: 'https://a' }, name: 'x' },
      },
    }),
  ).toEqual([
    { action: 'fetch-url', field: 'prompt.variables.pic.image_url' },
    { action: 'fetch-url', field: 'prompt.variables.tools[0]' },
    { action: 'use-file', field: 'prompt.variables.tools[0]' },
    { action: 'use-prompt', field: 'prompt.id', id: 'pmpt_1' },
  ])
})

test('working on unattended, and keeping for longer than every cache does', () => {
  expect(
    actsOf({
      background: true,
      prompt_cache_retention: '24h',
      prompt_cache_options: { ttl: '12h' },
      input: [
        {
          role: 'user',
          content: [{ type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }],
        },
      ],
    }),
  ).toEqual([
    { action: 'store', field: 'input[0].content[0].prompt_cache_breakpoint.ttl' },
    { action: 'background', field: 'background' },
    { action: 'store', field: 'prompt_cache_retention' },
    { action: 'store', field: 'prompt_cache_options.ttl' },
  ])
  expect(actsOf({ input: 'x', prompt_cache_retention: 'in_memory', prompt_cache_options: { ttl: '30m' } })).toEqual([])
})

test('schemas that stand elsewhere', () => {
  const schema = { $ref: 'https://a.example/s.json' }
  expect(
    actsOf({
      text: { format: { type: 'json_schema', name: 'n', schema } },
      input: [
        { type: 'configuration_update', text: { format: { type: 'json_schema', name: 'n', schema } } },
        { type: 'mcp_list_tools', id: 'l', server_label: 's', tools: [{ name: 't', input_schema: schema }] },
      ],
    }),
  ).toEqual([
    { action: 'fetch-url', field: 'input[0].text.format.schema' },
    { action: 'fetch-url', field: 'input[1].tools[0].input_schema' },
    { action: 'fetch-url', field: 'text.format.schema' },
  ])
  expect(
    actsOf({ input: 'x', text: { format: { type: 'json_schema', name: 'n', schema: { $ref: '#/$defs/a' } } } }),
  ).toEqual([])
})
