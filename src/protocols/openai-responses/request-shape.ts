// The allow-lists of the Responses API's requests (API reference, "Create a response", "Get input token counts", "Compact a response").
import {
  type Shape,
  arrayOf,
  boolean,
  either,
  integer,
  mapOf,
  notServed,
  nullable,
  number,
  object,
  oneOf,
  text,
  textOfAtMost,
} from '#protocols/shape.ts'
import { effort, inputItem } from './item-shape.ts'
import { NOT_SERVED } from './not-served.ts'
import { part } from './part-shape.ts'
import { textConfig } from './text-shape.ts'
import { tool, toolChoice } from './tool-shape.ts'

const optional = nullable(text)
const moderated = nullable(object({ 'mode!': oneOf('score', 'block') }))
const MOST_TOKENS = 100_000_000

const inputFields: { readonly [name: string]: Shape } = {
  'model!': text,
  input: nullable(either('a string or an array of items', { string: text, array: arrayOf(inputItem) })),
  instructions: optional,
  previous_response_id: optional,
}

const counted: { readonly [name: string]: Shape } = {
  ...inputFields,
  conversation: nullable(either('a string or an object', { string: text, object: object({ 'id!': text }) })),
  parallel_tool_calls: nullable(boolean),
  reasoning: nullable(
    object({
      context: optional,
      effort,
      generate_summary: optional,
      mode: optional,
      summary: optional,
    }),
  ),
  text: nullable(textConfig),
  tool_choice: nullable(toolChoice),
  tools: nullable(arrayOf(tool)),
  truncation: optional,
}

const cached: { readonly [name: string]: Shape } = {
  image: nullable(object({ context_compression: optional })),
  prompt_cache_key: optional,
  prompt_cache_options: nullable(
    object({ comparison_response_id: optional, mode: optional, prewarm: nullable(boolean), ttl: optional }),
  ),
  prompt_cache_retention: optional,
  service_tier: optional,
}

const variable = either('a string or a part', { string: text, object: part })

const created: { readonly [name: string]: Shape } = {
  ...counted,
  ...cached,
  access_programs: nullable(object({ cyber: optional })),
  background: nullable(boolean),
  context_management: nullable(
    arrayOf(object({ 'type!': text, compact_threshold: nullable(integer(0, MOST_TOKENS)) })),
  ),
  include: nullable(arrayOf(text)),
  max_output_tokens: nullable(integer(1, MOST_TOKENS)),
  max_tool_calls: nullable(integer(0, MOST_TOKENS)),
  metadata: nullable(mapOf(textOfAtMost(512), 16, 64)),
  moderation: nullable(object({ 'model!': text, policy: nullable(object({ input: moderated, output: moderated })) })),
  prompt: nullable(object({ 'id!': text, variables: nullable(mapOf(variable, 1_024, 256)), version: optional })),
  safety_identifier: optional,
  store: nullable(boolean),
  stream: nullable(boolean),
  stream_options: nullable(object({ include_obfuscation: nullable(boolean) })),
  temperature: nullable(number(0, 2)),
  top_logprobs: nullable(integer(0, 20)),
  top_p: nullable(number(0, 1)),
  user: optional,
}

const bareName = (name: string): string => name.replace(/!$/, '')

/** What creating a response takes, and these do not: such a field is no slip of the pen, and could make the provider act. */
function narrower(fields: { readonly [name: string]: Shape }): Shape {
  const known = new Set(Object.keys(fields).map(bareName))
  const others = Object.keys(created)
    .map(bareName)
    .filter((name) => !known.has(name))
  return object({ ...refused, ...Object.fromEntries(others.map((name) => [name, ELSEWHERE])), ...fields })
}

const ELSEWHERE = notServed('belongs to the creation of a response')

const refused = Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)]))

export const responseRequest: Shape = object({ ...refused, ...created })

export const inputTokensRequest: Shape = narrower({ ...counted, personality: textOfAtMost(64) })

export const compactRequest: Shape = narrower({ ...inputFields, ...cached })
