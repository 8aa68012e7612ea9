// What would have a provider act or remember: denied by default as the client's own error, which names the field, and answered
// for a caller who may.
import assert from 'node:assert/strict'
import { NotFoundError, PermissionDeniedError } from 'openai'
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import type { ResponseCreateParamsNonStreaming, ResponseInputContent } from 'openai/resources/responses/responses'
import {
  SHARED_CONTAINER,
  SHARED_CONVERSATION,
  SHARED_FILE,
  SHARED_PROMPT,
  SHARED_RESPONSE,
  SHARED_STORE,
} from '../permits.ts'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, permitted, stripped, user } from './client.ts'
import { refused } from './refused.ts'

type Body = Omit<ResponseCreateParamsNonStreaming, 'model'>
type Chat = Partial<ChatCompletionCreateParamsNonStreaming>

interface Denied<Asked> {
  readonly what: string
  /** As the error names it. */
  readonly field: string
  /** The body that says this text. */
  readonly body: (text: string) => Asked
}

const URL = 'https://files.example/a.png'

const tool =
  (...tools: NonNullable<Body['tools']>) =>
  (input: string): Body => ({ input, tools })

const part =
  (content: ResponseInputContent) =>
  (text: string): Body => ({ input: [{ role: 'user', content: [{ type: 'input_text', text }, content] }] })

const RESPONSES: readonly Denied<Body>[] = [
  { what: 'to store', field: 'store', body: (input) => ({ input, store: true }) },
  { what: 'to work in the background', field: 'background', body: (input) => ({ input, background: true }) },
  {
    what: 'to keep a cache for a day',
    field: 'prompt_cache_retention',
    body: (input) => ({ input, prompt_cache_retention: '24h' }),
  },
  { what: 'to search the web', field: 'tools[0].type', body: tool({ type: 'web_search', search_context_size: 'low' }) },
  {
    what: 'to search files',
    field: 'tools[0].vector_store_ids[0]',
    body: tool({ type: 'file_search', vector_store_ids: [SHARED_STORE] }),
  },
  {
    what: 'to run code',
    field: 'tools[0].type',
    body: tool({ type: 'code_interpreter', container: { type: 'auto' } }),
  },
  {
    what: 'to run code in a container that is there',
    field: 'tools[0].container',
    body: tool({ type: 'code_interpreter', container: SHARED_CONTAINER }),
  },
  {
    what: 'to run a shell',
    field: 'tools[0].type',
    body: tool({ type: 'shell', environment: { type: 'container_auto' } }),
  },
  { what: 'to make images', field: 'tools[0].type', body: tool({ type: 'image_generation' }) },
  { what: 'to use a computer', field: 'tools[0].type', body: tool({ type: 'computer' }) },
  {
    what: 'to call a remote MCP server',
    field: 'tools[0].type',
    body: tool({
      type: 'mcp',
      server_label: 'notes',
      server_url: 'https://mcp.example/',
      require_approval: 'never',
      headers: { 'x-team': 'ward' },
    }),
  },
  {
    what: 'to fetch an image',
    field: 'input[0].content[1].image_url',
    body: part({ type: 'input_image', image_url: URL, detail: 'auto' }),
  },
  {
    what: 'to fetch a file',
    field: 'input[0].content[1].file_url',
    body: part({ type: 'input_file', file_url: URL }),
  },
  {
    what: 'to read a file that it holds',
    field: 'input[0].content[1].file_id',
    body: part({ type: 'input_file', file_id: SHARED_FILE }),
  },
  {
    what: 'to use a stored prompt',
    field: 'prompt.id',
    body: (input) => ({ input, prompt: { id: SHARED_PROMPT, variables: { name: 'Ann' } } }),
  },
  {
    what: 'to go on with a conversation that it holds',
    field: 'conversation',
    body: (input) => ({ input, conversation: SHARED_CONVERSATION }),
  },
]

const CHATS: readonly Denied<Chat>[] = [
  { what: 'to store', field: 'store', body: (text) => ({ messages: [user(text)], store: true }) },
  {
    what: 'to search the web',
    field: 'web_search_options',
    body: (text) => ({ messages: [user(text)], web_search_options: { search_context_size: 'low' } }),
  },
  {
    what: 'to fetch an image',
    field: 'messages[0].content[1].image_url.url',
    body: (text) => ({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: URL } },
          ],
        },
      ],
    }),
  },
  {
    what: 'to read a file that it holds',
    field: 'messages[0].content[1].file.file_id',
    body: (text) => ({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'file', file: { file_id: SHARED_FILE } },
          ],
        },
      ],
    }),
  },
]

