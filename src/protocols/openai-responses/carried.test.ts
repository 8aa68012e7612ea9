import { expect, test } from 'bun:test'
import { openAiResponses } from './openai-responses.ts'

const actsOf = (fields: object) => {
  const body = { model: 'm', store: false, ...fields }
  return openAiResponses.read(new TextEncoder().encode(JSON.stringify(body)), 128).acts
}

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
