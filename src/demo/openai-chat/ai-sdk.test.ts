import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, Output, streamText, tool } from 'ai'
import { z } from 'zod'
import { makeProvider } from '#demo/provider.ts'

const provider = makeProvider({ credential: 'demo-key' })
let server: ReturnType<typeof Bun.serve>
let openai: ReturnType<typeof createOpenAI>

beforeAll(() => {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, development: false, fetch: provider.fetch })
  openai = createOpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key' })
})
afterAll(() => server.stop(true))

test('texts, whole and streamed', async () => {
  const common = { model: openai.chat('clinic-small'), prompt: 'one two', maxRetries: 0 }
  const whole = await generateText(common)
  expect([whole.text, whole.finishReason, whole.usage.outputTokens]).toEqual(['one two', 'stop', 2])
  const pieces: string[] = []
  for await (const piece of streamText(common).textStream) pieces.push(piece)
  expect(pieces).toEqual(['one ', 'two'])
})

test('a loop of tools ends with what the tool answered', async () => {
  const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: ({ city }) => `Rain in ${city}.` })
  const common = {
    model: openai.chat('clinic-small'),
    prompt: '[[tool:weather {"city":"Bern"}]]',
    tools: { weather },
    stopWhen: isStepCount(3),
    maxRetries: 0,
  }
  expect((await generateText(common)).text).toBe('Rain in Bern.')
  expect(await streamText(common).text).toBe('Rain in Bern.')
})

test('structured output', async () => {
  const output = Output.object({ schema: z.object({ city: z.string() }) })
  const model = openai.chat('clinic-small')
  expect((await generateText({ model, output, prompt: 'Where?', maxRetries: 0 })).output).toEqual({ city: 'demo' })
})
