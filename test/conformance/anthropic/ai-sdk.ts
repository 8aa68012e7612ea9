// The Vercel AI SDK with its provider for Anthropic, unmodified: texts, reasoning, files, settings, errors.
import assert from 'node:assert/strict'
import { type AnthropicProviderSettings, createAnthropic } from '@ai-sdk/anthropic'
import { APICallError, generateText, type ModelMessage, RetryError, streamText } from 'ai'
import { newMark, seenWith } from '../openai/client.ts'
import type { Case, Side } from '../suite.ts'
import { MODEL, plain, underAnthropic } from './client.ts'
import { newKey, REDACTED, replaced, said } from './redaction.ts'
import { asSent } from './requests.ts'

// The SDK prints on the console what it leaves out for models that it does not know.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

export function providerOf(side: Side, more: AnthropicProviderSettings = {}) {
  return createAnthropic({ baseURL: side.baseURL, apiKey: side.credential, ...more })
}

export const modelOf = (side: Side) => providerOf(side)(MODEL)

/** A call of it, without retries. */
const once = (side: Side) => ({ model: modelOf(side), maxRetries: 0 })

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export const aiSdk: readonly Case[] = [
  {
    name: 'ai: a text, whole and streamed',
    run: async (side) => {
      const whole = await generateText({ ...once(side), prompt: 'Good morning' })
      assert.deepEqual([whole.text, whole.finishReason, whole.usage.inputTokens], ['Good morning', 'stop', 2])
      const streamed = streamText({ ...once(side), prompt: 'Good morning' })
      const pieces: string[] = []
      for await (const piece of streamed.textStream) pieces.push(piece)
      assert.equal(pieces.join(''), 'Good morning')
      const usage = await streamed.usage
      assert.deepEqual(usage, whole.usage)
      assert.equal(whole.response.modelId, MODEL)
      return plain([
        whole.content,
        whole.usage,
        whole.providerMetadata,
        await streamed.content,
        await streamed.finishReason,
      ])
    },
  },
  {
    name: 'ai: the parts of a stream',
    run: async (side) => {
      const { fullStream } = streamText({
        ...once(side),
        prompt: '[[think:let me see]]one two',
        providerOptions: { anthropic: { thinking: { type: 'adaptive' } } },
      })
      const types: string[] = []
      for await (const { type } of fullStream) if (types.at(-1) !== type) types.push(type)
      assert.equal(types.includes('reasoning-delta'), true)
      assert.equal(types.at(-1), 'finish')
      return types
    },
  },
  {
    name: 'ai: settings and options arrive',
    run: async (side) => {
      const mark = newMark()
      await generateText({
        ...once(side),
        system: 'Be kind.',
        messages: [
          { role: 'user', content: 'Is it noon?' },
          { role: 'assistant', content: 'Not yet.' },
          {
            role: 'user',
            content: [
              {
                type: 'text',
                text: `${mark} and now?`,
                providerOptions: { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } },
              },
            ],
          },
        ],
        maxOutputTokens: 100,
        temperature: 0.5,
        topK: 40,
        stopSequences: ['###'],
        providerOptions: {
          anthropic: {
            metadata: { userId: 'ann' },
            effort: 'low',
            serviceTier: 'standard_only',
            speed: 'standard',
            inferenceGeo: 'us',
            contextManagement: {
              edits: [
                { type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 } },
                { type: 'clear_thinking_20251015', keep: 'all' },
              ],
            },
          },
        },
      })
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      return [asSent(side, seen.body, mark), seen.headers['anthropic-beta'] ?? null]
    },
  },
  {
    name: 'ai: reasoning, whole and streamed, and given back',
    run: async (side) => {
      const providerOptions = { anthropic: { thinking: { type: 'enabled' as const, budgetTokens: 1024 } } }
      const asking = { ...once(side), providerOptions, prompt: '[[think:let me see]]x' }
      const whole = await generateText(asking)
      const streamed = streamText(asking)
      assert.deepEqual([whole.reasoningText, await streamed.reasoningText], ['let me see', 'let me see'])
      const messages: ModelMessage[] = [
        { role: 'user', content: 'x' },
        ...whole.response.messages,
        { role: 'user', content: 'and?' },
      ]
      const again = await generateText({ ...once(side), providerOptions, messages })
      const hidden = await generateText({ ...asking, prompt: '[[redacted-thinking]][[think:unsafe]]x' })
      assert.equal(again.text, 'and?')
      return plain([whole.reasoning, await streamed.reasoning, again.content, hidden.content])
    },
  },
  {
    name: 'ai: images, documents and their citations',
    run: async (side) => {
      const messages: ModelMessage[] = [
        {
          role: 'user',
          content: [
            { type: 'image', image: PNG, mediaType: 'image/png' },
            {
              type: 'file',
              data: Buffer.from('%PDF-1.4\n%%EOF\n'),
              mediaType: 'application/pdf',
              filename: 'a.pdf',
              providerOptions: { anthropic: { citations: { enabled: true }, title: 'Hours', context: 'The door' } },
            },
            {
              type: 'file',
              data: Buffer.from('Open at 7.'),
              mediaType: 'text/plain',
              providerOptions: { anthropic: { citations: { enabled: true } } },
            },
            { type: 'text', text: 'When?' },
          ],
        },
      ]
      const whole = await generateText({ ...once(side), messages })
      const streamed = streamText({ ...once(side), messages })
      assert.equal(whole.sources.length, 2)
      assert.equal((await streamed.sources).length, 2)
      return [
        whole.text,
        ...whole.sources.map(({ sourceType, title, providerMetadata }) => [sourceType, title, providerMetadata]),
      ]
    },
  },
  {
    name: 'ai: with a key, with a token, and under /anthropic',
    run: async (side) => {
      const { credential } = side
      const settings: AnthropicProviderSettings[] = [
        { apiKey: credential },
        { baseURL: underAnthropic(side).baseURL },
        { headers: { 'x-purpose': 'conformance' } },
      ]
      const models = [
        ...settings.map((each) => providerOf(side, each)(MODEL)),
        createAnthropic({ baseURL: side.baseURL, authToken: credential })(MODEL),
        createAnthropic({ baseURL: side.baseURL, authToken: () => credential })(MODEL),
      ]
      return Promise.all(
        models.map(async (model) => (await generateText({ model, prompt: 'hello', maxRetries: 0 })).text),
      )
    },
  },
  {
    name: 'ai: what it tries again, and what not',
    run: async (side) => {
      const all = []
      for (const status of [400, 429, 500, 529]) {
        const mark = newMark()
        const prompt = `${mark} [[status:${status}]]`
        const error = await failure(generateText({ ...once(side), prompt }))
        assert.ok(APICallError.isInstance(error), String(error))
        assert.equal(typeof error.data, 'object')
        all.push([error.statusCode, error.isRetryable, (await seenWith(side, mark)).length])
      }
      const mark = newMark()
      const error = await failure(
        generateText({ model: modelOf(side), maxRetries: 1, prompt: `${mark} [[status:429]]` }),
      )
      assert.ok(RetryError.isInstance(error), String(error))
      return [...all, (await seenWith(side, mark)).length]
    },
  },
  {
    name: 'ai: a no of the gate is an APICallError, before a stream too',
    run: async (side) => {
      const denied = side.denied ? { ...side, credential: side.denied.credential } : side
      const prompt = side.denied ? 'hello' : '[[status:403]]'
      const whole = await failure(generateText({ ...once(denied), prompt }))
      const nobody = await failure(generateText({ ...once({ ...side, credential: 'nobodys-key' }), prompt: 'hello' }))
      const errors: unknown[] = [whole, nobody]
      const streamed = streamText({ ...once(denied), prompt, onError: ({ error }) => void errors.push(error) })
      await streamed.consumeStream()
      return errors.map((error) => {
        assert.ok(APICallError.isInstance(error), String(error))
        if (side.name === 'gate') assert.match(error.responseHeaders?.['x-sallyport-exchange'] ?? '', /^[\w-]{10,}$/)
        return [error.statusCode, error.isRetryable]
      })
    },
  },
  {
    name: 'ai: a stream that fails or dies ends with an error',
    run: async (side) => {
      const all = []
      for (const how of ['[[fail:2]]', '[[die:2]]']) {
        const prompt = `one two three ${how}`
        const streamed = streamText({ ...once(side), prompt, onError: () => undefined })
        const parts: string[] = []
        const consume = async () => {
          for await (const part of streamed.fullStream) {
            parts.push(part.type === 'finish' ? `finish: ${part.finishReason}` : part.type)
          }
        }
        // A connection that breaks is thrown, an error that is told is a part.
        await consume().catch(() => parts.push('error'))
        assert.ok(parts.includes('error'))
        assert.equal(parts.includes('finish: stop'), false)
        all.push('error')
      }
      return all
    },
  },
  {
    name: 'ai: aborting stops the provider',
    run: async (side) => {
      const mark = newMark()
      const leaving = new AbortController()
      const { textStream } = streamText({
        ...once(side),
        prompt: `[[delay:100]] ${mark} one two three four five six seven`,
        abortSignal: leaving.signal,
        onError: () => undefined,
      })
      for await (const _ of textStream) leaving.abort()
      const from = performance.now()
      for (;;) {
        const [request] = await seenWith(side, mark)
        if (request?.aborted === true) return 'aborted'
        assert.ok(performance.now() - from < 3_000, 'the provider did not learn within 3 s that its caller had gone')
        await Bun.sleep(5)
      }
    },
  },
  {
    name: 'ai: a credential in an answer, whole and streamed',
    run: async (side) => {
      const key = newKey()
      const prompt = `[[chunk:4]]${said(`Your key is ${key}, keep it.`)}`
      const whole = await generateText({ ...once(side), prompt })
      const streamed = streamText({ ...once(side), prompt })
      const texts = [whole.text, await streamed.text]
      if (side.name === 'gate') {
        const expected = `Your key is ${REDACTED}, keep it.`
        assert.deepEqual(texts, [expected, expected])
      }
      return replaced(side, key, texts)
    },
  },
]

function failure(call: PromiseLike<unknown>): PromiseLike<unknown> {
  return call.then(
    () => assert.fail('the call was answered'),
    (error: unknown) => error,
  )
}
