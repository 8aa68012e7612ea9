import { describe, expect, test } from 'bun:test'
import { read, saying } from './scene.fixture.ts'

const image = (source: object) => ({ type: 'image', source })
const document = (source: object) => ({ type: 'document', source })

test('a plain conversation makes the provider do nothing but answer', () => {
  const { acts } = read({
    system: [{ type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      { role: 'user', content: [image({ type: 'base64', media_type: 'image/png', data: 'aGk=' })] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
          { type: 'tool_use', id: 't1', name: 'look', input: { source: { url: 'https://a/b', file_id: 'f' } } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'seen' }] },
          { type: 'search_result', source: 'https://a/b', title: 't', content: [{ type: 'text', text: 'x' }] },
          document({ type: 'text', media_type: 'text/plain', data: 'long' }),
          document({ type: 'content', content: [{ type: 'text', text: 'x' }] }),
        ],
      },
    ],
    tools: [
      { name: 'look', input_schema: { type: 'object', $ref: '#/$defs/x' } },
      { type: null, name: 'look2', input_schema: { type: 'object' } },
      { type: 'custom', name: 'look3', input_schema: { type: 'object' } },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 100 },
      { type: 'computer_20251124', name: 'computer', display_width_px: 1, display_height_px: 1 },
      { type: 'computer_toolset_20260801', configs: { zoom: { enabled: false } } },
      { type: 'browser_toolset_20260801' },
      { type: 'memory_20250818', name: 'memory' },
    ],
    service_tier: 'auto',
    inference_geo: 'eu',
  })
  expect(acts).toEqual([])
})

describe('a tool that the provider runs is an access', () => {
  test.each([
    [{ type: 'web_search_20250305', name: 'web_search' }, ['web-search']],
    [{ type: 'web_fetch_20250910', name: 'web_fetch' }, ['fetch-url']],
    [{ type: 'web_search_20260318', name: 'web_search' }, ['web-search', 'run-code']],
    [{ type: 'web_search_20260318', name: 'web_search', allowed_callers: ['direct'] }, ['web-search']],
    [{ type: 'web_search_20260318', name: 'web_search', allowed_callers: [] }, ['web-search', 'run-code']],
    [{ type: 'web_search_20260209', allowed_callers: ['direct', 'direct'], name: 'w' }, ['web-search', 'run-code']],
    [
      { type: 'web_search_20250305', name: 'web_search', allowed_callers: ['direct', 'code_execution_20260120'] },
      ['web-search', 'run-code'],
    ],
    [{ type: 'web_fetch_20260309', name: 'web_fetch', use_cache: true }, ['fetch-url', 'run-code']],
    [{ type: 'web_fetch_20260209', name: 'web_fetch', allowed_callers: ['direct'] }, ['fetch-url']],
    [
      { type: 'tool_search_tool_bm25', name: 'tool_search_tool_bm25', allowed_callers: ['code_execution_20260120'] },
      ['use-hosted-tool', 'run-code'],
    ],
    [{ name: 'mine', input_schema: {}, allowed_callers: ['code_execution_20260521'] }, ['run-code']],
    [{ type: 'bash_20250124', name: 'bash', allowed_callers: ['code_execution_20260521'] }, ['run-code']],
    [{ type: 'web_search_20270101', name: 'w' }, ['web-search', 'run-code', 'use-hosted-tool']],
    [{ type: 'code_execution_20260521', name: 'code_execution' }, ['run-code']],
    [{ type: 'mcp_toolset', mcp_server_name: 's' }, ['use-mcp']],
    [{ type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }, ['use-hosted-tool']],
    [{ type: 'tool_search_tool_bm25', name: 'tool_search_tool_bm25' }, ['use-hosted-tool']],
    [{ type: 'teleport_20270101', name: 'teleport' }, ['use-hosted-tool', 'use-hosted-tool']],
    [{ type: 'bash_99', name: 'bash' }, ['use-hosted-tool', 'use-hosted-tool']],
    [{ name: 'mine', input_schema: {}, run_at: 'https://a' }, ['use-hosted-tool']],
  ])('%j', (tool, actions) => {
    const { acts } = read({ tools: [{ name: 'x', input_schema: {} }, tool] })
    expect(acts.map(({ action }) => action) as string[]).toEqual(actions)
    expect(acts.every(({ field }) => field.startsWith('tools[1]'))).toBe(true)
  })

  test('also where a turn adds it', () => {
    const definition = { type: 'web_search_20260318', name: 'web_search' }
    const addition = { type: 'tool_addition', tool: { type: 'tool_definition', definition } }
    expect(read({ messages: [{ role: 'system', content: [addition] }] }).acts).toEqual([
      { action: 'web-search', field: 'messages[0].content[0].tool.definition.type' },
      { action: 'run-code', field: 'messages[0].content[0].tool.definition.type' },
    ])
    expect(saying({ type: 'compaction', signature: 's', content: 'x', tool_changes: [addition] }).acts).toEqual([
      { action: 'web-search', field: 'messages[0].content[0].tool_changes[0].tool.definition.type' },
      { action: 'run-code', field: 'messages[0].content[0].tool_changes[0].tool.definition.type' },
    ])
  })

  test('and a schema that refers elsewhere would be fetched', () => {
    const schema = { type: 'object', properties: { a: { $ref: 'https://a/schema' } } }
    expect(read({ tools: [{ name: 'x', input_schema: schema }] }).acts).toEqual([
      { action: 'fetch-url', field: 'tools[0].input_schema' },
    ])
    expect(read({ output_config: { format: { type: 'json_schema', schema } } }).acts).toEqual([
      { action: 'fetch-url', field: 'output_config.format.schema' },
    ])
    expect(read({ output_format: { type: 'json_schema', schema } }).acts).toEqual([
      { action: 'fetch-url', field: 'output_format.schema' },
    ])
  })
})

