// What the demo provider reads of a chat completion request. Unknown fields are nobody's business here: refusing them
// is the gate's, and a provider that did so too would hide whether it does.
import { z } from 'zod'
import { readBodyAs, type Read } from '#demo/openai/openai-body.ts'

const part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })
const message = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(part), z.null()]).optional(),
})
const named = z.looseObject({ name: z.string(), parameters: z.unknown().optional() })
const tool = z.union([
  z.looseObject({ type: z.literal('function'), function: named }),
  z.looseObject({ type: z.literal('custom'), custom: z.looseObject({ name: z.string() }) }),
])
const allowed = z.looseObject({ mode: z.enum(['auto', 'required']), tools: z.array(z.unknown()) })
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({ type: z.literal('allowed_tools'), allowed_tools: allowed }),
  tool,
])
const count = (least: number, most: number) => z.int().min(least).max(most).nullish()

const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: count(1, 128),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: count(1, 1_000_000_000),
  max_completion_tokens: count(1, 1_000_000_000),
  logprobs: z.boolean().nullish(),
  top_logprobs: count(0, 20),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(named).optional(),
  function_call: z.union([z.enum(['none', 'auto']), z.looseObject({ name: z.string() })]).optional(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.looseObject({ name: z.string(), schema: z.unknown().optional() }).optional(),
    })
    .optional(),
})

export type ChatRequest = z.infer<typeof chatRequest>
type Message = ChatRequest['messages'][number]

export function readChatRequest(body: string): Read<ChatRequest> {
  return readBodyAs(chatRequest, body)
}

/** A message's text, its text parts joined. */
export function textOf(message: Message): string {
  const { content } = message
  if (typeof content === 'string') return content
  return (content ?? []).map((each) => each.text ?? each.refusal ?? '').join('')
}

/** The kinds of a message's parts that are not text. */
export function otherParts(message: Message): readonly string[] {
  if (!Array.isArray(message.content)) return []
  return message.content.flatMap((each) => (each.type === 'text' || each.type === 'refusal' ? [] : [each.type]))
}

/** The last message of the user, and the results that tools have given since. */
export function lastTurn(request: ChatRequest): { readonly user?: Message; readonly results: readonly Message[] } {
  const index = request.messages.findLastIndex((each) => each.role === 'user')
  const results = request.messages.slice(index + 1).filter((each) => each.role === 'tool' || each.role === 'function')
  const user = request.messages[index]
  return user ? { user, results } : { results }
}
