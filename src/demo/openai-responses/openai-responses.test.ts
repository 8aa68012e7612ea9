import { expect, test } from 'bun:test'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { model, startOpenAi, thrown } from './client.fixture.ts'

const { client, ask, events, types, bothWays } = startOpenAi()

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
