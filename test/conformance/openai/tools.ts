// Tools: proposed whole and in pieces, several at once, answered, and run by the client's own loop.
import assert from 'node:assert/strict'
import { zodFunction } from 'openai/helpers/zod'
import { z } from 'zod'
import type { Case } from '../suite.ts'
import { clientOf, collect, stripped, user } from './client.ts'

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a city',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
} as const
const transfer = { type: 'function', function: { name: 'transfer', parameters: { type: 'object' } } } as const

// Beyond what a double holds, a fraction that parsing would shorten, and spaces that printing again would drop.
const EXACT = '{"amount": 9007199254740993, "rate":1.10, "z":1,"a":"é\\u00e9 \\"}]]\\" 👋"}'

export const tools: readonly Case[] = [
  {
    name: 'a tool call',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        tools: [weather],
        messages: [user('[[tool:weather {"city":"Bern","days":2}]]')],
      })
      const [choice] = answer.choices
      assert.equal(choice?.finish_reason, 'tool_calls')
      assert.equal(choice?.message.content, null)
      const [call] = choice?.message.tool_calls ?? []
      assert.deepEqual(call?.type === 'function' && call.function, {
        name: 'weather',
        arguments: '{"city":"Bern","days":2}',
      })
      return stripped(answer)
    },
  },
  {
    name: 'tool arguments to the last character',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const common = { model: side.model, tools: [transfer], messages: [user(`[[tool:transfer ${EXACT}]]`)] }
      const [call] = (await completions.create(common)).choices[0]?.message.tool_calls ?? []
      assert.equal(call?.type === 'function' && call.function.arguments, EXACT)
      const chunks = await collect(await completions.create({ ...common, stream: true }))
      const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
      assert.equal(pieces.map((piece) => piece.function?.arguments ?? '').join(''), EXACT)
      return EXACT
    },
  },
  {
    name: 'several tool calls at once, streamed',
    run: async (side) => {
      const events: unknown[] = []
      const runner = clientOf(side).chat.completions.stream({
        model: side.model,
        tools: [weather, transfer],
        parallel_tool_calls: true,
        messages: [user('[[tool:weather {"city":"Bern","days":1}]][[tool:transfer {"to":"B"}]]')],
      })
      runner.on('tool_calls.function.arguments.done', (done) => events.push([done.index, done.name, done.arguments]))
      const answer = await runner.finalChatCompletion()
      assert.deepEqual(events, [
        [0, 'weather', '{"city":"Bern","days":1}'],
        [1, 'transfer', '{"to":"B"}'],
      ])
      assert.equal(answer.choices[0]?.message.tool_calls?.length, 2)
      return stripped(answer)
    },
  },
  {
    name: 'a call that is insisted upon',
    run: async (side) => {
      const answers = await Promise.all(
        (['required', { type: 'function', function: { name: 'weather' } }] as const).map((tool_choice) =>
          clientOf(side).chat.completions.create({
            model: side.model,
            tools: [weather],
            tool_choice,
            messages: [user('How is it?')],
          }),
        ),
      )
      for (const { choices } of answers) {
        const [call] = choices[0]?.message.tool_calls ?? []
        assert.equal(call?.type === 'function' && call.function.arguments, '{"city":"demo","days":1}')
      }
      return answers.map(stripped)
    },
  },
  {
    name: 'results go back and the conversation goes on',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const question = user('[[tool:weather {"city":"Bern","days":1}]]')
      const first = await completions.create({ model: side.model, tools: [weather], messages: [question] })
      const message = first.choices[0]?.message
      assert.ok(message)
      const results = (message.tool_calls ?? []).map(
        ({ id }) => ({ role: 'tool', tool_call_id: id, content: 'Rain, as ever.' }) as const,
      )
      const messages = [question, message, ...results]
      const second = await completions.create({ model: side.model, tools: [weather], messages })
      assert.equal(second.choices[0]?.message.content, 'Rain, as ever.')
      return stripped(second)
    },
  },
  {
    name: 'runTools, whole',
    run: async (side) => {
      const asked: unknown[] = []
      const runner = clientOf(side).chat.completions.runTools({
        model: side.model,
        messages: [user('Tell me. [[tool:weather {"city":"Bern","days":3}]]')],
        tools: [
          zodFunction({
            name: 'weather',
            parameters: z.object({ city: z.string(), days: z.number() }),
            function: (args) => {
              asked.push(args)
              return { sky: 'clear' }
            },
          }),
        ],
      })
      assert.equal(await runner.finalContent(), 'Tell me.')
      assert.deepEqual(asked, [{ city: 'Bern', days: 3 }])
      assert.equal(await runner.finalFunctionToolCallResult(), '{"sky":"clear"}')
      return [stripped(runner.messages), await runner.totalUsage()]
    },
  },
  {
    name: 'runTools, streamed',
    run: async (side) => {
      const runner = clientOf(side).chat.completions.runTools({
        model: side.model,
        stream: true,
        messages: [user('[[tool:first {"x":1}]][[tool:second {"x":2}]]')],
        tools: ['first', 'second'].map((name) => ({
          type: 'function' as const,
          function: {
            name,
            description: name,
            parameters: { type: 'object' as const, properties: { x: { type: 'number' as const } } },
            parse: (text: string) => JSON.parse(text) as { x: number },
            function: ({ x }: { x: number }) => `${name} had ${x}`,
          },
        })),
      })
      assert.equal(await runner.finalContent(), 'first had 1\nsecond had 2')
      return stripped(runner.messages)
    },
  },
  {
    name: 'parsed arguments',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.parse({
        model: side.model,
        tools: [zodFunction({ name: 'weather', parameters: z.object({ city: z.string(), days: z.number() }) })],
        messages: [user('[[tool:weather {"city":"Bern","days":3}]]')],
      })
      const [call] = answer.choices[0]?.message.tool_calls ?? []
      assert.deepEqual(call?.type === 'function' && call.function.parsed_arguments, { city: 'Bern', days: 3 })
      return stripped(answer)
    },
  },
  {
    name: 'custom tools',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const common = {
        model: side.model,
        tools: [{ type: 'custom' as const, custom: { name: 'shell', format: { type: 'text' as const } } }],
        messages: [user('[[tool:shell {"not":"parsed"}]]')],
      }
      const [call] = (await completions.create(common)).choices[0]?.message.tool_calls ?? []
      assert.deepEqual(call?.type === 'custom' && call.custom, { name: 'shell', input: '{"not":"parsed"}' })
      return (await collect(await completions.create({ ...common, stream: true }))).map(stripped)
    },
  },
  {
    name: 'functions of the old kind',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const common = {
        model: side.model,
        functions: [{ name: 'old', parameters: { type: 'object' } }],
        messages: [user('[[tool:old {"x":1}]]')],
      }
      const [choice] = (await completions.create(common)).choices
      assert.deepEqual(choice?.message.function_call, { name: 'old', arguments: '{"x":1}' })
      const chunks = await collect(await completions.create({ ...common, stream: true }))
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'function_call')
      return chunks.map(stripped)
    },
  },
]
