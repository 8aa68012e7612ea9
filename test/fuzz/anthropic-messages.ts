// Anthropic messages: requests and answers, right and broken, are read or refused and nothing else; what leaves of a request
// is what came, but for what is set; and a stream has the same texts, in the same places, as the whole answer.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { NO_LIMITS } from '#access/parameters.ts'
import type { EventReading, Settings } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { splice } from '#lib/splice.ts'
import { anthropicMessages } from '#protocols/anthropic-messages/anthropic-messages.ts'
import { anthropicCountTokens } from '#protocols/anthropic-messages/count-tokens.ts'
import { anthropicPage } from '#protocols/anthropic-messages/models.ts'
import { brokenJson, jsonText } from './parts/json-text.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 40
const STREAMS = 30

export const target: FuzzTarget = {
  name: 'anthropic-messages',
  run(seed) {
    fc.assert(fc.property(requestText, judgeRequest), { seed, numRuns: RUNS })
    fc.assert(fc.property(brokenJson, judgeBytes), { seed, numRuns: RUNS })
    fc.assert(fc.property(fc.oneof(answerText, jsonText), judgeAnswer), { seed, numRuns: RUNS })
    fc.assert(fc.property(message, fc.array(fc.nat(), { maxLength: 6 }), judgeStream), { seed, numRuns: STREAMS })
    fc.assert(fc.property(fc.array(oddEvent, { maxLength: 8 }), judgeOddStream), { seed, numRuns: STREAMS })
    fc.assert(fc.property(fc.string(), fc.string(), judgeHeaders), { seed, numRuns: RUNS })
    return 4 * RUNS + 2 * STREAMS
  },
}