test('an MCP server in the body is an access, whoever it belongs to', () => {
  const server = { type: 'url', name: 's', url: 'https://mine/mcp', authorization_token: 't' }
  expect(read({ mcp_servers: [server, { ...server, tool_configuration: { enabled: false } }] }).acts).toEqual([
    { action: 'use-mcp', field: 'mcp_servers[0]' },
    { action: 'use-mcp', field: 'mcp_servers[1]' },
  ])
})

test('a container runs code, goes on from what it holds, and brings skills', () => {
  expect(read({ container: 'container_1' }).acts).toEqual([
    { action: 'run-code', field: 'container', id: 'container_1' },
  ])
  expect(read({ container: { file_ids: ['file_1'] } }).acts).toContainEqual({
    action: 'use-file',
    field: 'container.file_ids[0]',
    id: 'file_1',
  })
  expect(read({ container: null }).acts).toEqual([])
  expect(read({ container: {} }).acts).toEqual([{ action: 'run-code', field: 'container' }])
  const skills = [
    { type: 'anthropic', skill_id: 'pptx' },
    { type: 'custom', skill_id: 'skill_1', version: '2' },
    { type: 'anthropic', skill_id: 'skill_01alice' },
  ]
  expect(read({ container: { id: 'container_1', skills } }).acts).toEqual([
    { action: 'run-code', field: 'container.id', id: 'container_1' },
    { action: 'use-hosted-tool', field: 'container.skills[0]' },
    { action: 'use-hosted-tool', field: 'container.skills[1]', id: 'skill_1' },
    { action: 'use-hosted-tool', field: 'container.skills[2]', id: 'skill_01alice' },
  ])
})

