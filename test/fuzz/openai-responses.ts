// OpenAI responses: requests, answers and events, right and broken, are read or refused and nothing else; what leaves of
// them is what came, but for what the gate sets; every string is shown to inspectors; and a text that comes in any number
// of events is, lane by lane, the text that stands in the snapshot at the end.
import { isInspected } from './parts/inspected-names.ts'
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import type { Settings } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { openAiCompact } from '#protocols/openai-responses/compact.ts'
import { openAiInputTokens } from '#protocols/openai-responses/input-tokens.ts'
import { openAiResponses } from '#protocols/openai-responses/openai-responses.ts'
import { readStoredQuery } from '#protocols/openai-responses/stored-query.ts'
import { brokenJson, jsonText } from './parts/json-text.ts'
import { item, loose, tool, word } from './parts/responses-items.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 40

export const target: FuzzTarget = {
  name: 'openai-responses',
  run(seed) {
    fc.assert(fc.property(requestText, judgeRequest), { seed, numRuns: RUNS })
    fc.assert(fc.property(brokenJson, judgeBytes), { seed, numRuns: RUNS })
    fc.assert(fc.property(answerText, judgeAnswer), { seed, numRuns: RUNS })
    fc.assert(fc.property(eventText, judgeEvent), { seed, numRuns: RUNS })
    fc.assert(fc.property(said, fc.array(fc.nat(), { maxLength: 8 }), judgeLanes), { seed, numRuns: RUNS })
    fc.assert(fc.property(query, judgeQuery), { seed, numRuns: RUNS })
    return 6 * RUNS
  },
}

/** A Refusal, or what the work made; anything else thrown is a fault found. */
function refusedOr<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const requestText = fc
  .record(
    {
      model: fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: loose }),
      input: fc.oneof(word, fc.array(item, { maxLength: 3 }), loose),
      stream: fc.oneof(fc.boolean(), loose),
      temperature: fc.oneof(
        fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
        loose,
      ),
      max_output_tokens: fc.oneof(fc.integer({ min: 1, max: 900 }), loose),
      reasoning: fc.oneof(fc.record({ effort: fc.constantFrom('low', 'high', null) }, { requiredKeys: [] }), loose),
      tools: fc.oneof(fc.array(tool, { maxLength: 2 }), loose),
      metadata: fc.oneof(fc.dictionary(word, word), loose),
      store: loose,
      user: loose,
      surprise: loose,
    },
    { requiredKeys: ['model'] },
  )
  .map((request) => JSON.stringify(request))

const settings: Settings = { model: 'other', user: 'p_1', limits: {}, without: new Set(), provider: 'openai' }

function judgeRequest(text: string): void {
  for (const protocol of [openAiInputTokens, openAiCompact]) refusedOr(() => protocol.read(Buffer.from(text), 128))
  const reading = refusedOr(() => openAiResponses.read(Buffer.from(text), 128))
  if (!reading) return
  const sent = JSON.parse(text) as Record<string, unknown>
  strictEqual(reading.model, sent['model'])
  strictEqual(reading.streaming, sent['stream'] === true)
  ok(Number.isSafeInteger(reading.inputTokens) && reading.inputTokens >= 0)
  const user = typeof sent['user'] === 'string' ? { user: 'p_1' } : {}
  const expected = { ...sent, model: 'other', safety_identifier: 'p_1', ...user }
  deepStrictEqual(parsed(reading.compose(settings)), expected)
  sameStrings(
    [...reading.texts()].map(({ value }) => value),
    sent,
  )
  const limits = { maxOutputTokens: { max: 5 }, temperature: { fixed: 0 }, reasoningEffort: { max: 'medium' } } as const
  const limited = parsed(reading.compose({ ...settings, limits, without: new Set(['store']) })) as Record<
    string,
    unknown
  >
  ok(Number(limited['max_output_tokens']) <= 5)
  deepStrictEqual([limited['temperature'], limited['store']], [0, false])
}

const parsed = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString())

function judgeBytes(bytes: Uint8Array): void {
  for (const protocol of [openAiResponses, openAiInputTokens, openAiCompact]) {
    refusedOr(() => protocol.read(bytes, 128))
    refusedOr(() => protocol.readAnswer(bytes, 'm'))
  }
  const read = openAiResponses.readStream('m')
  refusedOr(() => read({ data: Buffer.from(bytes).toString() }))
}

const response = fc.record(
  {
    id: word,
    model: fc.oneof(word, loose),
    status: fc.constantFrom('completed', 'queued', 'failed', 'x'),
    output: fc.oneof({ weight: 5, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: loose }),
    usage: fc.oneof(fc.record({ input_tokens: loose, output_tokens: loose }), loose),
    conversation: fc.oneof(fc.record({ id: loose }), loose),
    store: loose,
  },
  { requiredKeys: ['output'] },
)
const answerText = fc.oneof(
  response.map((answer) => JSON.stringify(answer)),
  jsonText,
)

function judgeAnswer(text: string): void {
  const read = refusedOr(() => openAiResponses.readAnswer(Buffer.from(text), 'mine'))
  if (!read) return
  const came = JSON.parse(text) as object
  deepStrictEqual(parsed(read.compose([])), 'model' in came ? { ...came, model: 'mine' } : came)
  sameStrings(
    [...read.texts()].map(({ value }) => value),
    came,
  )
}

