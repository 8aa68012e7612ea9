import { expect, test } from 'bun:test'
import type Anthropic from '@anthropic-ai/sdk'
import { common, startConversation, thrown, user } from './conversation.fixture.ts'

const { client, ask, bothWays } = startConversation()

test('thinking has a signature of its words, and comes before the text', async () => {
  const thinking = { type: 'enabled', budget_tokens: 1024 }
  const message = await bothWays('How is it?', { thinking, max_tokens: 2000 })
  expect(message.content).toMatchObject([
    { type: 'thinking', thinking: 'The question has 3 words.', signature: expect.stringMatching(/^ZGVtby1zaW/) },
    { type: 'text', text: 'How is it?' },
  ])
  expect(message.usage.output_tokens_details?.thinking_tokens).toBe(5)
  const [same] = (await ask('How is it?', { thinking, max_tokens: 2000 })).content
  expect([same as unknown]).toEqual(message.content.slice(0, 1))
  const told = await bothWays('[[think:first, the sky]][[say:rain]]', { thinking: { type: 'adaptive' } })
  expect(told.content).toMatchObject([{ thinking: 'first, the sky' }, { text: 'rain' }])
})

test('thinking may be omitted or redacted', async () => {
  const omitted = await bothWays('[[think:secret]]x', { thinking: { type: 'adaptive', display: 'omitted' } })
  expect(omitted.content).toMatchObject([{ type: 'thinking', thinking: '' }, { text: 'x' }])
  const { content } = await bothWays('[[redacted-thinking]][[think:secret]]x')
  expect(content).toMatchObject([{ type: 'redacted_thinking', data: expect.stringMatching(/^[\w+/=]{88}$/) }, {}])
  expect(JSON.stringify(content)).not.toContain('secret')
})

test('thinking that was changed on its way back is refused, and only that', async () => {
  const { content } = await ask('[[think:my thoughts]]x')
  const [thinking, text] = content
  if (thinking?.type !== 'thinking' || text?.type !== 'text') throw new Error('no thinking')
  const again = (block: Anthropic.ThinkingBlockParam) =>
    client().messages.create({
      ...common,
      messages: [user('x'), { role: 'assistant', content: [block, { type: 'text', text: text.text }] }, user('and?')],
    })
  expect((await again(thinking)).content).toMatchObject([{ text: 'and?' }])
  expect((await again({ ...thinking, thinking: 'other', signature: 'c29tZWJvZHk=' })).content).toHaveLength(1)
  const refused = await thrown(again({ ...thinking, thinking: 'my [redacted]' }))
  expect(refused.message).toContain('messages.1.content.0: Invalid `signature` in `thinking` block')
})

test('every source with citations enabled is cited in its own way', async () => {
  const citations = { enabled: true }
  const content: Anthropic.ContentBlockParam[] = [
    {
      type: 'document',
      title: 'Hours',
      citations,
      source: { type: 'text', media_type: 'text/plain', data: 'Open at 7.' },
    },
    {
      type: 'document',
      citations,
      source: { type: 'content', content: [{ type: 'text', text: 'A chapter of a long book' }] },
    },
    {
      type: 'document',
      citations: { enabled: false },
      source: { type: 'text', media_type: 'text/plain', data: 'not cited' },
    },
    {
      type: 'document',
      citations,
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
    },
    { type: 'search_result', source: 'https://x', title: 'X', citations, content: [{ type: 'text', text: 'found' }] },
    { type: 'text', text: 'When?' },
  ]
  const whole = await client().messages.create({ ...common, messages: [user(content)] })
  const [text] = whole.content
  expect(text?.type === 'text' && text.citations).toMatchObject([
    {
      type: 'char_location',
      cited_text: 'Open at 7.',
      document_index: 0,
      document_title: 'Hours',
      start_char_index: 0,
      end_char_index: 10,
    },
    { type: 'content_block_location', cited_text: 'A chapter of a long book', document_index: 1 },
    { type: 'page_location', document_index: 3, start_page_number: 1, end_page_number: 2 },
    { type: 'search_result_location', source: 'https://x', cited_text: 'found', search_result_index: 0 },
  ])
  const cited: string[] = []
  const stream = client().messages.stream({ ...common, messages: [user(content)] })
  stream.on('citation', (citation) => cited.push(citation.type))
  expect((await stream.finalMessage()).content as unknown).toEqual(whole.content)
  expect(cited).toEqual(['char_location', 'content_block_location', 'page_location', 'search_result_location'])
})

test('what stands before a cache breakpoint is written, what stands before an earlier one is read', async () => {
  const cached = (text: string, ttl?: '1h') => ({
    type: 'text' as const,
    text,
    cache_control: { type: 'ephemeral' as const, ...(ttl && { ttl }) },
  })
  const usage = async (more: object) => (await bothWays('last words here', more)).usage
  expect(await usage({ system: [cached('one two')] })).toMatchObject({
    input_tokens: 3,
    cache_creation_input_tokens: 2,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 },
  })
  const messages = [user([cached('three four five', '1h'), { type: 'text', text: 'six' }])]
  expect(await usage({ system: [cached('one two')], messages })).toMatchObject({
    input_tokens: 1,
    cache_creation_input_tokens: 3,
    cache_read_input_tokens: 2,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 3 },
  })
})

test('asked to summarize, it gives a block that stands for the conversation, whole and streamed', async () => {
  const messages = [user('one'), { role: 'assistant' as const, content: 'two' }, user('three')]
  const request = { ...common, messages, compaction: { type: 'summarize' as const } }
  const whole = await client().beta.messages.create(request)
  expect(whole.content as unknown).toEqual([
    { type: 'compaction', content: 'A conversation of 3 messages.', encrypted_content: null },
  ])
  expect(whole.stop_reason).toBe('compaction')
  const streamed = await client().beta.messages.stream(request).finalMessage()
  expect(streamed.content as unknown).toEqual(whole.content)
  const [summary] = whole.content
  const again = await client().beta.messages.create({
    ...common,
    messages: [{ role: 'assistant', content: summary ? [summary] : [] }, user('and?')],
  })
  expect(again.content).toMatchObject([{ type: 'text', text: 'and?' }])
})
