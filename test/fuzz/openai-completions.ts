// OpenAI completions: requests and answers, right and broken, are read or refused and nothing else; what leaves of them is
// what came, but for what the gate sets; and streamed or whole, an answer is redacted alike.
import { isInspected } from './parts/inspected-names.ts'
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { openAiCompletions } from '#protocols/openai-completions/openai-completions.ts'
import { brokenJson, jsonText } from './parts/json-text.ts'
import { judgeSaid, said, type Shape } from './parts/openai-answers.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 40
const STREAMS = 15

export const target: FuzzTarget = {
  name: 'openai-completions',
  async run(seed) {
    fc.assert(fc.property(requestText, judgeRequest), { seed, numRuns: RUNS })
    fc.assert(fc.property(brokenJson, judgeBytes), { seed, numRuns: RUNS })
    fc.assert(fc.property(answerText, judgeAnswer), { seed, numRuns: RUNS })
    await fc.assert(
      fc.asyncProperty(said, (spoken) => judgeSaid(openAiCompletions, COMPLETIONS, spoken)),
      { seed, numRuns: STREAMS },
    )
    return 3 * RUNS + STREAMS
  },
}

function refusedOr<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const word = fc.constantFrom('x', '', 'Ä😀"\\\n', 'stop')
const loose = fc.oneof(fc.boolean(), fc.integer({ min: -2, max: 3 }), word, fc.constant(null))
const token = fc.oneof({ weight: 9, arbitrary: fc.nat(99_999) }, { weight: 1, arbitrary: loose })
const prompt = fc.oneof(
  word,
  fc.array(word, { maxLength: 3 }),
  fc.array(token, { maxLength: 3 }),
  fc.array(fc.array(token, { maxLength: 3 }), { maxLength: 3 }),
  fc.array(fc.oneof(loose, fc.array(loose, { maxLength: 2 })), { maxLength: 3 }),
  loose,
)
const requestText = fc
  .record(
    {
      model: fc.oneof({ weight: 5, arbitrary: word }, loose),
      prompt,
      max_tokens: loose,
      n: loose,
      best_of: loose,
      temperature: loose,
      logprobs: loose,
      stream: fc.oneof(fc.boolean(), loose),
      user: fc.oneof(word, loose),
      suffix: loose,
      surprise: loose,
    },
    { requiredKeys: ['model', 'prompt'] },
  )
  .map((request) => JSON.stringify(request))

const LIMITS = { maxOutputTokens: { max: 2 }, temperature: { max: 1 } }

function judgeRequest(text: string): void {
  const reading = refusedOr(() => openAiCompletions.read(Buffer.from(text), 128))
  if (!reading) return
  const sent = JSON.parse(text) as { readonly model: string; readonly max_tokens?: number | null }
  strictEqual(reading.model, sent.model)
  ok(Number.isSafeInteger(reading.inputTokens) && reading.inputTokens >= 0)
  const settings = { model: 'other', user: 'p', without: new Set<never>(), provider: 'openai' } as const
  const leaving = (limits: object): unknown =>
    JSON.parse(Buffer.from(reading.compose({ ...settings, limits })).toString())
  deepStrictEqual(leaving({}), { ...sent, model: 'other', user: 'p' })
  const max_tokens = Math.min(sent.max_tokens ?? 2, 2)
  const limited = leaving(LIMITS) as { readonly temperature?: number | null }
  deepStrictEqual(limited, { ...sent, ...temperatureOf(limited), model: 'other', user: 'p', max_tokens })
  strictEqual(reading.parametersUnder(LIMITS)['max_output_tokens'], BigInt(max_tokens))
  const values = new Set([...reading.texts()].map(({ value }) => value))
  for (const value of stringsIn(JSON.parse(text))) ok(values.has(value), JSON.stringify(value))
}

function temperatureOf({ temperature }: { readonly temperature?: number | null }): object {
  if (temperature === undefined) return {}
  ok(temperature === null || temperature <= 1)
  return { temperature }
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return [
    ...(Array.isArray(value) ? [] : Object.keys(value).filter(isInspected)),
    ...Object.values(value).flatMap(stringsIn),
  ]
}

function judgeBytes(bytes: Uint8Array): void {
  refusedOr(() => openAiCompletions.read(bytes, 128))
  refusedOr(() => openAiCompletions.readAnswer(bytes, 'm'))
  refusedOr(() => openAiCompletions.readStream('m')({ data: Buffer.from(bytes).toString() }))
}

const logprobs = fc.oneof(
  fc.record(
    {
      tokens: fc.array(fc.oneof(word, loose), { maxLength: 3 }),
      top_logprobs: fc.oneof(fc.array(fc.oneof(fc.dictionary(word, loose), loose), { maxLength: 3 }), loose),
      token_logprobs: fc.array(loose, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  loose,
)
const answerText = fc.oneof(
  fc
    .record(
      {
        choices: fc.array(fc.record({ index: fc.nat(3), text: fc.oneof(word, loose), logprobs }), { maxLength: 2 }),
        model: fc.oneof(word, loose),
        usage: loose,
      },
      { requiredKeys: ['choices'] },
    )
    .map((answer) => JSON.stringify(answer)),
  jsonText,
)

/** Of log-probabilities, whose names are known. */
const NAMES: ReadonlySet<string> = new Set(['tokens', 'token_logprobs', 'top_logprobs'])

function judgeAnswer(text: string): void {
  const came: unknown = refusedOr(() => openAiCompletions.readAnswer(Buffer.from(text), 'mine')) && JSON.parse(text)
  if (typeof came !== 'object' || came === null) return
  const whole = openAiCompletions.readAnswer(Buffer.from(text), 'mine')
  const expected = 'model' in came ? { ...came, model: 'mine' } : came
  deepStrictEqual(JSON.parse(Buffer.from(whole.compose([])).toString()), expected)
  const all = [...whole.texts()].map(({ value }) => value).join('\n')
  for (const value of stringsIn(came)) ok(NAMES.has(value) || all.includes(value), JSON.stringify(value))
  const event = refusedOr(() => openAiCompletions.readStream('mine')({ data: text }))
  if (event) deepStrictEqual(besideNames(event.texts), besideNames(whole.texts()))
}

const besideNames = (texts: Iterable<Text>): readonly string[] =>
  [...texts].filter(({ place }) => !place.endsWith('/*')).map(({ value }) => value)

const COMPLETIONS: Shape = {
  whole: (pieces) => ({ text: pieces.join(''), logprobs: { tokens: pieces, top_logprobs: pieces.map(mapOf) } }),
  piece: (piece) => ({ text: piece, logprobs: { tokens: [piece], top_logprobs: [mapOf(piece)] } }),
  textsOf(choice) {
    const { text, logprobs: found } = choice as {
      readonly text: string
      readonly logprobs: { readonly tokens: readonly string[]; readonly top_logprobs: readonly object[] }
    }
    const names = found.top_logprobs.map((map) => Object.keys(map).join('')).join('')
    return { text, tokens: found.tokens.join(''), names }
  },
}

const mapOf = (piece: string): object => ({ [piece]: -1 })
