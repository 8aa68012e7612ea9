import { describe, expect, test } from 'bun:test'
import { readCountRequest, readRequest } from './read-request.ts'
import { bodyWith, bytes, outcomeOf, read, saying } from './scene.fixture.ts'

test('a request says its model, whether it streams, and how much there is to read', () => {
  const { model, streaming, inputTokens, metadata, unknown } = read({ stream: true, metadata: { user_id: 'me' } })
  expect({ model, streaming, unknown }).toEqual({ model: 'claude-clinic', streaming: true, unknown: [] })
  // [{"role":"user","content":"Hi"}]
  expect(inputTokens).toBe(8)
  expect([...metadata]).toEqual([])
})

test('media counts by the piece, and only where it is media', () => {
  const data = 'a'.repeat(8_000)
  const source = { type: 'base64', media_type: 'image/png', data }
  const estimate = (...blocks: readonly object[]): number => saying(...blocks).inputTokens
  expect(estimate({ type: 'image', source })).toBeLessThan(1_050)
  expect(estimate({ type: 'image', source: { type: 'url', url: 'https://a' } })).toBeGreaterThan(1_000)
  // As text, it is read whole; and so it is in a block that nobody here knows.
  expect(estimate({ type: 'document', source: { ...source, type: 'text' } })).toBeGreaterThan(2_000)
  expect(estimate({ type: 'hologram', source })).toBeGreaterThan(2_000)
  expect(estimate({ type: 'container_upload', file_id: 'f' })).toBeGreaterThan(1_000)
})

describe('every block of the official client is known', () => {
  const cache_control = { type: 'ephemeral', ttl: '5m' }
  test.each<readonly [string, object]>([
    ['text', { text: 'a', cache_control, citations: null }],
    [
      'text',
      {
        text: 'a',
        citations: [
          {
            type: 'char_location',
            cited_text: 'c',
            document_index: 0,
            document_title: null,
            start_char_index: 0,
            end_char_index: 1,
          },
          {
            type: 'page_location',
            cited_text: 'c',
            document_index: 0,
            document_title: 'd',
            start_page_number: 1,
            end_page_number: 2,
            file_id: null,
          },
          {
            type: 'content_block_location',
            cited_text: 'c',
            document_index: 0,
            document_title: null,
            start_block_index: 0,
            end_block_index: 1,
          },
          { type: 'web_search_result_location', cited_text: 'c', encrypted_index: 'e', title: null, url: 'https://a' },
          {
            type: 'search_result_location',
            cited_text: 'c',
            source: 's',
            title: null,
            search_result_index: 0,
            start_block_index: 0,
            end_block_index: 1,
          },
        ],
      },
    ],
    ['image', { source: { type: 'file', file_id: 'f' }, transformations: { oversized_image: 'downsize' } }],
    ['document', { source: { type: 'url', url: 'u' }, citations: { enabled: true }, context: 'c', title: 't' }],
    ['document', { source: { type: 'content', content: 'all of it' } }],
    [
      'search_result',
      { source: 's', title: 't', content: [{ type: 'text', text: 'x' }], citations: { enabled: true } },
    ],
    ['thinking', { thinking: 'hm', signature: 's' }],
    ['redacted_thinking', { data: 'd' }],
    [
      'tool_use',
      { id: 'i', name: 'n', input: {}, caller: { type: 'direct' }, toolset_name: null, cache_control: null },
    ],
    ['tool_result', { tool_use_id: 'i', content: 'said', is_error: true, toolset_name: null }],
    [
      'tool_result',
      {
        tool_use_id: 'i',
        content: [
          { type: 'tool_reference', tool_name: 'n' },
          {
            type: 'browser_state',
            tabs: [{ tab_id: '1', title: 't', url: 'u' }],
            state_changes: [{ type: 'tab_opened', tab_id: '1' }],
          },
        ],
      },
    ],
    [
      'server_tool_use',
      { id: 'i', name: 'web_search', input: {}, caller: { type: 'code_execution_20260120', tool_id: 't' } },
    ],
    [
      'web_search_tool_result',
      { tool_use_id: 'i', content: { type: 'web_search_tool_result_error', error_code: 'unavailable' } },
    ],
    [
      'web_fetch_tool_result',
      {
        tool_use_id: 'i',
        content: {
          type: 'web_fetch_result',
          url: 'u',
          retrieved_at: null,
          content: { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } },
        },
      },
    ],
    [
      'code_execution_tool_result',
      {
        tool_use_id: 'i',
        content: {
          type: 'encrypted_code_execution_result',
          encrypted_stdout: 'e',
          stderr: '',
          return_code: 0,
          content: [],
        },
      },
    ],
    [
      'bash_code_execution_tool_result',
      { tool_use_id: 'i', content: { type: 'bash_code_execution_tool_result_error', error_code: 'x' } },
    ],
    [
      'text_editor_code_execution_tool_result',
      {
        tool_use_id: 'i',
        content: { type: 'text_editor_code_execution_str_replace_result', lines: ['a'], new_start: null },
      },
    ],
    [
      'tool_search_tool_result',
      {
        tool_use_id: 'i',
        content: {
          type: 'tool_search_tool_search_result',
          tool_references: [{ type: 'tool_reference', tool_name: 'n' }],
        },
      },
    ],
    ['advisor_tool_result', { tool_use_id: 'i', content: { type: 'advisor_redacted_result', encrypted_content: 'e' } }],
    ['mcp_tool_use', { id: 'i', name: 'n', server_name: 's', input: {} }],
    ['mcp_tool_result', { tool_use_id: 'i', is_error: false, content: [{ type: 'text', text: 'x' }] }],
    ['mcp_tool_listing', { mcp_server_name: 's', tools: [{ name: 'n', input_schema: {}, description: null }] }],
    ['container_upload', { file_id: 'f' }],
    ['compaction', { content: null, encrypted_content: null, signature: null, tool_changes: null }],
    ['tool_removal', { tool: { type: 'mcp_tool_reference', name: 'n', server_name: 's' } }],
    ['fallback', { from: { model: 'a' }, to: { model: 'b' }, trigger: { type: 'refusal' } }],
  ])('%s %j', (type, fields) => {
    expect(saying({ type, ...fields }).unknown).toEqual([])
  })
})

