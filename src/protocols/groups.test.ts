// Texts of a request that a model reads one behind the other are one group, in every protocol.
import { expect, test } from 'bun:test'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'

const bytes = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Of the texts that are one letter. */
const groups = (reading: { texts(): Iterable<{ readonly value: string; readonly group?: string | undefined }> }) =>
  [...reading.texts()].filter(({ value }) => /^[A-Z]$/.test(value)).map(({ value, group }) => `${value} ${group}`)

const text = (value: string) => ({ type: 'text', text: value })

test('in the Responses API, the parts of one input item', () => {
  const part = (value: string) => ({ type: 'input_text', text: value })
  const input = [
    { role: 'user', content: [part('A'), part('B')] },
    { role: 'user', content: 'C' },
    { type: 'function_call_output', call_id: 'c', output: [part('D')] },
  ]
  expect(groups(openAiResponses.read(bytes({ model: 'm', input, metadata: { a: 'E' } }), 128))).toEqual([
    'A /input/0/content',
    'B /input/0/content',
    'C undefined',
    'D /input/2/output',
    'E undefined',
  ])
})

test('in chat completions, the parts of one message', () => {
  const messages = [
    { role: 'user', content: [text('A'), text('B')] },
    { role: 'user', content: 'C' },
    { role: 'tool', tool_call_id: 'c', content: [text('D')] },
  ]
  const prediction = { type: 'content', content: [text('E')] }
  expect(groups(openAiChat.read(bytes({ model: 'm', messages, prediction }), 128))).toEqual([
    'A /messages/0/content',
    'B /messages/0/content',
    'C undefined',
    'D /messages/2/content',
    'E /prediction/content',
  ])
})

test('in Anthropic’s messages, the blocks of one message, of a tool’s result, and of the system prompt', () => {
  const messages = [
    { role: 'user', content: [text('A'), { type: 'tool_result', tool_use_id: 't', content: [text('B')] }, text('C')] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { a: [text('D')] } }] },
  ]
  const system = [text('E'), text('F')]
  expect(groups(anthropicMessages.read(bytes({ model: 'm', max_tokens: 1, system, messages }), 128))).toEqual([
    'E /system',
    'F /system',
    'A /messages/0/content',
    'B /messages/0/content/1/content',
    'C /messages/0/content',
    'D undefined',
  ])
})
