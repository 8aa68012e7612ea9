// The client's own loop over tools, in each way that it is written: with schemas of zod and of JSON, streamed, with tools of
// an MCP client, with a memory. Where the provider may keep no conversation the loop does without.
import assert from 'node:assert/strict'
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { mcpMessages, mcpTools } from '@anthropic-ai/sdk/helpers/beta/mcp'
import { betaMemoryTool } from '@anthropic-ai/sdk/helpers/beta/memory'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { z } from 'zod'
import type { Case } from '../suite.ts'
import { asked, clientOf, permitted, plain, textOf, user } from './client.ts'

const ofZod = betaZodTool({
  name: 'weather',
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  run: ({ city }) => `Rain in ${city}.`,
})
const ofJson = betaTool({
  name: 'weather',
  description: 'The weather of a city',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  run: ({ city }) => [{ type: 'text', text: `Sun in ${city}.` }],
})
const messages = [user('[[think:Bern]][[tool:weather {"city":"Bern"}]]')]

export const runners: readonly Case[] = [
  {
    name: 'the tool runner comes to an end, with each kind of schema',
    run: async (side) => {
      const client = clientOf(side)
      const zod = await client.beta.messages.toolRunner({ ...asked, messages, tools: [ofZod] })
      const json = await client.beta.messages.toolRunner({ ...asked, messages, tools: [ofJson] })
      assert.deepEqual([textOf(zod), textOf(json)], ['Rain in Bern.', 'Sun in Bern.'])
      return [textOf(zod), textOf(json), zod.stop_reason]
    },
  },
  {
    name: 'the tool runner without a thread, step by step',
    run: async (side) => {
      const runner = clientOf(side).beta.messages.toolRunner({ ...asked, messages, tools: [ofZod], thread: false })
      const steps = []
      for await (const message of runner) {
        steps.push(plain(message))
        const given = await runner.generateToolResponse()
        steps.push(plain(given))
      }
      assert.equal(steps.length, 4)
      return [steps, plain(await runner.done())]
    },
  },
  {
    name: 'the tool runner, streamed, and eagerly',
    run: async (side) => {
      const all = []
      for (const runToolsEagerly of [false, true]) {
        const runner = clientOf(side).beta.messages.toolRunner({
          ...asked,
          messages,
          tools: [ofZod],
          thread: false,
          stream: true,
          runToolsEagerly,
        })
        for await (const stream of runner) all.push(plain(await stream.finalMessage()))
        assert.equal(textOf(await runner.done()), 'Rain in Bern.')
      }
      return all
    },
  },
  {
    name: 'the tool runner where a tool fails, and where it is stopped',
    run: async (side) => {
      const failing = betaZodTool({
        name: 'weather',
        description: 'Fails',
        inputSchema: z.object({ city: z.string() }),
        run: () => {
          throw new ToolError([{ type: 'text', text: 'No weather today.' }])
        },
      })
      const client = clientOf(side)
      const answer = await client.beta.messages.toolRunner({ ...asked, messages, tools: [failing], thread: false })
      assert.match(textOf(answer), /No weather today\./)
      const stopped = await client.beta.messages.toolRunner({
        ...asked,
        messages,
        tools: [ofZod],
        thread: false,
        max_iterations: 1,
      })
      assert.equal(stopped.stop_reason, 'tool_use')
      return [plain(answer), plain(stopped)]
    },
  },
  {
    name: "the tool runner with the caller's own MCP client, and with a memory",
    run: async (side) => {
      const client = clientOf(side)
      const tools = mcpTools([{ name: 'weather', inputSchema: { type: 'object' } }], {
        callTool: async ({ arguments: given }) => ({
          content: [{ type: 'text', text: `Snow in ${String(given?.['city'])}.` }],
        }),
      })
      const prompt = mcpMessages([
        { role: 'user', content: { type: 'text', text: '[[tool:weather {"city":"Bern"}]]' } },
      ])
      const remote = await client.beta.messages.toolRunner({ ...asked, messages: prompt, tools })
      const nothing = () => 'done'
      const memory = betaMemoryTool({
        view: ({ path }) => `Nothing in ${path}.`,
        create: nothing,
        str_replace: nothing,
        insert: nothing,
        delete: nothing,
        rename: nothing,
      })
      const remembered = await client.beta.messages.toolRunner({
        ...asked,
        messages: [user('[[tool:memory {"command":"view","path":"/memories"}]]')],
        tools: [memory],
      })
      const texts = [textOf(remote), textOf(remembered)]
      assert.deepEqual(texts, ['Snow in Bern.', 'Nothing in /memories.'])
      return texts
    },
  },
  {
    name: 'a conversation is summarized, and goes on from its summary',
    run: async (side) => {
      const client = clientOf(side)
      const turns = [user('one'), { role: 'assistant' as const, content: 'two' }, user('three')]
      const request = {
        ...asked,
        messages: turns,
        compaction: { type: 'summarize' as const, instructions: 'Be brief.' },
      }
      const whole = await client.beta.messages.create(request)
      const heard: string[] = []
      const stream = client.beta.messages.stream(request).on('compaction', (content) => heard.push(content))
      assert.deepEqual(plain(await stream.finalMessage()), plain(whole))
      assert.deepEqual(heard, ['A conversation of 3 messages.'])
      const again = await client.beta.messages.create({
        ...asked,
        messages: [{ role: 'assistant', content: whole.content }, user('and?')],
      })
      const runner = client.beta.messages.toolRunner({ ...asked, messages, tools: [ofZod], thread: false })
      const kinds = []
      for await (const message of runner) {
        kinds.push(message.content.map(({ type }) => type))
        if (kinds.length === 1) runner.compactBeforeNextTurn()
      }
      assert.deepEqual(kinds[1], ['compaction'])
      return [plain(whole), plain(again), kinds]
    },
  },
  {
    name: 'a thread, where the provider may keep one',
    run: async (side) => {
      const client = clientOf(permitted(side))
      const thread = client.beta.messages.thread({ ...asked })
      const first = await thread.send(user('one two'))
      const streamed = thread.stream(user('three'))
      const second = await streamed.finalMessage()
      assert.equal(second.usage.input_tokens, 5)
      assert.equal(thread.messages.length, 4)
      const runner = thread.toolRunner({ max_iterations: 4 })
      assert.equal(typeof runner.done, 'function')
      const ran = await client.beta.messages.toolRunner({ ...asked, messages, tools: [ofZod] })
      return [first, second, ran].map(plain)
    },
  },
]
