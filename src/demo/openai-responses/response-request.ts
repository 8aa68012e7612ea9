// What the demo provider reads of a request for a response. Unknown fields are nobody's business here: refusing them is the
// gate's, and a provider that did so too would hide whether it does.
import { z } from 'zod'
import { readBodyAs, type Read } from '#demo/openai/openai-body.ts'
import { words } from '#demo/pieces.ts'

const item = z.looseObject({
  type: z.string().optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']).optional(),
  id: z.string().nullish(),
})
const tool = z.looseObject({ type: z.string(), name: z.string().optional(), parameters: z.unknown().optional() })
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({
    type: z.string(),
    name: z.string().nullish(),
    mode: z.enum(['auto', 'required']).optional(),
    tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  }),
])
const format = z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']), schema: z.unknown().optional() })

const inputRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item)]).nullish(),
  instructions: z.union([z.string(), z.array(item)]).nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
})
const partialRequest = inputRequest.partial({ model: true })
const responseRequest = inputRequest.extend({
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  include: z.array(z.string()).nullish(),
  max_output_tokens: z.int().min(1).max(1_000_000_000).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z.looseObject({ summary: z.string().nullish(), generate_summary: z.string().nullish() }).nullish(),
  text: z.looseObject({ format: format.optional() }).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})

/** All that counting and compacting ask for; counting is asked without a model, too. */
export type InputRequest = z.infer<typeof partialRequest>
export type ResponseRequest = z.infer<typeof responseRequest>
export type Item = z.infer<typeof item>

export function readResponseRequest(body: string): Read<ResponseRequest> {
  return readBodyAs(responseRequest, body)
}

export function readInputRequest(body: string): Read<InputRequest> {
  return readBodyAs(partialRequest, body)
}

/** A request's own items; a text alone is a message of the user. */
export function itemsOf(value: string | readonly Item[] | null | undefined): readonly Item[] {
  if (typeof value === 'string') return [{ type: 'message', role: 'user', content: value }]
  return value ?? []
}

const parts = z.union([
  z.string().transform((text) => [{ type: 'input_text', text }]),
  z.array(z.looseObject({ stdout: z.string() }).transform(({ stdout }) => ({ type: 'output_text', text: stdout }))),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })),
])

/** The text of a message's content or of a tool's output. */
export function textOf(value: unknown): string {
  const read = parts.safeParse(value)
  return read.success ? read.data.map((part) => ('refusal' in part && part.refusal) || (part.text ?? '')).join('') : ''
}

/** The kinds of a message's parts that are not text. */
export function otherParts(value: unknown): readonly string[] {
  const read = parts.safeParse(value)
  return read.success ? read.data.flatMap(({ type, text }) => (text === undefined ? [type] : [])) : []
}

const RESULTS: ReadonlySet<string | undefined> = new Set([
  'function_call_output',
  'custom_tool_call_output',
  'shell_call_output',
  'local_shell_call_output',
  'apply_patch_call_output',
  'computer_call_output',
])

/** The last message of the user, and the results that tools have given since. */
export function lastTurn(items: readonly Item[]): { readonly user?: Item; readonly results: readonly Item[] } {
  const index = items.findLastIndex((each) => each.role === 'user')
  const results = items.slice(index + 1).filter((each) => RESULTS.has(each.type))
  const user = items[index]
  return user ? { user, results } : { results }
}

/** What reading costs, in words. */
export function countInput(instructions: InputRequest['instructions'], items: readonly Item[]): number {
  const texts = [...itemsOf(instructions), ...items].map((each) => textOf(each['content']) + textOf(each['output']))
  return texts.reduce((sum, text) => sum + words(text).length, 0)
}