// Values near enough to a request that most of the reader is reached, and wrong often enough.
const word = fc.constantFrom('user', 'text', 'tool_use', 'image', 'thinking', 'url', 'low', 'x', '', 'Ä😀"\\\n')
const loose = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  word,
  fc.constant(null),
)
const source = fc.oneof(
  fc.record({ type: fc.constant('url'), url: word }),
  fc.record({ type: fc.constant('base64'), media_type: word, data: word }),
  fc.record({ type: word, file_id: word }, { requiredKeys: ['type'] }),
)
const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text: word }),
  fc.record({ type: fc.constantFrom('image', 'document'), source }),
  fc.record({ type: fc.constant('thinking'), thinking: word, signature: word }),
  fc.record({ type: fc.constant('tool_use'), id: word, name: word, input: fc.dictionary(word, loose) }),
  fc.record({ type: fc.constant('tool_result'), tool_use_id: word, content: word }),
  fc.record({ type: word, text: word, Source: word }, { requiredKeys: [] }),
)
const turn = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'system', 'x'),
    content: fc.oneof(word, fc.array(block, { maxLength: 3 })),
    output_config: fc.record({ effort: word }, { requiredKeys: [] }),
  },
  { requiredKeys: ['role', 'content'] },
)
const requestText = fc
  .record(
    {
      model: fc.oneof(word, word, loose),
      max_tokens: fc.oneof(fc.nat({ max: 5_000 }), loose),
      messages: fc.array(turn, { maxLength: 3 }),
      system: fc.oneof(word, fc.array(block, { maxLength: 1 })),
      stream: fc.oneof(fc.boolean(), loose),
      temperature: loose,
      thinking: fc.oneof(fc.record({ type: word, budget_tokens: fc.nat({ max: 6_000 }) }), loose),
      tools: fc.array(fc.record({ type: word, name: word, input_schema: fc.dictionary(word, word) }), { maxLength: 2 }),
      metadata: fc.oneof(fc.record({ user_id: loose }, { requiredKeys: [] }), fc.constant(null)),
      output_config: fc.record({ effort: word }, { requiredKeys: [] }),
      container: fc.oneof(word, fc.record({ id: word })),
      surprise: loose,
    },
    { requiredKeys: ['model', 'max_tokens', 'messages'] },
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

const SETTINGS: Settings = {
  model: 'other',
  user: 'pseudonym',
  limits: NO_LIMITS,
  without: new Set(),
  provider: 'anthropic',
}
const LIMITED: Settings = {
  ...SETTINGS,
  limits: { maxOutputTokens: { max: 2_000 }, temperature: { max: 0.5 }, reasoningEffort: { max: 'low' } },
}

function judgeRequest(text: string): void {
  const reading = refusedOr(() => anthropicMessages.read(Buffer.from(text), 128))
  if (!reading) return
  const sent = JSON.parse(text) as { readonly model: string; readonly stream?: boolean; readonly metadata?: object }
  strictEqual(reading.model, sent.model)
  strictEqual(reading.streaming, sent.stream === true)
  ok(Number.isSafeInteger(reading.inputTokens) && reading.inputTokens >= 0)
  deepStrictEqual(JSON.parse(Buffer.from(reading.compose(SETTINGS)).toString()), {
    ...sent,
    model: 'other',
    metadata: { ...sent.metadata, user_id: 'pseudonym' },
  })
  judgeTexts([...reading.texts()], Buffer.from(text))
  const capped = refusedOr(() => reading.compose(LIMITED))
  if (capped) judgeCapped(capped)
  strictEqual(refusedOr(() => reading.parametersUnder(LIMITED.limits)) === undefined, capped === undefined)
}

/** What leaves can be read again, and the limits change nothing of it any more. */
function judgeCapped(capped: Uint8Array): void {
  const again = anthropicMessages.read(capped, 128)
  deepStrictEqual(again.compose({ ...LIMITED, model: again.model }), capped)
  deepStrictEqual(again.parametersUnder(NO_LIMITS), again.parametersUnder(LIMITED.limits))
}

/** Whatever may be redacted leaves JSON behind, with the placeholder in it. */
function judgeTexts(texts: readonly Text[], body: Uint8Array): void {
  for (const text of texts) {
    if (text.role === 'signed' || text.role === 'sealed') continue
    const edits = text.edits([{ start: 0, end: text.value.length, with: '[redacted: x]' }])
    ok(Buffer.from(splice(body, edits)).toString().includes('[redacted: x]'))
    JSON.parse(Buffer.from(splice(body, edits)).toString())
  }
}

function judgeBytes(bytes: Uint8Array): void {
  for (const protocol of [anthropicMessages, anthropicCountTokens]) {
    refusedOr(() => protocol.read(bytes, 128))
    refusedOr(() => protocol.readAnswer(bytes, 'm'))
    refusedOr(() => protocol.readError(bytes, (message) => message))
    refusedOr(() => protocol.readStream('m')({ data: Buffer.from(bytes).toString() }))
  }
}

function judgeHeaders(version: string, betas: string): void {
  const from = { get: (name: string) => (name === 'anthropic-beta' ? betas : version), has: () => false }
  refusedOr(() => anthropicMessages.requestHeaders?.(from as unknown as Headers))
  refusedOr(() => anthropicPage(betas))
}

const said = fc.string({ maxLength: 12 })
const part = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: said }),
  fc.record({ type: fc.constant('thinking' as const), thinking: said, signature: said }),
  fc.record({ type: fc.constant('redacted_thinking' as const), data: said }),
  fc.record({ type: fc.constant('tool_use' as const), id: said, name: said, input: fc.dictionary(said, said) }),
  fc.record({ type: fc.constant('hologram' as const), beam: said }),
)
const message = fc.record({
  id: said,
  type: fc.constant('message'),
  model: said,
  content: fc.array(part, { maxLength: 4 }),
  stop_sequence: fc.option(said),
})
type Message = typeof message extends fc.Arbitrary<infer T> ? T : never
const answerText = fc
  .record({ type: fc.oneof(fc.constant('message'), word), model: word, content: fc.oneof(fc.array(block), loose) })
  .map((answer) => JSON.stringify(answer))

function judgeAnswer(text: string): void {
  const read = refusedOr(() => anthropicMessages.readAnswer(Buffer.from(text), 'mine'))
  if (!read) return
  const came = JSON.parse(text) as object
  deepStrictEqual(
    JSON.parse(Buffer.from(read.compose([])).toString()),
    'model' in came ? { ...came, model: 'mine' } : came,
  )
  judgeTexts([...read.texts()], Buffer.from(text))
}

