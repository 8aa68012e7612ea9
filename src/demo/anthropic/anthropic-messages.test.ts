import { expect, test } from 'bun:test'
import Anthropic, { BadRequestError, NotFoundError, RateLimitError } from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { z } from 'zod'
import { common, startConversation, thrown, user } from './conversation.fixture.ts'

const { url, client, ask, bothWays } = startConversation()

test('a message is the last user text, and counts what it read', async () => {
  const message = await bothWays('Good morning, clinic', { system: [{ type: 'text', text: 'Be brief.' }] })
  expect(message as unknown).toEqual({
    id: expect.stringMatching(/^msg_demo\d+$/),
    type: 'message',
    role: 'assistant',
    model: 'claude-clinic',
    content: [{ type: 'text', text: 'Good morning, clinic' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: 5,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: 'not_available',
      speed: 'standard',
    },
  })
})

test('a stream names its events in the order of the API', async () => {
  const body = JSON.stringify({ ...common, stream: true, messages: [user('one two')] })
  const headers = { 'x-api-key': 'demo-key', 'anthropic-version': '2023-06-01' }
  const answer = await fetch(`${url()}/v1/messages`, { method: 'POST', headers, body })
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(answer.headers.get('request-id')).toMatch(/^req_demo_\d+$/)
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('event: '))
  expect(lines.map((line) => line.slice(7))).toEqual([
    'message_start',
    'content_block_start',
    'ping',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
})

test('the events of the stream helper carry pieces', async () => {
  const texts: string[] = []
  const stream = client().messages.stream({ ...common, messages: [user('[[say:a👋bc]][[chunk:2]]')] })
  stream.on('text', (text) => texts.push(text))
  expect(await stream.finalText()).toBe('a👋bc')
  expect(texts).toEqual(['a👋', 'bc'])
  expect(stream.request_id).toMatch(/^req_demo_/)
})

test('a tool is proposed with its input as written, whole and in pieces', async () => {
  const text = '[[tool:pay {"amount": 9007199254740993, "z":1}]][[tool:log]]'
  const message = await bothWays(text)
  expect(message.stop_reason).toBe('tool_use')
  expect(message.content.map((block) => block.type === 'tool_use' && block.name)).toEqual(['pay', 'log'])
  const whole = await client()
    .messages.create({ ...common, messages: [user(text)] })
    .asResponse()
  expect(await whole.text()).toContain('"input":{"amount": 9007199254740993, "z":1}}')
  const pieces: string[] = []
  const stream = await client().messages.create({ ...common, stream: true, messages: [user(text)] })
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.index === 0 && event.delta.type === 'input_json_delta') {
      pieces.push(event.delta.partial_json)
    }
  }
  expect(pieces).toEqual(['', '{"amount', '": 90071', '99254740', '993, "z"', ':1}'])
})

test('a tool that is insisted upon gets the least input that its schema admits', async () => {
  const input_schema = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } }
  const tools = [{ name: 'weather', input_schema }]
  for (const tool_choice of [{ type: 'any' }, { type: 'tool', name: 'weather' }]) {
    const { content } = await bothWays('x', { tools, tool_choice })
    expect(content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'demo' } }])
  }
  const two = '[[tool:a]][[tool:b]]'
  const single = { tools, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
  expect((await ask(two, single)).content.length).toBe(1)
})

test('the tool runner comes to an end, whole and streamed', async () => {
  const weather = betaZodTool({
    name: 'weather',
    description: 'The weather of a city',
    inputSchema: z.object({ city: z.string() }),
    run: ({ city }) => `Rain in ${city}.`,
  })
  const messages = [user('[[tool:weather {"city":"Bern"}]]')]
  const whole = await client().beta.messages.toolRunner({ ...common, messages, tools: [weather] })
  expect(whole.content).toMatchObject([{ type: 'text', text: 'Rain in Bern.' }])
  const runner = client().beta.messages.toolRunner({ ...common, messages, tools: [weather], stream: true })
  for await (const stream of runner) await stream.finalMessage()
  const last = await runner.done()
  expect(last.content).toMatchObject([{ type: 'text', text: 'Rain in Bern.' }])
})

test('a thread goes on from the answer that it ended with, and from no other', async () => {
  const betas = ['message-threads-2026-08-12']
  const thread = client().beta.messages.thread({ ...common, betas })
  await thread.send(user('one two'))
  const second = await thread.send(user('three'))
  expect(second.usage.input_tokens).toBe(5)
  const lost = { type: 'continue' as const, previous_message_id: 'msg_nobody' }
  const refused = await thrown(
    client().beta.messages.create({ ...common, betas, thread: lost, messages: [user('four')] }),
  )
  expect([refused.status, refused.errorCode]).toEqual([404, 'thread_not_found'])
})

test('structured output is JSON of the schema, and the client parses it', async () => {
  const format = zodOutputFormat(z.object({ city: z.string(), days: z.int() }))
  const messages = [user('fill it in')]
  const message = await client().messages.parse({ ...common, messages, output_config: { format } })
  expect(message.parsed_output).toEqual({ city: 'demo', days: 0 })
  const said = [user('[[say:{"city":"Bern","days":3}]]')]
  const stream = client().messages.stream({ ...common, messages: said, output_config: { format } })
  expect((await stream.finalMessage()).parsed_output).toEqual({ city: 'Bern', days: 3 })
})

