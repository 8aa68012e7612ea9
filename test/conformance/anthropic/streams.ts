// Streams: their events, the helper's own, what is put together of them, and how they end before their time.
import assert from 'node:assert/strict'
import { AnthropicError, APIConnectionTimeoutError, APIError, APIUserAbortError } from '@anthropic-ai/sdk'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { collect, newMark, seenWith } from '../openai/client.ts'
import type { Case, Side } from '../suite.ts'
import { asked, clientOf, plain, user } from './client.ts'

const SENTENCE = 'The quick brown fox jumps over the lazy dog'

function streamed(side: Side, text: string, more: object = {}) {
  return clientOf(side).messages.create({ ...asked, stream: true, messages: [user(text)], ...more })
}

function helped(side: Side, text: string, more: object = {}) {
  return clientOf(side).messages.stream({ ...asked, messages: [user(text)], ...more })
}

const TYPES = [
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]

export const streams: readonly Case[] = [
  {
    name: 'events of a stream, in the order of the API',
    run: async (side) => {
      const events = await collect(await streamed(side, 'one two'))
      assert.deepEqual(
        events.map(({ type }) => type),
        TYPES,
      )
      const [start] = events
      assert.ok(start?.type === 'message_start')
      assert.equal(start.message.model, asked.model)
      return events.map(plain)
    },
  },
  {
    name: 'the lines of a stream, as they are sent',
    run: async (side) => {
      const answer = await streamed(side, 'one two').asResponse()
      const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('event: '))
      assert.deepEqual(
        lines.filter((line) => line !== 'event: ping'),
        TYPES.map((type) => `event: ${type}`),
      )
      return [answer.headers.get('content-type'), lines]
    },
  },
  {
    name: 'pieces of every size',
    run: async (side) => {
      const all = []
      for (const size of [1, 2, 7, 1_000]) {
        const said = Buffer.from(`${SENTENCE} 👩‍👩‍👧é`).toString('base64')
        const pieces: string[] = []
        const stream = helped(side, `[[chunk:${size}]][[say64:${said}]]`).on('text', (piece) => pieces.push(piece))
        assert.equal(await stream.finalText(), `${SENTENCE} 👩‍👩‍👧é`)
        all.push(pieces.join(''))
      }
      return all
    },
  },
  {
    name: "the helper's events",
    run: async (side) => {
      const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
      const text = '[[think:let me see]][[say:one two]][[tool:weather {"city":"Bern","days":2}]]'
      const stream = helped(side, text, { tools, thinking: { type: 'adaptive' } })
      const heard: unknown[] = []
      stream.on('connect', () => heard.push('connect'))
      stream.on('text', (piece, all) => heard.push(['text', all.endsWith(piece)]))
      stream.on('thinking', (piece, all) => heard.push(['thinking', all.endsWith(piece)]))
      stream.on('signature', (signature) => heard.push(['signature', signature]))
      stream.on('inputJson', (_piece, snapshot) => heard.push(['inputJson', typeof snapshot]))
      stream.on('contentBlock', (block) => heard.push(['contentBlock', plain(block)]))
      stream.on('message', (message) => heard.push(['message', message.role]))
      stream.on('finalMessage', (message) => heard.push(['finalMessage', message.stop_reason]))
      stream.on('end', () => heard.push('end'))
      const thought: string[] = []
      stream.on('thinking', (piece) => thought.push(piece))
      const message = await stream.finalMessage()
      assert.equal(thought.join(''), 'let me see')
      assert.equal(heard[0], 'connect')
      assert.deepEqual(heard.slice(-3), [['message', 'assistant'], ['finalMessage', 'tool_use'], 'end'])
      assert.deepEqual(message.content.at(-1), {
        type: 'tool_use',
        id: message.content.at(-1)?.type === 'tool_use' ? Reflect.get(message.content.at(-1) ?? {}, 'id') : '',
        name: 'weather',
        input: { city: 'Bern', days: 2 },
        caller: { type: 'direct' },
      })
      // How text is cut into pieces is the sender's business; what they come to is not.
      const kinds = heard.filter((each, index) => JSON.stringify(each) !== JSON.stringify(heard[index - 1]))
      return [kinds, plain(message)]
    },
  },
  {
    name: 'the helper as an iterator, with snapshots, and emitted()',
    run: async (side) => {
      const stream = helped(side, SENTENCE)
      const firstly = stream.emitted('contentBlock')
      firstly.catch(() => undefined)
      const snapshots: string[] = []
      stream.on('streamEvent', (_event, snapshot) => snapshots.push(snapshot.role))
      const types = (await collect(stream)).map(({ type }) => type)
      assert.equal(types.at(-1), 'message_stop')
      assert.deepEqual(await firstly, { type: 'text', text: SENTENCE })
      assert.deepEqual(new Set(snapshots), new Set(['assistant']))
      assert.equal(stream.receivedMessages.length, 1)
      return [types, stream.messages.map(plain)]
    },
  },
  {
    name: 'withResponse of the helper',
    run: async (side) => {
      const { data, response, request_id } = await helped(side, 'hello').withResponse()
      assert.match(request_id ?? '', /^req_demo_\d+$/)
      assert.equal(data.request_id, request_id)
      await data.done()
      return [response.status, response.headers.get('content-type')]
    },
  },
  {
    name: 'a stream split in two, and one handed on',
    run: async (side) => {
      const [left, right] = (await streamed(side, SENTENCE)).tee()
      const both = await Promise.all([collect(left), collect(right)])
      assert.deepEqual(both[0], both[1])
      const handed = MessageStream.fromReadableStream((await streamed(side, SENTENCE)).toReadableStream())
      const again = MessageStream.fromReadableStream(helped(side, SENTENCE).toReadableStream())
      const texts = [await handed.finalText(), await again.finalText()]
      assert.deepEqual(texts, [SENTENCE, SENTENCE])
      return texts
    },
  },
  {
    name: 'pieces arrive as they are said',
    run: async (side) => {
      const times: number[] = []
      const stream = helped(side, 'one two [[delay:400]]').on('text', () => times.push(performance.now()))
      await stream.done()
      assert.equal(times.length, 2)
      // The provider waits 400 ms between them: a gate that collects first would hand over both at once.
      const apart = (times[1] ?? 0) - (times[0] ?? 0)
      assert.ok(apart > 40, `both pieces came within ${apart} ms`)
      return 'apart'
    },
  },
  {
    name: 'an error in the middle of a stream is the error of the API',
    run: async (side) => {
      const heard: string[] = []
      const stream = helped(side, 'one two three [[fail:2]]').on('text', (piece) => heard.push(piece))
      const errors: unknown[] = []
      stream.on('error', (error) => errors.push(error))
      const error = await failed(stream.finalMessage())
      assert.ok(error instanceof APIError)
      assert.deepEqual(errors, [error])
      assert.equal(error.status, undefined)
      assert.equal(stream.receivedMessages.length, 0)
      const raw = await failed(streamed(side, 'one two three [[fail:2]]').then(collect))
      assert.ok(raw instanceof APIError)
      return [heard.join(''), typeof error.type, typeof raw.type]
    },
  },
  {
    name: 'a stream that dies is an error, never an end',
    run: async (side) => {
      const texts: string[] = []
      const stream = helped(side, 'one two three [[die:2]]').on('text', (piece) => texts.push(piece))
      const error = await failed(stream.finalMessage())
      assert.ok(error instanceof AnthropicError)
      assert.equal(stream.receivedMessages.length, 0)
      const types: string[] = []
      const raw = async () => {
        for await (const { type } of await streamed(side, 'one two three [[die:2]]')) types.push(type)
      }
      await failed(raw())
      assert.equal(types.includes('message_stop'), false)
      return texts.join('')
    },
  },
  {
    name: 'a whole answer that dies is an error',
    run: async (side) => {
      const messages = [user('one two [[die:1]]')]
      await failed(clientOf(side).messages.create({ ...asked, messages }))
      return 'rejected'
    },
  },
  {
    name: 'leaving a stream in the middle stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        for await (const { type } of await streamed(side, `[[delay:150]] ${mark} ${SENTENCE}`)) {
          if (type === 'content_block_delta') break
        }
      }),
  },
  {
    name: 'abort() on the helper stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const stream = helped(side, `[[delay:150]] ${mark} ${SENTENCE}`)
        const aborted = stream.emitted('abort')
        aborted.catch(() => undefined)
        stream.once('text', () => stream.abort())
        await assert.rejects(stream.done(), APIUserAbortError)
        assert.equal(stream.aborted, true)
      }),
  },
  {
    name: 'a signal aborts a call that has not been answered, within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        const leaving = new AbortController()
        const messages = [user(`[[delay:60000]] ${mark}`)]
        const call = clientOf(side).messages.create({ ...asked, messages }, { signal: leaving.signal })
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
      const messages = [user(`[[delay:60000]] ${mark}`)]
      const call = clientOf(side).messages.create({ ...asked, messages }, { timeout: 400 })
      await assert.rejects(call, APIConnectionTimeoutError)
      await noticed(side, mark)
      return 'noticed'
    },
  },
]

async function failed(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail('the call was answered'),
    (caught: unknown) => caught,
  )
}

/** Milliseconds until the provider knew that a request's caller had gone. */
async function noticed(side: Side, mark: string): Promise<number> {
  const from = performance.now()
  for (;;) {
    const [request] = await seenWith(side, mark)
    const spent = performance.now() - from
    if (request?.aborted === true) return spent
    assert.ok(spent < 3_000, 'the provider did not learn within 3 s that its caller had gone')
    await Bun.sleep(2)
  }
}

/** The best of three, because this machine does other things, too. */
async function soonEnough(side: Side, leave: (mark: string) => Promise<void>): Promise<string> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3 && best > 100; attempt += 1) {
    const mark = newMark()
    await leave(mark)
    best = Math.min(best, await noticed(side, mark))
  }
  assert.ok(best <= 100, `the provider noticed after ${Math.round(best)} ms`)
  return 'soon enough'
}
