// OpenAI chat: requests and answers, right and broken, are read or refused and nothing else; what leaves of a request is
// what came, but for the model's name; and a stream means the same however it is cut on its way through the gate.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { Refusal } from '#access/refusal.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import { brokenJson, jsonText } from './parts/json-text.ts'
import { judgeSaid, said, type Shape } from './parts/openai-answers.ts'
import { passThrough } from './parts/pass-through.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 40
const STREAMS = 15

export const target: FuzzTarget = {
  name: 'openai-chat',
  async run(seed) {
    fc.assert(fc.property(requestText, judgeRequest), { seed, numRuns: RUNS })
    fc.assert(fc.property(brokenJson, judgeBytes), { seed, numRuns: RUNS })
    fc.assert(fc.property(answerText, judgeAnswer), { seed, numRuns: RUNS })
    await fc.assert(fc.asyncProperty(streamText, fc.array(fc.nat(), { maxLength: 6 }), judgeStream), {
      seed,
      numRuns: STREAMS,
    })
    await fc.assert(
      fc.asyncProperty(said, (spoken) => judgeSaid(openAiChat, CHAT, spoken)),
      { seed, numRuns: STREAMS },
    )
    return 3 * RUNS + 2 * STREAMS
  },
}

// Values near enough to a request that most of the reader is reached, and wrong often enough.
const word = fc.constantFrom(
  'user',
  'system',
  'assistant',
  'tool',
  'text',
  'image_url',
  'function',
  'x',
  '',
  'Ä😀"\\\n',
)
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text: word }),
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record({ url: fc.constantFrom('https://a/b', 'data:x') }),
  }),
  fc.record({ type: word, text: word }, { requiredKeys: [] }),
)
const message = fc.record(
  {
    role: word,
    content: fc.oneof(word, fc.array(part, { maxLength: 3 }), fc.constant(null)),
    name: word,
    tool_call_id: word,
    Role: word,
  },
  { requiredKeys: ['role', 'content'] },
)
const loose = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  word,
  fc.constant(null),
)
const requestText = fc
  .record(
    {
      model: fc.oneof(word, loose),
      messages: fc.oneof(
        { weight: 5, arbitrary: fc.array(message, { maxLength: 4 }) },
        { weight: 1, arbitrary: loose },
      ),
      stream: fc.oneof(fc.boolean(), loose),
      temperature: loose,
      max_tokens: loose,
      tools: fc.oneof(
        fc.array(fc.record({ type: word, function: fc.record({ name: word }) }), { maxLength: 2 }),
        loose,
      ),
      metadata: fc.oneof(fc.dictionary(word, word), loose),
      store: loose,
      seed: fc.constantFrom(1, 2 ** 60, -5),
      surprise: loose,
    },
    { requiredKeys: ['model', 'messages'] },
  )
  .map((request) => JSON.stringify(request))

/** A Refusal, or what the work made; anything else thrown is a fault found. */
function refusedOr<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function judgeRequest(text: string): void {
  const reading = refusedOr(() => openAiChat.read(Buffer.from(text), 128))
  if (!reading) return
  const sent = JSON.parse(text) as { readonly model: string; readonly stream?: boolean }
  strictEqual(reading.model, sent.model)
  strictEqual(reading.streaming, sent.stream === true)
  ok(Number.isSafeInteger(reading.inputTokens) && reading.inputTokens >= 0)
  const leaving = (model: string): unknown =>
    JSON.parse(
      Buffer.from(
        reading.compose({ model, user: 'p', limits: {}, without: new Set(), provider: 'openai-compatible' }),
      ).toString(),
    )
  deepStrictEqual(leaving('other'), { ...sent, model: 'other', safety_identifier: 'p' })
  deepStrictEqual(leaving(sent.model), { ...sent, safety_identifier: 'p' })
}

function judgeBytes(bytes: Uint8Array): void {
  refusedOr(() => openAiChat.read(bytes, 128))
  refusedOr(() => openAiChat.readAnswer(bytes, 'm'))
  refusedOr(() => openAiChat.readError(bytes, (message) => message))
  const read = openAiChat.readStream('m')
  refusedOr(() => read({ data: Buffer.from(bytes).toString() }))
}

