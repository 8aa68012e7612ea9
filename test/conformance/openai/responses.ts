// Whole responses: texts, instructions, parts, limits, reasoning, log-probabilities, counting, compacting.
import assert from 'node:assert/strict'
import type { ResponseInput } from 'openai/resources/responses/responses'
import type { Case } from '../suite.ts'
import { clientOf, stripped, user } from './client.ts'

const UNUSUAL = '👩‍👩‍👧 e\u0301 שלום\u202e \u2028\u2029\ufeff \u0000\u001b \\u0041 "\\" 𝒳 ﷽ \u{10ffff}'
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

export const responses: readonly Case[] = [
  {
    name: 'responses: plain answer',
    run: async (side) => {
      const input = 'Good morning, clinic'
      const answer = await clientOf(side).responses.create({ model: side.model, input })
      assert.equal(answer.output_text, 'Good morning, clinic')
      assert.equal(answer.model, side.model)
      assert.equal(answer.status, 'completed')
      assert.match(answer.id, /^resp_/)
      // The provider keeps what it is not told to forget; who may not have it kept is not asked.
      if (side.name === 'gate') assert.equal(Reflect.get(answer, 'store'), false)
      return stripped(answer)
    },
  },
  {
    name: 'responses: instructions, metadata and every role',
    run: async (side) => {
      const input: ResponseInput = [
        { role: 'system', content: 'Be kind.' },
        { role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { role: 'user', content: 'Is it noon?', type: 'message' },
        { type: 'function_call', call_id: 'call_1', name: 'clock', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: '12:00' }] },
        { role: 'assistant', content: 'Yes.', phase: 'final_answer' },
        { role: 'user', content: [{ type: 'input_text', text: 'Thank you' }] },
      ]
      const answer = await clientOf(side).responses.create({
        model: side.model,
        instructions: 'You are a clock.',
        metadata: { ward: 'north', ticket: '4711' },
        input,
      })
      assert.equal(answer.output_text, 'Thank you')
      assert.equal(answer.instructions, 'You are a clock.')
      assert.deepEqual(answer.metadata, { ward: 'north', ticket: '4711' })
      return stripped(answer)
    },
  },
  {
    name: 'responses: images and files in the body',
    run: async (side) => {
      const answer = await clientOf(side).responses.create({
        model: side.model,
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_image', image_url: PIXEL, detail: 'low' },
              { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' },
            ],
          },
        ],
      })
      assert.equal(answer.output_text, 'Received: input_image, input_file.')
      return stripped(answer)
    },
  },
  {
    name: 'responses: max_output_tokens makes it incomplete',
    run: async (side) => {
      const input = 'one two three four'
      const answer = await clientOf(side).responses.create({ model: side.model, max_output_tokens: 2, input })
      assert.equal(answer.status, 'incomplete')
      assert.equal(answer.incomplete_details?.reason, 'max_output_tokens')
      assert.equal(answer.output_text, 'one two ')
      return stripped(answer)
    },
  },
  {
    name: 'responses: log-probabilities',
    run: async (side) => {
      const answer = await clientOf(side).responses.create({
        model: side.model,
        include: ['message.output_text.logprobs'],
        top_logprobs: 2,
        input: 'hé you',
      })
      const [message] = answer.output
      const part = message?.type === 'message' ? message.content[0] : undefined
      assert.deepEqual(
        part?.type === 'output_text' &&
          part.logprobs?.map(({ token, bytes, top_logprobs }) => [token, bytes, top_logprobs.length]),
        [
          ['hé ', [104, 195, 169, 32], 2],
          ['you', [121, 111, 117], 2],
        ],
      )
      return stripped(answer)
    },
  },
  {
    name: 'responses: a reasoning summary and its encrypted content go back',
    run: async (side) => {
      const { responses: api } = clientOf(side)
      const common = {
        model: side.model,
        reasoning: { effort: 'high' as const, summary: 'detailed' as const },
        include: ['reasoning.encrypted_content' as const],
      }
      const question = user('[[think:let me see]] Why?')
      const first = await api.create({ ...common, input: [question] })
      const [thought] = first.output
      assert.ok(thought?.type === 'reasoning')
      assert.deepEqual(thought.summary, [{ type: 'summary_text', text: 'let me see' }])
      assert.ok((thought.encrypted_content ?? '').length > 40)
      const second = await api.create({
        ...common,
        input: [question, ...(first.output as ResponseInput), user('And then?')],
      })
      assert.equal(second.output_text, 'And then?')
      return [stripped(first), stripped(second)]
    },
  },
  {
    name: 'responses: reasoning in full, and none to be seen',
    run: async (side) => {
      const { responses: api } = clientOf(side)
      const shown = await api.create({ model: side.model, input: '[[think:in the open]]x' })
      const [thought] = shown.output
      assert.deepEqual(thought?.type === 'reasoning' && thought.content, [
        { type: 'reasoning_text', text: 'in the open' },
      ])
      const hidden = await api.create({ model: side.model, reasoning: { effort: 'low' }, input: 'x' })
      assert.deepEqual(hidden.output[0]?.type === 'reasoning' && hidden.output[0].summary, [])
      return [stripped(shown), stripped(hidden)]
    },
  },
  {
    name: 'responses: a refusal',
    run: async (side) => {
      const input = '[[refuse:I would rather not.]]'
      const answer = await clientOf(side).responses.create({ model: side.model, input })
      const [message] = answer.output
      assert.deepEqual(message?.type === 'message' && message.content, [
        { type: 'refusal', refusal: 'I would rather not.' },
      ])
      assert.equal(answer.output_text, '')
      return stripped(answer)
    },
  },
  {
    name: 'responses: unusual characters, both ways',
    run: async (side) => {
      const { responses: api } = clientOf(side)
      const echoed = await api.create({ model: side.model, input: UNUSUAL })
      assert.equal(echoed.output_text, UNUSUAL)
      const hidden = Buffer.from(UNUSUAL).toString('base64')
      const said = await api.create({ model: side.model, input: `[[say64:${hidden}]]` })
      assert.equal(said.output_text, UNUSUAL)
      return [stripped(echoed), stripped(said)]
    },
  },
  {
    name: 'responses: many at once, and long ones',
    run: async (side) => {
      const { responses: api } = clientOf(side)
      const texts = Array.from({ length: 12 }, (_, number) => `number ${number} `.repeat(2_000).trim())
      const all = await Promise.all(
        texts.map(async (input) => (await api.create({ model: side.model, input })).output_text),
      )
      assert.deepEqual(all, texts)
      return all.length
    },
  },
  {
    name: 'responses: withResponse, asResponse and the request id',
    run: async (side) => {
      const call = () => clientOf(side).responses.create({ model: side.model, input: 'hello' })
      const { data, response, request_id } = await call().withResponse()
      assert.equal(data.output_text, 'hello')
      assert.equal(typeof request_id, 'string')
      assert.equal(Reflect.get(data, '_request_id'), request_id)
      if (side.name === 'gate') assert.match(response.headers.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
      return [response.status, stripped(await (await call().asResponse()).json())]
    },
  },
  {
    name: 'responses.inputTokens.count',
    run: async (side) => {
      const counted = await clientOf(side).responses.inputTokens.count({
        model: side.model,
        instructions: 'Be brief.',
        input: [user('one two three')],
        tools: [{ type: 'function', name: 'weather', parameters: { type: 'object' }, strict: true }],
        reasoning: { effort: 'low' },
        text: { format: { type: 'text' } },
        tool_choice: 'auto',
        parallel_tool_calls: false,
        truncation: 'auto',
        personality: 'friendly',
      })
      assert.deepEqual(JSON.parse(JSON.stringify(counted)), { object: 'response.input_tokens', input_tokens: 5 })
      return counted
    },
  },
  {
    name: 'responses.compact, and on with what it left',
    run: async (side) => {
      const { responses: api } = clientOf(side)
      const input: ResponseInput = [user('What is this?'), { role: 'assistant', content: 'A test.' }, user('Of what?')]
      const compacted = await api.compact({ model: side.model, instructions: 'Be brief.', input })
      assert.deepEqual(
        compacted.output.map(({ type }) => type),
        ['message', 'message', 'compaction'],
      )
      const next = await api.create({
        model: side.model,
        input: [...(compacted.output as ResponseInput), user('Go on')],
      })
      assert.equal(next.output_text, 'Go on')
      return [stripped(compacted), stripped(next)]
    },
  },
]
