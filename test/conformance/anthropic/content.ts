// What a conversation holds besides text: images, documents, search results and their citations, thinking, and marks for
// the provider's cache.
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { BadRequestError } from '@anthropic-ai/sdk'
import type { Case } from '../suite.ts'
import { asked, bothWays, clientOf, plain, textOf, user } from './client.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64')
const citations = { enabled: true } as const

const image: Anthropic.ImageBlockParam = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: PNG },
}

const SOURCES: readonly Anthropic.ContentBlockParam[] = [
  {
    type: 'document',
    title: 'Hours',
    context: 'From the door',
    citations,
    source: { type: 'text', media_type: 'text/plain', data: 'Open at 7.' },
  },
  {
    type: 'document',
    citations,
    source: { type: 'content', content: [{ type: 'text', text: 'A chapter of a long book' }, image] },
  },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'not cited' } },
  { type: 'document', citations, source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
  {
    type: 'search_result',
    source: 'https://x.example',
    title: 'X',
    citations,
    content: [{ type: 'text', text: 'found' }],
  },
]

const thinking = { type: 'enabled', budget_tokens: 1024 } as const

export const content: readonly Case[] = [
  {
    name: 'images in base64, beside text and alone',
    run: async (side) => {
      const beside = await bothWays(side, [{ type: 'text', text: 'What is ' }, image, { type: 'text', text: 'this?' }])
      const alone = await bothWays(side, [image, image])
      assert.deepEqual([textOf(beside), textOf(alone)], ['What is this?', 'Received: image, image.'])
      return [plain(beside), plain(alone)]
    },
  },
  {
    name: 'documents: a text, blocks, a PDF',
    run: async (side) => {
      const answer = await bothWays(side, SOURCES.slice(0, 4))
      assert.equal(textOf(answer), 'Received: document, document, document, document.')
      return plain(answer)
    },
  },
  {
    name: 'citations, whole and streamed',
    run: async (side) => {
      const question = [...SOURCES, { type: 'text', text: 'When?' } as const]
      const answer = await bothWays(side, question)
      const [block] = answer.content
      const cited = block?.type === 'text' ? (block.citations ?? []) : []
      assert.deepEqual(
        cited.map((each) => [each.type, each.cited_text]),
        [
          ['char_location', 'Open at 7.'],
          ['content_block_location', 'A chapter of a long book'],
          ['page_location', 'A page.'],
          ['search_result_location', 'found'],
        ],
      )
      const heard: unknown[] = []
      const stream = clientOf(side).messages.stream({ ...asked, messages: [user(question)] })
      stream.on('citation', (citation, snapshot) => heard.push([citation, snapshot.length]))
      await stream.done()
      assert.deepEqual(
        heard,
        cited.map((each, index) => [each, index + 1]),
      )
      return plain(answer)
    },
  },
  {
    name: 'an answer with citations is sent back',
    run: async (side) => {
      const first = await clientOf(side).messages.create({ ...asked, messages: [user([...SOURCES])] })
      const messages = [user([...SOURCES]), { role: 'assistant' as const, content: first.content }, user('Thank you')]
      const second = await clientOf(side).messages.create({ ...asked, messages })
      assert.equal(textOf(second), 'Thank you')
      return plain(second)
    },
  },
  {
    name: 'marks for the cache are counted',
    run: async (side) => {
      const cached = (text: string, ttl: '5m' | '1h') => ({
        type: 'text' as const,
        text,
        cache_control: { type: 'ephemeral' as const, ttl },
      })
      const answer = await bothWays(side, [cached('three four five', '1h'), { type: 'text', text: 'six' }], {
        system: [cached('one two', '5m')],
        tools: [{ name: 'look', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }],
      })
      assert.equal(answer.usage.cache_creation?.ephemeral_1h_input_tokens, 3)
      assert.equal(answer.usage.input_tokens, 1)
      const whole = await bothWays(side, 'one two', { cache_control: { type: 'ephemeral' } })
      assert.equal(whole.usage.cache_creation_input_tokens, 2)
      return [plain(answer), plain(whole)]
    },
  },
  {
    name: 'thinking, with its signature',
    run: async (side) => {
      const enabled = await bothWays(side, 'How is it?', { thinking })
      const [thought] = enabled.content
      assert.ok(thought?.type === 'thinking' && thought.signature.length > 20)
      assert.equal(thought.thinking, 'The question has 3 words.')
      const adaptive = await bothWays(side, '[[think:let me see]]x', { thinking: { type: 'adaptive' } })
      const omitted = await bothWays(side, '[[think:let me see]]x', {
        thinking: { type: 'adaptive', display: 'omitted' },
      })
      assert.deepEqual(
        [adaptive, omitted].map(({ content: [first] }) => first?.type === 'thinking' && first.thinking),
        ['let me see', ''],
      )
      return [enabled, adaptive, omitted].map(plain)
    },
  },
  {
    name: 'thinking is given back with what a tool answered, and its signature holds',
    run: async (side) => {
      const client = clientOf(side)
      const tools = [{ name: 'clock', input_schema: { type: 'object' as const } }]
      const question = user('[[think:I need the time — é "\\u00e9"]][[tool:clock]]')
      const first = await client.messages.stream({ ...asked, thinking, tools, messages: [question] }).finalMessage()
      assert.deepEqual(
        first.content.map(({ type }) => type),
        ['thinking', 'tool_use'],
      )
      const call = first.content[1]
      const result = {
        type: 'tool_result' as const,
        tool_use_id: call?.type === 'tool_use' ? call.id : '',
        content: 'noon',
      }
      const messages = [question, { role: 'assistant' as const, content: first.content }, user([result])]
      const second = await client.messages.create({ ...asked, thinking, tools, messages })
      assert.equal(textOf(second), 'noon')
      return [plain(first), plain(second)]
    },
  },
  {
    name: 'thinking that was changed on its way is refused by the provider',
    run: async (side) => {
      const client = clientOf(side)
      const { content: blocks } = await client.messages.create({ ...asked, thinking, messages: [user('x')] })
      const edited = blocks.map((block) =>
        block.type === 'thinking' ? Object.assign(block, { thinking: 'Something else.' }) : block,
      )
      const messages = [user('x'), { role: 'assistant' as const, content: edited }, user('and?')]
      const error = await client.messages.create({ ...asked, thinking, messages }).then(
        () => assert.fail('the call was answered'),
        (caught: unknown) => caught,
      )
      assert.ok(error instanceof BadRequestError)
      assert.match(error.message, /messages\.1\.content\.0: Invalid `signature` in `thinking` block/)
      return error.type
    },
  },
  {
    name: 'redacted thinking, and given back',
    run: async (side) => {
      const client = clientOf(side)
      const question = '[[redacted-thinking]][[think:something unsafe]]Well?'
      const first = await bothWays(side, question, { thinking })
      const [hidden] = first.content
      assert.ok(hidden?.type === 'redacted_thinking' && hidden.data.length > 20)
      const messages = [user(question), { role: 'assistant' as const, content: first.content }, user('And?')]
      const second = await client.messages.create({ ...asked, thinking, messages })
      assert.equal(second.content.at(-1)?.type, 'text')
      return [plain(first), plain(second)]
    },
  },
]
