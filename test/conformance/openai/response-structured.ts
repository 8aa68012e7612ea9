// Structured output of responses: schemas made by the client's own helper, parsed by it, whole and streamed.
import assert from 'node:assert/strict'
import { zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import type { Case } from '../suite.ts'
import { clientOf, stripped } from './client.ts'

const Visit = z.object({
  patient: z.string(),
  urgent: z.boolean(),
  ward: z.enum(['north', 'south']),
  readings: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
})
const VISIT = '{"patient":"Ann","urgent":true,"ward":"south","readings":[{"name":"pulse","value":61}]}'
const PARSED = { patient: 'Ann', urgent: true, ward: 'south', readings: [{ name: 'pulse', value: 61 }] }
const text = { format: zodTextFormat(Visit, 'visit'), verbosity: 'low' as const }

export const responseStructured: readonly Case[] = [
  {
    name: 'responses.parse: a schema, parsed',
    run: async (side) => {
      const answer = await clientOf(side).responses.parse({ model: side.model, text, input: `[[say:${VISIT}]]` })
      assert.deepEqual(answer.output_parsed, PARSED)
      return stripped(answer)
    },
  },
  {
    name: 'responses.parse: a schema that the provider fills in',
    run: async (side) => {
      const answer = await clientOf(side).responses.parse({ model: side.model, text, input: 'Who is next?' })
      assert.deepEqual(answer.output_parsed, { patient: 'demo', urgent: false, ward: 'north', readings: [] })
      return stripped(answer)
    },
  },
  {
    name: 'responses.stream: a schema, streamed and parsed',
    run: async (side) => {
      const runner = clientOf(side).responses.stream({ model: side.model, text, input: `[[say:${VISIT}]][[chunk:5]]` })
      const answer = await runner.finalResponse()
      assert.deepEqual(answer.output_parsed, PARSED)
      return stripped(answer)
    },
  },
  {
    name: 'responses.parse: an answer that was cut is not parsed',
    run: async (side) => {
      const answer = await clientOf(side).responses.parse({
        model: side.model,
        text,
        max_output_tokens: 2,
        input: `[[say:${VISIT}]][[chunk:5]]`,
      })
      assert.deepEqual([answer.status, answer.output_parsed], ['incomplete', null])
      return stripped(answer)
    },
  },
  {
    name: 'responses: json_object',
    run: async (side) => {
      const answer = await clientOf(side).responses.create({
        model: side.model,
        text: { format: { type: 'json_object' } },
        input: 'say "hi" as JSON',
      })
      assert.deepEqual(JSON.parse(answer.output_text), { answer: 'say "hi" as JSON' })
      return stripped(answer)
    },
  },
]
