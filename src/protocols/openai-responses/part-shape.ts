// Content parts of the Responses API: what a message, or a tool's output, is made of.
import {
  type Shape,
  anyObject,
  anything,
  arrayOf,
  either,
  nullable,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
  watched,
} from '#protocols/shape.ts'

const cacheBreakpoint = { prompt_cache_breakpoint: nullable(object({ 'mode!': oneOf('explicit'), ttl: text })) }

const citation = object({
  'type!': text,
  file_id: text,
  container_id: text,
  filename: text,
  title: text,
  url: text,
  index: anything,
  start_index: anything,
  end_index: anything,
})

const unknownPart = unknownType({
  type: [],
  text: [],
  refusal: [],
  image_url: ['url', 'detail'],
  file_id: [],
  file_url: [],
  file_data: [],
  filename: [],
  detail: [],
  input_audio: ['data', 'format'],
  annotations: [],
  logprobs: [],
  prompt_cache_breakpoint: ['mode', 'ttl'],
})

/** Also what an assistant said before: answers come back as they were given. A part that is not known in full is obscure. */
export const part: Shape = watched(
  tagged(
    'type',
    {
      input_text: object({ 'type!': text, 'text!': text, ...cacheBreakpoint }),
      input_image: object({
        'type!': text,
        detail: nullable(text),
        file_id: nullable(text),
        image_url: nullable(text),
        ...cacheBreakpoint,
      }),
      input_file: object({
        'type!': text,
        detail: nullable(text),
        file_data: nullable(text),
        file_id: nullable(text),
        file_url: nullable(text),
        filename: nullable(text),
        ...cacheBreakpoint,
      }),
      input_audio: object({ 'type!': text, 'input_audio!': object({ 'data!': text, 'format!': text }) }),
      output_text: object({
        'type!': text,
        'text!': text,
        annotations: nullable(arrayOf(citation)),
        logprobs: nullable(arrayOf(anyObject)),
      }),
      refusal: object({ 'type!': text, 'refusal!': text }),
      reasoning_text: object({ 'type!': text, 'text!': text }),
      summary_text: object({ 'type!': text, 'text!': text }),
      computer_screenshot: object({ 'type!': text, file_id: nullable(text), image_url: nullable(text), detail: text }),
    },
    unknownPart,
  ),
)

export const textOrParts: Shape = either('a string or an array of parts', { string: text, array: arrayOf(part) })
