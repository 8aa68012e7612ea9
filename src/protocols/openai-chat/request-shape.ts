// The allow-list of OpenAI's chat completions request (API reference, "Create chat completion").
import { REASONING_EFFORTS } from '#access/parameters.ts'
import {
  type Shape,
  anyObject,
  anything,
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
  tagged,
  text,
  textOfAtMost,
  unknownType,
  watched,
  watchedUnlessPlain,
} from '#protocols/shape.ts'
import { NOT_SERVED } from './not-served.ts'

const cacheBreakpoint = { prompt_cache_breakpoint: object({ 'mode!': oneOf('explicit'), ttl: text }) }

const textPart = object({ 'type!': text, 'text!': text, ...cacheBreakpoint })
const refusalPart = object({ 'type!': text, 'refusal!': text })

const unknownPart = unknownType({
  type: [],
  text: [],
  refusal: [],
  image_url: ['url', 'detail'],
  input_audio: ['data', 'format'],
  file: ['file_data', 'file_id', 'filename'],
  prompt_cache_breakpoint: ['mode', 'ttl'],
})

const partOf = (types: { readonly [type: string]: Shape }): Shape => watched(tagged('type', types, unknownPart))

const part = partOf({
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
})

const textOr = (parts: Shape): Shape => either('a string or an array of parts', { string: text, array: arrayOf(parts) })
const texts = textOr(partOf({ text: textPart }))

// Numbered in streams, which some clients send back as they came.
const call = { 'id!': text, 'type!': text, index: integer(0, 1_000_000) }
const toolCall = tagged('type', {
  function: object({ ...call, 'function!': object({ 'name!': text, 'arguments!': text }) }),
  custom: object({ ...call, 'custom!': object({ 'name!': text, 'input!': text }) }),
})

const citation = object({
  'type!': oneOf('url_citation'),
  'url_citation!': object({ start_index: anything, end_index: anything, title: text, url: text }),
})

// With what only answers have: they come back as they were given, those of models that think aloud too.
const assistant = object({
  'role!': text,
  content: nullable(textOr(partOf({ text: textPart, refusal: refusalPart }))),
  name: text,
  refusal: nullable(text),
  audio: nullable(object({ 'id!': text, data: text, expires_at: anything, transcript: text })),
  annotations: nullable(arrayOf(citation)),
  reasoning: nullable(text),
  reasoning_content: nullable(text),
  tool_calls: nullable(arrayOf(toolCall)),
  function_call: nullable(object({ 'name!': text, 'arguments!': text })),
})

const message = watchedUnlessPlain(
  tagged('role', {
    system: object({ 'role!': text, 'content!': texts, name: text }),
    developer: object({ 'role!': text, 'content!': texts, name: text }),
    user: object({ 'role!': text, 'content!': textOr(part), name: text }),
    assistant,
    tool: object({ 'role!': text, 'content!': texts, 'tool_call_id!': text }),
    function: object({ 'role!': text, 'content!': nullable(text), 'name!': text }),
  }),
)

const functionTool = object({
  'name!': text,
  description: text,
  parameters: anyObject,
  strict: nullable(boolean),
})

const toolFormat = tagged('type', {
  text: object({ 'type!': text }),
  grammar: object({ 'type!': text, 'grammar!': object({ 'definition!': text, 'syntax!': text }) }),
})

// A tool of any other type is one that the provider itself would run; so it is where one is chosen.
const tool = watched(
  tagged('type', {
    function: object({ 'type!': text, 'function!': functionTool }),
    custom: object({ 'type!': text, 'custom!': object({ 'name!': text, description: text, format: toolFormat }) }),
  }),
)

const named = object({ 'name!': text })
const oneTool = {
  function: object({ 'type!': text, 'function!': named }),
  custom: object({ 'type!': text, 'custom!': named }),
}

const toolChoice = either('a string or an object', {
  string: oneOf('none', 'auto', 'required'),
  object: watched(
    tagged('type', {
      ...oneTool,
      allowed_tools: object({
        'type!': text,
        'allowed_tools!': object({
          'mode!': oneOf('auto', 'required'),
          'tools!': arrayOf(tagged('type', oneTool)),
        }),
      }),
    }),
  ),
})

const audio = object({
  'format!': text,
  'voice!': either('a string or an object', { string: text, object: object({ 'id!': text }) }),
})

const moderated = nullable(object({ 'mode!': oneOf('score', 'block') }))

const responseFormat = tagged('type', {
  text: object({ 'type!': text }),
  json_object: object({ 'type!': text }),
  json_schema: object({
    'type!': text,
    'json_schema!': object({ 'name!': text, description: text, schema: anyObject, strict: nullable(boolean) }),
  }),
})

const MOST_TOKENS = 100_000_000

const fields = {
  ...Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)])),
  'model!': text,
  'messages!': arrayOf(message, 1),
  audio: nullable(audio),
  frequency_penalty: nullable(number(-2, 2)),
  function_call: either('a string or an object', { string: oneOf('none', 'auto'), object: named }),
  functions: arrayOf(watched(functionTool)),
  logit_bias: nullable(mapOf(number(-100, 100), 1_024, 64)),
  logprobs: nullable(boolean),
  max_completion_tokens: nullable(integer(1, MOST_TOKENS)),
  max_tokens: nullable(integer(1, MOST_TOKENS)),
  metadata: nullable(mapOf(textOfAtMost(512), 16, 64)),
  modalities: nullable(arrayOf(text)),
  moderation: nullable(object({ 'model!': text, policy: nullable(object({ input: moderated, output: moderated })) })),
  n: nullable(integer(1, 128)),
  parallel_tool_calls: boolean,
  prediction: nullable(object({ 'type!': oneOf('content'), 'content!': texts })),
  presence_penalty: nullable(number(-2, 2)),
  prompt_cache_key: nullable(text),
  prompt_cache_options: object({ mode: oneOf('implicit', 'explicit'), ttl: text }),
  prompt_cache_retention: nullable(text),
  reasoning_effort: nullable(oneOf(...REASONING_EFFORTS)),
  response_format: responseFormat,
  safety_identifier: nullable(text),
  seed: nullable(integer(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)),
  service_tier: nullable(text),
  stop: nullable(either('a string or an array of strings', { string: text, array: arrayOf(text) })),
  store: nullable(boolean),
  stream: nullable(boolean),
  stream_options: nullable(object({ include_usage: boolean, include_obfuscation: boolean })),
  temperature: nullable(number(0, 2)),
  tool_choice: toolChoice,
  tools: arrayOf(tool),
  top_logprobs: nullable(integer(0, 20)),
  top_p: nullable(number(0, 1)),
  user: text,
  verbosity: nullable(text),
  web_search_options: anything,
}

/** Every field that is known, with those that are known and not served. */
export const FIELDS: ReadonlySet<string> = new Set(Object.keys(fields).map((name) => name.replace('!', '')))

export const chatRequest = object(fields)
