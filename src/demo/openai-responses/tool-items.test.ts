import { expect, test } from 'bun:test'
import { model, startOpenAi } from './client.fixture.ts'

const { client, ask, types, bothWays } = startOpenAi()

test('hosted tools leave an item each, and the text cites them', async () => {
  const tools = [
    { type: 'web_search' },
    { type: 'file_search', vector_store_ids: ['vs_1'] },
    { type: 'code_interpreter', container: { type: 'auto' } },
    { type: 'mcp', server_label: 'notes', server_url: 'https://mcp.example', require_approval: 'never' },
  ]
  const include = ['file_search_call.results', 'code_interpreter_call.outputs', 'web_search_call.action.sources']
  const response = await bothWays('weather', { tools, include })
  expect(response.output).toMatchObject([
    { type: 'web_search_call', status: 'completed', action: { query: 'weather', sources: [{ type: 'url' }] } },
    { type: 'file_search_call', queries: ['weather'], results: [{ filename: 'notes.txt' }] },
    { type: 'code_interpreter_call', code: 'print(1)', outputs: [{ type: 'logs', logs: '1\n' }] },
    { type: 'mcp_list_tools', server_label: 'notes', tools: [{ name: 'ask' }] },
    { type: 'mcp_call', server_label: 'notes', arguments: '{"query":"weather"}', output: 'An answer of the demo.' },
    { type: 'message', content: [{ annotations: [{ type: 'url_citation' }, { type: 'file_citation' }] }] },
  ])
  const seen = await types('weather', { tools, include })
  expect(seen).toContain('web_search_call.searching')
  expect(seen).toContain('code_interpreter_call_code.done')
  expect(seen).toContain('mcp_call_arguments.done')
  expect(seen).toContain('output_text.annotation.added')
})

test('a remote MCP server is called once that is approved', async () => {
  const tools = [{ type: 'mcp' as const, server_label: 'notes', server_url: 'https://mcp.example' }]
  const first = await client().responses.create({ model, input: 'weather', tools })
  const request = first.output.find((item) => item.type === 'mcp_approval_request')
  expect(request).toMatchObject({ name: 'ask', server_label: 'notes' })
  const approval = { type: 'mcp_approval_response' as const, approval_request_id: request?.id ?? '', approve: true }
  const previous_response_id = first.id
  const second = await client().responses.create({ model, input: [approval], tools, previous_response_id })
  expect(second.output.some((item) => item.type === 'mcp_call')).toBe(true)
})

test('the tools that OpenAI defines and the caller runs have calls of their own', async () => {
  const tools = [{ type: 'shell' }, { type: 'apply_patch' }, { type: 'local_shell' }, { type: 'computer' }]
  const patch = { type: 'create_file', path: 'a.txt', diff: '+hello' }
  const text = `[[tool:shell {"commands":["ls -l"]}]][[tool:apply_patch ${JSON.stringify(patch)}]][[tool:local_shell]]`
  const response = await bothWays(`${text}[[tool:computer]]`, { tools })
  expect(response.output).toMatchObject([
    { type: 'shell_call', action: { commands: ['ls -l'] }, status: 'completed' },
    { type: 'apply_patch_call', operation: patch },
    { type: 'local_shell_call', action: { type: 'exec', command: [] } },
    { type: 'computer_call', action: { type: 'screenshot' } },
  ])
  expect(await types(text, { tools })).toContain('shell_call_command.delta')
  const again = await client().responses.create({
    model,
    previous_response_id: response.id,
    input: [
      {
        type: 'shell_call_output',
        call_id: 'call_1',
        output: [{ stdout: 'total 0', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
      },
    ],
  })
  expect(again.output_text).toBe('total 0')
  expect((await ask('[[tool:shell]]')).output).toMatchObject([{ type: 'function_call', name: 'shell' }])
})

test('a generated image comes with its item', async () => {
  const response = await bothWays('a boat', { tools: [{ type: 'image_generation' }] })
  expect(response.output).toMatchObject([{ type: 'image_generation_call', result: expect.any(String) }, {}])
})

test('the client of the beta is answered as well', async () => {
  const response = await client().beta.responses.create({ model, input: 'hello' })
  expect(response.output).toMatchObject([{ type: 'message', content: [{ text: 'hello' }] }])
})
