// The allow-lists of Anthropic's messages request and of its token count (API reference, "Create a Message" and "Count
// tokens in a Message", with the fields of their betas).
import {
  anyObject,
  arrayOf,
  boolean,
  either,
  integer,
  notServed,
  nullable,
  number,
  object,
  oneOf,
  tagged,
  text,
  watched,
} from '#protocols/shape.ts'
import { effort, message, systemPrompt } from './block-shape.ts'
import { NOT_SERVED } from './not-served.ts'
import { cacheControl, container, mcpServer, tool, toolChoice } from './tool-shape.ts'

const MOST_TOKENS = 100_000_000
const tokens = integer(0, MOST_TOKENS)

const jsonFormat = nullable(object({ 'type!': oneOf('json_schema'), 'schema!': anyObject }))

const outputConfig = object({
  effort,
  format: jsonFormat,
  task_budget: nullable(object({ 'type!': oneOf('tokens'), 'total!': tokens, remaining: nullable(tokens) })),
})

const thinking = object({
  type: oneOf('enabled', 'disabled', 'adaptive', 'between_tools'),
  budget_tokens: tokens,
  display: nullable(oneOf('summarized', 'omitted', 'updates')),
  block_binding: nullable(object({ prefix_mismatch_behavior: nullable(oneOf('error', 'drop_block')) })),
})

const amount = object({ 'type!': text, 'value!': tokens })
const edit = tagged('type', {
  clear_tool_uses_20250919: object({
    'type!': text,
    clear_at_least: nullable(amount),
    clear_tool_inputs: nullable(either('true, false or an array of names', { boolean, array: arrayOf(text) })),
    exclude_tools: nullable(arrayOf(text)),
    keep: amount,
    trigger: amount,
  }),
  clear_thinking_20251015: object({
    'type!': text,
    keep: either('"all" or an object', { string: oneOf('all'), object: object({ 'type!': text, value: tokens }) }),
  }),
  compact_20260112: object({
    'type!': text,
    instructions: nullable(text),
    pause_after_compaction: boolean,
    trigger: nullable(amount),
  }),
})

const thread = tagged('type', {
  create: object({ 'type!': text }),
  continue: object({ 'type!': text, 'previous_message_id!': text }),
})

const refused = Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)]))

const counted = {
  'model!': text,
  'messages!': arrayOf(message),
  cache_control: cacheControl,
  compaction: nullable(object({ 'type!': oneOf('summarize'), instructions: nullable(text) })),
  context_management: nullable(object({ edits: arrayOf(edit) })),
  mcp_servers: arrayOf(mcpServer),
  output_config: outputConfig,
  output_format: jsonFormat,
  speed: nullable(oneOf('standard', 'fast')),
  system: systemPrompt,
  thinking,
  tool_choice: toolChoice,
  tools: arrayOf(tool),
}

const request = {
  ...counted,
  'max_tokens!': tokens,
  container: watched(container),
  diagnostics: nullable(object({ previous_message_id: nullable(text) })),
  inference_geo: nullable(text),
  metadata: nullable(object({ user_id: nullable(text) })),
  service_tier: nullable(oneOf('auto', 'standard_only')),
  stop_sequences: arrayOf(text),
  stream: boolean,
  temperature: nullable(number(0, 1)),
  thread: nullable(thread),
  top_k: nullable(integer(0, MOST_TOKENS)),
  top_p: nullable(number(0, 1)),
}

export const messagesRequest = object({ ...refused, ...request })

// Of what only the creation of a message has: what a count would be no count with, and what stands for what a provider holds.
// The rest is noted, and passes in tier 1: callers count with the very body that they are about to send.
const ELSEWHERE = notServed('belongs to the creation of a message')

export const countTokensRequest = object({
  ...refused,
  metadata: notServed('says who asks, which a token count does not tell'),
  stream: ELSEWHERE,
  thread: ELSEWHERE,
  diagnostics: ELSEWHERE,
  ...counted,
})
