// Answers that must fit a schema, in each way that the client asks for them and parses them.
import assert from 'node:assert/strict'
import { AnthropicError } from '@anthropic-ai/sdk'
import { betaJSONSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { betaZodOutputFormat } from '@anthropic-ai/sdk/helpers/beta/zod'
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { z } from 'zod'
import type { Case } from '../suite.ts'
import { asked, clientOf, permitted, plain, user } from './client.ts'

const visit = z.object({
  city: z.string().describe('Where'),
  days: z.int(),
  // Used twice, so that the schema refers to itself: `#/$defs/…`.
  from: z.object({ street: z.string() }),
  kind: z.enum(['short', 'long']),
  notes: z.array(z.string()).nullable(),
})
const jsonSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
} as const

const SAID = '[[say:{"city":"Bern","days":3}]]'

export const structured: readonly Case[] = [
  {
    name: 'messages.parse with zod',
    run: async (side) => {
      const message = await clientOf(side).messages.parse({
        ...asked,
        messages: [user('fill it in')],
        output_config: { format: zodOutputFormat(visit), effort: 'low' },
      })
      assert.equal(message.parsed_output?.city, 'demo')
      assert.equal(message.parsed_output.kind, 'short')
      return [plain(message), message.parsed_output]
    },
  },
  {
    name: 'a schema whose parts refer to one another',
    run: async (side) => {
      const address = z.object({ street: z.string() })
      const message = await clientOf(side).messages.parse({
        ...asked,
        messages: [user('[[say:{"from":{"street":"a"},"to":{"street":"b"}}]]')],
        output_config: { format: zodOutputFormat(z.object({ from: address, to: address })) },
      })
      assert.deepEqual(message.parsed_output, { from: { street: 'a' }, to: { street: 'b' } })
      return message.parsed_output
    },
  },
  {
    name: 'messages.parse with a JSON schema',
    run: async (side) => {
      const message = await clientOf(side).messages.parse({
        ...asked,
        messages: [user(SAID)],
        output_config: { format: jsonSchemaOutputFormat(jsonSchema) },
      })
      assert.deepEqual(message.parsed_output, { city: 'Bern', days: 3 })
      return plain(message)
    },
  },
  {
    name: 'a stream is parsed at its end',
    run: async (side) => {
      const format = zodOutputFormat(z.object({ city: z.string(), days: z.int() }))
      const stream = clientOf(side).messages.stream({ ...asked, messages: [user(SAID)], output_config: { format } })
      const { parsed_output } = await stream.finalMessage()
      assert.deepEqual(parsed_output, { city: 'Bern', days: 3 })
      return parsed_output
    },
  },
  {
    name: 'beta: parsed whole, streamed, and in a thread',
    run: async (side) => {
      const format = betaZodOutputFormat(z.object({ city: z.string(), days: z.int() }))
      const { messages } = clientOf(side).beta
      const whole = await messages.parse({ ...asked, messages: [user(SAID)], output_config: { format } })
      const older = await messages.parse({
        ...asked,
        messages: [user(SAID)],
        output_format: betaJSONSchemaOutputFormat(jsonSchema),
      })
      const streamed = await messages
        .stream({ ...asked, messages: [user(SAID)], output_config: { format } })
        .finalMessage()
      const thread = clientOf(permitted(side)).beta.messages.thread({ ...asked, output_config: { format } })
      const threaded = await thread.parse(user(SAID))
      const all = [whole, older, streamed, threaded].map(({ parsed_output }) => parsed_output)
      for (const each of all) assert.deepEqual(each, { city: 'Bern', days: 3 })
      return all
    },
  },
  {
    name: 'an answer that does not fit is an error of the client',
    run: async (side) => {
      const format = zodOutputFormat(z.object({ city: z.string() }))
      const asking = { ...asked, messages: [user('[[say:{"city":4}]]')], output_config: { format } }
      const error = await clientOf(side)
        .messages.parse(asking)
        .then(
          () => assert.fail('the answer was parsed'),
          (caught: unknown) => caught,
        )
      assert.ok(error instanceof AnthropicError)
      return error.message
    },
  },
]