describe('what a block names is an access', () => {
  test.each([
    [image({ type: 'url', url: 'https://a/b' }), { action: 'fetch-url', field: '.source.url' }],
    [document({ type: 'url', url: 'https://a/b' }), { action: 'fetch-url', field: '.source.url' }],
    [image({ type: 'file', file_id: 'f1' }), { action: 'use-file', field: '.source.file_id', id: 'f1' }],
    [document({ type: 'file', file_id: 'f1' }), { action: 'use-file', field: '.source.file_id', id: 'f1' }],
    [
      { type: 'container_upload', file_id: 'f1' },
      { action: 'use-file', field: '.file_id', id: 'f1' },
    ],
  ])('%j', (block, { field, ...rest }) => {
    expect(saying(block).acts).toEqual([{ ...rest, field: `messages[0].content[0]${field}` }] as never)
  })

  test('wherever it stands: in a tool result, in a document, in what was fetched', () => {
    const seen = image({ type: 'url', url: 'https://a/b' })
    expect(saying({ type: 'tool_result', tool_use_id: 't', content: [seen] }).acts).toEqual([
      { action: 'fetch-url', field: 'messages[0].content[0].content[0].source.url' },
    ])
    expect(saying(document({ type: 'content', content: [seen] })).acts).toEqual([
      { action: 'fetch-url', field: 'messages[0].content[0].source.content[0].source.url' },
    ])
    const fetched = {
      type: 'web_fetch_tool_result',
      tool_use_id: 't',
      content: { type: 'web_fetch_result', url: 'https://told', content: document({ type: 'file', file_id: 'f1' }) },
    }
    expect(saying(fetched).acts).toEqual([
      { action: 'use-file', field: 'messages[0].content[0].content.content.source.file_id', id: 'f1' },
    ])
  })

  test('but not what an earlier result was found under', () => {
    const results = [
      {
        type: 'web_search_tool_result',
        tool_use_id: 't',
        content: [{ type: 'web_search_result', url: 'https://a', title: 't', encrypted_content: 'x' }],
      },
      {
        type: 'bash_code_execution_tool_result',
        tool_use_id: 't',
        content: {
          type: 'bash_code_execution_result',
          stdout: '',
          stderr: '',
          return_code: 0,
          content: [{ type: 'bash_code_execution_output', file_id: 'f1' }],
        },
      },
    ]
    expect(read({ messages: [{ role: 'assistant', content: results }] }).acts).toEqual([])
  })

  test('and a block that nobody here knows could be either', () => {
    const { acts, unknown } = saying({ type: 'hologram', beam: 'https://a' })
    expect(unknown).toEqual(['messages[0].content[0].type'])
    expect(acts).toEqual([
      { action: 'fetch-url', field: 'messages[0].content[0]' },
      { action: 'use-file', field: 'messages[0].content[0]' },
    ])
    expect(saying({ type: 'file', file_id: 'f1' }).acts).toContainEqual({
      action: 'use-file',
      field: 'messages[0].content[0].file_id',
      id: 'f1',
    })
    for (const source of [
      { type: 'zzz', file: { file_id: 'f1' } },
      { type: 'files', file_id: ['f1'] },
    ]) {
      expect(saying(document(source)).acts).toContainEqual(expect.objectContaining({ action: 'use-file', id: 'f1' }))
    }
    const odd = saying(image({ type: 'base64', media_type: 'image/png', data: 'aGk=', fallback: 'https://a' }))
    expect(odd.unknown).toEqual(['messages[0].content[0].source.fallback'])
    expect(new Set(odd.acts.map(({ action }) => action))).toEqual(new Set(['fetch-url', 'use-file']))
  })
})

test('a conversation that the provider keeps is an access, and so is going on from it', () => {
  expect(read({ thread: { type: 'create' } }).acts).toEqual([{ action: 'store', field: 'thread' }])
  expect(read({ thread: { type: 'continue', previous_message_id: 'msg_1' } }).acts).toEqual([
    { action: 'store', field: 'thread' },
    { action: 'use-stored', field: 'thread.previous_message_id', id: 'msg_1' },
  ])
  expect(read({ diagnostics: { previous_message_id: null } }).acts).toEqual([{ action: 'store', field: 'diagnostics' }])
  expect(read({ diagnostics: { previous_message_id: 'msg_1' } }).acts).toEqual([
    { action: 'store', field: 'diagnostics' },
    { action: 'use-stored', field: 'diagnostics.previous_message_id', id: 'msg_1' },
  ])
  expect(read({ thread: null, diagnostics: null }).acts).toEqual([])
})

test('ids that stand beside what they name are mentioned', () => {
  const { acts, mentions } = read({
    metadata: { user_id: 'mine' },
    container: 'container_1',
    trace: { container_id: 'container_2' },
    messages: [
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'toolu_1', name: 'look', input: { id: 'theirs' } },
          {
            type: 'code_execution_tool_result',
            tool_use_id: 'srvtoolu_1',
            content: {
              type: 'code_execution_result',
              stdout: '',
              stderr: '',
              return_code: 0,
              content: [{ type: 'code_execution_output', file_id: 'file_1' }],
            },
          },
        ],
      },
    ],
  })
  expect(acts).toContainEqual({ action: 'run-code', field: 'container', id: 'container_1' })
  expect(mentions).toEqual([
    { id: 'toolu_1', field: 'messages[0].content[0].id' },
    { id: 'srvtoolu_1', field: 'messages[0].content[1].tool_use_id' },
    { id: 'file_1', field: 'messages[0].content[1].content.content[0].file_id' },
    { id: 'container_2', field: 'trace.container_id' },
  ])
})

test('what nobody here knows of a message could name anything', () => {
  expect(read({ messages: [{ role: 'user', content: 'x', attachments: [{ file_id: 'f1' }] }] }).acts).toEqual([
    { action: 'fetch-url', field: 'messages[0]' },
    { action: 'use-file', field: 'messages[0]' },
    { action: 'use-file', field: 'messages[0].attachments[0].file_id', id: 'f1' },
  ])
  expect(read({ tool_choice: { type: 'auto', server_url: 'https://a' } }).acts).toEqual([
    { action: 'use-hosted-tool', field: 'tool_choice' },
  ])
})
