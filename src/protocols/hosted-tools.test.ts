import { describe, expect, test } from 'bun:test'
import { hostedName } from './hosted-tools.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

describe('a tool of the provider’s own has one name', () => {
  test.each([
    ['web_search', 'web_search'],
    ['web_search_preview', 'web_search'],
    ['web_search_preview_2025_03_11', 'web_search'],
    ['web_search_2025_08_26', 'web_search'],
    ['web_search_20250305', 'web_search'],
    ['web_fetch_20250910', 'web_fetch'],
    ['code_execution_20250825', 'code_execution'],
    ['bash_code_execution', 'code_execution'],
    ['text_editor_code_execution', 'code_execution'],
    ['code_interpreter', 'code_interpreter'],
    ['tool_search_tool_regex_20251119', 'tool_search'],
    ['mcp_toolset', 'mcp'],
    ['mcp', 'mcp'],
    ['file_search', 'file_search'],
    ['image_generation', 'image_generation'],
    ['shell', 'shell'],
    ['web_fetch_20260318', 'web_fetch'],
    ['tool_search_tool_bm25', 'tool_search'],
    ['computer_use_preview', 'computer_use'],
    ['__proto__', 'other'],
    ['constructor', 'other'],
    ['anything_at_all', 'other'],
    ['web_searches', 'other'],
    ['AKIAIOSFODNN7EXAMPLE', 'other'],
    ['', 'other'],
    ['a'.repeat(100_000), 'other'],
  ])('%s', (type, name) => {
    expect(hostedName(type)).toBe(name)
  })
})

describe('a request asks for', () => {
  test('the tools of the Responses API that OpenAI runs', () => {
    const tools = [
      { type: 'web_search_preview' },
      { type: 'function', name: 'f', parameters: null, strict: true },
      { type: 'code_interpreter', container: { type: 'auto' } },
      { type: 'shell', environment: { type: 'local' } },
    ]
    const { hosted } = openAiResponses.read(bytes({ model: 'm', input: 'hi', tools }), 64)
    expect(hosted).toEqual(['web_search', 'code_interpreter'])
  })

  test('no more names than there are tools, whatever types it makes up', () => {
    const made = Array.from({ length: 2_000 }, (_, index) => `x${index.toString(26).replaceAll(/\d/g, 'z')}`)
    const responses = { model: 'm', input: 'hi', tools: made.map((type) => ({ type })) }
    expect(openAiResponses.read(bytes(responses), 64).hosted).toEqual(['other'])
    const messages = {
      model: 'm',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'hi' }],
      tools: made.map((type) => ({ type, name: type })),
    }
    expect(anthropicMessages.read(bytes(messages), 64).hosted).toEqual(['other'])
  })

  test('those that Anthropic runs, and its MCP servers', () => {
    const { hosted } = anthropicMessages.read(
      bytes({
        model: 'm',
        max_tokens: 1,
        messages: [{ role: 'user', content: 'hi' }],
        tools: [
          { type: 'web_search_20250305', name: 'web_search' },
          { name: 'mine', input_schema: { type: 'object' } },
        ],
        mcp_servers: [{ type: 'url', name: 's', url: 'https://mcp.example' }],
      }),
      64,
    )
    expect(hosted).toEqual(['web_search', 'mcp'])
  })

  test('a web search of chat completions, of whose calls nothing is told', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
    expect(openAiChat.read(bytes({ ...body, web_search_options: {} }), 64).hosted).toEqual(['web_search'])
    expect(openAiChat.read(bytes(body), 64).hosted).toEqual([])
    expect(openAiChat.tellsNoCalls).toBe(true)
  })
})

