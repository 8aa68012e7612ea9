import { expect, test } from 'bun:test'
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources'
import { makeProvider } from '#demo/provider.ts'

const provider = makeProvider({ now: () => 1_800_000_000_000 })

function post(body: string | Uint8Array<ArrayBuffer> | object): Promise<Response> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return provider.fetch(new Request('http://provider/v1/chat/completions', { method: 'POST', body: text }))
}

function ask(text: string, more: object = {}): Promise<Response> {
  return post({ model: 'any/name', messages: [{ role: 'user', content: text }], ...more })
}

async function answered(text: string, more: object = {}): Promise<ChatCompletion> {
  return (await (await ask(text, more)).json()) as ChatCompletion
}

async function firstMessage(text: string, more: object = {}) {
  return (await answered(text, more)).choices[0]?.message
}

async function chunks(text: string, more: object = {}): Promise<readonly ChatCompletionChunk[]> {
  const answer = await ask(text, { stream: true, ...more })
  const lines = (await answer.text()).split('\n\n').filter((line) => line !== '')
  expect(lines.at(-1)).toBe('data: [DONE]')
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)) as ChatCompletionChunk)
}

test('the answer is the last user text, under the name that was asked for', async () => {
  const messages = [
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'yes?' },
    { role: 'user', content: 'Good morning, world' },
    { role: 'system', content: 'be brief' },
  ]
  const answer = await (await post({ model: 'any/name', messages })).json()
  expect(answer).toEqual({
    id: expect.stringMatching(/^chatcmpl-demo\d+$/),
    object: 'chat.completion',
    created: 1_800_000_000,
    model: 'any/name',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Good morning, world', refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    service_tier: 'default',
    system_fingerprint: 'fp_demo',
  })
})

test('a stream gives words, then the reason, then the usage that was asked for', async () => {
  const all = await chunks('one two  three', { stream_options: { include_usage: true } })
  expect(all.map((chunk) => chunk.choices[0]?.delta)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { content: 'one ' },
    { content: 'two  ' },
    { content: 'three' },
    {},
    undefined,
  ])
  expect(all.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, null, null, 'stop', undefined])
  expect(all.map((chunk) => chunk.usage)).toEqual([
    null,
    null,
    null,
    null,
    null,
    { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
  ])
})

test('a stream without usage does not mention it', async () => {
  expect((await chunks('one')).some((chunk) => 'usage' in chunk)).toBe(false)
})

test('say, chunk and several choices combine, and no character is torn', async () => {
  const all = await chunks('ignored [[say:a👋bc]][[chunk:2]]', { n: 2 })
  const pieces = all.filter((chunk) => chunk.choices[0]?.delta.content)
  expect(pieces.map((chunk) => [chunk.choices[0]?.index, chunk.choices[0]?.delta.content])).toEqual([
    [0, 'a👋'],
    [1, 'a👋'],
    [0, 'bc'],
    [1, 'bc'],
  ])
})

test('a tool is proposed with its arguments as written, whole and in pieces', async () => {
  const text = '[[tool:pay {"amount": 9007199254740993}]][[tool:log]]'
  const [choice] = (await answered(text)).choices
  expect(choice?.finish_reason).toBe('tool_calls')
  expect(choice?.message.content).toBeNull()
  expect(choice?.message.tool_calls?.map((call) => (call.type === 'function' ? call.function : call.type))).toEqual([
    { name: 'pay', arguments: '{"amount": 9007199254740993}' },
    { name: 'log', arguments: '{}' },
  ])
  const deltas = (await chunks(text)).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
  expect(deltas.filter((call) => call.index === 0).map((call) => call.function)).toEqual([
    { name: 'pay', arguments: '' },
    { arguments: '{"amount' },
    { arguments: '": 90071' },
    { arguments: '99254740' },
    { arguments: '993}' },
  ])
})

test('a tool that has answered is not proposed again', async () => {
  const messages = [
    { role: 'user', content: '[[tool:now]]' },
    { role: 'assistant', content: null, tool_calls: [] },
    { role: 'tool', tool_call_id: 'x', content: 'noon' },
  ]
  const answer = (await (await post({ model: 'm', messages })).json()) as ChatCompletion
  expect(answer.choices[0]?.message).toEqual({ role: 'assistant', content: 'noon', refusal: null, annotations: [] })
})

test('a forced function is called with the least arguments that its schema admits', async () => {
  const parameters = {
    type: 'object',
    required: ['city', 'days', 'unit', 'at'],
    properties: {
      city: { type: 'string', minLength: 6 },
      days: { type: 'integer', minimum: 2 },
      unit: { enum: ['C', 'F'] },
      at: { $ref: '#/$defs/at' },
      note: { type: 'string' },
    },
    $defs: { at: { type: ['array', 'null'], minItems: 1, items: { anyOf: [{ type: 'boolean' }, { type: 'null' }] } } },
  }
  const tools = [{ type: 'function', function: { name: 'weather', parameters } }]
  for (const tool_choice of ['required', { type: 'function', function: { name: 'weather' } }]) {
    const answer = await answered('x', { tools, tool_choice })
    expect(answer.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'weather', arguments: '{"city":"demo..","days":2,"unit":"C","at":[false]}' },
    })
  }
  expect((await firstMessage('x', { tools, tool_choice: 'auto' }))?.content).toBe('x')
})

