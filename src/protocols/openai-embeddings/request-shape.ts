// The allow-list of OpenAI's embeddings request (API reference, "Create embeddings").
import { input } from '#protocols/openai-input.ts'
import { elsewhere, notServedBeside } from '#protocols/not-served.ts'
import { integer, notServed, object, oneOf, text } from '#protocols/shape.ts'

const NOT_SERVED = notServedBeside(elsewhere('messages prompt instructions include tools functions store stream'))

const fields = {
  ...Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)])),
  'model!': text,
  'input!': input,
  dimensions: integer(1, 1_000_000),
  encoding_format: oneOf('float', 'base64'),
  user: text,
}

/** Every field that is known, with those that are known and not served. */
export const FIELDS: ReadonlySet<string> = new Set(Object.keys(fields).map((name) => name.replace('!', '')))

export const embeddingsRequest = object(fields)
