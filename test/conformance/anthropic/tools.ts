// Tools: proposed whole and in pieces, several at once, chosen, answered, and those that Anthropic defines and the caller runs.
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { collect } from '../openai/client.ts'
import type { Case } from '../suite.ts'
import { asked, bothWays, clientOf, plain, textOf, user } from './client.ts'

const weather = {
  name: 'weather',
  description: 'The weather of a city',
  strict: true,
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
    additionalProperties: false,
  },
  input_examples: [{ city: 'Bern', days: 1 }],
} as const satisfies Anthropic.Tool
const transfer = { name: 'transfer', input_schema: { type: 'object' } } as const satisfies Anthropic.Tool

// Beyond what a double holds, a fraction that parsing would shorten, and spaces that printing again would drop.
const EXACT = '{"amount": 9007199254740993, "rate":1.10, "z":1,"a":"é\\u00e9 \\"}]]\\" 👋"}'

/** Of tools that Anthropic defines: their calls are proposed, and the caller runs them. */
const DEFINED: readonly Anthropic.ToolUnion[] = [
  { type: 'bash_20250124', name: 'bash' },
  { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 10_000 },
  { type: 'memory_20250818', name: 'memory' },
  { type: 'computer_toolset_20260801' },
  { type: 'browser_toolset_20260801' },
]

export const tools: readonly Case[] = [
  {
    name: 'a tool call',
    run: async (side) => {
      const answer = await bothWays(side, '[[tool:weather {"city":"Bern","days":2}]]', { tools: [weather] })
      assert.equal(answer.stop_reason, 'tool_use')
      const [call] = answer.content
      assert.ok(call?.type === 'tool_use')
      assert.deepEqual([call.name, call.input], ['weather', { city: 'Bern', days: 2 }])
      return plain(answer)
    },
  },
  {
    name: 'tool arguments to the last character',
    run: async (side) => {
      const client = clientOf(side)
      const request = { ...asked, tools: [transfer], messages: [user(`[[tool:transfer ${EXACT}]]`)] }
      const whole = await client.messages.create(request).asResponse()
      assert.ok((await whole.text()).includes(`"input":${EXACT}`))
      const events = await collect(await client.messages.create({ ...request, stream: true }))
      const pieces = events.flatMap((event) =>
        event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
          ? [event.delta.partial_json]
          : [],
      )
      assert.equal(pieces.join(''), EXACT)
      return EXACT
    },
  },
  {
    name: 'several tool calls at once, after a text',
    run: async (side) => {
      const text =
        '[[say:Looking.]][[tool:weather {"city":"Bern","days":1}]][[tool:transfer {"to":"B"}]][[tool:transfer]]'
      const answer = await bothWays(side, text, { tools: [weather, transfer] })
      assert.deepEqual(
        answer.content.map((block) => (block.type === 'tool_use' ? block.input : block.type)),
        ['text', { city: 'Bern', days: 1 }, { to: 'B' }, {}],
      )
      return plain(answer)
    },
  },
  {
    name: 'the choice of a tool',
    run: async (side) => {
      const choices: readonly Anthropic.ToolChoice[] = [
        { type: 'auto', disable_parallel_tool_use: true },
        { type: 'any' },
        { type: 'tool', name: 'transfer' },
        { type: 'none' },
      ]
      const answers = []
      for (const tool_choice of choices)
        answers.push(await bothWays(side, 'Do it', { tools: [weather, transfer], tool_choice }))
      assert.deepEqual(
        answers.map(({ content: [block] }) => (block?.type === 'tool_use' ? block.name : block?.type)),
        ['text', 'weather', 'transfer', 'text'],
      )
      const single = await bothWays(side, '[[tool:transfer]][[tool:weather]]', {
        tools: [weather, transfer],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      })
      assert.equal(single.content.length, 1)
      return [...answers, single].map(plain)
    },
  },
  {
    name: 'what tools answered: texts, images, documents, errors',
    run: async (side) => {
      const client = clientOf(side)
      const question = user('[[tool:weather {"city":"Bern","days":1}]][[tool:transfer]][[tool:look]][[tool:read]]')
      const first = await client.messages.create({ ...asked, tools: [weather, transfer], messages: [question] })
      const calls = first.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
      const given: readonly Omit<Anthropic.ToolResultBlockParam, 'tool_use_id'>[] = [
        { type: 'tool_result', content: 'Rain in Bern.' },
        { type: 'tool_result', content: [{ type: 'text', text: 'No such account.' }], is_error: true },
        {
          type: 'tool_result',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }],
        },
        {
          type: 'tool_result',
          content: [
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A page.' } },
            { type: 'search_result', source: 'x', title: 'X', content: [{ type: 'text', text: 'found' }] },
          ],
          cache_control: { type: 'ephemeral' },
        },
      ]
      assert.equal(calls.length, given.length)
      const results = given.map((each, index) => Object.assign({ tool_use_id: calls[index] ?? '' }, each))
      const messages = [question, { role: 'assistant' as const, content: first.content }, user(results)]
      const second = await client.messages.create({ ...asked, tools: [weather, transfer], messages })
      assert.match(textOf(second), /^Rain in Bern\.\nNo such account\./)
      return [plain(first), plain(second)]
    },
  },
  {
    name: 'tools that Anthropic defines and the caller runs',
    run: async (side) => {
      const answer = await bothWays(side, '[[tool:bash {"command":"ls"}]]', { tools: [...DEFINED] })
      assert.equal(answer.content[0]?.type, 'tool_use')
      const beta = await clientOf(side).beta.messages.create({
        ...asked,
        messages: [user('[[tool:computer {"action":"screenshot"}]]')],
        tools: [
          {
            type: 'computer_20251124',
            name: 'computer',
            display_width_px: 800,
            display_height_px: 600,
            enable_zoom: true,
          },
        ],
        betas: ['computer-use-2025-11-24'],
      })
      assert.equal(beta.content[0]?.type, 'tool_use')
      return [plain(answer), plain(beta)]
    },
  },
  {
    name: 'arguments streamed eagerly',
    run: async (side) => {
      const json = `{"text":"${'x'.repeat(20_000)}"}`
      const stream = clientOf(side).beta.messages.stream({
        ...asked,
        messages: [user(`[[tool:transfer ${json}]]`)],
        tools: [{ ...transfer, eager_input_streaming: true }],
        betas: ['fine-grained-tool-streaming-2025-05-14'],
      })
      const pieces: string[] = []
      stream.on('inputJson', (piece) => pieces.push(piece))
      const message = await stream.finalMessage()
      assert.equal(pieces.join(''), json)
      return plain(message)
    },
  },
]