test('stop sequences, limits and refusals say why the answer ends', async () => {
  const ended = async (text: string, more: object = {}) => {
    const { content, stop_reason, stop_sequence, stop_details } = await bothWays(text, more)
    const texts: unknown = content.map((block) => block.type === 'text' && block.text)
    return [texts, stop_reason, stop_sequence, stop_details]
  }
  const marks = { stop_sequences: ['never', ' three'] }
  expect(await ended('one two three four', marks)).toEqual([['one two'], 'stop_sequence', ' three', null])
  expect(await ended('one two three', { max_tokens: 2 })).toEqual([['one two '], 'max_tokens', null, null])
  const details: unknown = { type: 'refusal', category: null, explanation: 'I will not.' }
  expect((await ended('[[refuse:I will not.]]')) as unknown).toEqual([[], 'refusal', null, details])
})

test('hosted tools and remote MCP servers leave their calls and results', async () => {
  const tools = [
    { type: 'web_search_20250305', name: 'web_search' },
    { type: 'web_fetch_20250910', name: 'web_fetch' },
    { type: 'code_execution_20250522', name: 'code_execution' },
  ]
  const message = await bothWays('weather', { tools })
  expect(message.usage.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 1 })
  expect(message.container?.id).toBe('container_demo')
  expect(message.content.map(({ type }) => type as string)).toEqual([
    'server_tool_use',
    'web_search_tool_result',
    'server_tool_use',
    'web_fetch_tool_result',
    'server_tool_use',
    'code_execution_tool_result',
    'text',
  ])
  const mcp_servers = [{ type: 'url' as const, url: 'https://mcp.example', name: 'notes' }]
  const beta = await client().beta.messages.create({ ...common, messages: [user('x')], mcp_servers })
  expect(beta.content).toMatchObject([
    { type: 'mcp_tool_use', server_name: 'notes', input: { query: 'x' } },
    { type: 'mcp_tool_result', is_error: false },
    { type: 'text' },
  ])
})

test('tokens are counted beforehand as they are afterwards', async () => {
  const request = { model: 'claude-clinic', system: 'Be brief.', messages: [user('one two three')] }
  expect((await client().messages.countTokens(request)).input_tokens).toBe(5)
  expect(await client().beta.messages.countTokens(request)).toMatchObject({ input_tokens: 5, context_management: null })
  expect((await client().messages.create({ ...request, max_tokens: 9 })).usage.input_tokens).toBe(5)
})

test('models are listed in the shape that the version header asks for', async () => {
  const models: string[] = []
  for await (const model of client().models.list()) models.push(`${model.type} ${model.id}`)
  expect(models).toEqual(['model claude-clinic'])
  expect((await client().models.retrieve('claude-clinic')).display_name).toBe('claude-clinic')
  expect(await thrown(client().models.retrieve('nobody'))).toBeInstanceOf(NotFoundError)
  const authorization = 'Bearer demo-key'
  const openai = await (await fetch(`${url()}/v1/models`, { headers: { authorization } })).json()
  expect(openai).toMatchObject({ object: 'list' })
})

test('errors have the shape of the API, and the said words where any were said', async () => {
  const limited = await thrown(ask('[[status:429]][[say:slow down]]', { stream: true }))
  expect(limited).toBeInstanceOf(RateLimitError)
  expect(limited.error).toEqual({
    type: 'error',
    error: { type: 'rate_limit_error', message: 'slow down' },
    request_id: limited.requestID,
  })
  expect(limited.requestID).toMatch(/^req_demo_\d+$/)
  expect((await thrown(ask('[[status:529]]'))).type).toBe('overloaded_error')
  expect((await thrown(ask('[[status:500]]'))).type).toBe('api_error')
  const wrong = await thrown(ask('x', { max_tokens: undefined }))
  expect(wrong).toBeInstanceOf(BadRequestError)
  expect(wrong.message).toContain('max_tokens: ')
  const nobody = new Anthropic({ baseURL: url(), apiKey: 'wrong', maxRetries: 0 })
  expect((await thrown(nobody.messages.create({ ...common, messages: [user('x')] }))).type).toBe('authentication_error')
  const bearer = new Anthropic({ baseURL: url(), apiKey: null, authToken: 'demo-key', maxRetries: 0 })
  expect((await bearer.messages.create({ ...common, messages: [user('x')] })).content).toHaveLength(1)
})

test('a stream may fail or die in the middle, and neither looks like an end', async () => {
  const heard: string[] = []
  const hear = (text: string) => {
    const stream = client().messages.stream({ ...common, messages: [user(text)] })
    stream.on('text', (piece) => heard.push(piece))
    return stream.finalMessage()
  }
  expect((await thrown(hear('one two three [[fail:2]]'))).type).toBe('overloaded_error')
  expect(heard).toEqual(['one ', 'two '])
  const dropped = (call: Promise<unknown>) =>
    call.then(
      () => 'answered',
      () => 'dropped',
    )
  expect(await dropped(hear('four five six [[die:2]]'))).toBe('dropped')
  expect(await dropped(ask('four five six [[die:2]]'))).toBe('dropped')
})