test('custom tools and functions of the old kind are called in their own shapes', async () => {
  const tools = [{ type: 'custom', custom: { name: 'sh' } }]
  const custom = await firstMessage('[[tool:sh {"x":1}]]', { tools })
  expect(custom?.tool_calls?.[0]).toMatchObject({
    type: 'custom',
    custom: { name: 'sh', input: '{"x":1}' },
  })
  const legacy = await answered('[[tool:old {"x":1}]]', { functions: [{ name: 'old' }] })
  expect(legacy.choices[0]?.message.function_call).toEqual({ name: 'old', arguments: '{"x":1}' })
  expect(legacy.choices[0]?.finish_reason).toBe('function_call')
})

test('structured answers are JSON of the schema, unless something else is to be said', async () => {
  const schema = { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } }
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } }
  const content = async (text: string, more: object) => (await firstMessage(text, more))?.content
  expect(await content('hello', { response_format })).toBe('{"ok":false}')
  expect(await content('[[say:{"ok":true}]]', { response_format })).toBe('{"ok":true}')
  expect(await content('say "hi"', { response_format: { type: 'json_object' } })).toBe('{"answer":"say \\"hi\\""}')
})

test('text parts are joined, and what is not text is named only where there is no text', async () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
  const content = async (parts: object[]) => {
    const answer = await post({ model: 'm', messages: [{ role: 'user', content: parts }] })
    return ((await answer.json()) as ChatCompletion).choices[0]?.message.content
  }
  expect(await content([{ type: 'text', text: 'What is ' }, image, { type: 'text', text: 'this?' }])).toBe(
    'What is this?',
  )
  expect(await content([image, image])).toBe('Received: image_url, image_url.')
})

test('stop and token limits end the answer, and say so', async () => {
  const choice = async (more: object) => {
    const [first] = (await answered('one two three four', more)).choices
    return [first?.message.content, first?.finish_reason]
  }
  expect(await choice({ stop: ' three' })).toEqual(['one two', 'stop'])
  expect(await choice({ stop: ['four', 'two'] })).toEqual(['one ', 'stop'])
  expect(await choice({ max_tokens: 2 })).toEqual(['one two ', 'length'])
  expect(await choice({ max_completion_tokens: 4 })).toEqual(['one two three four', 'stop'])
})

test('each piece has its log-probability, as many alternatives as asked', async () => {
  const first = { token: 'hé ', logprob: -0.125, bytes: [104, 195, 169, 32] }
  const expected = [
    { ...first, top_logprobs: [first, { token: 'hé1', logprob: -2, bytes: [104, 195, 169, 49] }] },
    {
      token: 'you',
      logprob: -0.125,
      bytes: [121, 111, 117],
      top_logprobs: [
        { token: 'you', logprob: -0.125, bytes: [121, 111, 117] },
        { token: 'you1', logprob: -2, bytes: [121, 111, 117, 49] },
      ],
    },
  ]
  const whole = await answered('hé you', { logprobs: true, top_logprobs: 2 })
  expect(whole.choices[0]?.logprobs).toEqual({ content: expected, refusal: null })
  const streamed = await chunks('hé you', { logprobs: true, top_logprobs: 2 })
  expect(streamed.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? [])).toEqual(expected)
})

test('a status is answered in the shape of the provider', async () => {
  const answer = await ask('[[status:429]]', { stream: true })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await answer.json()).toEqual({
    error: {
      message: 'The demo was asked for 429.',
      type: 'rate_limit_error',
      param: null,
      code: 'rate_limit_exceeded',
    },
  })
  expect((await ask('[[status:503]]')).status).toBe(503)
})

test('what cannot be read is a 400 that names the field', async () => {
  const cases: [string | Uint8Array<ArrayBuffer> | object, string | null][] = [
    ['{', null],
    [new Uint8Array([0x7b, 0xff]), null],
    [{ messages: [{ role: 'user', content: 'x' }] }, 'model'],
    [{ model: 'm', messages: 'x' }, 'messages'],
    [{ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: 'true' }, 'stream'],
    [{ model: 'm', messages: [{ role: 'nobody', content: 'x' }] }, 'messages.0.role'],
  ]
  for (const [body, param] of cases) {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error', param } })
  }
})

test('reasoning and refusals have places of their own, whole and streamed', async () => {
  const text = '[[think:let me see]][[refuse:I will not.]]'
  const [choice] = (await answered(text, { logprobs: true })).choices
  expect(choice?.message as unknown).toEqual({
    role: 'assistant',
    content: null,
    reasoning_content: 'let me see',
    refusal: 'I will not.',
    annotations: [],
  })
  expect(choice?.logprobs?.content).toBeNull()
  expect(choice?.logprobs?.refusal?.map(({ token }) => token)).toEqual(['I ', 'will ', 'not.'])
  const deltas = (await chunks(text)).map((chunk) => chunk.choices[0]?.delta)
  expect(deltas as unknown).toEqual([
    { role: 'assistant', content: null, refusal: null },
    { reasoning_content: 'let ' },
    { reasoning_content: 'me ' },
    { reasoning_content: 'see' },
    { refusal: 'I ' },
    { refusal: 'will ' },
    { refusal: 'not.' },
    {},
  ])
})

test('a stream that is to fail ends with an error, and an error says what was to be said', async () => {
  const answer = await (await ask('one two [[fail:1]]', { stream: true })).text()
  expect(answer).toContain('"content":"one "')
  expect(answer).not.toContain('two')
  expect(answer).toEndWith(
    'data: {"error":{"message":"The demo was asked to fail.","type":"server_error","param":null,"code":"server_error"}}\n\n',
  )
  expect(await (await ask('[[status:500]][[say:a secret]]')).json()).toMatchObject({ error: { message: 'a secret' } })
})
