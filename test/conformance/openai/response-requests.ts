// What of a request for a response reaches the provider, and the errors of this protocol.
import assert from 'node:assert/strict'
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import type { Case, Side } from '../suite.ts'
import { arrived } from './as-sent.ts'
import { clientOf, collect, newMark, seenWith, user } from './client.ts'
import { refused } from './refused.ts'

const TOO_LARGE = 65 * 1024 * 1024

function ask(side: Side, input: string): Promise<unknown> {
  return clientOf(side).responses.create({ model: side.model, input })
}

export const responseRequests: readonly Case[] = [
  {
    name: 'responses: every parameter arrives',
    run: async (side) => {
      const mark = newMark()
      await clientOf(side).responses.create({
        user: 'ann',
        model: side.model,
        input: [user(`${mark} hello`)],
        instructions: 'Be brief.',
        metadata: { ward: 'north', ticket: '4711' },
        safety_identifier: 'hash-of-ann',
        prompt_cache_key: 'greeting',
        prompt_cache_retention: 'in_memory',
        temperature: 0.1,
        top_p: 0.95,
        top_logprobs: 3,
        include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
        reasoning: { effort: 'low', summary: 'concise' },
        text: { verbosity: 'low', format: { type: 'text' } },
        service_tier: 'flex',
        truncation: 'auto',
        tools: [{ type: 'function', name: 'idle', parameters: null, strict: null }],
        tool_choice: 'none',
        parallel_tool_calls: false,
        max_output_tokens: 100,
        max_tool_calls: 2,
        context_management: [{ type: 'compaction', compact_threshold: 100_000 }],
        background: false,
        store: false,
        stream: false,
      })
      return arrived(side, mark)
    },
  },
  {
    name: 'responses: the bytes of a body arrive as they were sent',
    run: async (side) => {
      const mark = newMark()
      const body = `{ "input" :[{"content":"${mark} \\u00e9\\/","role":"user"}],"model":"${side.model}", "temperature":1.0e0,"tools":[{"type":"function","name":"f","parameters":{"maximum":9007199254740993}}] }`
      const answer = await fetch(`${side.baseURL}/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${side.credential}`, 'content-type': 'application/json' },
        body,
      })
      assert.equal(answer.status, 200)
      await answer.text()
      return (await arrived(side, mark)).replace(/,"safety_identifier":"…","store":false} *$/, ' }')
    },
  },
  {
    name: 'responses: nothing is kept that may not be, nor the caller told to the provider',
    run: async (side) => {
      const mark = newMark()
      await ask(side, mark)
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      if (side.name === 'gate') {
        assert.match(seen.body, /,"safety_identifier":"user_[a-z2-7]{26}","store":false}$/)
        assert.equal(JSON.stringify(seen.headers).includes(side.credential), false)
      }
      return [seen.method, seen.path, seen.headers['content-type']]
    },
  },
  {
    name: 'responses: input tokens and compaction, as sent',
    run: async (side) => {
      const api = clientOf(side).responses
      const marks = [newMark(), newMark()] as const
      await api.inputTokens.count({ model: side.model, input: marks[0] })
      await api.compact({ model: side.model, input: marks[1], prompt_cache_key: 'greeting' })
      const all = await Promise.all(marks.map((mark) => seenWith(side, mark)))
      return all.map(([seen]) =>
        seen?.body.replace(/"model":"[^"]*"/, '"model":"…"').replaceAll(/mark[0-9a-f]{32}/g, 'mark'),
      )
    },
  },
  {
    name: 'responses: what is wrong with a request is a BadRequestError that names the field',
    run: async (side) => {
      const api = clientOf(side).responses
      const wrong = await refused(side, BadRequestError, 400, () =>
        api.create({ model: side.model, input: 'hello', max_output_tokens: 'many' as never }),
      )
      assert.equal(wrong.error.param, 'max_output_tokens')
      const other = await refused(side, BadRequestError, 400, () =>
        api.create({ model: side.model, input: [{ role: 'nobody' as never, content: 'hello' }] }),
      )
      assert.match(other.error.param ?? '', /^input/)
      return [wrong.common, other.common]
    },
  },
  {
    name: 'responses: each way to say no is its typed error',
    run: async (side) => {
      const { denied } = side
      const gate = side.name === 'gate'
      const all = [
        await refused(side, AuthenticationError, 401, () => ask({ ...side, credential: 'nobodys-key' }, 'hello')),
        await refused(side, PermissionDeniedError, 403, () =>
          denied ? ask({ ...side, ...denied }, 'hello') : ask(side, '[[status:403]]'),
        ),
        await refused(side, NotFoundError, 404, () =>
          gate ? ask({ ...side, model: 'no-such-model' }, 'hello') : ask(side, '[[status:404]]'),
        ),
        await refused(side, APIError, 413, () => ask(side, gate ? 'x'.repeat(TOO_LARGE) : '[[status:413]]')),
        await refused(side, RateLimitError, 429, () => ask(side, '[[status:429]]')),
        await refused(side, InternalServerError, 500, () => ask(side, '[[status:500]]')),
        await refused(side, InternalServerError, 503, () => ask(side, '[[status:503]]')),
        await refused(side, RateLimitError, 429, async () =>
          collect(await clientOf(side).responses.create({ model: side.model, input: '[[status:429]]', stream: true })),
        ),
      ]
      return all.map(({ common }) => common)
    },
  },
]
