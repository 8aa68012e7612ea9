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

describe('tools', () => {
  test.each([
    [{ type: 'function', name: 'f', parameters: {}, strict: true }, []],
    [{ type: 'custom', name: 'f', format: { type: 'grammar', syntax: 'lark', definition: 'a' } }, []],
    [{ type: 'local_shell' }, []],
    [{ type: 'apply_patch' }, []],
    [{ type: 'shell', environment: { type: 'local' } }, []],
    [{ type: 'tool_search', execution: 'client' }, []],
    [{ type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'f' }] }, []],
    [{ type: 'web_search' }, [{ action: 'web-search', field: 'tools[0].type' }]],
    [{ type: 'web_search_preview_2025_03_11' }, [{ action: 'web-search', field: 'tools[0].type' }]],
    [
      { type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'] },
      [
        { action: 'search-files', field: 'tools[0].vector_store_ids[0]', id: 'vs_1' },
        { action: 'search-files', field: 'tools[0].vector_store_ids[1]', id: 'vs_2' },
      ],
    ],
    [{ type: 'file_search', vector_store_ids: [] }, [{ action: 'search-files', field: 'tools[0].type' }]],
    [
      { type: 'code_interpreter', container: 'cntr_1' },
      [{ action: 'run-code', field: 'tools[0].container', id: 'cntr_1' }],
    ],
    [
      { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].container.file_ids[0]', id: 'file-1' },
      ],
    ],
    [{ type: 'shell' }, [{ action: 'run-code', field: 'tools[0].type' }]],
    [
      { type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_2' } },
      [{ action: 'run-code', field: 'tools[0].environment.container_id', id: 'cntr_2' }],
    ],
    [
      {
        type: 'shell',
        environment: {
          type: 'container_auto',
          skills: [{ type: 'skill_reference', skill_id: 'skill_1' }],
          network_policy: { type: 'allowlist', allowed_domains: ['example.com'] },
        },
      },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].environment.skills[0].skill_id', id: 'skill_1' },
        { action: 'fetch-url', field: 'tools[0].environment.network_policy' },
      ],
    ],
    [
      { type: 'mcp', server_label: 's', server_url: 'https://evil.example/mcp' },
      [{ action: 'use-mcp', field: 'tools[0].type' }],
    ],
    [
      { type: 'mcp', server_label: 's', connector_id: 'connector_gmail' },
      [{ action: 'use-mcp', field: 'tools[0].type' }],
    ],
    [
      { type: 'image_generation', input_image_mask: { file_id: 'file-2', image_url: 'https://a.example/m.png' } },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].input_image_mask.file_id', id: 'file-2' },
        { action: 'fetch-url', field: 'tools[0].input_image_mask.image_url' },
      ],
    ],
    [{ type: 'computer' }, [{ action: 'use-hosted-tool', field: 'tools[0].type' }]],
    [{ type: 'tool_search' }, [{ action: 'use-hosted-tool', field: 'tools[0].type' }]],
    [{ type: 'programmatic_tool_calling' }, [{ action: 'run-code', field: 'tools[0].type' }]],
    [
      { type: 'teleport' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
      ],
    ],
    [
      { type: 'Function', name: 'f' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
      ],
    ],
    [
      { type: 'file_search_preview', vector_store_ids: ['vs_1'], container: 'cntr_1' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].vector_store_ids[0]', id: 'vs_1' },
        { action: 'use-hosted-tool', field: 'tools[0].container', id: 'cntr_1' },
      ],
    ],
    [
      { type: 'function', name: 'f', vectorStoreIds: ['vs_1'] },
      [
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].vectorStoreIds[0]', id: 'vs_1' },
      ],
    ],
    [
      { type: 'code_interpreter', container: { type: 'auto', container: 'cntr_1', id: 'cntr_2' } },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].container.container', id: 'cntr_1' },
        { action: 'use-hosted-tool', field: 'tools[0].container.id', id: 'cntr_2' },
      ],
    ],
    [
      { type: 'shell', environment: { type: 'local', container_id: 'cntr_1', file_ids: ['file-1'] } },
      [
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].environment.container_id', id: 'cntr_1' },
        { action: 'use-hosted-tool', field: 'tools[0].environment.file_ids[0]', id: 'file-1' },
      ],
    ],
    [
      { type: 'tool_search', execution: 'client', server_url: 'https://a' },
      [{ action: 'use-hosted-tool', field: 'tools[0]' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [{ type: 'namespace', name: 'm', server_url: 'https://a', tools: [] }] },
      [{ action: 'use-hosted-tool', field: 'tools[0].tools[0]' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [], server_url: 'https://a' },
      [{ action: 'use-hosted-tool', field: 'tools[0]' }],
    ],
    [{ type: 'function', name: 'f', server_url: 'https://a' }, [{ action: 'use-hosted-tool', field: 'tools[0]' }]],
    [
      { type: 'function', name: 'f', parameters: { properties: { a: { $ref: 'https://a.example/schema.json' } } } },
      [{ action: 'fetch-url', field: 'tools[0].parameters' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [{ type: 'mcp', server_label: 's', server_url: 'https://a' }] },
      [
        { action: 'use-mcp', field: 'tools[0].tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0].tools[0]' },
      ],
    ],
  ])('%j', (tool, acts) => {
    expect(actsOf({ input: 'x', tools: [tool] })).toEqual(acts as never)
  })

  test('a tool that is declared in the middle of a conversation, and one that is only chosen, count as well', () => {
    const mcp = { type: 'mcp', server_label: 's', server_url: 'https://evil.example/mcp' }
    expect(
      actsOf({
        input: [
          { type: 'additional_tools', role: 'developer', tools: [mcp] },
          { type: 'tool_search_output', tools: [{ type: 'code_interpreter', container: 'cntr_9' }] },
        ],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'image_generation' }] },
      }),
    ).toEqual([
      { action: 'use-mcp', field: 'input[0].tools[0].type' },
      { action: 'run-code', field: 'input[1].tools[0].container', id: 'cntr_9' },
      { action: 'use-hosted-tool', field: 'tool_choice.tools[0].type' },
    ])
    expect(actsOf({ input: 'x', tool_choice: { type: 'web_search_preview' } })).toEqual([
      { action: 'web-search', field: 'tool_choice.type' },
    ])
    expect(actsOf({ input: 'x', tool_choice: { type: 'function', name: 'f' } })).toEqual([])
  })
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

  test('what the provider kept is used by its id', () => {
    const sealed = 'gAAAAAB'.padEnd(80, 'x')
    expect(
      actsOf({
        previous_response_id: 'resp_1',
        conversation: { id: 'conv_1' },
        prompt_cache_options: { comparison_response_id: 'resp_2' },
        input: [
          { type: 'item_reference', id: 'msg_1' },
          { id: 'msg_2' },
          { type: null, id: 'msg_3' },
          { type: 'reasoning', id: 'rs_1', summary: [] },
          { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: sealed },
          { type: 'image_generation_call', id: 'ig_1', result: null, status: 'completed' },
          { type: 'image_generation_call', id: 'ig_2', result: 'AAAA', status: 'completed' },
          { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
          { type: 'message', id: 'msg_4', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
        ],
      }),
    ).toEqual([
      { action: 'use-stored', field: 'input[0].id', id: 'msg_1' },
      { action: 'use-stored', field: 'input[1].id', id: 'msg_2' },
      { action: 'use-stored', field: 'input[2].id', id: 'msg_3' },
      { action: 'use-stored', field: 'input[3].id', id: 'rs_1' },
      { action: 'use-stored', field: 'input[5].id', id: 'ig_1' },
      { action: 'use-stored', field: 'input[7].approval_request_id', id: 'mcpr_1' },
      { action: 'use-stored', field: 'previous_response_id', id: 'resp_1' },
      { action: 'use-stored', field: 'conversation.id', id: 'conv_1' },
      { action: 'use-stored', field: 'prompt_cache_options.comparison_response_id', id: 'resp_2' },
    ])
    expect(actsOf({ input: 'x', conversation: 'conv_2' })).toEqual([
      { action: 'use-stored', field: 'conversation', id: 'conv_2' },
    ])
  })

  test.each([
    ['web_search_call', {}],
    ['web_search_call', { action: null }],
    ['web_search_call', { action: { type: 'search', query: ' ', queries: [] } }],
    ['file_search_call', { queries: ['salaries'] }],
    ['file_search_call', { queries: ['q'], results: [] }],
    ['file_search_call', { queries: ['q'], results: [{ file_id: 'file-1', score: 1, text: '' }] }],
    ['code_interpreter_call', {}],
    ['code_interpreter_call', { code: '', outputs: [{ type: 'logs', logs: '\n' }] }],
    ['mcp_call', { server_label: 's', name: 'n', arguments: '{}' }],
    ['mcp_call', { server_label: 's', name: 'n', arguments: '{}', output: ' ' }],
    ['mcp_list_tools', { server_label: 's', tools: [] }],
    ['compaction', { encrypted_content: '' }],
    ['compaction', { encrypted_content: ' '.repeat(99) }],
    ['compaction', { encrypted_content: 'cmp_alice' }],
    ['reasoning', { summary: [], encrypted_content: ' ' }],
    ['reasoning', { summary: [], encrypted_content: 'short' }],
    ['image_generation_call', { result: ' ' }],
    ['image_generation_call', { result: 'ig_alice' }],
    ['message', { role: 'assistant', content: [] }],
    ['message', { role: 'assistant', content: ' ' }],
    ['message', { role: 'assistant', content: [{ type: 'output_text', text: '', annotations: [] }] }],
    ['message', { role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: null }] }],
    ['function_call', { arguments: '' }],
    ['custom_tool_call', { input: ' ', name: '' }],
    ['computer_call', {}],
    ['tool_search_call', {}],
  ])('what is not carried is looked up by its id: %s %j', (type, fields) => {
    const acts = actsOf({ input: [{ type, id: 'it_1', status: 'completed', ...fields }] })
    expect(acts).toEqual([{ action: 'use-stored', field: 'input[0].id', id: 'it_1' }])
    expect(actsOf({ input: [{ type, status: 'completed', ...fields }] })).toEqual([])
  })

  const CIPHERTEXT = 'gAAAAABm'.padEnd(100, 'x')
  test.each([
    ['web_search_call', { action: { type: 'search', query: 'q' } }],
    ['web_search_call', { action: { type: 'open_page', url: null } }],
    ['file_search_call', { queries: ['q'], results: [{ file_id: 'file-1', text: 'found' }] }],
    ['code_interpreter_call', { code: 'print(1)', outputs: null }],
    ['mcp_call', { server_label: 's', name: 'n', arguments: '{}', output: 'o' }],
    ['mcp_call', { server_label: 's', name: 'n', arguments: '{}', error: 'failed' }],
    ['mcp_list_tools', { server_label: 's', tools: [{ name: 't' }] }],
    ['compaction', { encrypted_content: CIPHERTEXT }],
    ['reasoning', { summary: [], encrypted_content: CIPHERTEXT }],
    ['image_generation_call', { result: 'iVBORw0KGgo=' }],
    ['message', { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }],
    ['message', { role: 'assistant', content: 'hi' }],
    ['message', { role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] }],
    ['function_call', { name: 'f', arguments: '' }],
    ['computer_call', { action: { type: 'screenshot' } }],
  ])('what the body carries is nobody’s act, and its id is only mentioned: %s %j', (type, fields) => {
    const body = { model: 'm', store: false, input: [{ type, id: 'it_1', status: 'completed', ...fields }] }
    const { acts, mentions } = openAiResponses.read(new TextEncoder().encode(JSON.stringify(body)), 128)
    expect(acts).toEqual([])
    expect(mentions).toContainEqual({ id: 'it_1', field: 'input[0].id' })
  })

  test('every id of a body that no act names is mentioned once, wherever people do not choose the names', () => {
    const body = {
      model: 'm',
      previous_response_id: 'resp_1',
      trace: { response_id: 'resp_2' },
      metadata: { id: 'mine' },
      tools: [{ type: 'function', name: 'f', parameters: { properties: { id: { container: 'x' } } } }],
      input: [
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"id":"z"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'x' },
        {
          role: 'assistant',
          id: 'msg_1',
          content: [
            {
              type: 'output_text',
              text: 't',
              annotations: [{ type: 'container_file_citation', container_id: 'cntr_1', file_id: 'cfile_1' }],
            },
          ],
        },
      ],
    }
    const { mentions } = openAiResponses.read(new TextEncoder().encode(JSON.stringify(body)), 128)
    expect(mentions).toEqual([
      { id: 'resp_2', field: 'trace.response_id' },
      { id: 'fc_1', field: 'input[0].id' },
      { id: 'call_1', field: 'input[0].call_id' },
      { id: 'msg_1', field: 'input[2].id' },
      { id: 'cntr_1', field: 'input[2].content[0].annotations[0].container_id' },
      { id: 'cfile_1', field: 'input[2].content[0].annotations[0].file_id' },
    ])
    const many = Array.from({ length: 10_001 }, (_, index) => ({ role: 'user', id: `msg_${index}`, content: 'x' }))
    const crowded = new TextEncoder().encode(JSON.stringify({ model: 'm', input: many }))
    expect(() => openAiResponses.read(crowded, 128)).toThrow('The body names more than 10000 ids.')
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
