// The AI SDK's loops over tools, its objects, and what it would have the provider do.
import assert from 'node:assert/strict'
import type { AnthropicLanguageModelOptions } from '@ai-sdk/anthropic'
import {
  APICallError,
  generateObject,
  generateText,
  isStepCount,
  type JSONValue,
  type ModelMessage,
  Output,
  streamObject,
  streamText,
  tool,
  ToolLoopAgent,
  type ToolSet,
} from 'ai'
import { z } from 'zod'
import { newMark, seenWith } from '../openai/client.ts'
import { SHARED_CONTAINER } from '../permits.ts'
import type { Case, Side } from '../suite.ts'
import { modelOf, providerOf } from './ai-sdk.ts'
import { permitted, plain } from './client.ts'
import { asSent } from './requests.ts'

const once = (side: Side) => ({ model: modelOf(side), maxRetries: 0 })

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}.`,
})
const visit = z.object({ city: z.string(), days: z.int() })
const SAID = '[[say:{"city":"Bern","days":3}]]'

/** The modes in which it asks for JSON: by a schema of the answer, and by a tool. */
const MODES = ['outputFormat', 'jsonTool'] as const
const inMode = (structuredOutputMode: (typeof MODES)[number]) => ({ anthropic: { structuredOutputMode } })

interface Act {
  readonly name: string
  readonly field: string
  readonly tools?: (side: Side) => ToolSet
  readonly options?: Record<string, JSONValue>
  readonly content?: Exclude<Extract<ModelMessage, { role: 'user' }>['content'], string>
}

const ACTS: readonly Act[] = [
  {
    name: 'web search and fetching',
    field: 'tools[0].type',
    tools: (side) => ({
      web_search: providerOf(side).tools.webSearch_20250305({ maxUses: 2 }),
      web_fetch: providerOf(side).tools.webFetch_20250910({}),
    }),
  },
  {
    name: 'running code in a container with skills',
    field: 'tools[0].type',
    tools: (side) => ({ code_execution: providerOf(side).tools.codeExecution_20250522({}) }),
    options: { container: { id: SHARED_CONTAINER, skills: [{ type: 'anthropic', skillId: 'pptx' }] } },
  },
  {
    name: 'searching for tools',
    field: 'tools[0].type',
    tools: (side) => ({
      search: providerOf(side).tools.toolSearchBm25_20251119(),
      weather: tool({
        inputSchema: z.object({ city: z.string() }),
        providerOptions: { anthropic: { deferLoading: true } },
      }),
    }),
  },
  {
    name: 'a remote MCP server',
    field: 'mcp_servers[0]',
    options: {
      mcpServers: [{ type: 'url', name: 'notes', url: 'https://mcp.example/', authorizationToken: 'its-own' }],
    },
  },
  {
    name: 'a file by its address',
    field: 'messages[0].content[1].source.url',
    content: [{ type: 'file', data: new URL('https://example.com/a.pdf'), mediaType: 'application/pdf' }],
  },
]

export const aiSdkTools: readonly Case[] = [
  {
    name: 'ai: a loop of tools, whole and streamed',
    run: async (side) => {
      const asking = {
        ...once(side),
        prompt: '[[think:Bern]][[tool:weather {"city":"Bern"}]]',
        providerOptions: { anthropic: { thinking: { type: 'enabled' as const, budgetTokens: 1024 } } },
        tools: { weather },
        stopWhen: isStepCount(3),
      }
      const whole = await generateText(asking)
      const streamed = streamText(asking)
      assert.deepEqual([whole.text, whole.steps.length], ['Rain in Bern.', 2])
      assert.deepEqual([await streamed.text, (await streamed.steps).length], ['Rain in Bern.', 2])
      const agent = new ToolLoopAgent({ model: modelOf(side), tools: { weather }, maxRetries: 0 })
      const ran = await agent.generate({ prompt: '[[tool:weather {"city":"Rome"}]]' })
      assert.equal(ran.text, 'Rain in Rome.')
      return plain([whole.steps.map(({ content }) => content), (await streamed.steps).map(({ content }) => content)])
    },
  },
  {
    name: 'ai: the choice of a tool, several at once, and one that fails',
    run: async (side) => {
      const failing = tool({
        inputSchema: z.object({ why: z.string().optional() }),
        execute: (): string => {
          throw new Error('out of order')
        },
      })
      const tools = { weather, failing }
      const chosen = await generateText({
        ...once(side),
        prompt: 'x',
        tools,
        toolChoice: { type: 'tool', toolName: 'weather' },
      })
      const any = await generateText({ ...once(side), prompt: 'x', tools, toolChoice: 'required' })
      const none = await generateText({ ...once(side), prompt: 'x', tools, toolChoice: 'none' })
      assert.deepEqual(
        [chosen, any, none].map(({ toolCalls }) => toolCalls.length),
        [1, 1, 0],
      )
      const both = await generateText({
        ...once(side),
        prompt: '[[tool:weather {"city":"Bern"}]][[tool:failing]]',
        tools,
        stopWhen: isStepCount(2),
      })
      assert.match(both.text, /^Rain in Bern\./)
      assert.match(both.text, /out of order/)
      return plain([chosen.content, any.content, none.content, both.text])
    },
  },
  {
    name: 'ai: tools that Anthropic defines and the caller runs',
    run: async (side) => {
      const { bash_20250124, textEditor_20250728, memory_20250818 } = providerOf(side).tools
      const tools = {
        bash: bash_20250124({ execute: async ({ command }) => `ran ${command}` }),
        str_replace_based_edit_tool: textEditor_20250728({ maxCharacters: 1_000, execute: async () => 'edited' }),
        memory: memory_20250818({ execute: async () => 'remembered' }),
      }
      const answer = await generateText({
        ...once(side),
        prompt: '[[tool:bash {"command":"ls"}]][[tool:memory {"command":"view","path":"/memories"}]]',
        tools,
        stopWhen: isStepCount(2),
      })
      assert.equal(answer.text, 'ran ls\nremembered')
      return plain(answer.steps.map(({ content }) => content))
    },
  },
  {
    name: 'ai: objects, in both modes, whole and streamed',
    run: async (side) => {
      const all = []
      for (const mode of MODES) {
        const asking = { ...once(side), providerOptions: inMode(mode), output: Output.object({ schema: visit }) }
        // As a tool it is called with the least that the schema admits, whatever is to be said.
        const prompt = mode === 'outputFormat' ? SAID : 'fill it in'
        const expected = mode === 'outputFormat' ? { city: 'Bern', days: 3 } : { city: 'demo', days: 0 }
        const whole = await generateText({ ...asking, prompt })
        assert.deepEqual(whole.output, expected)
        const streamed = streamText({ ...asking, prompt: `[[chunk:3]]${prompt}` })
        const partial: unknown[] = []
        for await (const each of streamed.partialOutputStream) partial.push(each)
        assert.deepEqual(partial.at(-1), expected)
        assert.deepEqual(await streamed.output, expected)
        all.push(whole.output, await streamed.output)
      }
      return all
    },
  },
  {
    name: 'ai: generateObject, streamObject, arrays and choices',
    run: async (side) => {
      const providerOptions = inMode('outputFormat')
      const { object } = await generateObject({ ...once(side), providerOptions, schema: visit, prompt: SAID })
      const streamed = streamObject({ ...once(side), providerOptions, schema: visit, prompt: SAID })
      for await (const _ of streamed.partialObjectStream);
      const array = await generateText({
        ...once(side),
        providerOptions,
        output: Output.array({ element: z.string() }),
        prompt: '[[say:{"elements":["a","b"]}]]',
      })
      const choice = await generateText({
        ...once(side),
        providerOptions,
        output: Output.choice({ options: ['rain', 'sun'] }),
        prompt: '[[say:{"result":"sun"}]]',
      })
      assert.deepEqual(
        [object, await streamed.object],
        [
          { city: 'Bern', days: 3 },
          { city: 'Bern', days: 3 },
        ],
      )
      assert.deepEqual([array.output, choice.output], [['a', 'b'], 'sun'])
      return [object, await streamed.object, array.output, choice.output]
    },
  },
  ...ACTS.map((act): Case => ({
    name: `ai: ${act.name}: refused, and permitted`,
    run: async (side) => {
      const asking = (as: Side, text: string) => ({
        ...once(as),
        messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text }, ...(act.content ?? [])] }],
        providerOptions: { anthropic: { metadata: { userId: 'ann' }, ...act.options } },
        tools: act.tools?.(as) ?? {},
      })
      const error = await generateText(asking(side, side.name === 'gate' ? 'hello' : '[[status:403]]')).then(
        () => assert.fail('the call was answered'),
        (caught: unknown) => caught,
      )
      assert.ok(APICallError.isInstance(error), String(error))
      if (side.name === 'gate') assert.ok(error.message.includes(`\`${act.field}\``), error.message)
      const mark = newMark()
      const allowed = permitted(side)
      const whole = await generateText(asking(allowed, mark))
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      const streamed = streamText(asking(allowed, mark))
      const kinds = (await streamed.content).map(({ type }) => type)
      return [
        [error.statusCode, error.isRetryable],
        asSent(side, seen.body, mark),
        seen.headers['anthropic-beta'] ?? null,
        whole.content.map(({ type }) => type),
        kinds,
      ]
    },
  })),
  {
    name: 'ai: a thread, where the provider may keep one',
    run: async (side) => {
      const model = modelOf(permitted(side))
      const thread = (each: AnthropicLanguageModelOptions['thread']) => ({ anthropic: { thread: each } }) as const
      const first = await generateText({
        model,
        maxRetries: 0,
        prompt: 'one two',
        providerOptions: thread({ type: 'create' }),
      })
      const second = await generateText({
        model,
        maxRetries: 0,
        prompt: 'three',
        providerOptions: thread({ type: 'continue', previousMessageId: first.response.id ?? '' }),
      })
      assert.equal(second.usage.inputTokens, 5)
      return second.text
    },
  },
]
