// The Vercel AI SDK's loop of tools, its structured output, and OpenAI's own tools by way of it.
import assert from 'node:assert/strict'
import {
  APICallError,
  generateText,
  isStepCount,
  NoObjectGeneratedError,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { z } from 'zod'
import { SHARED_STORE } from '../permits.ts'
import type { Case, Side } from '../suite.ts'
import { comparable, KINDS, type Kind, once, providerOf } from './ai-sdk.ts'
import { clientOf, collect, permitted } from './client.ts'

const Visit = z.object({ patient: z.string(), urgent: z.boolean(), readings: z.array(z.number()) })
const VISIT = '{"patient":"Ann","urgent":true,"readings":[61]}'
const PARSED = { patient: 'Ann', urgent: true, readings: [61] }

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}.`,
})
const stored = (store: boolean) => ({ openai: { store } })

const ofBoth = (kind: Kind): readonly Case[] => [
  {
    name: `ai ${kind}: tools in several steps, whole and streamed`,
    run: async (side) => {
      const common = {
        ...once(side, kind),
        prompt: 'Tell me. [[tool:weather {"city":"Bern"}]][[tool:weather {"city":"Kyiv"}]]',
        tools: { weather },
        stopWhen: isStepCount(3),
        providerOptions: stored(false),
      }
      const whole = await generateText(common)
      assert.equal(whole.steps.length, 2)
      assert.deepEqual(
        whole.steps[0]?.toolResults.map(({ output }) => output),
        ['Rain in Bern.', 'Rain in Kyiv.'],
      )
      const streamed = streamText(common)
      assert.equal(await streamed.text, whole.text)
      assert.equal((await streamed.steps).length, 2)
      return comparable([whole.steps.map(({ content }) => content), whole.usage, await streamed.content])
    },
  },
  {
    name: `ai ${kind}: a call that is insisted upon`,
    run: async (side) => {
      const answer = await generateText({
        ...once(side, kind),
        prompt: 'How is it?',
        tools: { weather },
        toolChoice: { type: 'tool', toolName: 'weather' },
      })
      assert.deepEqual(
        answer.toolCalls.map(({ input }) => input),
        [{ city: 'demo' }],
      )
      return comparable(answer.content)
    },
  },
  {
    name: `ai ${kind}: Output.object, whole and streamed, and one that was cut`,
    run: async (side) => {
      const output = Output.object({ schema: Visit })
      const common = { ...once(side, kind), output, prompt: `[[say:${VISIT}]][[chunk:5]]` }
      assert.deepEqual((await generateText(common)).output, PARSED)
      const streamed = streamText(common)
      const partial = await collect(streamed.partialOutputStream)
      assert.deepEqual(partial.at(-1), PARSED)
      assert.deepEqual(await streamed.output, PARSED)
      await assert.rejects(generateText({ ...common, maxOutputTokens: 2 }), NoObjectGeneratedError)
      return partial
    },
  },
  {
    name: `ai ${kind}: Output.array and Output.choice`,
    run: async (side) => {
      const array = await generateText({
        ...once(side, kind),
        output: Output.array({ element: z.object({ ward: z.string() }) }),
        prompt: '[[say:{"elements":[{"ward":"north"},{"ward":"south"}]}]]',
      })
      const choice = await generateText({
        ...once(side, kind),
        output: Output.choice({ options: ['north', 'south'] }),
        prompt: '[[say:{"result":"south"}]]',
      })
      assert.deepEqual([array.output, choice.output], [[{ ward: 'north' }, { ward: 'south' }], 'south'])
      return [array.output, choice.output]
    },
  },
]

/** The SDK takes it that all is kept, and refers to what was said. */
function unsaid(side: Side) {
  const prompt = '[[say:Let me look.]][[tool:weather {"city":"Bern"}]]'
  return { ...once(side, 'responses'), prompt, tools: { weather }, stopWhen: stepCountIs(2) }
}

export const aiSdkTools: readonly Case[] = [
  ...KINDS.flatMap(ofBoth),
  {
    name: 'ai responses: steps by reference, for whoever may store',
    run: async (side) => {
      const whole = await generateText(unsaid(permitted(side)))
      const streamed = streamText(unsaid(permitted(side)))
      assert.equal(whole.steps.length, 2)
      assert.equal((await streamed.steps).length, 2)
      return comparable(whole.steps.map(({ content }) => content))
    },
  },
  {
    name: 'ai responses: steps by reference fail by name where nothing is kept, and `store: false` is what to do',
    run: async (side) => {
      if (side.name === 'gate') {
        const error: unknown = await generateText(unsaid(side)).catch((caught: unknown) => caught)
        assert.ok(error instanceof APICallError)
        assert.equal(error.statusCode, 404)
        assert.match(error.message, /`input\[\d\]\.id`/)
      }
      const whole = await generateText({ ...unsaid(side), providerOptions: stored(false) })
      assert.equal(whole.steps.length, 2)
      return comparable(whole.steps.map(({ content }) => content))
    },
  },
  {
    name: 'ai responses: previousResponseId',
    run: async (side) => {
      const { id } = await clientOf(permitted(side)).responses.create({ model: side.model, input: 'one two' })
      const answer = await generateText({
        ...once(permitted(side), 'responses'),
        prompt: 'three',
        providerOptions: { openai: { previousResponseId: id } },
      })
      assert.deepEqual([answer.text, answer.usage.inputTokens], ['three', 5])
      return comparable(answer.content)
    },
  },
  {
    name: "ai responses: OpenAI's own tools, denied and permitted",
    run: async (side) => {
      const { tools } = providerOf(side)
      const common = {
        tools: {
          web_search: tools.webSearch({}),
          file_search: tools.fileSearch({ vectorStoreIds: [SHARED_STORE] }),
          code_interpreter: tools.codeInterpreter({}),
          mcp: tools.mcp({ serverLabel: 'notes', serverUrl: 'https://mcp.example', requireApproval: 'never' }),
        },
      }
      const prompt = side.name === 'gate' ? 'weather' : '[[status:403]]'
      const error: unknown = await generateText({ ...once(side, 'responses'), ...common, prompt }).catch(
        (caught: unknown) => caught,
      )
      assert.ok(error instanceof APICallError)
      assert.equal(error.statusCode, 403)
      if (side.name === 'gate') assert.match(error.message, /`tools\[\d\]\./)
      const may = { ...once(permitted(side), 'responses'), ...common, prompt: 'weather' }
      const whole = await generateText(may)
      const streamed = streamText(may)
      const names = whole.toolResults.map(({ toolName }) => toolName.split('.')[0])
      assert.deepEqual(names, ['web_search', 'file_search', 'code_interpreter', 'mcp'])
      return comparable([whole.content, await streamed.content])
    },
  },
]
