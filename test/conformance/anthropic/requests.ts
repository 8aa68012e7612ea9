// What of a request reaches the provider, in which ways a client is pointed at the gate and says who calls, and what it
// learns of the response besides its body.
import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import { newMark, seenWith } from '../openai/client.ts'
import type { Case, Side } from '../suite.ts'
import { asked, clientOf, MODEL, originOf, plain, textOf, underAnthropic, user } from './client.ts'

/**
 * The body as the caller wrote it. The gate may name another model to the provider, and tells it a pseudonym in place of
 * what names a person; all else is the caller's own text.
 */
export function asSent(side: Side, body: string, mark: string): string {
  const anonymous = body.replaceAll(mark, 'mark')
  if (side.name === 'direct') return anonymous.replace('"user_id":"ann"', '"user_id":"…"')
  assert.ok(body.includes('"model":"harbor-claude"'))
  assert.equal(body.includes('"ann"'), false)
  assert.equal(body.match(/"user_id":"user_[a-z2-7]{26}"/g)?.length, 1)
  return anonymous
    .replace('"model":"harbor-claude"', `"model":"${MODEL}"`)
    .replace(/,"metadata":{"user_id":"user_[a-z2-7]{26}"}}$/, '}')
    .replace(/"user_id":"user_[a-z2-7]{26}"/, '"user_id":"…"')
}

async function arrived(side: Side, mark: string) {
  const [seen] = await seenWith(side, mark)
  assert.ok(seen)
  return seen
}

/** A client that is pointed or presents itself otherwise, and says hello. */
async function hello(client: Anthropic): Promise<string> {
  return textOf(await client.messages.create({ ...asked, messages: [user('hello')] }))
}

