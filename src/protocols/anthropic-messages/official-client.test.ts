// The official client, unmodified, reads what leaves here: answers, streams, and a no in the middle of one.
import { expect, test } from 'bun:test'
import Anthropic, { APIError, PermissionDeniedError } from '@anthropic-ai/sdk'
import { Refusal } from '#access/refusal.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { readRequest } from './read-request.ts'
import { bytes } from './scene.fixture.ts'

const STREAM: readonly object[] = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'harbor-1',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 1 },
    },
  },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Good ' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'morning' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'look', input: {} } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: ':1}' } },
  { type: 'content_block_stop', index: 2 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]

const REFUSAL = new Refusal('content_blocked', { message: 'A password was found.' })

const sent = (init: RequestInit | undefined): Uint8Array => bytes(typeof init?.body === 'string' ? init.body : '')

/** A client whose provider is this file, and what it asked: its headers and its body are read as a gate would. */
function clientOf(answer: () => Response): { readonly client: Anthropic; readonly unknown: string[] } {
  const unknown: string[] = []
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    unknown.push(...(anthropicMessages.requestHeaders?.(new Headers(init?.headers)).unknown ?? []))
    unknown.push(...readRequest(sent(init)).unknown)
    return answer()
  }
  return { client: new Anthropic({ apiKey: 'k', baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch }), unknown }
}

function streamed(events: readonly object[], end = new Uint8Array(0)): Response {
  const read = anthropicMessages.readStream('claude-clinic')
  const parts = events.map((event) =>
    read({ data: JSON.stringify(event) }).compose([], [{ kind: 'password', place: '/content/1/text' }]),
  )
  return new Response(Buffer.concat([...parts, end]), { headers: { 'content-type': 'text/event-stream' } })
}

const ASKED = { model: 'claude-clinic', max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hi' }] }

test('a stream is put together again, in spite of what the gate tells in it', async () => {
  const { client, unknown } = clientOf(() => streamed(STREAM))
  const message = await client.messages.stream(ASKED).finalMessage()
  expect(message).toMatchObject({
    id: 'msg_1',
    model: 'claude-clinic',
    stop_reason: 'tool_use',
    usage: { input_tokens: 5, output_tokens: 9 },
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
      { type: 'text', text: 'Good morning' },
      { type: 'tool_use', id: 't', name: 'look', input: { a: 1 } },
    ],
  })
  expect(unknown).toEqual([])
  const beta = await client.beta.messages
    .stream({ ...ASKED, betas: ['interleaved-thinking-2025-05-14'] })
    .finalMessage()
  expect(beta.content).toHaveLength(3)
  expect(unknown).toEqual([])
})

test('a no in the middle of a stream is an error, and no end', async () => {
  const { client } = clientOf(() =>
    streamed(STREAM.slice(0, 8), Buffer.from(anthropicMessages.interrupt(REFUSAL, 'EX'))),
  )
  const stream = client.messages.stream(ASKED)
  const error: unknown = await stream.finalMessage().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(APIError)
  expect(error).toMatchObject({ type: 'permission_error', apiMessage: 'A password was found. (exchange EX)' })
})

test('a no is the client’s own kind of error', async () => {
  const { client } = clientOf(() => anthropicMessages.refuse(new Refusal('not_permitted', { message: 'No.' }), 'EX'))
  const error: unknown = await client.messages.create(ASKED).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(PermissionDeniedError)
  expect(error).toMatchObject({ status: 403, requestID: 'EX', type: 'permission_error' })
})

test('a tool runner whose thread is denied goes on without one', async () => {
  const asked: string[] = []
  const answer = {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'h',
    content: [{ type: 'text', text: 'Done' }],
    stop_reason: 'end_turn',
    usage: {},
  }
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { acts } = readRequest(sent(init))
    asked.push(acts.map(({ field }) => field).join())
    const field = acts[0]?.field
    return field === undefined
      ? Response.json(answer)
      : anthropicMessages.refuse(new Refusal('not_permitted', { message: 'Not permitted.', field }), 'EX')
  }
  const client = new Anthropic({ apiKey: 'k', baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch })
  const message = await client.beta.messages.toolRunner({ ...ASKED, tools: [] })
  expect(message.content).toMatchObject([{ type: 'text', text: 'Done' }])
  expect(asked).toEqual(['thread', ''])
})
