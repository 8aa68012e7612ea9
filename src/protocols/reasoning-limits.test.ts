import { describe, expect, test } from 'bun:test'
import type { ParameterLimits } from '#access/parameters.ts'
import type { Protocol } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'

const messages = [{ role: 'user', content: 'x' }]
const LOW: ParameterLimits = { reasoningEffort: { max: 'low' } }

/** `reason field`, or the effort that policy sees. */
function judged(protocol: Protocol, body: object, limits: ParameterLimits): string {
  try {
    const reading = protocol.read(new TextEncoder().encode(JSON.stringify({ model: 'm', ...body })), 128)
    const effort = reading.parametersUnder(limits)['reasoning_effort']
    return typeof effort === 'string' ? effort : 'unnamed'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.reason} ${error.detail.field ?? ''}`
  }
}

const chat = (more: object, limits = LOW) => judged(openAiChat, { messages, ...more }, limits)
const responses = (more: object, limits = LOW) => judged(openAiResponses, { input: 'x', ...more }, limits)
const anthropic = (more: object, limits = LOW) =>
  judged(anthropicMessages, { messages, max_tokens: 4096, ...more }, limits)

const OTHERS = [
  'chat_template_kwargs',
  'enable_thinking',
  'enableThinking',
  'include_reasoning',
  'max_thinking_tokens',
  'reasoning_budget',
  'reasoning_max_tokens',
  'reasoning_tokens',
  'think',
  'thinkingBudget',
  'thinking_budget',
  'thinking_config',
  'thinking_level',
  'thinking_token_budget',
]

test.each(OTHERS)('under a limit of effort, no other field sets it: %s', (name) => {
  for (const ask of [chat, responses, anthropic]) {
    expect(ask({ [name]: 9 })).toBe(`invalid_field ${name}`)
    expect(ask({ [name]: 9 }, {})).toBe('unnamed')
  }
})

test('an effort is one of those that are known', () => {
  expect(chat({ reasoning_effort: 'xhigh' }, {})).toBe('xhigh')
  expect(chat({ reasoning_effort: 'extreme' }, {})).toBe('invalid_field reasoning_effort')
  expect(responses({ reasoning: { effort: 'none' } }, {})).toBe('none')
  expect(responses({ reasoning: { effort: 'extreme' } }, {})).toBe('invalid_field reasoning.effort')
  const update = { type: 'configuration_update', reasoning: { effort: 'extreme' } }
  expect(responses({ input: [update] }, {})).toBe('invalid_field input[0].reasoning.effort')
})

describe('what reasoning in responses says beside its effort', () => {
  test.each([
    [{ mode: 'standard', effort: 'high', summary: 'auto' }, 'low'],
    [{ mode: null }, 'unnamed'],
    [{ mode: 'pro', effort: 'low' }, 'invalid_field reasoning.mode'],
    [{ max_tokens: 99_999 }, 'invalid_field reasoning.max_tokens'],
    [{ effort: 'low', enabled: true }, 'invalid_field reasoning.enabled'],
  ])('%j', (reasoning, expected) => {
    expect(responses({ reasoning })).toBe(expected)
    expect(responses({ reasoning }, {})).not.toStartWith('invalid_field')
  })

  test('also where an item changes it, or a tool thinks', () => {
    const update = { type: 'configuration_update', reasoning: { effort: 'low', mode: 'pro' } }
    expect(responses({ input: [update] })).toBe('invalid_field input[0].reasoning.mode')
  })
})

describe('Anthropic’s thinking', () => {
  const enabled = { thinking: { type: 'enabled', budget_tokens: 2048 } }
  const adaptive = { thinking: { type: 'adaptive' } }
  const effort = { output_config: { effort: 'high' } }
  test.each([
    [{ thinking: { type: 'disabled' } }, LOW, 'unnamed'],
    [enabled, LOW, 'invalid_field thinking.budget_tokens'],
    [{ ...enabled, ...effort }, LOW, 'invalid_field thinking.budget_tokens'],
    [{ thinking: { budget_tokens: 2048 } }, LOW, 'invalid_field thinking.budget_tokens'],
    [{ thinking: { type: 'adaptive', budget_tokens: 2048 }, ...effort }, LOW, 'invalid_field thinking.budget_tokens'],
    [{ thinking: { type: 'enabled' } }, LOW, 'invalid_field thinking.type'],
    [adaptive, LOW, 'invalid_field thinking.type'],
    [{ ...adaptive, ...effort }, LOW, 'low'],
    [adaptive, { reasoningEffort: { fixed: 'medium' } }, 'medium'],
    [enabled, { reasoningEffort: { fixed: 'medium' } }, 'invalid_field thinking.budget_tokens'],
    [enabled, { reasoningEffort: { max: 'high' } }, 'unnamed'],
    [adaptive, { reasoningEffort: { max: 'xhigh' } }, 'unnamed'],
    [enabled, {}, 'unnamed'],
  ] as const)('%j under %j', (body, limits, expected) => {
    expect(anthropic(body, limits)).toBe(expected)
  })
})
