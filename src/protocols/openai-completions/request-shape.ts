// The allow-list of OpenAI's completions request (API reference, "Create completion").
import { input } from '#protocols/openai-input.ts'
import {
  arrayOf,
  boolean,
  either,
  integer,
  mapOf,
  notServed,
  nullable,
  number,
  object,
  text,
} from '#protocols/shape.ts'
import { NOT_SERVED } from './not-served.ts'

const MOST_TOKENS = 100_000_000

const fields = {
  ...Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)])),
  'model!': text,
  'prompt!': nullable(input),
  best_of: nullable(integer(0, 128)),
  echo: nullable(boolean),
  frequency_penalty: nullable(number(-2, 2)),
  logit_bias: nullable(mapOf(number(-100, 100), 1_024, 64)),
  logprobs: nullable(integer(0, 20)),
  max_tokens: nullable(integer(0, MOST_TOKENS)),
  n: nullable(integer(1, 128)),
  presence_penalty: nullable(number(-2, 2)),
  seed: nullable(integer(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)),
  stop: nullable(either('a string or an array of strings', { string: text, array: arrayOf(text) })),
  stream: nullable(boolean),
  stream_options: nullable(object({ include_usage: boolean, include_obfuscation: boolean })),
  suffix: nullable(text),
  temperature: nullable(number(0, 2)),
  top_p: nullable(number(0, 1)),
  user: text,
}

/** Every field that is known, with those that are known and not served. */
export const FIELDS: ReadonlySet<string> = new Set(Object.keys(fields).map((name) => name.replace('!', '')))

export const completionsRequest = object(fields)
