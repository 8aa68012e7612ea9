// OpenAI embeddings and moderations: bodies and answers, right and broken, are read or refused and nothing else; what leaves
// is what came, but for the names; and emptying lists of numbers hides nothing else from the strict reader.
import { isInspected } from './parts/inspected-names.ts'
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { Refusal } from '#access/refusal.ts'
import { JsonError } from '#lib/json-error.ts'
import { readJson } from '#lib/json.ts'
import { withoutNumberLists } from '#protocols/json-number-lists.ts'
import { openAiEmbeddings } from '#protocols/openai-embeddings/openai-embeddings.ts'
import { openAiModerations } from '#protocols/openai-moderations/openai-moderations.ts'
import { brokenJson, jsonText } from './parts/json-text.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 40

export const target: FuzzTarget = {
  name: 'openai-embeddings',
  run(seed) {
    fc.assert(fc.property(fc.oneof(listText, jsonText, brokenJson), judgeLists), { seed, numRuns: 2 * RUNS })
    fc.assert(fc.property(requestText, judgeRequest), { seed, numRuns: RUNS })
    fc.assert(fc.property(answerText, judgeAnswer), { seed, numRuns: RUNS })
    return 4 * RUNS
  },
}

function refusedOr<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal || error instanceof JsonError) return undefined
    throw error
  }
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '01', '1.', '.5', '1e5', '1E-7', '1e999', '-', '+1', '1e', 'NaN', '" "', 'null', ''),
)
const space = fc.constantFrom('', '', ' ', '\n', '\t ', '\u00a0')
const list = fc
  .array(fc.tuple(space, number, space), { maxLength: 4 })
  .map((items) => `[${items.map((item) => item.join('')).join(',')}]`)
const listText = fc
  .array(fc.oneof(list, fc.constantFrom('"[1,2]"', '"\\"[1"', '{"a":[1]}', '[[1],[2]]')), { maxLength: 4 })
  .map((items) => `[${items.join(',')}]`)

/** The strict reader accepts the one if and only if it accepts the other, and all but numbers in lists is alike. */
function judgeLists(given: string | Uint8Array): void {
  const bytes = Buffer.from(given as string)
  const copy = withoutNumberLists(bytes)
  strictEqual(copy.length, bytes.length)
  const read = refusedOr(() => readJson(bytes))
  const emptied = refusedOr(() => readJson(copy))
  strictEqual(emptied === undefined, read === undefined)
  if (!read) return
  const empty = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.every((item) => typeof item === 'number') ? [] : value.map(empty)
    if (typeof value !== 'object' || value === null) return value
    return Object.entries(value).map(([key, inside]) => [key, empty(inside)])
  }
  const parsed = (from: Uint8Array): unknown => empty(JSON.parse(Buffer.from(from).toString()))
  deepStrictEqual(parsed(copy), parsed(bytes))
}

const word = fc.constantFrom('x', '', 'text', 'image_url', 'data:x', 'http://a', 'Ä😀"\\\n')
const loose = fc.oneof(fc.boolean(), fc.integer(), word, fc.constant(null))
const part = fc.record(
  { type: word, text: word, image_url: fc.oneof(fc.record({ url: word, detail: word }, { requiredKeys: [] }), loose) },
  { requiredKeys: [] },
)
const requestText = fc
  .record(
    {
      model: fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: loose }),
      input: fc.oneof(
        word,
        fc.array(word, { maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.array(part, { maxLength: 3 }),
        fc.array(fc.oneof(loose, part, fc.array(loose, { maxLength: 2 })), { maxLength: 3 }),
      ),
      user: fc.oneof(word, loose),
      dimensions: loose,
      surprise: loose,
    },
    { requiredKeys: ['input'] },
  )
  .map((request) => JSON.stringify(request))

function judgeRequest(text: string): void {
  for (const protocol of [openAiEmbeddings, openAiModerations]) {
    const reading = refusedOr(() => protocol.read(Buffer.from(text), 128))
    if (!reading) continue
    const sent = JSON.parse(text) as { readonly model: string; readonly user?: string }
    strictEqual(reading.model, sent.model)
    ok(Number.isSafeInteger(reading.inputTokens) && reading.inputTokens >= 0)
    const bytes = reading.compose({
      model: 'other',
      user: 'p',
      limits: {},
      without: new Set(),
      provider: 'openai-compatible',
    })
    const user = protocol === openAiEmbeddings || 'user' in sent ? { user: 'p' } : {}
    deepStrictEqual(JSON.parse(Buffer.from(bytes).toString()), { ...sent, model: 'other', ...user })
    const values = new Set([...reading.texts()].map(({ value }) => value))
    for (const value of stringsIn(sent)) ok(values.has(value), JSON.stringify(value))
  }
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return [
    ...(Array.isArray(value) ? [] : Object.keys(value).filter(isInspected)),
    ...Object.values(value).flatMap(stringsIn),
  ]
}

const embedding = fc.oneof(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 3 }), word, loose)
const answerText = fc.oneof(
  fc
    .record(
      {
        data: fc.array(fc.record({ index: fc.nat(), embedding }), { maxLength: 3 }),
        results: fc.array(fc.oneof(fc.dictionary(word, loose), loose), { maxLength: 2 }),
        model: fc.oneof(word, loose),
        error: fc.constant(null),
      },
      { requiredKeys: [] },
    )
    .map((answer) => JSON.stringify(answer)),
  jsonText,
)

function judgeAnswer(text: string): void {
  for (const protocol of [openAiEmbeddings, openAiModerations]) {
    const answer = refusedOr(() => protocol.readAnswer(Buffer.from(text), 'mine'))
    if (!answer) continue
    const came = JSON.parse(text) as object
    const expected = 'model' in came ? { ...came, model: 'mine' } : came
    deepStrictEqual(JSON.parse(Buffer.from(answer.compose([])).toString()), JSON.parse(JSON.stringify(expected)))
    const values = new Set([...answer.texts()].map(({ value }) => value))
    for (const value of stringsIn(came)) ok(values.has(value), JSON.stringify(value))
  }
}
