// Items and tools of the Responses API, and values nearly so.
import * as fc from 'fast-check'

// Values near enough to a request that most of the reader is reached, and wrong often enough.
export const word = fc.constantFrom(
  'user',
  'assistant',
  'message',
  'input_text',
  'input_image',
  'function',
  'function_call',
  'item_reference',
  'mcp',
  'reasoning',
  'namespace',
  'x',
  '',
  'Ä😀"\\\n',
)
export const loose = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  word,
  fc.constant(null),
)
const part = fc.record({ type: word, text: word, image_url: word, file_id: loose }, { requiredKeys: ['type'] })
export const tool = fc.record(
  {
    type: word,
    name: word,
    server_label: word,
    parameters: fc.dictionary(word, word),
    tools: fc.array(fc.record({ type: word })),
  },
  { requiredKeys: ['type'] },
)
export const item = fc.record(
  {
    type: word,
    id: word,
    role: word,
    content: fc.oneof(word, fc.array(part, { maxLength: 2 })),
    output: fc.oneof(word, fc.array(part, { maxLength: 2 }), part),
    arguments: word,
    call_id: word,
    name: word,
    tools: fc.array(tool, { maxLength: 2 }),
    Role: word,
  },
  { requiredKeys: [] },
)