test('every field of the official client is known', () => {
  const { unknown } = read({
    cache_control: { type: 'ephemeral' },
    compaction: { type: 'summarize', instructions: null },
    container: { id: null, skills: null },
    context_management: {
      edits: [
        { type: 'clear_thinking_20251015', keep: 'all' },
        { type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 }, clear_tool_inputs: ['a'] },
        { type: 'compact_20260112', trigger: { type: 'input_tokens', value: 50_000 }, pause_after_compaction: true },
      ],
    },
    diagnostics: { previous_message_id: null },
    inference_geo: 'eu',
    mcp_servers: [{ type: 'url', name: 's', url: 'https://a', tool_configuration: { allowed_tools: ['x'] } }],
    metadata: { user_id: null },
    output_config: { effort: 'xhigh', format: null, task_budget: { type: 'tokens', total: 20_000 } },
    output_format: null,
    service_tier: 'standard_only',
    speed: 'fast',
    stop_sequences: ['x'],
    stream: false,
    system: 'Be brief',
    temperature: 1,
    thinking: { type: 'adaptive', display: 'summarized', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    thread: null,
    tool_choice: { type: 'tool', name: 'x', disable_parallel_tool_use: true },
    tools: [{ name: 'x', input_schema: {}, strict: true, eager_input_streaming: null, allowed_callers: ['direct'] }],
    top_k: 5,
    top_p: 0.5,
  })
  expect(unknown).toEqual([])
})

