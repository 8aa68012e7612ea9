// Tools of responses that the caller runs: functions, custom tools, shell, patches and computers, parsed, streamed, run in a loop.
import assert from 'node:assert/strict'
import { ResponsesToolRunner } from 'openai/helpers/responses-tool-runner'
import { zodResponsesFunction } from 'openai/helpers/zod'
import type { FunctionTool, ResponseInput, Tool } from 'openai/resources/responses/responses'
import { z } from 'zod'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, stripped, user } from './client.ts'

const weather: FunctionTool = {
  type: 'function',
  name: 'weather',
  description: 'The weather of a city',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city', 'days'],
    additionalProperties: false,
  },
}
const transfer: FunctionTool = { type: 'function', name: 'transfer', parameters: { type: 'object' }, strict: false }

// Beyond what a double holds, a fraction that parsing would shorten, and spaces that printing again would drop.
const EXACT = '{"amount": 9007199254740993, "rate":1.10, "z":1,"a":"é\\u00e9 \\"}]]\\" 👋"}'

/** Whole and streamed, which must tell the same calls. */
async function calls(side: Side, input: string, tools: Tool[]) {
  const api = clientOf(side).responses
  const whole = await api.create({ model: side.model, tools, input })
  const events = await collect(await api.create({ model: side.model, tools, input, stream: true }))
  const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []))
  assert.deepEqual(done.map(stripped), whole.output.map(stripped))
  const built = await api.stream({ model: side.model, tools, input }).finalResponse()
  assert.deepEqual(
    built.output.map(({ type }) => type),
    whole.output.map(({ type }) => type),
  )
  return { whole, events }
}