const choice = (kind: 'message' | 'delta') =>
  fc.record({ index: fc.nat(), [kind]: fc.oneof(fc.record({ content: word }), loose) }, { requiredKeys: [] })
const answerOf = (kind: 'message' | 'delta') =>
  fc
    .record(
      {
        choices: fc.array(choice(kind), { maxLength: 2 }),
        model: fc.oneof(word, loose),
        usage: fc.oneof(fc.record({ prompt_tokens: loose, completion_tokens: loose }), loose),
        error: fc.oneof(fc.constant(null), fc.record({ message: word })),
      },
      { requiredKeys: ['choices'] },
    )
    .map((answer) => JSON.stringify(answer))
const answerText = fc.oneof(answerOf('message'), jsonText)

function judgeAnswer(text: string): void {
  const read = refusedOr(() => openAiChat.readAnswer(Buffer.from(text), 'mine'))
  if (!read) return
  const came = JSON.parse(text) as object
  const expected = 'model' in came ? { ...came, model: 'mine' } : came
  deepStrictEqual(JSON.parse(Buffer.from(read.compose([])).toString()), expected)
}

const sound = fc.constantFrom('{"choices":[{"index":0,"delta":{"content":"ä😀"}}],"model":"h"}', '{"choices":[]}')
const line = fc.oneof(
  { weight: 6, arbitrary: sound.map((json) => `data: ${json}`) },
  { weight: 1, arbitrary: answerOf('delta').map((json) => `data: ${json}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(': ping', 'event: x', 'data:', 'data', 'id: 1', '', 'data: [DONE]', 'data: {'),
  },
)
const ending = fc.constantFrom('\n\n', '\n\n', '\n\n', '\n', '\r\n\r\n', '\r\r', '\n\r')
const streamText = fc
  .tuple(
    fc.array(fc.tuple(line, ending), { maxLength: 8 }),
    fc.constantFrom('data: [DONE]\n\n', 'data: [DONE]\r\r', ''),
  )
  .map(([events, end]) => events.flat().join('') + end)

async function judgeStream(text: string, places: readonly number[]): Promise<void> {
  const bytes = Buffer.from(text)
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const pieces = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut))
  const whole = await passThrough(openAiChat, [bytes])
  deepStrictEqual(await passThrough(openAiChat, pieces), whole)
  strictEqual(whole.outcomes.length, whole.refused === undefined ? 1 : 0)
  const complete = whole.outcomes[0]?.includes('"complete"') === true
  strictEqual(whole.text.endsWith('data: [DONE]\n\n'), complete)
  strictEqual(whole.text.includes('[DONE]'), complete)
}

interface ChatMessage {
  readonly content: string
  readonly refusal: string
  readonly tool_calls: readonly { readonly function: { readonly arguments: string } }[]
}
interface ChatChoice {
  readonly message?: ChatMessage
  readonly delta?: ChatMessage
  readonly logprobs: { readonly content: readonly { readonly token: string }[] }
}

const messageOf = (said: string): object => ({
  content: said,
  refusal: said,
  tool_calls: [{ index: 0, function: { arguments: said } }],
})
const tokenOf = (token: string): object => ({ token, logprob: -1, bytes: [...Buffer.from(token)], top_logprobs: [] })

const CHAT: Shape = {
  whole: (pieces) => ({ message: messageOf(pieces.join('')), logprobs: { content: pieces.map(tokenOf) } }),
  piece: (piece) => ({ delta: messageOf(piece), logprobs: { content: [tokenOf(piece)] } }),
  textsOf(choice) {
    const { message: whole, delta, logprobs } = choice as ChatChoice
    const message = whole ?? delta
    return {
      content: message?.content ?? '',
      refusal: message?.refusal ?? '',
      arguments: message?.tool_calls[0]?.function.arguments ?? '',
      tokens: logprobs.content.map(({ token }) => token).join(''),
    }
  },
}
