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

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}.`,
})

test('texts, whole and streamed', async () => {
  const model = openai.responses('clinic-small')
  const whole = await generateText({ model, prompt: 'Good morning', maxRetries: 0 })
  expect([whole.text, whole.finishReason, whole.usage.inputTokens]).toEqual(['Good morning', 'stop', 2])
  const pieces: string[] = []
  for await (const piece of streamText({ model, prompt: 'one two', maxRetries: 0 }).textStream) pieces.push(piece)
  expect(pieces).toEqual(['one ', 'two'])
})

test('reasoning summaries, whole and streamed', async () => {
  const model = openai.responses('o4-mini')
  const options = { openai: { reasoningSummary: 'auto', store: false } }
  const common = { model, prompt: '[[think:let me see]]x', providerOptions: options, maxRetries: 0 }
  expect((await generateText(common)).reasoningText).toBe('let me see')
  expect(await streamText(common).reasoningText).toBe('let me see')
})

test('a loop of tools ends with what the tool answered, stored or not', async () => {
  for (const store of [true, false]) {
    const common = {
      model: openai.responses('clinic-small'),
      prompt: '[[tool:weather {"city":"Bern"}]]',
      tools: { weather },
      stopWhen: isStepCount(3),
      providerOptions: { openai: { store } },
      maxRetries: 0,
    }
    const whole = await generateText(common)
    expect([whole.text, whole.steps.length]).toEqual(['Rain in Bern.', 2])
    const streamed = streamText(common)
    expect([await streamed.text, (await streamed.steps).length]).toEqual(['Rain in Bern.', 2])
  }
})

test('structured output', async () => {
  const output = Output.object({ schema: z.object({ city: z.string() }) })
  const model = openai.responses('clinic-small')
  expect((await generateText({ model, output, prompt: 'Where?', maxRetries: 0 })).output).toEqual({ city: 'demo' })
})

test('hosted tools leave calls, results and sources', async () => {
  const tools = {
    web_search: openai.tools.webSearch({}),
    file_search: openai.tools.fileSearch({ vectorStoreIds: ['vs_1'] }),
    code_interpreter: openai.tools.codeInterpreter({}),
    mcp: openai.tools.mcp({ serverLabel: 'notes', serverUrl: 'https://mcp.example', requireApproval: 'never' }),
  }
  const common = { model: openai.responses('gpt-5'), prompt: 'weather', tools, maxRetries: 0 }
  const names = (content: readonly { readonly type: string; readonly toolName?: string }[]) =>
    content.flatMap(({ type, toolName }) => (type === 'tool-result' ? [toolName] : []))
  const expected = ['web_search', 'file_search', 'code_interpreter', 'mcp']
  const whole = await generateText(common)
  expect(names(whole.content).map((name) => name?.split('.')[0])).toEqual(expected)
  expect(whole.sources.map(({ sourceType }) => sourceType)).toContain('url')
  const streamed = await streamText(common).content
  expect(names(streamed).map((name) => name?.split('.')[0])).toEqual(expected)
})
