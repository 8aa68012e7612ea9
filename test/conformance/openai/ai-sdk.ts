// The Vercel AI SDK with its provider for OpenAI, unmodified, over both of its models: texts, streams, reasoning, embeddings, errors.
import assert from 'node:assert/strict'
import { createOpenAI, type OpenAIProviderSettings } from '@ai-sdk/openai'
import { APICallError, embed, embedMany, generateText, type ModelMessage, RetryError, streamText } from 'ai'
import type { Case, Side } from '../suite.ts'
import { arrived } from './as-sent.ts'
import { collect, newMark, stripped } from './client.ts'
import { soonEnough } from './leaving.ts'
import { plain, plant, settled } from './redaction.ts'

// The SDK prints on the console what it leaves out for models that it does not know.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

export function providerOf(side: Side, more: OpenAIProviderSettings = {}) {
  return createOpenAI({ baseURL: side.baseURL, apiKey: side.credential, ...more })
}

export const KINDS = ['responses', 'chat'] as const
export type Kind = (typeof KINDS)[number]

/** A call of that model, without retries. */
export const once = (side: Side, kind: Kind) => ({ model: providerOf(side)[kind](side.model), maxRetries: 0 })

const SENTENCE = 'The harbor opens at seven in the morning'
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const REASONING = {
  openai: { reasoningSummary: 'detailed', reasoningEffort: 'low', store: false, forceReasoning: true },
}

/** Without the SDK's own names of what differs from call to call. */
export function comparable(value: unknown): unknown {
  const own = new Set(['itemId', 'responseId', 'toolCallId', 'containerId', 'timestamp'])
  return JSON.parse(JSON.stringify(stripped(value), (key, each: unknown) => (own.has(key) ? undefined : each)))
}

const ofBoth = (kind: Kind): readonly Case[] => [
  {
    name: `ai ${kind}: a text, whole and streamed`,
    run: async (side) => {
      const whole = await generateText({ ...once(side, kind), prompt: 'Good morning' })
      assert.deepEqual([whole.text, whole.finishReason, whole.usage.inputTokens], ['Good morning', 'stop', 2])
      assert.equal(whole.response.modelId, side.model)
      const streamed = streamText({ ...once(side, kind), prompt: SENTENCE })
      const pieces = await collect(streamed.textStream)
      assert.equal(pieces.join(''), SENTENCE)
      return comparable([whole.content, whole.usage, pieces, await streamed.usage, await streamed.finishReason])
    },
  },
  {
    name: `ai ${kind}: the parts of a stream`,
    run: async (side) => {
      const { fullStream } = streamText({ ...once(side, kind), prompt: 'one two' })
      const types = (await collect(fullStream)).map(({ type }) => type)
      assert.ok(types.includes('text-delta'))
      assert.equal(types.at(-1), 'finish')
      return types
    },
  },
  {
    name: `ai ${kind}: settings, system, turns and images arrive`,
    run: async (side) => {
      const mark = newMark()
      const messages: ModelMessage[] = [
        { role: 'user', content: 'Is it noon?' },
        { role: 'assistant', content: 'Yes.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: mark },
            { type: 'image', image: PNG, mediaType: 'image/png' },
          ],
        },
      ]
      const answer = await generateText({
        ...once(side, kind),
        instructions: 'Be kind.',
        messages,
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 50,
        providerOptions: {
          openai: { user: 'ann', metadata: { ward: 'north' }, parallelToolCalls: false, store: false },
        },
      })
      assert.equal(answer.text, mark)
      return arrived(side, mark)
    },
  },
  {
    name: `ai ${kind}: log-probabilities and a limit`,
    run: async (side) => {
      const answer = await generateText({
        ...once(side, kind),
        prompt: 'one two three',
        maxOutputTokens: 2,
        providerOptions: { openai: { logprobs: 2 } },
      })
      assert.deepEqual([answer.text, answer.finishReason], ['one two ', 'length'])
      return comparable([answer.finishReason, answer.providerMetadata])
    },
  },
  {
    name: `ai ${kind}: errors, and when they are tried again`,
    run: async (side) => {
      const call = (prompt: string, as = side) => generateText({ ...once(as, kind), prompt })
      const statuses: unknown[] = []
      for (const [status, again] of [
        [400, false],
        [429, true],
        [503, true],
      ] as const) {
        const error: unknown = await call(`[[status:${status}]]`).catch((caught: unknown) => caught)
        assert.ok(error instanceof APICallError)
        assert.deepEqual([error.statusCode, error.isRetryable], [status, again])
        statuses.push(error.statusCode)
      }
      const nobody: unknown = await call('hello', { ...side, credential: 'nobodys-key' }).catch(
        (caught: unknown) => caught,
      )
      assert.ok(nobody instanceof APICallError)
      assert.equal(nobody.statusCode, 401)
      const { denied } = side
      const forbidden: unknown = await (denied ? call('hello', { ...side, ...denied }) : call('[[status:403]]')).catch(
        (caught: unknown) => caught,
      )
      assert.ok(forbidden instanceof APICallError)
      assert.deepEqual([forbidden.statusCode, forbidden.isRetryable], [403, false])
      const retried = generateText({ ...once(side, kind), maxRetries: 1, prompt: '[[status:429]]' })
      await assert.rejects(retried, RetryError)
      return statuses
    },
  },
  {
    name: `ai ${kind}: a credential reaches nobody, whole or streamed`,
    run: async (side) => {
      const planted = plant()
      const whole = await generateText({ ...once(side, kind), prompt: planted.prompt })
      plain(side, planted, whole.text)
      const text = await streamText({ ...once(side, kind), prompt: planted.prompt }).text
      plain(side, planted, text)
      return settled(side, planted, [whole.text, text])
    },
  },
  {
    name: `ai ${kind}: a signal stops the provider within 100 ms`,
    run: (side) =>
      soonEnough(side, async (mark) => {
        const leaving = new AbortController()
        const prompt = `[[delay:150]] ${mark} ${SENTENCE}`
        const { fullStream } = streamText({ ...once(side, kind), prompt, abortSignal: leaving.signal })
        let last = ''
        for await (const { type } of fullStream) {
          last = type
          if (type === 'text-delta') leaving.abort()
        }
        assert.equal(last, 'abort')
      }),
  },
]