describe('usage tells', () => {
  test('the parts of OpenAI’s chat completions', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 0 },
    }
    const answer = { choices: [{ message: { content: 'hi' } }], usage }
    expect(openAiChat.readAnswer(bytes(answer), 'm').usage).toEqual({
      input: 100,
      output: 50,
      cached: 60,
      reasoning: 30,
    })
  })

  test('the parts of a response, and calls of tools that OpenAI ran', () => {
    const answer = {
      id: 'r',
      status: 'completed',
      output: [
        { type: 'web_search_call', id: 'a', status: 'completed' },
        { type: 'web_search_call', id: 'b', status: 'completed' },
        { type: 'mcp_call', id: 'c', name: 'n', arguments: '{}', server_label: 's' },
        { type: 'function_call', id: 'd', name: 'f', arguments: '{}', call_id: 'x' },
        { type: 'shell_call', id: 'e', environment: { type: 'local' } },
      ],
      usage: {
        input_tokens: 9,
        output_tokens: 8,
        input_tokens_details: { cached_tokens: 7 },
        output_tokens_details: { reasoning_tokens: 6 },
      },
    }
    expect(openAiResponses.readAnswer(bytes(answer), 'm').usage).toEqual({
      input: 9,
      output: 8,
      cached: 7,
      reasoning: 6,
      tools: { web_search: 2, mcp: 1 },
    })
  })

  test('the parts of Anthropic’s messages, and calls as it counts them, else as they stand there', () => {
    const answer = {
      type: 'message',
      content: [
        { type: 'server_tool_use', id: 'a', name: 'web_search', input: {} },
        { type: 'server_tool_use', id: 'b', name: 'bash_code_execution', input: {} },
        { type: 'mcp_tool_use', id: 'c', name: 'n', server_name: 's', input: {} },
        { type: 'tool_use', id: 'd', name: 'mine', input: {} },
      ],
      usage: {
        input_tokens: 3,
        output_tokens: 2,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 10,
        server_tool_use: { web_search_requests: 4, web_fetch_requests: 0 },
      },
    }
    expect(anthropicMessages.readAnswer(bytes(answer), 'm').usage).toEqual({
      input: 33,
      output: 2,
      cached: 20,
      cacheWrite: 10,
      tools: { web_search: 4, code_execution: 1, mcp: 1 },
    })
  })

  test('calls of a response’s stream as they come, each once, and what its end says of them', () => {
    const read = openAiResponses.readStream('m')
    const said = (data: object) => read({ data: JSON.stringify(data) }).usage
    const response = { id: 'resp_1', status: 'in_progress', output: [], usage: null }
    const item = (output_index: number, of: object, when = 'done') => ({
      type: `response.output_item.${when}`,
      output_index,
      item: { id: `i${output_index}`, status: 'completed', ...of },
    })
    const search = { type: 'web_search_call' }
    expect(said({ type: 'response.created', response })).toBeUndefined()
    expect(said(item(0, { ...search, status: 'in_progress' }, 'added'))).toEqual({ tools: { web_search: 1 } })
    expect(said(item(0, search))).toBeUndefined()
    expect(said(item(1, search))).toEqual({ tools: { web_search: 2 } })
    expect(said(item(2, { type: 'shell_call' }, 'added'))).toEqual({ tools: { web_search: 2, shell: 1 } })
    // Only now it says where it ran.
    expect(said(item(2, { type: 'shell_call', environment: { type: 'local' } }))).toEqual({ tools: { web_search: 2 } })
    expect(said(item(3, { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c' }))).toBeUndefined()
    expect(said(item(4, { type: 'X9_call' }))).toEqual({ tools: { web_search: 2, other: 1 } })
    const output = ['i0', 'i1', 'i2'].map((id) => ({ id, type: 'web_search_call' }))
    const usage = { input_tokens: 9, output_tokens: 8 }
    expect(said({ type: 'response.completed', response: { ...response, status: 'completed', output, usage } })).toEqual(
      {
        input: 9,
        output: 8,
        tools: { web_search: 3, other: 1 },
      },
    )
  })

  test.each(['9007199254740991', '9007199254740993', '1e300'])('no more than can be counted: %s', (told) => {
    const most = 1_000_000_000
    const json = (value: unknown): Uint8Array =>
      new TextEncoder().encode(JSON.stringify(value).replaceAll('"MOST"', told))
    const chat = { choices: [], usage: { prompt_tokens: 'MOST', completion_tokens: 'MOST' } }
    expect(openAiChat.readAnswer(json(chat), 'm').usage).toEqual({ input: most, output: most })
    const response = {
      id: 'r',
      status: 'completed',
      output: [],
      usage: { input_tokens: 'MOST', output_tokens: 'MOST' },
    }
    expect(openAiResponses.readAnswer(json(response), 'm').usage).toEqual({ input: most, output: most })
    const usage = {
      input_tokens: 'MOST',
      output_tokens: 'MOST',
      cache_read_input_tokens: 'MOST',
      cache_creation_input_tokens: 'MOST',
      server_tool_use: { web_search_requests: 'MOST' },
    }
    expect(anthropicMessages.readAnswer(json({ type: 'message', content: [], usage }), 'm').usage).toEqual({
      input: 3 * most,
      output: most,
      cached: most,
      cacheWrite: most,
      tools: { web_search: most },
    })
  })

  test('calls of a stream of messages as they come', () => {
    const read = anthropicMessages.readStream('m')
    const said = (data: object) => read({ data: JSON.stringify(data) }).usage
    const begins = (index: number, name: string) => ({
      type: 'content_block_start',
      index,
      content_block: { type: 'server_tool_use', id: 't', name, input: {} },
    })
    said({
      type: 'message_start',
      message: { type: 'message', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
    })
    expect(said(begins(0, 'web_search'))).toEqual({ tools: { web_search: 1 } })
    expect(said(begins(1, 'web_search'))).toEqual({ tools: { web_search: 2 } })
    const usage = { output_tokens: 9, server_tool_use: { web_search_requests: 1 } }
    expect(said({ type: 'message_delta', delta: {}, usage })).toEqual({
      input: 5,
      output: 9,
      tools: { web_search: 1 },
    })
  })

  test.each([
    { output_tokens: 50 },
    { input_tokens: 10, output_tokens: 50 },
    { input_tokens: 0, output_tokens: 50, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    { input_tokens: null, output_tokens: 50, cache_read_input_tokens: 49_000 },
  ])('all that a stream of messages was given to read, whatever part of it is told last: %j', (usage) => {
    const read = anthropicMessages.readStream('m')
    const said = (data: object) => read({ data: JSON.stringify(data) }).usage
    const first = {
      input_tokens: 10,
      cache_read_input_tokens: 50_000,
      cache_creation_input_tokens: 40_000,
      output_tokens: 1,
    }
    said({ type: 'message_start', message: { type: 'message', content: [], usage: first } })
    expect(said({ type: 'message_delta', delta: {}, usage })).toEqual({
      input: 90_010,
      output: 50,
      cached: 50_000,
      cacheWrite: 40_000,
    })
  })
})
