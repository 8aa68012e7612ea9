// Streams: what they say, in which order, how they end, and what happens to the provider when the caller leaves.
import assert from 'node:assert/strict'
import { APIConnectionTimeoutError, APIUserAbortError } from 'openai'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, newMark, seenWith, stripped, user } from './client.ts'
import { noticed, soonEnough } from './leaving.ts'

const SENTENCE = 'The harbor opens at seven in the morning'

function streamed(side: Side, content: string, more: object = {}) {
  return clientOf(side).chat.completions.create({ model: side.model, stream: true, messages: [user(content)], ...more })
}

export const streams: readonly Case[] = [
  {
    name: 'stream',
    run: async (side) => {
      const chunks = await collect(await streamed(side, SENTENCE))
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), SENTENCE)
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop')
      assert.deepEqual([...new Set(chunks.map(({ model }) => model))], [side.model])
      assert.equal(new Set(chunks.map(({ id }) => id)).size, 1)
      return chunks.map(stripped)
    },
  },
  {
    name: 'stream, character by character',
    run: async (side) => {
      const chunks = await collect(await streamed(side, '[[say:Zürich 👋 grüßt]][[chunk:1]]'))
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      assert.equal(text, 'Zürich 👋 grüßt')
      return text
    },
  },
  {
    name: 'stream of several choices',
    run: async (side) => {
      const chunks = await collect(await streamed(side, SENTENCE, { n: 2 }))
      const texts = [0, 1].map((wanted) =>
        chunks
          .flatMap(({ choices }) => choices)
          .filter(({ index }) => index === wanted)
          .map(({ delta }) => delta.content ?? '')
          .join(''),
      )
      assert.deepEqual(texts, [SENTENCE, SENTENCE])
      return chunks.map(stripped)
    },
  },
  {
    name: 'usage in a stream',
    run: async (side) => {
      const chunks = await collect(await streamed(side, SENTENCE, { stream_options: { include_usage: true } }))
      const last = chunks.at(-1)
      assert.deepEqual(last?.choices, [])
      assert.deepEqual(last?.usage, { prompt_tokens: 8, completion_tokens: 8, total_tokens: 16 })
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null))
      return chunks.map(stripped)
    },
  },
  {
    name: 'log-probabilities in a stream',
    run: async (side) => {
      const chunks = await collect(await streamed(side, 'one two', { logprobs: true, top_logprobs: 1 }))
      const tokens = chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? []).map(({ token }) => token)
      assert.deepEqual(tokens, ['one ', 'two'])
      return chunks.map(stripped)
    },
  },
  {
    name: 'events of the stream helper',
    run: async (side) => {
      const events: unknown[] = []
      const runner = clientOf(side).chat.completions.stream({ model: side.model, messages: [user('one two')] })
      runner.on('connect', () => events.push('connect'))
      runner.on('content.delta', ({ delta, snapshot }) => events.push(['delta', delta, snapshot]))
      runner.on('content.done', ({ content }) => events.push(['done', content]))
      runner.on('finalContent', (content) => events.push(['final', content]))
      runner.on('end', () => events.push('end'))
      const completion = await runner.finalChatCompletion()
      await runner.done()
      assert.equal(completion.choices[0]?.message.content, 'one two')
      assert.deepEqual(events.at(0), 'connect')
      assert.deepEqual(events.slice(-3), [['done', 'one two'], ['final', 'one two'], 'end'])
      return [events, stripped(completion)]
    },
  },
  {
    name: 'a stream split in two, and one handed on',
    run: async (side) => {
      const [left, right] = (await streamed(side, SENTENCE)).tee()
      const both = await Promise.all([collect(left), collect(right)])
      assert.deepEqual(both[0], both[1])
      const handed = ChatCompletionStream.fromReadableStream((await streamed(side, SENTENCE)).toReadableStream())
      const content = await handed.finalContent()
      assert.equal(content, SENTENCE)
      return content
    },
  },
  {
    name: 'pieces arrive as they are said',
    run: async (side) => {
      const stream = await streamed(side, 'one two [[delay:400]]')
      const times: number[] = []
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) times.push(performance.now())
      assert.equal(times.length, 2)
      // The provider waits 400 ms between them: a gate that collects first would hand over both at once.
      assert.ok(
        (times[1] ?? 0) - (times[0] ?? 0) > 40,
        `both pieces came within ${(times[1] ?? 0) - (times[0] ?? 0)} ms`,
      )
      return 'apart'
    },
  },
  {
    name: 'a stream that dies is an error, never an end',
    run: async (side) => {
      const texts: string[] = []
      let finished = false
      const consume = async () => {
        for await (const { choices } of await streamed(side, 'one two three [[die:2]]')) {
          texts.push(choices[0]?.delta.content ?? '')
          finished ||= (choices[0]?.finish_reason ?? null) !== null
        }
      }
      await assert.rejects(consume())
      assert.equal(finished, false)
      return texts.join('')
    },
  },
  {
    name: 'a whole answer that dies is an error',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      await assert.rejects(completions.create({ model: side.model, messages: [user('one two [[die:1]]')] }))
      return 'rejected'
    },
  },
  {
    name: 'leaving a stream in the middle stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const stream = await streamed(side, `[[delay:150]] ${mark} ${SENTENCE}`)
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
      }),
  },
  {
    name: 'abort() on the stream helper stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const messages = [user(`[[delay:150]] ${mark} ${SENTENCE}`)]
        const runner = clientOf(side).chat.completions.stream({ model: side.model, messages })
        runner.once('content', () => runner.abort())
        await assert.rejects(runner.done(), APIUserAbortError)
      }),
  },
  {
    name: 'a signal aborts a call that has not been answered, within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const leaving = new AbortController()
        const messages = [user(`[[delay:60000]] ${mark}`)]
        const { signal } = leaving
        const call = clientOf(side).chat.completions.create({ model: side.model, messages }, { signal })
        const rejected = assert.rejects(call, APIUserAbortError)
        while ((await seenWith(side, mark)).length === 0) await Bun.sleep(5)
        leaving.abort()
        await rejected
      }),
  },
  {
    name: 'a timeout of the client stops the provider',
    run: async (side) => {
      const mark = newMark()
      const call = clientOf(side).chat.completions.create(
        { model: side.model, messages: [user(`[[delay:60000]] ${mark}`)] },
        { timeout: 400 },
      )
      await assert.rejects(call, APIConnectionTimeoutError)
      await noticed(side, mark)
      return 'noticed'
    },
  },
]
