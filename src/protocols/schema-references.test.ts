import { expect, test } from 'bun:test'
import type { Protocol } from '#access/protocol.ts'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiCompletions } from './openai-completions/openai-completions.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'

const acts = (protocol: Protocol, body: object) =>
  protocol.read(new TextEncoder().encode(JSON.stringify({ model: 'm', ...body })), 128).acts

const ELSEWHERE = { type: 'object', properties: { a: { $ref: 'https://a.example/s.json' } } }
const messages = [{ role: 'user', content: 'x' }]

test.each([
  [openAiChat, { messages, guided_json: ELSEWHERE }, 'guided_json'],
  [openAiChat, { messages, structured_outputs: { json: ELSEWHERE } }, 'structured_outputs'],
  [openAiChat, { messages, response_format: { type: 'json_object', schema: ELSEWHERE } }, 'response_format'],
  [openAiCompletions, { prompt: 'x', response_format: { json_schema: ELSEWHERE } }, 'response_format'],
  [
    openAiResponses,
    { input: 'x', store: false, text: { format: { type: 'json_object', schema: ELSEWHERE } } },
    'text.format.schema',
  ],
  [openAiResponses, { input: 'x', store: false, guided_json: [ELSEWHERE] }, 'guided_json'],
  [anthropicMessages, { messages, max_tokens: 9, guided_json: ELSEWHERE }, 'guided_json'],
  [
    anthropicMessages,
    {
      max_tokens: 9,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'mcp_tool_listing', mcp_server_name: 's', tools: [{ name: 'n', input_schema: ELSEWHERE }] },
          ],
        },
      ],
    },
    'messages[0].content[0].tools[0].input_schema',
  ],
] as const)('a schema that refers elsewhere would be fetched, wherever it stands: %#', (protocol, body, field) => {
  expect(acts(protocol, body).filter(({ action }) => action === 'fetch-url')).toEqual([{ action: 'fetch-url', field }])
})

test('what only looks like one is none', () => {
  expect(acts(openAiChat, { messages, metadata: { $ref: 'https://a' }, guided_json: { $ref: '#/a' } })).toEqual([])
  const used = { type: 'tool_use', id: 't', name: 'n', input: { $ref: 'https://a' } }
  expect(acts(anthropicMessages, { max_tokens: 9, messages: [{ role: 'assistant', content: [used] }] })).toEqual([])
})
