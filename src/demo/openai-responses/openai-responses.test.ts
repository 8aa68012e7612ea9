import { expect, test } from 'bun:test'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { z } from 'zod'
import { collect, startOpenAi, thrown } from './client.fixture.ts'

const { client } = startOpenAi()
const model = 'any/name'

function ask(input: string, more: object = {}): Promise<Response> {
  return client().responses.create({ model, input, ...more })
}

async function events(input: string, more: object = {}): Promise<readonly ResponseStreamEvent[]> {
  const all = await collect(await client().responses.create({ model, input, stream: true, ...more }))
  expect(all.map((event) => event.sequence_number)).toEqual(all.map((_, index) => index))
  return all
}

async function types(input: string, more: object = {}): Promise<readonly string[]> {
  return (await events(input, more)).map((event) => event.type.replace('response.', ''))
}

/** Both ways of asking, and the client's own reading of the stream, which must come to the same but for the call's number. */
async function bothWays(input: string, more: object = {}): Promise<Response> {
  const whole = await ask(input, more)
  const streamed = await client()
    .responses.stream({ model, input, ...more })
    .finalResponse()
  const last = (await events(input, more)).at(-1)
  const plain = (response: unknown) => JSON.parse(JSON.stringify(response).replaceAll(/_demo\d+/g, '_demo')) as object
  const { output_text: _, ...expected } = plain(whole) as Response
  expect(plain(last && 'response' in last && last.response)).toEqual(expected)
  expect(plain(streamed)).toMatchObject({ output_text: whole.output_text, usage: whole.usage })
  return whole
}

test('a response is the last user text, with all that the request said', async () => {
  const response = await bothWays('Good morning, world', {
    instructions: 'Be brief.',
    metadata: { ward: 'north' },
    temperature: 0.5,
  })
  expect(response).toMatchObject({
    id: expect.stringMatching(/^resp_demo\d+$/),
    object: 'response',
    created_at: 1_800_000_000,
    status: 'completed',
    model: 'any/name',
    output: [
      {
        id: expect.stringMatching(/^msg_demo\d+$/),
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Good morning, world', annotations: [], logprobs: [] }],
      },
    ],
    output_text: 'Good morning, world',
    error: null,
    incomplete_details: null,
    instructions: 'Be brief.',
    metadata: { ward: 'north' },
    temperature: 0.5,
    tool_choice: 'auto',
    tools: [],
    text: { format: { type: 'text' } },
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 8,
    },
  })
})

test('items of every kind are read, and the last user text counts', async () => {
  const response = await client().responses.create({
    model,
    input: [
      { role: 'developer', content: 'Be brief.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'first' }] },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'assistant', content: 'yes?' },
      { role: 'user', content: [{ type: 'input_text', text: 'second' }] },
    ],
  })
  expect(response.output_text).toBe('second')
  const image = [{ type: 'input_image' as const, detail: 'auto' as const, image_url: 'data:image/png;base64,AA==' }]
  const seen = await client().responses.create({ model, input: [{ role: 'user', content: image }] })
  expect(seen.output_text).toBe('Received: input_image.')
})

test('a text is streamed with its events in the order of the API', async () => {
  expect(await types('one two')).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'completed',
  ])
})

test('a refusal has its own part and events', async () => {
  const response = await bothWays('[[refuse:I will not.]]')
  expect(response.output).toMatchObject([{ type: 'message', content: [{ type: 'refusal', refusal: 'I will not.' }] }])
  expect((await types('[[refuse:I will not.]]')).slice(3, -1)).toEqual([
    'content_part.added',
    'refusal.delta',
    'refusal.delta',
    'refusal.delta',
    'refusal.done',
    'content_part.done',
    'output_item.done',
  ])
})

test('reasoning is hidden, summarised or told, and encrypted where that is asked for', async () => {
  const first = async (input: string, more: object) => (await bothWays(input, more)).output[0] as object
  expect(await first('x', { reasoning: { effort: 'low' } })).toEqual({
    id: expect.stringMatching(/^rs_demo\d+$/),
    type: 'reasoning',
    summary: [],
  })
  const summary = { reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] }
  expect(await first('[[think:let me see]]x', summary)).toMatchObject({
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'let me see' }],
    encrypted_content: expect.stringMatching(/^[\w+/=]{88}$/),
  })
  expect(await first('[[think:let me see]]x', {})).toMatchObject({
    summary: [],
    content: [{ type: 'reasoning_text', text: 'let me see' }],
  })
  expect((await types('[[think:hm]]x', summary)).slice(2, 9)).toEqual([
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
    'output_item.added',
  ])
})

