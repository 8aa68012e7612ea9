// What the demo provider reads of a request to Anthropic's messages. Unknown fields are nobody's business here: refusing
// them is the gate's, and a provider that did so too would hide whether it does.
import { z } from 'zod'
import type { AnthropicProblem } from './anthropic-error.ts'

const cacheControl = z.looseObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()
const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
  cache_control: cacheControl,
})
const content = z.union([z.string(), z.array(block)])
const message = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content })
const tool = z.looseObject({
  type: z.string().nullish(),
  name: z.string().optional(),
  input_schema: z.unknown().optional(),
  cache_control: cacheControl,
})
const toolChoice = z.looseObject({
  type: z.enum(['auto', 'any', 'tool', 'none']),
  name: z.string().optional(),
  disable_parallel_tool_use: z.boolean().optional(),
})
const format = z.looseObject({ type: z.literal('json_schema'), schema: z.unknown() }).nullish()

const countRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(block)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: z
    .looseObject({
      type: z.enum(['enabled', 'adaptive', 'between_tools', 'disabled']),
      display: z.enum(['summarized', 'omitted']).nullish(),
    })
    .optional(),
  output_config: z.looseObject({ format }).optional(),
  output_format: format,
  mcp_servers: z.array(z.looseObject({ name: z.string() })).optional(),
  cache_control: cacheControl,
  compaction: z.looseObject({ type: z.literal('summarize') }).nullish(),
})
const messagesRequest = countRequest.extend({
  max_tokens: z.int().min(1).max(1_000_000_000),
  stream: z.boolean().nullish(),
  stop_sequences: z.array(z.string()).optional(),
  thread: z
    .union([
      z.looseObject({ type: z.literal('create') }),
      z.looseObject({ type: z.literal('continue'), previous_message_id: z.string() }),
    ])
    .nullish(),
})

/** All that counting asks for, and all that a message needs besides its limits. */
export type CountRequest = z.infer<typeof countRequest>
export type MessagesRequest = z.infer<typeof messagesRequest>
export type Message = CountRequest['messages'][number]
export type Block = z.infer<typeof block>

export type Read<T> =
  | { readonly request: T; readonly problem?: never }
  | { readonly request?: never; readonly problem: AnthropicProblem }

export function readMessagesRequest(body: string): Read<MessagesRequest> {
  return readAs(messagesRequest, body)
}

export function readCountRequest(body: string): Read<CountRequest> {
  return readAs(countRequest, body)
}

function readAs<T>(shape: z.ZodType<T>, body: string): Read<T> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { problem: { status: 400, message: 'The request body is not valid JSON.' } }
  }
  const read = shape.safeParse(value)
  if (read.success) return { request: read.data }
  const [issue] = read.error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  return { problem: { status: 400, message: `${path}: ${issue?.message ?? 'not the expected request'}` } }
}

/** A content's blocks; a text alone is a block of text. */
export function blocksOf(value: unknown): Block[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  const read = z.array(block).safeParse(value)
  return read.success ? read.data : []
}

/** A content's text, its text blocks joined. */
export function textOf(value: unknown): string {
  return blocksOf(value)
    .map((each) => each.text ?? '')
    .join('')
}

/** The last message of the user that is more than results, and the results that tools have given since. */
export function lastTurn({ messages }: CountRequest): { readonly user?: Message; readonly results: readonly Block[] } {
  const isResult = (each: Block): boolean => each.type === 'tool_result'
  const index = messages.findLastIndex((each) => each.role === 'user' && !blocksOf(each.content).every(isResult))
  const later = messages.slice(index + 1).filter((each) => each.role === 'user')
  const results = later.flatMap((each) => blocksOf(each.content)).filter(isResult)
  const user = messages[index]
  return user ? { user, results } : { results }
}