export const responseTools: readonly Case[] = [
  {
    name: 'responses: tool calls, to the last character, several at once',
    run: async (side) => {
      const input = `[[tool:transfer ${EXACT}]][[tool:weather {"city":"Bern","days":2}]]`
      const { whole, events } = await calls(side, input, [weather, transfer])
      assert.deepEqual(
        whole.output.map((item) => item.type === 'function_call' && [item.name, item.arguments]),
        [
          ['transfer', EXACT],
          ['weather', '{"city":"Bern","days":2}'],
        ],
      )
      const pieces = events.flatMap((event) =>
        event.type === 'response.function_call_arguments.delta' && event.output_index === 0 ? [event.delta] : [],
      )
      assert.equal(pieces.join(''), EXACT)
      return [stripped(whole), events.map(({ type }) => type).filter((type) => !type.endsWith('.delta'))]
    },
  },
  {
    name: 'responses: a call that is insisted upon',
    run: async (side) => {
      const choices = [
        'required',
        { type: 'function', name: 'weather' },
        { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'weather' }] },
      ] as const
      const answers = await Promise.all(
        choices.map((choice) =>
          clientOf(side).responses.create({
            model: side.model,
            tools: [weather],
            tool_choice:
              typeof choice === 'object' && 'tools' in choice ? { ...choice, tools: [...choice.tools] } : choice,
            parallel_tool_calls: false,
            max_tool_calls: 3,
            input: 'How is it?',
          }),
        ),
      )
      for (const { output } of answers) {
        assert.equal(output[0]?.type === 'function_call' && output[0].arguments, '{"city":"demo","days":1}')
      }
      const none = await clientOf(side).responses.create({
        model: side.model,
        tools: [weather],
        tool_choice: 'none',
        input: 'How is it?',
      })
      assert.equal(none.output_text, 'How is it?')
      return answers.map(stripped)
    },
  },
  {
    name: 'responses: results go back and the conversation goes on',
    run: async (side) => {
      const api = clientOf(side).responses
      const question = user('[[tool:weather {"city":"Bern","days":1}]]')
      const first = await api.create({ model: side.model, tools: [weather], input: [question] })
      const results = first.output.flatMap((item) =>
        item.type === 'function_call'
          ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'Rain, as ever.' }]
          : [],
      )
      const input = [question, ...(first.output as ResponseInput), ...results]
      const second = await api.create({ model: side.model, tools: [weather], input })
      assert.equal(second.output_text, 'Rain, as ever.')
      return stripped(second)
    },
  },
  {
    name: 'responses: custom tools, with a grammar, and their results',
    run: async (side) => {
      const tools: Tool[] = [
        {
          type: 'custom',
          name: 'sql',
          description: 'SQL to run',
          format: { type: 'grammar', syntax: 'regex', definition: '[a-z ]+' },
        },
        { type: 'custom', name: 'shellish', format: { type: 'text' } },
      ]
      const question = '[[tool:sql {"not":"parsed"}]]'
      const { whole, events } = await calls(side, question, tools)
      const [call] = whole.output
      assert.ok(call?.type === 'custom_tool_call')
      assert.equal(call.input, '{"not":"parsed"}')
      assert.ok(events.some(({ type }) => type === 'response.custom_tool_call_input.delta'))
      const result = { type: 'custom_tool_call_output', call_id: call.call_id, output: '3 rows' } as const
      const second = await clientOf(side).responses.create({
        model: side.model,
        tools,
        input: [user(question), call, result],
      })
      assert.equal(second.output_text, '3 rows')
      return [stripped(whole), stripped(second)]
    },
  },
  {
    name: "responses: a shell, patches and a computer of the caller's own",
    run: async (side) => {
      const tools: Tool[] = [
        { type: 'shell', environment: { type: 'local' } },
        { type: 'local_shell' },
        { type: 'apply_patch' },
      ]
      const input =
        '[[tool:shell {"commands":["ls -l","pwd"]}]][[tool:local_shell {"command":["ls"]}]]' +
        '[[tool:apply_patch {"type":"delete_file","path":"a.txt"}]]'
      const { whole, events } = await calls(side, input, tools)
      assert.deepEqual(
        whole.output.map(({ type }) => type),
        ['shell_call', 'local_shell_call', 'apply_patch_call'],
      )
      const results = whole.output.flatMap((item): ResponseInput => {
        if (item.type !== 'shell_call') return []
        const outcome = { type: 'exit', exit_code: 0 } as const
        const output = [{ stdout: 'a.txt', stderr: '', outcome }]
        return [{ type: 'shell_call_output', call_id: item.call_id, output }]
      })
      const [shell] = whole.output as ResponseInput
      assert.ok(shell)
      const second = await clientOf(side).responses.create({
        model: side.model,
        tools,
        input: [user(input), shell, ...results],
      })
      assert.equal(second.output_text, 'a.txt')
      return [stripped(whole), events.map(({ type }) => type), stripped(second)]
    },
  },
  {
    name: 'responses: tools in a namespace, and ones searched by the caller',
    run: async (side) => {
      const answer = await clientOf(side).responses.create({
        model: side.model,
        tools: [
          { type: 'namespace', name: 'crm', description: 'Customers', tools: [transfer] },
          { type: 'tool_search', execution: 'client', description: 'Finds tools', parameters: { type: 'object' } },
        ],
        input: 'hello',
      })
      assert.equal(answer.output_text, 'hello')
      return stripped(answer)
    },
  },
  {
    name: 'responses: parsed arguments, whole and streamed',
    run: async (side) => {
      const tool = zodResponsesFunction({ name: 'weather', parameters: z.object({ city: z.string() }) })
      const body = { model: side.model, tools: [tool], input: '[[tool:weather {"city":"Bern"}]]' }
      const whole = await clientOf(side).responses.parse(body)
      const built = await clientOf(side).responses.stream(body).finalResponse()
      for (const { output } of [whole, built]) {
        assert.deepEqual(output[0]?.type === 'function_call' && output[0].parsed_arguments, { city: 'Bern' })
      }
      return [stripped(whole), stripped(built)]
    },
  },
  {
    name: "responses: the client's own loop of tools, whole and streamed",
    run: async (side) => {
      const asked: unknown[] = []
      const loop = async (stream: boolean) => {
        const runner = new ResponsesToolRunner({
          functions: [
            {
              tool: weather,
              execute: (args) => {
                asked.push(args)
                return 'Rain, as ever.'
              },
            },
          ],
        })
        // Without `store`, the whole conversation goes along each time.
        const body = { model: side.model, store: false, input: '[[tool:weather {"city":"Bern","days":3}]]' }
        return runner.run(clientOf(side), body, { stream })
      }
      const answers = [await loop(false), await loop(true)]
      for (const { output_text } of answers) assert.equal(output_text, 'Rain, as ever.')
      assert.deepEqual(asked, [
        { city: 'Bern', days: 3 },
        { city: 'Bern', days: 3 },
      ])
      return answers.map(stripped)
    },
  },
]
