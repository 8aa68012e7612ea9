// Credentials through the client: what the gate took out is missing in all that the client puts together, and nothing else
// is. Directly they arrive, and are replaced here before both are compared.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type Anthropic from '@anthropic-ai/sdk'
import { APIError, BadRequestError } from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { z } from 'zod'
import { collect, newMark, seenWith } from '../openai/client.ts'
import type { Case, Side } from '../suite.ts'
import { asked, clientOf, plain, textOf, user } from './client.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** In the form of a real one, made anew, so that none stands in this repository. */
export const newKey = (): string =>
  `AKIA${Array.from({ length: 16 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`

export const REDACTED = '[redacted: aws-access-key]'

/** Has it said without its being in the prompt. */
export const said = (text: string): string => `[[say64:${Buffer.from(text).toString('base64')}]]`

/** A directive whose text the gate does not see whole. */
const thought = (key: string): string => `[[think:The key is ${key.slice(0, 6)}]][[think:${key.slice(6)}, isn't it]]`

/** What came of a text that holds the key: on the gate it must be gone, directly it must be there. */
export function replaced(side: Side, key: string, value: unknown): unknown {
  const json = JSON.stringify(value)
  assert.equal(json.includes(key), side.name === 'direct')
  const cut = json.replaceAll(key, REDACTED)
  assert.ok(cut.includes(REDACTED))
  return JSON.parse(cut)
}

export const redaction: readonly Case[] = [
  {
    name: 'a credential in a plain answer',
    run: async (side) => {
      const key = newKey()
      const call = clientOf(side).messages.create({ ...asked, messages: [user(said(`Your key is ${key}, keep it.`))] })
      const { data, response } = await call.withResponse()
      if (side.name === 'gate') {
        assert.equal(textOf(data), `Your key is ${REDACTED}, keep it.`)
        const header = response.headers.get('x-sallyport-redacted')
        assert.equal(header, 'aws-access-key;in=answer;at="/content/0/text"')
      }
      return replaced(side, key, plain(data))
    },
  },
  {
    name: 'a credential in a streamed answer, however it is cut',
    run: async (side) => {
      const all = []
      for (const size of [1, 3, 10, 1_000]) {
        const key = newKey()
        const pieces: string[] = []
        const text = `[[chunk:${size}]]${said(`Your key is ${key}, and ${key} again: keep it.`)}`
        const stream = clientOf(side).messages.stream({ ...asked, messages: [user(text)] })
        stream.on('text', (piece) => pieces.push(piece))
        const message = await stream.finalMessage()
        assert.equal(pieces.join(''), textOf(message))
        if (side.name === 'gate')
          assert.equal(textOf(message), `Your key is ${REDACTED}, and ${REDACTED} again: keep it.`)
        const { content, stop_reason } = message
        all.push(replaced(side, key, plain({ content, stop_reason })))
      }
      return all
    },
  },
  {
    name: 'what was taken out of a stream is told in the stream',
    run: async (side) => {
      const key = newKey()
      const messages = [user(said(`Your key is ${key}, keep it.`))]
      const events = await collect(await clientOf(side).messages.create({ ...asked, stream: true, messages }))
      const told = events.map((event): unknown => Reflect.get(event, 'sallyport')).filter((each) => each !== undefined)
      const notice = { redacted: [{ kind: 'aws-access-key', place: '/content/0/text' }] }
      assert.deepEqual(told, side.name === 'gate' ? [notice] : [])
      return events.filter(({ type }) => type !== 'content_block_delta').map(plain)
    },
  },
  {
    name: 'a credential in the input of a tool, whole and streamed',
    run: async (side) => {
      const key = newKey()
      // The key's first letter is escaped: the prompt does not show it, the input does.
      const text = `[[chunk:2]][[tool:keep {"n":9007199254740993,"of":{"key":"\\u0041${key.slice(1)}"},"z":1.10}]]`
      const tools = [{ name: 'keep', input_schema: { type: 'object' as const } }]
      const request = { ...asked, tools, messages: [user(text)] }
      const whole = await clientOf(side).messages.create(request)
      const streamed = await clientOf(side).messages.stream(request).finalMessage()
      const inputs = [whole, streamed].map(({ content: [call] }) => call?.type === 'tool_use' && call.input)
      assert.deepEqual(inputs[0], inputs[1])
      return replaced(side, key, inputs)
    },
  },
  {
    name: 'a credential in an answer that is parsed',
    run: async (side) => {
      const key = newKey()
      const output_config = { format: zodOutputFormat(z.object({ key: z.string(), rest: z.string() })) }
      const messages = [user(said(JSON.stringify({ key, rest: '"quoted"' })))]
      const whole = await clientOf(side).messages.parse({ ...asked, messages, output_config })
      const streamed = await clientOf(side)
        .messages.stream({ ...asked, messages, output_config })
        .finalMessage()
      return replaced(side, key, [whole.parsed_output, streamed.parsed_output])
    },
  },
  {
    name: 'a credential in a prompt does not reach the provider, wherever it stands',
    run: async (side) => {
      const key = newKey()
      const mark = newMark()
      const turns: Anthropic.MessageParam[] = [
        user(`${mark} My key is ${key}.`),
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'keep', input: { key } }] },
        user([
          { type: 'tool_result', tool_use_id: 'toolu_1', content: `Kept ${key}.` },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: `Key: ${key}` } },
          { type: 'text', text: `Say it: ${key}` },
        ]),
      ]
      const answer = await clientOf(side).messages.create({
        ...asked,
        system: `The key of the house is ${key}.`,
        tools: [{ name: 'keep', description: `Keeps ${key}`, input_schema: { type: 'object' } }],
        messages: turns,
      })
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      const { messages, system, tools } = JSON.parse(seen.body) as Record<string, unknown>
      const text = JSON.stringify([messages, system, tools]).replaceAll(mark, 'mark')
      return replaced(side, key, [JSON.parse(text), textOf(answer)])
    },
  },
  {
    name: 'a credential in an error of the provider',
    run: async (side) => {
      const key = newKey()
      const messages = [user(`[[status:400]]${said(`No such key: ${key}.`)}`)]
      const error = await caught(clientOf(side).messages.create({ ...asked, messages }))
      assert.ok(error instanceof BadRequestError)
      return replaced(side, key, error.apiMessage?.replace(/ \(exchange \w+\)$/, ''))
    },
  },
  {
    name: 'a credential in signed thinking, which is never edited, ends the answer',
    run: async (side) => {
      const key = newKey()
      const messages = [user(`${thought(key)}Well?`)]
      const request = { ...asked, messages, thinking: { type: 'adaptive' as const } }
      if (side.name === 'direct') {
        const { content } = await clientOf(side).messages.create(request)
        assert.ok(JSON.stringify(content).includes(key))
        return 'ended'
      }
      const whole = await caught(clientOf(side).messages.create(request))
      assert.ok(whole instanceof APIError, String(whole))
      const stream = clientOf(side).messages.stream(request)
      const heard: string[] = []
      stream.on('thinking', (piece) => heard.push(piece))
      const streamed = await caught(stream.finalMessage())
      assert.ok(streamed instanceof APIError, String(streamed))
      assert.equal(stream.receivedMessages.length, 0)
      assert.equal(heard.join('').includes(key), false)
      assert.equal(
        [whole, streamed].some(({ message }) => message.includes(key)),
        false,
      )
      return 'ended'
    },
  },
]

function caught(call: PromiseLike<unknown>): PromiseLike<unknown> {
  return call.then(
    () => assert.fail('the call was answered'),
    (error: unknown) => error,
  )
}
