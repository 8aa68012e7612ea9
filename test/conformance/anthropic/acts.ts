// What makes a provider act or remember: refused by the field's name, as the client's own kind of error, where policy does
// not permit it, and passed on whole where it does.
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { BadRequestError, NotFoundError, PermissionDeniedError } from '@anthropic-ai/sdk'
import { newMark, seenWith } from '../openai/client.ts'
import { SHARED_CONTAINER, SHARED_FILE, SHARED_SKILL } from '../permits.ts'
import type { Case, Side } from '../suite.ts'
import { asked, clientOf, permitted, plain, user } from './client.ts'
import { asSent } from './requests.ts'

type Params = Omit<Anthropic.Beta.MessageCreateParamsNonStreaming, 'model' | 'max_tokens' | 'messages'>

interface Act {
  readonly name: string
  /** As the refusal names it. */
  readonly field: string
  readonly more?: Params
  /** Besides the text. */
  readonly shown?: Anthropic.Beta.BetaContentBlockParam
}

const metadata = { user_id: 'ann' }
const SHOWN = 'messages[0].content[1]'

const ACTS: readonly Act[] = [
  {
    name: 'web search',
    field: 'tools[0].type',
    more: {
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2, allowed_domains: ['example.com'] }],
    },
  },
  {
    name: 'fetching from the web',
    field: 'tools[0].type',
    more: { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch', citations: { enabled: true } }] },
  },
  {
    name: 'running code',
    field: 'tools[0].type',
    more: {
      tools: [{ type: 'code_execution_20250522', name: 'code_execution' }],
      betas: ['code-execution-2025-05-22'],
    },
  },
  {
    name: 'searching for tools',
    field: 'tools[0].type',
    more: {
      tools: [
        { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
        { name: 'later', input_schema: { type: 'object' }, defer_loading: true },
      ],
    },
  },
  {
    name: 'a remote MCP server',
    // The first that is refused: the server itself is so under a name of its own.
    field: 'tools[0].type',
    more: {
      mcp_servers: [{ type: 'url', url: 'https://mcp.example/', name: 'notes', authorization_token: 'of-the-server' }],
      tools: [{ type: 'mcp_toolset', mcp_server_name: 'notes', default_config: { enabled: true } }],
      betas: ['mcp-client-2025-11-20'],
    },
  },
  {
    name: 'a remote MCP server, none of whose tools are chosen',
    field: 'mcp_servers[0]',
    more: {
      mcp_servers: [{ type: 'url', url: 'https://mcp.example/', name: 'notes' }],
      betas: ['mcp-client-2025-11-20'],
    },
  },
  {
    name: 'an image by its address',
    field: `${SHOWN}.source.url`,
    shown: { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  },
  {
    name: 'a document by its address',
    field: `${SHOWN}.source.url`,
    shown: {
      type: 'document',
      source: { type: 'url', url: 'https://example.com/a.pdf' },
      citations: { enabled: true },
    },
  },
  {
    name: 'a document by the id of a file',
    field: `${SHOWN}.source.file_id`,
    shown: { type: 'document', source: { type: 'file', file_id: SHARED_FILE }, title: 'Hours' },
    more: { betas: ['files-api-2025-04-14'] },
  },
  {
    name: 'an image by the id of a file',
    field: `${SHOWN}.source.file_id`,
    shown: { type: 'image', source: { type: 'file', file_id: SHARED_FILE } },
    more: { betas: ['files-api-2025-04-14'] },
  },
  {
    name: 'a file for a container',
    field: `${SHOWN}.file_id`,
    shown: { type: 'container_upload', file_id: SHARED_FILE },
  },
  { name: 'a container by its id', field: 'container', more: { container: SHARED_CONTAINER } },
  {
    name: 'a container with skills',
    field: 'container',
    more: {
      container: {
        id: SHARED_CONTAINER,
        skills: [
          { type: 'anthropic', skill_id: 'pptx', version: 'latest' },
          { type: 'custom', skill_id: SHARED_SKILL },
        ],
      },
      betas: ['skills-2025-10-02'],
    },
  },
  {
    name: 'a comparison with the request before',
    field: 'diagnostics',
    more: { diagnostics: { previous_message_id: null } },
  },
  {
    name: 'a schema that stands elsewhere',
    field: 'tools[0].input_schema',
    more: {
      tools: [
        { name: 'look', input_schema: { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } } },
      ],
    },
  },
]

/** Fields that no policy permits: each would go round the decision. */
const NOT_SERVED: readonly { readonly field: string; readonly more: Params }[] = [
  { field: 'fallbacks', more: { fallbacks: [{ model: 'claude-other' }] } },
  { field: 'billing_policy', more: { billing_policy: {} as never } },
  { field: 'anthropic-user-profile-id', more: { user_profile_id: 'profile_1' } },
  { field: 'anthropic-workspace-id', more: { workspace_id: 'wrkspc_1' } },
  { field: 'tools[0].type', more: { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-other' }] } },
]

export const acts: readonly Case[] = [
  ...ACTS.map((act): Case => ({
    name: `${act.name}: refused, and permitted`,
    run: async (side) => {
      const params = ({ text }: { text: string }) => ({
        ...asked,
        metadata,
        messages: [user([{ type: 'text', text }, ...(act.shown ? [act.shown as Anthropic.ContentBlockParam] : [])])],
        ...act.more,
      })
      const no = await refused(side, [PermissionDeniedError, 403], act.field, (text) => params({ text }))
      const mark = newMark()
      const { messages } = clientOf(permitted(side)).beta
      const whole = await messages.create(params({ text: mark }))
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      const streamed = await messages.stream(params({ text: mark })).finalMessage()
      assert.deepEqual(plain(streamed), plain(whole))
      return [no, asSent(side, seen.body, mark), JSON.stringify(plain(whole)).replaceAll(mark, 'mark')]
    },
  })),
  {
    name: 'what no policy permits is a bad request that names the field',
    run: async (side) => {
      const all = []
      for (const { field, more } of NOT_SERVED) {
        const params = (text: string) => ({ ...asked, messages: [user(text)], ...more })
        all.push(await refused(side, [BadRequestError, 400], field, params))
      }
      return all
    },
  },
  {
    name: 'a thread is refused in the words that the client understands',
    run: async (side) => {
      if (side.name === 'direct') return 'thread_unsupported_request'
      const thread = clientOf(side).beta.messages.thread({ ...asked })
      const error = await thread.send(user('one two')).then(
        () => assert.fail('the thread was made'),
        (caught: unknown) => caught,
      )
      assert.ok(error instanceof PermissionDeniedError)
      assert.match(error.message, /`thread`/)
      const other = clientOf(side).beta.messages.thread({ ...asked, unsupportedRequestBehavior: 'continue_unthreaded' })
      await other.send(user('one two'))
      const second = await other.send(user('three'))
      assert.equal(second.usage.input_tokens, 5)
      return error.errorCode
    },
  },
  {
    name: 'a thread that nobody began is not found',
    run: async (side) => {
      const { messages } = clientOf(permitted(side)).beta
      const lost = { type: 'continue' as const, previous_message_id: 'msg_nobody' }
      const error = await messages.create({ ...asked, thread: lost, messages: [user('four')] }).then(
        () => assert.fail('the call was answered'),
        (caught: unknown) => caught,
      )
      assert.ok(error instanceof NotFoundError, String(error))
      return [error.status, error.errorCode]
    },
  },
  {
    name: 'a thread that is lost begins again, with all that was said',
    run: async (side) => {
      const lost = { type: 'continue' as const, previous_message_id: 'msg_nobody' }
      const seen: unknown[] = []
      const client = clientOf(permitted(side), {
        // Where the client continues its thread for the first time it names one that nobody holds.
        middleware: [
          (request, next) => {
            const text = typeof request.body === 'string' ? request.body : ''
            const body = JSON.parse(text) as { thread: { type: string }; messages: unknown[] }
            seen.push([body.thread.type, body.messages.length])
            const losing = body.thread.type === 'continue' && seen.length === 2
            return next(losing ? { ...request, body: JSON.stringify({ ...body, thread: lost }) } : request)
          },
        ],
      })
      const thread = client.beta.messages.thread({ ...asked })
      await thread.send(user('one two'))
      const second = await thread.send(user('three'))
      assert.equal(second.usage.input_tokens, 5)
      assert.deepEqual(seen, [
        ['create', 1],
        ['continue', 1],
        ['create', 3],
      ])
      return plain(second)
    },
  },
  {
    name: 'what the gate does not know passes in this tier',
    run: async (side) => {
      const mark = newMark()
      const novelty = { novelty: { of: 'tomorrow' }, metadata } as Params
      await clientOf(side).beta.messages.create({
        ...asked,
        ...novelty,
        messages: [user(mark)],
        betas: ['novelty-2027-01-01'],
      })
      const [seen] = await seenWith(side, mark)
      assert.ok(seen)
      return [asSent(side, seen.body, mark), seen.headers['anthropic-beta']]
    },
  },
]

type Refusing = readonly [error: typeof PermissionDeniedError | typeof BadRequestError, status: number]

/** Whole and streamed. Directly nobody refuses it, so the provider is told to say the same. */
async function refused(
  side: Side,
  [expected, status]: Refusing,
  field: string,
  params: (text: string) => Anthropic.Beta.MessageCreateParamsNonStreaming,
) {
  const mark = newMark()
  const request = params(side.name === 'gate' ? mark : `[[status:${status}]]`)
  const { messages } = clientOf(side).beta
  const types = []
  for (const call of [() => messages.create(request), () => messages.stream(request).finalMessage()]) {
    const error = await call().then(
      () => assert.fail('the call was answered'),
      (caught: unknown) => caught,
    )
    assert.ok(error instanceof expected, `expected ${expected.name}, got ${String(error)}`)
    if (side.name === 'gate') assert.ok(error.message.includes(`\`${field}`), `${error.message} does not name ${field}`)
    types.push([error.constructor.name, error.status, error.type])
  }
  assert.equal((await seenWith(side, mark)).length, 0)
  return types
}