const eventText = fc
  .record(
    {
      type: fc.constantFrom(
        'response.created',
        'response.completed',
        'response.failed',
        'response.output_text.delta',
        'response.output_text.done',
        'response.output_item.added',
        'response.function_call_arguments.delta',
        'response.image_generation_call.partial_image',
        'response.new.delta',
        'keepalive',
        'x y',
      ),
      delta: fc.oneof(word, loose),
      text: word,
      item: fc.oneof(item, loose),
      logprobs: fc.oneof(
        fc.array(fc.record({ token: loose, top_logprobs: fc.array(fc.record({ token: word })) })),
        loose,
      ),
      response: fc.oneof({ weight: 3, arbitrary: response }, { weight: 1, arbitrary: loose }),
      output_index: fc.oneof(fc.nat({ max: 3 }), loose),
      content_index: fc.oneof(fc.nat({ max: 3 }), loose),
      partial_image_b64: word,
    },
    { requiredKeys: ['type', 'output_index', 'content_index'] },
  )
  .map((event) => JSON.stringify(event))

function judgeEvent(text: string): void {
  const reading = refusedOr(() => openAiResponses.readStream('mine')({ data: text }))
  if (!reading) return
  const came = JSON.parse(text) as { type: string; response?: object }
  const frame = Buffer.from(reading.compose([])).toString()
  const head = `event: ${came.type}\ndata: `
  ok(frame.startsWith(head) && frame.endsWith('\n\n'))
  const inside = came.response
  const named = inside && 'model' in inside ? { ...came, response: { ...inside, model: 'mine' } } : came
  deepStrictEqual(JSON.parse(frame.slice(head.length)), named)
  sameStrings(
    reading.texts.map(({ value }) => value),
    came,
  )
}

/** Every key and every string is shown once; but those of tokens, which stand joined. */
function sameStrings(texts: readonly string[], value: unknown): void {
  const held: string[] = []
  let joined = false
  const gather = (each: unknown): void => {
    if (typeof each === 'string') held.push(each)
    else if (Array.isArray(each)) each.forEach(gather)
    else if (typeof each === 'object' && each !== null) {
      for (const [key, inner] of Object.entries(each)) {
        joined ||= key === 'logprobs'
        if (isInspected(key)) held.push(key)
        gather(inner)
      }
    }
  }
  gather(value)
  if (!joined) deepStrictEqual([...texts].sort(), held.sort())
}

const said = fc.record({
  text: fc.string({ maxLength: 12 }),
  refusal: fc.string({ maxLength: 12 }),
  args: fc.string({ maxLength: 12 }),
})

function judgeLanes(
  { text, refusal, args }: { text: string; refusal: string; args: string },
  cuts: readonly number[],
): void {
  const read = openAiResponses.readStream('mine')
  const lanes = new Map<string, string>()
  const ended = new Set<string>()
  const feed = (event: object): void => {
    const reading = read({ data: JSON.stringify(event) })
    for (const { lane, value, place } of reading.texts) {
      if (lane === undefined) continue
      ok(!ended.has(lane))
      strictEqual(place, lane)
      lanes.set(lane, (lanes.get(lane) ?? '') + value)
    }
    for (const lane of reading.ended) ended.add(lane)
  }
  const parts: readonly (readonly [type: string, whole: string, at: object])[] = [
    ['response.output_text.delta', text, { output_index: 0, content_index: 0 }],
    ['response.refusal.delta', refusal, { output_index: 0, content_index: 1 }],
    ['response.function_call_arguments.delta', args, { output_index: 1 }],
  ]
  const pieces = parts.flatMap(([type, whole, at]) =>
    cut(whole, cuts).map((delta) => Object.assign({ type, delta }, at)),
  )
  for (const piece of pieces) feed(piece)
  const content = [
    { type: 'output_text', text },
    { type: 'refusal', refusal },
  ]
  const output = [
    { type: 'message', content },
    { type: 'function_call', arguments: args },
  ]
  const last = read({ data: JSON.stringify({ type: 'response.completed', response: { output } }) })
  for (const [lane, value] of lanes) {
    ok(last.texts.some((each) => each.place === lane && each.value === value && each.lane === undefined))
    ok(last.ended.includes(lane))
  }
}

function cut(whole: string, cuts: readonly number[]): readonly string[] {
  const places = [0, ...cuts.map((each) => each % (whole.length + 1)), whole.length].sort((a, b) => a - b)
  const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end))
  // Half of a surrogate pair is no JSON.
  return pieces.every((piece) => piece.isWellFormed()) ? pieces : [whole]
}

const query = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc
    .array(
      fc.tuple(
        fc.constantFrom('stream', 'include[]', 'starting_after', 'limit', 'after', 'x'),
        fc.constantFrom('true', '1', 'a', '%26', ''),
      ),
      { maxLength: 4 },
    )
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
)

function judgeQuery(text: string): void {
  for (const operation of ['retrieve', 'cancel', 'delete', 'input-items'] as const) {
    const read = refusedOr(() => readStoredQuery(operation, text))
    if (!read) continue
    ok(/^[A-Za-z0-9_.%&=-]*$/.test(read.query))
    strictEqual(readStoredQuery(operation, read.query).query, read.query)
  }
}
