// Structured output: schemas made by the client's own helper, parsed by it, whole and streamed.
import assert from 'node:assert/strict'
import { LengthFinishReasonError } from 'openai/core/error'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import type { Case } from '../suite.ts'
import { clientOf, stripped, user } from './client.ts'

const Visit = z.object({
  patient: z.string(),
  urgent: z.boolean(),
  ward: z.enum(['north', 'south']),
  readings: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
})
const VISIT = '{"patient":"Ann","urgent":true,"ward":"south","readings":[{"name":"pulse","value":61}]}'
const PARSED = { patient: 'Ann', urgent: true, ward: 'south', readings: [{ name: 'pulse', value: 61 }] }

export const structured: readonly Case[] = [
  {
    name: 'a schema, parsed',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.parse({
        model: side.model,
        messages: [user(`[[say:${VISIT}]]`)],
        response_format: zodResponseFormat(Visit, 'visit'),
      })
      assert.deepEqual(answer.choices[0]?.message.parsed, PARSED)
      return stripped(answer)
    },
  },
  {
    name: 'a schema that the provider fills in',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.parse({
        model: side.model,
        messages: [user('Who is next?')],
        response_format: zodResponseFormat(Visit, 'visit'),
      })
      assert.deepEqual(answer.choices[0]?.message.parsed, {
        patient: 'demo',
        urgent: false,
        ward: 'north',
        readings: [],
      })
      return stripped(answer)
    },
  },
  {
    name: 'a schema, streamed and parsed',
    run: async (side) => {
      const runner = clientOf(side).chat.completions.stream({
        model: side.model,
        messages: [user(`[[say:${VISIT}]][[chunk:5]]`)],
        response_format: zodResponseFormat(Visit, 'visit'),
      })
      const done: unknown[] = []
      runner.on('content.done', ({ parsed }) => done.push(parsed))
      const answer = await runner.finalChatCompletion()
      assert.deepEqual(done, [PARSED])
      assert.deepEqual(answer.choices[0]?.message.parsed, PARSED)
      return stripped(answer)
    },
  },
  {
    name: 'a parsed answer that was cut says so',
    run: async (side) => {
      const call = clientOf(side).chat.completions.parse({
        model: side.model,
        max_completion_tokens: 2,
        messages: [user(`[[say:${VISIT}]][[chunk:5]]`)],
        response_format: zodResponseFormat(Visit, 'visit'),
      })
      await assert.rejects(call, LengthFinishReasonError)
      return 'rejected'
    },
  },
  {
    name: 'json_object',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [user('say "hi" as JSON')],
        response_format: { type: 'json_object' },
      })
      assert.deepEqual(JSON.parse(answer.choices[0]?.message.content ?? ''), { answer: 'say "hi" as JSON' })
      return stripped(answer)
    },
  },
]
