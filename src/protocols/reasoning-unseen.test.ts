import { describe, expect, test } from 'bun:test'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

test.each([
  [{}, false],
  [{ reasoning: { effort: 'none' } }, false],
  [{ reasoning: { effort: 'low' } }, true],
  [{ reasoning: { summary: 'auto' } }, true],
])('a response with %j asks for thought: %p', (said, expected) => {
  expect(openAiResponses.read(bytes({ model: 'm', input: 'hi', ...said }), 64).reasons).toBe(expected)
})

test.each([
  [{}, false],
  [{ thinking: { type: 'disabled' } }, false],
  [{ thinking: { type: 'adaptive' } }, true],
  [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
])('a message with %j asks for thought: %p', (said, expected) => {
  const body = { model: 'm', max_tokens: 2000, messages: [{ role: 'user', content: 'hi' }], ...said }
  expect(anthropicMessages.read(bytes(body), 64).reasons).toBe(expected)
})

describe('a stream tells that something was said to its end', () => {
  test('of chat completions with the reason, not with its first words', () => {
    const read = openAiChat.readStream('m')
    const said = (delta: object, reason: string | null) =>
      read({ data: JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] }) }).finished
    expect(said({ role: 'assistant', content: '' }, null)).toBeUndefined()
    expect(said({ content: 'Hi' }, null)).toBeUndefined()
    expect(said({}, 'stop')).toBe(true)
  })

  test('of messages with the count', () => {
    const read = anthropicMessages.readStream('m')
    const said = (data: object) => read({ data: JSON.stringify(data) }).finished
    const usage = { input_tokens: 5, output_tokens: 1 }
    expect(said({ type: 'message_start', message: { type: 'message', content: [], usage } })).toBeUndefined()
    expect(said({ type: 'message_delta', delta: {}, usage: { output_tokens: 9 } })).toBe(true)
  })

  test('of the Responses API with the end of a text', () => {
    const read = openAiResponses.readStream('m')
    const at = { item_id: 'm', output_index: 0, content_index: 0 }
    const said = (data: object) => read({ data: JSON.stringify({ ...at, ...data }) }).finished
    expect(said({ type: 'response.output_text.delta', delta: 'Hi' })).toBeUndefined()
    expect(said({ type: 'response.output_text.done', text: 'Hi' })).toBe(true)
  })
})