export const aiSdk: readonly Case[] = [
  ...KINDS.flatMap(ofBoth),
  {
    name: 'ai responses: reasoning, whole and streamed, and back again',
    run: async (side) => {
      const common = { ...once(side, 'responses'), providerOptions: REASONING }
      const prompt = '[[think:let me see]]Why?'
      const whole = await generateText({ ...common, prompt })
      assert.equal(whole.reasoningText, 'let me see')
      const streamed = streamText({ ...common, prompt })
      assert.equal(await streamed.reasoningText, 'let me see')
      const mark = newMark()
      const turns: ModelMessage[] = [{ role: 'user', content: prompt }, ...whole.responseMessages]
      const next = await generateText({ ...common, messages: [...turns, { role: 'user', content: mark }] })
      assert.equal(next.text, mark)
      const sent = await arrived(side, mark)
      assert.match(sent, /"type":"reasoning"[^}]*"encrypted_content":"/)
      return [comparable(whole.reasoning), sent.replaceAll(/_demo\d+/g, '_demo')]
    },
  },
  {
    name: 'ai completion: a text, whole and streamed',
    run: async (side) => {
      const common = { model: providerOf(side).completion(side.model), maxRetries: 0 }
      const whole = await generateText({ ...common, prompt: '[[say:Good morning]]' })
      const streamed = await streamText({ ...common, prompt: '[[say:Good morning]]' }).text
      assert.deepEqual([whole.text, streamed], ['Good morning', 'Good morning'])
      return comparable([whole.content, whole.usage, whole.finishReason])
    },
  },
  {
    name: 'ai embed and embedMany',
    run: async (side) => {
      const model = providerOf(side).embedding('clinic-embed')
      const one = await embed({ model, value: 'harbor', maxRetries: 0 })
      assert.equal(one.embedding.length, 1_536)
      const values = Array.from({ length: 30 }, (_, number) => `text ${number}`)
      const providerOptions = { openai: { dimensions: 4, user: 'ann' } }
      const many = await embedMany({ model, values, maxRetries: 0, providerOptions })
      assert.deepEqual([many.embeddings.length, many.embeddings[0]?.length], [30, 4])
      return [one.embedding, one.usage, many.embeddings, many.usage]
    },
  },
]
