// The allow-list of OpenAI's chat completions request (API reference, "Create chat completion").
import {
  type Shape,
  anyObject,
  anything,
  arrayOf,
  boolean,
  either,
  integer,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
} from '#protocols/shape.ts'

const cacheBreakpoint = { prompt_cache_breakpoint: anyObject }

const textPart = object({ 'type!': text, 'text!': text, ...cacheBreakpoint })
const refusalPart = object({ 'type!': text, 'refusal!': text })

const part = tagged(
  'type',
  {
    text: textPart,
    image_url: object({
      'type!': text,
      'image_url!': object({ 'url!': text, detail: oneOf('auto', 'low', 'high', 'original') }),
      ...cacheBreakpoint,
    }),
    input_audio: object({
      'type!': text,
      'input_audio!': object({ 'data!': text, 'format!': text }),
      ...cacheBreakpoint,
    }),
    file: object({
      'type!': text,
      'file!': object({ file_data: text, file_id: text, filename: text }),
      ...cacheBreakpoint,
    }),
  },
  unknownType,
)

const textOr = (parts: Shape): Shape => either('a string or an array of parts', { string: text, array: arrayOf(parts) })
const texts = textOr(tagged('type', { text: textPart }, unknownType))

const toolCall = tagged('type', {
  function: object({ 'id!': text, 'type!': text, 'function!': object({ 'name!': text, 'arguments!': text }) }),
  custom: object({ 'id!': text, 'type!': text, 'custom!': object({ 'name!': text, 'input!': text }) }),
})

const assistant = object({
  'role!': text,
  content: nullable(textOr(tagged('type', { text: textPart, refusal: refusalPart }, unknownType))),
  name: text,
  refusal: nullable(text),
  audio: nullable(object({ 'id!': text })),
  tool_calls: nullable(arrayOf(toolCall)),
  function_call: nullable(object({ 'name!': text, 'arguments!': text })),
})

const message = tagged('role', {
  system: object({ 'role!': text, 'content!': texts, name: text }),
  developer: object({ 'role!': text, 'content!': texts, name: text }),
  user: object({ 'role!': text, 'content!': textOr(part), name: text }),
  assistant,
  tool: object({ 'role!': text, 'content!': texts, 'tool_call_id!': text }),
  function: object({ 'role!': text, 'content!': nullable(text), 'name!': text }),
})

const functionTool = object({
  'name!': text,
  description: text,
  parameters: anyObject,
  strict: nullable(boolean),
})

// A tool of any other type is one that the provider itself would run.
const tool = tagged('type', {
  function: object({ 'type!': text, 'function!': functionTool }),
  custom: object({ 'type!': text, 'custom!': object({ 'name!': text, description: text, format: anyObject }) }),
})

const stringOrObject = either('a string or an object', { string: text, object: anyObject })

const responseFormat = tagged('type', {
  text: object({ 'type!': text }),
  json_object: object({ 'type!': text }),
  json_schema: object({
    'type!': text,
    'json_schema!': object({ 'name!': text, description: text, schema: anyObject, strict: nullable(boolean) }),
  }),
})

const MOST_TOKENS = 100_000_000

export const chatRequest = object({
  'model!': text,
  'messages!': arrayOf(message, 1),
  audio: nullable(anyObject),
  frequency_penalty: nullable(number(-2, 2)),
  function_call: stringOrObject,
  functions: arrayOf(functionTool),
  logit_bias: nullable(mapOf(number(-100, 100))),
  logprobs: nullable(boolean),
  max_completion_tokens: nullable(integer(1, MOST_TOKENS)),
  max_tokens: nullable(integer(1, MOST_TOKENS)),
  metadata: nullable(mapOf(text)),
  modalities: nullable(arrayOf(text)),
  n: nullable(integer(1, 128)),
  parallel_tool_calls: boolean,
  prediction: nullable(anyObject),
  presence_penalty: nullable(number(-2, 2)),
  prompt_cache_key: nullable(text),
  prompt_cache_options: anyObject,
  prompt_cache_retention: nullable(text),
  reasoning_effort: nullable(text),
  response_format: responseFormat,
  safety_identifier: nullable(text),
  seed: nullable(integer(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)),
  service_tier: nullable(text),
  stop: nullable(either('a string or an array of strings', { string: text, array: arrayOf(text) })),
  store: nullable(boolean),
  stream: nullable(boolean),
  stream_options: nullable(object({ include_usage: boolean, include_obfuscation: boolean })),
  temperature: nullable(number(0, 2)),
  tool_choice: stringOrObject,
  tools: arrayOf(tool),
  top_logprobs: nullable(integer(0, 20)),
  top_p: nullable(number(0, 1)),
  user: text,
  verbosity: nullable(text),
  web_search_options: anything,
})
