// What of a request reaches the provider, what the client learns of the response besides its body, and the list of models.
import assert from 'node:assert/strict'
import type { Case } from '../suite.ts'
import { asSent } from './as-sent.ts'
import { clientOf, collect, newMark, seenWith, stripped, user } from './client.ts'

export const requests: readonly Case[] = [
  {
    name: 'every parameter arrives',
    run: async (side) => {
      const mark = newMark()
      await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [user(`${mark} hello`)],
        metadata: { ward: 'north', ticket: '4711' },
        user: 'ann',
        safety_identifier: 'hash-of-ann',
        prompt_cache_key: 'greeting',
        seed: 42,
        temperature: 0.1,
        top_p: 0.95,
        presence_penalty: -0.5,
        frequency_penalty: 0.5,
        logit_bias: { '50256': -100 },
        modalities: ['text'],
        reasoning_effort: 'low',
        verbosity: 'low',
        service_tier: 'flex',
        prediction: { type: 'content', content: 'hello' },
        tools: [{ type: 'function', function: { name: 'idle' } }],
        tool_choice: 'none',
        parallel_tool_calls: false,
        max_completion_tokens: 100,
        n: 1,
        store: false,
        stream: false,
      })
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      return asSent(side, seen.body, mark)
    },
  },
  {
    name: 'the bytes of a body arrive as they were sent',
    run: async (side) => {
      const mark = newMark()
      const body = `{ "messages" :[{"content":"${mark} \\u00e9\\/","role":"user"}],"model":"${side.model}", "seed":9007199254740993,"temperature":1.0e0 }`
      const answer = await fetch(`${side.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${side.credential}`, 'content-type': 'application/json' },
        body,
      })
      assert.equal(answer.status, 200)
      await answer.text()
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      return asSent(side, seen.body, mark)
    },
  },
  {
    name: "the caller's credentials stay with whom they were shown to",
    run: async (side) => {
      const mark = newMark()
      const client = clientOf(side, { defaultHeaders: { cookie: 'session=secret', 'x-internal': 'secret' } })
      await client.chat.completions.create({ model: side.model, messages: [user(`${mark} hello`)] })
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      if (side.name === 'gate') {
        assert.equal(JSON.stringify(seen.headers).includes(side.credential), false)
        assert.equal(seen.headers['cookie'], undefined)
      }
      return [seen.method, seen.path, seen.headers['content-type']]
    },
  },
  {
    name: 'withResponse and the request id',
    run: async (side) => {
      const call = clientOf(side).chat.completions.create({ model: side.model, messages: [user('hello')] })
      const { data, response, request_id } = await call.withResponse()
      assert.equal(data.choices[0]?.message.content, 'hello')
      assert.equal(typeof request_id, 'string')
      assert.equal(Reflect.get(data, '_request_id'), request_id)
      if (side.name === 'gate') assert.match(response.headers.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
      return [response.status, response.headers.get('content-type')?.split(';')[0]]
    },
  },
  {
    name: 'withResponse of a stream',
    run: async (side) => {
      const call = clientOf(side).chat.completions.create({
        model: side.model,
        stream: true,
        messages: [user('hello there')],
      })
      const { data, response, request_id } = await call.withResponse()
      assert.equal(typeof request_id, 'string')
      if (side.name === 'gate') assert.match(response.headers.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
      const text = (await collect(data)).map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      assert.equal(text, 'hello there')
      return [response.status, response.headers.get('content-type')?.split(';')[0]]
    },
  },
  {
    name: 'asResponse',
    run: async (side) => {
      const call = clientOf(side).chat.completions.create({ model: side.model, messages: [user('hello')] })
      const response = await call.asResponse()
      return stripped(await response.json())
    },
  },
  {
    name: 'models.list',
    run: async (side) => {
      const models = await collect(clientOf(side).models.list())
      // Which models is this caller's business; that the one in use is among them, and their shape, is ours.
      assert.ok(models.some(({ id }) => id === side.model))
      return [...new Set(models.map((model) => JSON.stringify(shapeOf(model))))]
    },
  },
  {
    name: 'models.retrieve',
    run: async (side) => {
      const model = await clientOf(side).models.retrieve(side.model)
      assert.equal(model.id, side.model)
      assert.equal(model.object, 'model')
      return shapeOf(model)
    },
  },
]

function shapeOf(value: object): [string, string][] {
  return Object.entries(value)
    .map(([key, each]): [string, string] => [key, typeof each])
    .sort(([left], [right]) => left.localeCompare(right))
}
