import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { generateText, isStepCount, Output, streamText, tool } from 'ai'
import { z } from 'zod'
import { makeProvider } from '#demo/provider.ts'

const provider = makeProvider({ credential: 'demo-key' })
let server: ReturnType<typeof Bun.serve>
let anthropic: ReturnType<typeof createAnthropic>

beforeAll(() => {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, development: false, fetch: provider.fetch })
  anthropic = createAnthropic({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key' })
})
afterAll(() => server.stop(true))

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}.`,
})

test('texts, whole and streamed', async () => {
  const model = anthropic('claude-clinic')
  const whole = await generateText({ model, prompt: 'Good morning', maxRetries: 0 })
  expect([whole.text, whole.finishReason, whole.usage.inputTokens]).toEqual(['Good morning', 'stop', 2])
  const pieces: string[] = []
  for await (const piece of streamText({ model, prompt: 'one two', maxRetries: 0 }).textStream) pieces.push(piece)
  expect(pieces).toEqual(['one ', 'two'])
})

test('reasoning, whole and streamed', async () => {
  const model = anthropic('claude-sonnet-4-5')
  const thinking = { type: 'enabled' as const, budgetTokens: 1024 }
  const common = { model, prompt: '[[think:let me see]]x', providerOptions: { anthropic: { thinking } }, maxRetries: 0 }
  expect((await generateText(common)).reasoningText).toBe('let me see')
  expect(await streamText(common).reasoningText).toBe('let me see')
})

test('a loop of tools ends with what the tool answered', async () => {
  const common = {
    model: anthropic('claude-clinic'),
    prompt: '[[tool:weather {"city":"Bern"}]]',
    tools: { weather },
    stopWhen: isStepCount(3),
    maxRetries: 0,
  }
  const whole = await generateText(common)
  expect([whole.text, whole.steps.length]).toEqual(['Rain in Bern.', 2])
  const streamed = streamText(common)
  expect([await streamed.text, (await streamed.steps).length]).toEqual(['Rain in Bern.', 2])
})

test('structured output', async () => {
  const output = Output.object({ schema: z.object({ city: z.string() }) })
  for (const name of ['claude-clinic', 'claude-sonnet-4-5']) {
    const prompt = 'Where?'
    const { output: answer } = await generateText({ model: anthropic(name), output, prompt, maxRetries: 0 })
    expect(answer).toEqual({ city: 'demo' })
  }
})

test('hosted tools leave calls, results and sources', async () => {
  const tools = { web_search: anthropic.tools.webSearch_20250305({}), web_fetch: anthropic.tools.webFetch_20250910({}) }
  const model = anthropic('claude-sonnet-4-5')
  const whole = await generateText({ model, prompt: 'weather', tools, maxRetries: 0 })
  const kinds = ['tool-call', 'tool-result', 'source', 'tool-call', 'tool-result', 'text']
  expect(whole.content.map(({ type }) => type)).toEqual(kinds as never)
  const streamed = streamText({ model, prompt: 'weather', tools, maxRetries: 0 })
  // The client tells of a message's start as `custom`.
  const streamedKinds = (await streamed.content).map(({ type }) => type).filter((type) => type !== 'custom')
  expect(streamedKinds).toEqual(kinds as never)
})