/** Directly nobody denies anything: there the provider is told to. */
const forbidden = (side: Side) => (side.name === 'gate' ? 'hello' : '[[status:403]]')

async function denied(side: Side, field: string, ask: (side: Side) => Promise<unknown>): Promise<object> {
  const { error, common } = await refused(side, PermissionDeniedError, 403, () => ask(side))
  if (side.name === 'gate') {
    assert.equal(error.param, field)
    assert.ok(error.message.includes(`\`${field}\``), error.message)
  }
  return common
}

const ofResponses = RESPONSES.map(({ what, field, body }): Case => ({
  name: `responses: ${what}, denied and permitted`,
  run: async (side) => {
    const ask = (as: Side, text: string) => clientOf(as).responses.create({ ...body(text), model: side.model })
    const error = await denied(side, field, (as) => ask(as, forbidden(side)))
    const streamed = await denied(side, field, async (as) => {
      const api = clientOf(as).responses
      return collect(await api.create({ ...body(forbidden(side)), model: side.model, stream: true }))
    })
    const answer = await ask(permitted(side), 'hello')
    if (answer.status !== 'queued') assert.ok(answer.output_text.startsWith('hello'), answer.output_text)
    const events = await collect(
      await clientOf(permitted(side)).responses.create({ ...body('hello'), model: side.model, stream: true }),
    )
    assert.equal(events.at(-1)?.type, 'response.completed')
    return [error, streamed, stripped(answer), events.map(stripped)]
  },
}))

const ofChats = CHATS.map(({ what, field, body }): Case => ({
  name: `chat: ${what}, denied and permitted`,
  run: async (side) => {
    const ask = (as: Side, text: string) =>
      clientOf(as).chat.completions.create({ messages: [], ...body(text), model: side.model, stream: false })
    const error = await denied(side, field, (as) => ask(as, forbidden(side)))
    const answer = await ask(permitted(side), 'hello')
    assert.equal(answer.choices[0]?.message.content, 'hello')
    return [error, stripped(answer)]
  },
}))

export const deniedActs: readonly Case[] = [
  ...ofResponses,
  ...ofChats,
  {
    name: 'responses: a previous response that all may use, denied',
    run: (side) =>
      denied(side, 'previous_response_id', (as) =>
        clientOf(as).responses.create({
          model: side.model,
          input: forbidden(side),
          ...(side.name === 'gate' && { previous_response_id: SHARED_RESPONSE }),
        }),
      ),
  },
  {
    name: "responses: a previous response that is another's is not found",
    run: async (side) => {
      const theirs = await clientOf(permitted(side)).responses.create({ model: side.model, input: 'hello' })
      const { error, common } = await refused(side, NotFoundError, 404, () =>
        clientOf(side).responses.create(
          side.name === 'gate'
            ? { model: side.model, input: 'hello', previous_response_id: theirs.id }
            : { model: side.model, input: '[[status:404]]' },
        ),
      )
      if (side.name === 'gate') assert.equal(error.param, 'previous_response_id')
      return common
    },
  },
  {
    name: 'responses: what is approved of a remote MCP server is called',
    run: async (side) => {
      const api = clientOf(permitted(side)).responses
      const tools = [{ type: 'mcp' as const, server_label: 'notes', server_url: 'https://mcp.example/' }]
      const first = await api.create({ model: side.model, tools, input: 'hello' })
      const request = first.output.find(({ type }) => type === 'mcp_approval_request')
      assert.ok(request?.type === 'mcp_approval_request')
      const second = await api.create({
        model: side.model,
        tools,
        previous_response_id: first.id,
        input: [{ type: 'mcp_approval_response', approval_request_id: request.id, approve: true }],
      })
      const call = second.output.find(({ type }) => type === 'mcp_call')
      assert.equal(call?.type === 'mcp_call' && call.output, 'An answer of the demo.')
      return [stripped(first), stripped(second)]
    },
  },
]