test('functions and custom tools are called with their arguments as written', async () => {
  const exact = '{"amount": 9007199254740993, "z":1}'
  const tools = [{ type: 'custom', name: 'shell' }]
  const response = await bothWays(`[[tool:pay ${exact}]][[tool:shell {"x":1}]]`, { tools })
  expect(response.output).toMatchObject([
    { type: 'function_call', name: 'pay', arguments: exact, status: 'completed', call_id: expect.any(String) },
    { type: 'custom_tool_call', name: 'shell', input: '{"x":1}' },
  ])
  expect((await types('[[tool:pay]]')).slice(2, -1)).toEqual([
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
  ])
  expect(await types('[[tool:shell]]', { tools })).toContain('custom_tool_call_input.done')
})

test('a call that is insisted upon, its result, and the end', async () => {
  const tools = [zodResponsesFunction({ name: 'weather', parameters: z.object({ city: z.string() }) })]
  for (const tool_choice of ['required', { type: 'function', name: 'weather' }] as const) {
    const response = await client().responses.parse({ model, input: 'How is it?', tools, tool_choice })
    const [call] = response.output
    if (call?.type !== 'function_call') throw new Error('no call')
    expect(call.parsed_arguments as unknown).toEqual({ city: 'demo' })
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: 'Rain.' }
    const question = { role: 'user' as const, content: '[[tool:weather {"city":"Bern"}]]' }
    const said = { type: 'function_call' as const, call_id: call.call_id, name: 'weather', arguments: '{}' }
    const last = await client().responses.create({ model, input: [question, said, result] })
    expect(last.output_text).toBe('Rain.')
  }
})

test('structured output is JSON of the schema, and the client parses it', async () => {
  const format = zodTextFormat(z.object({ city: z.string(), days: z.number() }), 'visit')
  const whole = await client().responses.parse({ model, input: 'fill it in', text: { format } })
  expect(whole.output_parsed).toEqual({ city: 'demo', days: 0 })
  const said = '[[say:{"city":"Bern","days":3}]]'
  const stream = client().responses.stream({ model, input: said, text: { format } })
  expect((await stream.finalResponse()).output_parsed).toEqual({ city: 'Bern', days: 3 })
  expect((await ask('hi', { text: { format: { type: 'json_object' } } })).output_text).toBe('{"answer":"hi"}')
})

test('a limit leaves the response incomplete', async () => {
  const response = await bothWays('one two three', { max_output_tokens: 2 })
  expect([response.status, response.incomplete_details, response.output_text]).toEqual([
    'incomplete',
    { reason: 'max_output_tokens' },
    'one two ',
  ])
  expect(response.output).toMatchObject([{ status: 'incomplete' }])
  expect((await types('one two three', { max_output_tokens: 2 })).at(-1)).toBe('incomplete')
})

test('log-probabilities come with the text and with each piece', async () => {
  const more = { include: ['message.output_text.logprobs'], top_logprobs: 2 }
  const response = await bothWays('hé you', more)
  const [message] = response.output
  const [part] = message?.type === 'message' ? message.content : []
  const tokens = part?.type === 'output_text' ? part.logprobs?.map(({ token }) => token) : []
  expect(tokens).toEqual(['hé ', 'you'])
  const pieces = (await events('hé you', more)).flatMap((event) =>
    event.type === 'response.output_text.delta' ? event.logprobs.map(({ token }) => token) : [],
  )
  expect(pieces).toEqual(['hé ', 'you'])
})

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

test('failures and drops, before and in the middle', async () => {
  const limited = await thrown(ask('[[status:429]][[say:slow down]]'))
  expect([limited.status, limited.message]).toEqual([429, '429 slow down'])
  expect((await thrown(ask('x', { tool_choice: 7 }))).param).toBe('tool_choice')
  const failing = client().responses.stream({ model, input: 'one two three [[fail:2]]' })
  const heard: string[] = []
  failing.on('response.output_text.delta', ({ delta }) => heard.push(delta))
  expect((await thrown(failing.finalResponse())).message).toContain('The demo was asked to fail.')
  expect(heard).toEqual(['one ', 'two '])
  const dropped = (call: Promise<unknown>) =>
    call.then(
      () => 'answered',
      () => 'dropped',
    )
  expect(await dropped(events('one two three [[die:2]]'))).toBe('dropped')
  expect(await dropped(ask('one two three [[die:2]]'))).toBe('dropped')
})