describe('a request is refused, and the field named', () => {
  test.each([
    [{ max_tokens: 1.5 }, 'invalid_field max_tokens'],
    [{ temperature: 1.1 }, 'invalid_field temperature'],
    [{ messages: 'Hi' }, 'invalid_field messages'],
    [{ messages: [{ role: 'robot', content: '' }] }, 'invalid_field messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'invalid_field messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'invalid_field messages[0].content[0].text'],
    [{ system: [{ text: 'x' }] }, 'invalid_field system[0].type'],
    [{ tools: [{ name: 'x' }] }, 'invalid_field tools[0].input_schema'],
    [{ tool_choice: { type: 'all' } }, 'invalid_field tool_choice.type'],
    [{ thinking: { type: 'wild' } }, 'invalid_field thinking.type'],
    [{ output_config: { effort: 'minimal' } }, 'invalid_field output_config.effort'],
    [{ cache_control: { type: 'ephemeral', ttl: '24h' } }, 'invalid_field cache_control.ttl'],
    [{ thread: { type: 'list' } }, 'invalid_field thread.type'],
    // Another parser would read these as the known ones.
    [{ Max_tokens: 9 }, 'invalid_field Max_tokens'],
    [{ MCP_servers: [] }, 'invalid_field MCP_servers'],
    [{ ſystem: 'x' }, 'invalid_field ſystem'],
    [{ metadata: { User_id: 'x' } }, 'invalid_field metadata.User_id'],
    [
      { messages: [{ role: 'user', content: [{ type: 'hologram', Source: {} }] }] },
      'invalid_field messages[0].content[0].Source',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x', URL: 'u' } }] }] },
      'invalid_field messages[0].content[0].source.URL',
    ],
    // What goes round the decision, in every tier.
    [{ fallbacks: 'default' }, 'unknown_field fallbacks'],
    [{ fallbacks: [{ model: 'other' }] }, 'unknown_field fallbacks'],
    [{ fallback_credit_token: 't' }, 'unknown_field fallback_credit_token'],
    [{ billing_policy: null }, 'unknown_field billing_policy'],
    [{ user_profile_id: 'u' }, 'unknown_field user_profile_id'],
    [{ previous_response_id: 'r' }, 'unknown_field previous_response_id'],
    [{ anthropic_version: 'vertex-2023-10-16' }, 'unknown_field anthropic_version'],
    [{ extra_body: {} }, 'unknown_field extra_body'],
    [{ background: true }, 'unknown_field background'],
    [{ tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'other' }] }, 'unknown_field tools[0].type'],
    [{ tools: [{ type: 'advisor_20300101', name: 'advisor', model: 'other' }] }, 'unknown_field tools[0].type'],
  ])('%j', (fields, outcome) => {
    expect(outcomeOf(() => read(fields))).toBe(outcome)
  })

  test('for what two parsers could read differently', () => {
    expect(outcomeOf(() => readRequest(bytes('{"model":"a","model":"b","max_tokens":1,"messages":[]}')))).toBe(
      'malformed_request -',
    )
    expect(outcomeOf(() => readRequest(bytes('{"model":"a","messages":[]}')))).toBe('invalid_field max_tokens')
    expect(outcomeOf(() => readRequest(bytes('{"max_tokens":1,"messages":[]}')))).toBe('invalid_field model')
  })
})

test('what is not known is noted, not dropped', () => {
  const { unknown } = read({
    surprise: 1,
    metadata: { user_id: 'u', team: 't' },
    output_config: { verbosity: 'low' },
    tools: [{ type: 'teleport_20270101', name: 't' }],
  })
  expect(unknown).toEqual(['surprise', 'metadata.team', 'output_config.verbosity', 'tools[0].type'])
})

describe('a token count', () => {
  test('takes the same body without what only an answer has', () => {
    const reading = readCountRequest(
      bytes(
        '{"model":"c","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}',
      ),
    )
    expect(reading.model).toBe('c')
    expect(reading.streaming).toBe(false)
    expect(reading.unknown).toEqual([])
    expect(reading.acts).toEqual([{ action: 'web-search', field: 'tools[0].type' }])
  })

  test('notes what only a request for an answer has', () => {
    expect(readCountRequest(bytes(bodyWith({}))).unknown).toEqual(['max_tokens'])
  })

  test.each([
    ['stream', true],
    ['thread', { type: 'continue', previous_message_id: 'msg_others' }],
    ['diagnostics', { previous_message_id: 'msg_others' }],
  ])('does not pass on `%s`, which belongs to the creation of a message', (field, value) => {
    const { max_tokens: _, ...body } = JSON.parse(bodyWith({})) as Record<string, unknown>
    expect(() => readCountRequest(bytes(JSON.stringify({ ...body, [field]: value })))).toThrow(
      `\`${field}\` belongs to the creation of a message, and is not served here; leave it out.`,
    )
  })
})
