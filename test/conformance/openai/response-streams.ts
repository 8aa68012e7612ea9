// Streams of responses: every event in its order, what the client's helper makes of them, and what happens when the caller leaves.
import assert from 'node:assert/strict'
import { APIError, APIConnectionTimeoutError, APIUserAbortError } from 'openai'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, newMark, seenWith, stripped } from './client.ts'
import { noticed, soonEnough } from './leaving.ts'

const SENTENCE = 'The harbor opens at seven in the morning'

function streamed(side: Side, input: string, more: object = {}) {
  return clientOf(side).responses.create({ model: side.model, stream: true, input, ...more })
}

function textIn(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
}

export const responseStreams: readonly Case[] = [
  {
    name: 'responses: stream',
    run: async (side) => {
      const events = await collect(await streamed(side, SENTENCE))
      assert.equal(textIn(events), SENTENCE)
      assert.deepEqual(
        events.map(({ sequence_number: number }) => number),
        events.map((_, index) => index),
      )
      const last = events.at(-1)
      assert.ok(last?.type === 'response.completed')
      assert.equal(last.response.model, side.model)
      return events.map(stripped)
    },
  },
  {
    name: 'responses: stream, character by character',
    run: async (side) => {
      const text = textIn(await collect(await streamed(side, '[[say:Zürich 👋 grüßt]][[chunk:1]]')))
      assert.equal(text, 'Zürich 👋 grüßt')
      return text
    },
  },
  {
    name: 'responses: every kind of event of what a model says itself',
    run: async (side) => {
      const weighed = await collect(
        await streamed(side, '[[think:let me see]]one two', {
          reasoning: { summary: 'auto' },
          include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
          top_logprobs: 1,
        }),
      )
      const others = await Promise.all(
        [
          '[[think:in the open]]x',
          '[[refuse:I would rather not.]]',
          '[[tool:weather {"city":"Bern"}]]',
          '[[tool:shell {"x":1}]]',
        ].map(async (input) => collect(await streamed(side, input, { tools: [{ type: 'custom', name: 'shell' }] }))),
      )
      const all = [weighed, ...others]
      const types = new Set(all.flat().map(({ type }) => type.replace('response.', '')))
      for (const type of SAID) assert.ok(types.has(type), `no ${type}`)
      return all.map((events) => events.map(stripped))
    },
  },
  {
    name: 'responses: an incomplete stream ends as one',
    run: async (side) => {
      const events = await collect(await streamed(side, 'one two three', { max_output_tokens: 2 }))
      assert.equal(events.at(-1)?.type, 'response.incomplete')
      const runner = clientOf(side).responses.stream({
        model: side.model,
        max_output_tokens: 2,
        input: 'one two three',
      })
      const answer = await runner.finalResponse()
      assert.deepEqual([answer.status, answer.output_text], ['incomplete', 'one two '])
      return [events.map(stripped), stripped(answer)]
    },
  },
  {
    name: 'responses: events of the stream helper',
    run: async (side) => {
      const events: unknown[] = []
      const runner = clientOf(side).responses.stream({ model: side.model, input: 'one two' })
      runner.on('connect', () => events.push('connect'))
      runner.on('event', ({ type }) => events.push(type))
      runner.on('response.output_text.delta', ({ delta, snapshot }) => events.push([delta, snapshot]))
      runner.on('response.output_text.done', ({ text }) => events.push(['done', text]))
      runner.on('response.completed', ({ response }) => events.push(['completed', response.status]))
      runner.on('end', () => events.push('end'))
      const answer = await runner.finalResponse()
      await runner.done()
      assert.equal(answer.output_text, 'one two')
      assert.equal(events[0], 'connect')
      assert.ok(events.some((each) => Array.isArray(each) && each[1] === 'one two'))
      assert.equal(events.at(-1), 'end')
      return [events, stripped(answer)]
    },
  },
  {
    name: 'responses: what the helper builds up equals the whole answer',
    run: async (side) => {
      const api = clientOf(side).responses
      const body = { model: side.model, reasoning: { summary: 'auto' }, input: `[[think:so]]${SENTENCE}` } as const
      const whole = await api.create(body)
      const built = await api.stream(body).finalResponse()
      assert.equal(built.output_text, whole.output_text)
      assert.deepEqual(
        JSON.parse(JSON.stringify(stripped(built.output.map(({ type }) => type)))),
        whole.output.map(({ type }) => type),
      )
      assert.deepEqual(built.usage, whole.usage)
      return stripped(built)
    },
  },
  {
    name: 'responses: the helper, iterated; a stream split in two, and one handed on',
    run: async (side) => {
      const iterated = await collect(clientOf(side).responses.stream({ model: side.model, input: SENTENCE }))
      assert.equal(textIn(iterated), SENTENCE)
      const [left, right] = (await streamed(side, SENTENCE)).tee()
      const both = await Promise.all([collect(left), collect(right)])
      assert.deepEqual(both[0], both[1])
      const handed = ResponseStream.fromReadableStream((await streamed(side, SENTENCE)).toReadableStream())
      const answer = await handed.finalResponse()
      assert.equal(answer.output_text, SENTENCE)
      return [iterated.length, both[0].length, stripped(answer)]
    },
  },
  {
    name: 'responses: pieces arrive as they are said',
    run: async (side) => {
      const times: number[] = []
      for await (const event of await streamed(side, 'one two [[delay:400]]')) {
        if (event.type === 'response.output_text.delta') times.push(performance.now())
      }
      assert.equal(times.length, 2)
      const apart = (times[1] ?? 0) - (times[0] ?? 0)
      assert.ok(apart > 40, `both pieces came within ${apart} ms`)
      return 'apart'
    },
  },
  {
    name: 'responses: a stream that dies, and one that fails, are errors',
    run: async (side) => {
      const died: ResponseStreamEvent[] = []
      await assert.rejects(async () => {
        for await (const event of await streamed(side, 'one two three [[die:2]]')) died.push(event)
      })
      assert.equal(
        died.some(({ type }) => type === 'response.completed'),
        false,
      )
      const failed: ResponseStreamEvent[] = []
      const consume = async () => {
        for await (const event of await streamed(side, 'one two three [[fail:1]]')) failed.push(event)
      }
      await assert.rejects(consume(), APIError)
      await assert.rejects(
        clientOf(side).responses.stream({ model: side.model, input: 'one two [[fail:1]]' }).finalResponse(),
        APIError,
      )
      return [textIn(died), textIn(failed)]
    },
  },
  {
    name: 'responses: leaving a stream in the middle stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        for await (const event of await streamed(side, `[[delay:150]] ${mark} ${SENTENCE}`)) {
          if (event.type === 'response.output_text.delta') break
        }
      }),
  },
  {
    name: 'responses: abort() on the stream helper stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const input = `[[delay:150]] ${mark} ${SENTENCE}`
        const runner = clientOf(side).responses.stream({ model: side.model, input })
        runner.once('response.output_text.delta', () => runner.abort())
        await assert.rejects(runner.done(), APIUserAbortError)
      }),
  },
  {
    name: 'responses: a signal aborts a call that has not been answered, within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const leaving = new AbortController()
        const body = { model: side.model, input: `[[delay:60000]] ${mark}` }
        const call = clientOf(side).responses.create(body, { signal: leaving.signal })
        const rejected = assert.rejects(call, APIUserAbortError)
        while ((await seenWith(side, mark)).length === 0) await Bun.sleep(5)
        leaving.abort()
        await rejected
      }),
  },
  {
    name: 'responses: a timeout of the client stops the provider',
    run: async (side) => {
      const mark = newMark()
      const body = { model: side.model, input: `[[delay:60000]] ${mark}` }
      await assert.rejects(clientOf(side).responses.create(body, { timeout: 400 }), APIConnectionTimeoutError)
      await noticed(side, mark)
      return 'noticed'
    },
  },
]

const SAID = [
  'created',
  'in_progress',
  'completed',
  'output_item.added',
  'output_item.done',
  'content_part.added',
  'content_part.done',
  'output_text.delta',
  'output_text.done',
  'refusal.delta',
  'refusal.done',
  'reasoning_summary_part.added',
  'reasoning_summary_part.done',
  'reasoning_summary_text.delta',
  'reasoning_summary_text.done',
  'reasoning_text.delta',
  'reasoning_text.done',
  'function_call_arguments.delta',
  'function_call_arguments.done',
  'custom_tool_call_input.delta',
  'custom_tool_call_input.done',
]