export const requests: readonly Case[] = [
  {
    name: 'every parameter arrives',
    run: async (side) => {
      const mark = newMark()
      await clientOf(side).messages.create({
        ...asked,
        messages: [user(`${mark} hello`)],
        metadata: { user_id: 'ann' },
        system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        stop_sequences: ['###'],
        thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' },
        tools: [{ name: 'idle', description: 'Nothing', input_schema: { type: 'object' }, defer_loading: false }],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
        output_config: { effort: 'low' },
        service_tier: 'standard_only',
        inference_geo: 'us',
        speed: 'standard',
        cache_control: { type: 'ephemeral' },
      })
      const { body, headers } = await arrived(side, mark)
      return [asSent(side, body, mark), headers['anthropic-version'], headers['content-type']]
    },
  },
  {
    name: 'sampling parameters arrive as they were written',
    run: async (side) => {
      const mark = newMark()
      const body = `{ "metadata":null,"temperature":0.70,"top_p":1e-1, "top_k":40,"messages" :[{"content":"${mark} \\u00e9\\/","role":"user"}],"model":"${MODEL}", "max_tokens":64}`
      const answer = await fetch(`${side.baseURL}/messages`, {
        method: 'POST',
        headers: {
          'x-api-key': side.credential,
          'anthropic-version': '2023-06-01',
          'content-type': 'application/json',
        },
        body,
      })
      assert.equal(answer.status, 200)
      await answer.text()
      const seen = await arrived(side, mark)
      return asSent(side, seen.body, mark).replace('"metadata":{"user_id":"…"}', '"metadata":null')
    },
  },
  {
    name: 'beta: its parameters arrive, and its opt-ins',
    run: async (side) => {
      const mark = newMark()
      const answer = await clientOf(side).beta.messages.create({
        ...asked,
        messages: [user(`${mark} hello`)],
        metadata: { user_id: 'ann' },
        context_management: {
          edits: [
            {
              type: 'clear_tool_uses_20250919',
              trigger: { type: 'input_tokens', value: 30_000 },
              keep: { type: 'tool_uses', value: 3 },
              exclude_tools: ['idle'],
            },
            { type: 'clear_thinking_20251015', keep: { type: 'thinking_turns', value: 2 } },
            { type: 'compact_20260112', trigger: { type: 'input_tokens', value: 150_000 }, instructions: 'Be brief.' },
          ],
        },
        output_config: { effort: 'high', task_budget: { type: 'tokens', total: 20_000 } },
        betas: ['context-management-2025-06-27', 'compact-2026-01-12', 'task-budgets-2026-03-13'],
      })
      const { body, headers, path } = await arrived(side, mark)
      return [asSent(side, body, mark), headers['anthropic-beta'], path, plain(answer.usage)]
    },
  },
  {
    name: 'beta: turns that change the tools, the effort and the instructions',
    run: async (side) => {
      const mark = newMark()
      const tool = { name: 'later', input_schema: { type: 'object' as const } }
      await clientOf(side).beta.messages.create({
        ...asked,
        messages: [
          user('hello'),
          { role: 'assistant', content: 'Yes?' },
          user(`${mark} and now?`),
          {
            role: 'system',
            content: [
              { type: 'text', text: 'Hurry.' },
              { type: 'tool_addition', tool: { type: 'tool_definition', definition: tool } },
              { type: 'tool_removal', tool: { type: 'tool_reference', name: 'idle' } },
            ],
            output_config: { effort: 'low' },
          },
        ],
        metadata: { user_id: 'ann' },
        tools: [{ name: 'idle', input_schema: { type: 'object' } }],
        betas: ['mid-conversation-system-2026-04-07', 'mid-conversation-tool-changes-2026-07-01'],
      })
      const { body } = await arrived(side, mark)
      return asSent(side, body, mark)
    },
  },
  {
    name: "the caller's credentials stay with whom they were shown to",
    run: async (side) => {
      const mark = newMark()
      const client = clientOf(side, { defaultHeaders: { cookie: 'session=secret', 'x-internal': 'secret' } })
      await client.messages.create({ ...asked, messages: [user(`${mark} hello`)] })
      const { headers, method, path } = await arrived(side, mark)
      if (side.name === 'gate') {
        assert.equal(JSON.stringify(headers).includes(side.credential), false)
        assert.equal(/session=secret|x-internal|x-stainless/.test(JSON.stringify(headers)), false)
      }
      return [method, path]
    },
  },
  {
    name: 'with a key, a token, a function for either, or a header',
    run: async (side) => {
      const baseURL = originOf(side)
      const { credential } = side
      const other = { baseURL, apiKey: null, maxRetries: 0, logLevel: 'off' } as const
      return [
        await hello(new Anthropic({ ...other, apiKey: credential })),
        await hello(new Anthropic({ ...other, apiKey: async () => credential })),
        await hello(new Anthropic({ ...other, authToken: credential })),
        await hello(new Anthropic({ ...other, credentials: async () => ({ token: credential, expiresAt: null }) })),
        await hello(new Anthropic({ ...other, defaultHeaders: { 'x-api-key': credential } })),
      ]
    },
  },
  {
    name: 'what the client says of its token is not said to the provider',
    run: async (side) => {
      const mark = newMark()
      const token = async () => ({ token: side.credential, expiresAt: null })
      const client = clientOf(side, { apiKey: null, credentials: token })
      await client.beta.messages.create({ ...asked, messages: [user(mark)], betas: ['context-1m-2025-08-07'] })
      const { headers } = await arrived(side, mark)
      const betas = headers['anthropic-beta'] ?? ''
      assert.equal(betas.includes('oauth'), side.name === 'direct')
      return betas.replace(',oauth-2025-04-20', '')
    },
  },
  {
    name: 'under /anthropic, and without',
    run: async (side) => {
      const client = clientOf(underAnthropic(side))
      const counted = await client.messages.countTokens({ model: MODEL, messages: [user('one two')] })
      const streamed = await client.messages.stream({ ...asked, messages: [user('hello')] }).finalText()
      const { id } = await client.models.retrieve(MODEL)
      return [await hello(client), streamed, counted, id, await hello(clientOf(side))]
    },
  },
  {
    name: 'withResponse, asResponse and the request id',
    run: async (side) => {
      const call = () => clientOf(side).messages.create({ ...asked, messages: [user('hello')] })
      const { data, response, request_id } = await call().withResponse()
      assert.match(request_id ?? '', /^req_demo_\d+$/)
      assert.equal(Reflect.get(data, '_request_id'), request_id)
      if (side.name === 'gate') assert.match(response.headers.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
      const raw = await call().asResponse()
      return [response.status, response.headers.get('content-type'), plain(await raw.json())]
    },
  },
  {
    name: 'middleware, a query and headers of the caller’s own',
    run: async (side) => {
      const seen: unknown[] = []
      const client = clientOf(side, {
        middleware: [
          async (request, next) => {
            const response = await next(request)
            seen.push([new URL(request.url).pathname, response.status])
            return response
          },
        ],
        defaultHeaders: { 'x-purpose': 'conformance' },
      })
      seen.push(await hello(client))
      const found = await client.messages.create(
        { ...asked, messages: [user('hello')] },
        { headers: { 'x-purpose': 'b' } },
      )
      return [seen, plain(found)]
    },
  },
]