/** What people and models say: text that goes on from event to event stands in one place, and reads the same. */
function judgeStream(answer: Message, places: readonly number[]): void {
  const whole = anthropicMessages.readAnswer(Buffer.from(JSON.stringify(answer)), 'm')
  const read = anthropicMessages.readStream('m')
  const readings = eventsOf(answer, places).map((event) => read({ data: JSON.stringify(event) }))
  const streamed = contentOf(readings.flatMap(({ texts }) => texts).filter(({ role }) => role !== 'json'))
  const plain = contentOf([...whole.texts()].filter(({ place }) => !/^\/content\/\d+\/input\//.test(place)))
  deepStrictEqual(streamed, plain)
  for (const [index, part] of answer.content.entries()) {
    if (part.type === 'tool_use') strictEqual(laneOf(readings, `${index}/input`), JSON.stringify(part.input))
  }
  const begun = new Set(
    readings.flatMap(({ texts }) => texts.flatMap(({ lane }) => (lane === undefined ? [] : [lane]))),
  )
  deepStrictEqual(new Set(readings.flatMap(({ ended }) => ended)), begun)
  deepStrictEqual(readings.filter(({ done }) => done).length, 1)
}

const laneOf = (readings: readonly EventReading[], lane: string): string =>
  readings.flatMap(({ texts }) => texts.flatMap((text) => (text.lane === lane ? [text.value] : []))).join('')

/** By place: role and value of what stands in the answer's content, with the pieces of a lane put together. */
function contentOf(texts: readonly Text[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { place, role, value } of texts) {
    // Keys have no place of their own, and an event's are its own.
    if (!/^\/content\/\d+\/(?:text|thinking|signature|data|beam)$/.test(place) || KEYS.has(value)) continue
    found.set(place, (found.get(place) ?? `${role} `) + value)
  }
  return new Map([...found].sort())
}

const KEYS: ReadonlySet<string> = new Set(['text', 'thinking', 'signature', 'data', 'beam'])

function eventsOf({ content, ...rest }: Message, places: readonly number[]): readonly object[] {
  const cut = (value: string): readonly string[] => {
    const cuts = [0, ...places.map((place) => place % (value.length + 1)), value.length].sort((a, b) => a - b)
    return cuts.slice(1).map((to, at) => value.slice(cuts[at], to))
  }
  const deltas = (part: Message['content'][number]): readonly object[] => {
    switch (part.type) {
      case 'text':
        return cut(part.text).map((text) => ({ type: 'text_delta', text }))
      case 'thinking':
        return [
          ...cut(part.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: part.signature },
        ]
      case 'tool_use':
        return cut(JSON.stringify(part.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }))
      case 'redacted_thinking':
      case 'hologram':
        return []
    }
  }
  const empty = (part: Message['content'][number]): object => {
    if (part.type === 'text') return { ...part, text: '' }
    if (part.type === 'thinking') return { ...part, thinking: '', signature: '' }
    return part.type === 'tool_use' ? { ...part, input: {} } : part
  }
  return [
    { type: 'message_start', message: { ...rest, content: [] } },
    ...content.flatMap((part, index) => [
      { type: 'content_block_start', index, content_block: empty(part) },
      ...deltas(part).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ]
}

const oddEvent = fc.record(
  {
    type: fc.constantFrom(
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
      'ping',
      'error',
      'AKIA',
    ),
    message: fc.oneof(fc.constant({ type: 'message', content: [] }), loose),
    index: fc.oneof(fc.nat({ max: 2 }), loose),
    content_block: fc.oneof(block, loose),
    delta: fc.oneof(fc.record({ type: fc.constantFrom('text_delta', 'x_delta'), text: word }), loose),
  },
  { requiredKeys: ['type'] },
)

function judgeOddStream(events: readonly object[]): void {
  const read = anthropicMessages.readStream('mine')
  for (const event of events) {
    const data = JSON.stringify(event)
    const reading = refusedOr(() => read({ data }))
    if (!reading) return
    const composed = Buffer.from(reading.compose([], [{ kind: 'k', place: '/p' }])).toString()
    const [, type, json] = /^event: ([a-z_]+)\ndata: (.*)\n\n$/.exec(composed) ?? []
    strictEqual(type, (event as { readonly type: string }).type)
    deepStrictEqual(JSON.parse(json ?? '') as object, {
      ...(JSON.parse(data) as object),
      sallyport: { redacted: [{ kind: 'k', place: '/p' }] },
    })
    judgeTexts(reading.texts, Buffer.from(data))
  }
}
