import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit } from '#access/text.ts'
import { member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { jsonEvent } from './json-body.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiCompletions } from './openai-completions/openai-completions.ts'
import { moulded } from './event-mould.ts'
import type { Moulding } from './make-mould.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { ALL_FREE, textsOf } from './texts.ts'

const shown = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

/** All that a reading says, with each of its texts taken out once, and all at once. */
function told(reading: EventReading) {
  const { texts, ended, done, usage, made = [] } = reading
  const out = (at: number): readonly Edit[] =>
    texts[at]?.edits([{ start: 0, end: texts[at].value.length, with: `gone "${at}"` }]) ?? []
  const each = texts.map((_, at) => shown(reading.compose(out(at))))
  // A text that is read twice is taken out once.
  const all = texts
    .flatMap((_, at) => out(at))
    .sort((one, other) => one.start - other.start || other.end - one.end)
    .filter((edit, at, edits) => edits.slice(0, at).every(({ end }) => end <= edit.start))
  return {
    texts: texts.map(({ place, value, role, label, lane, group }) => ({ place, value, role, label, lane, group })),
    ended,
    done,
    usage,
    made,
    plain: shown(reading.compose([])),
    each,
    all: shown(reading.compose(all, [{ kind: 'k', place: '/p' }])),
  }
}

type Told = ReturnType<typeof told> | string

function readAll(read: (event: StreamEvent) => EventReading, events: readonly StreamEvent[]): readonly Told[] {
  const all: Told[] = []
  for (const event of events) {
    try {
      all.push(told(read(event)))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return [...all, error.reason]
    }
  }
  return all
}

const words = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }).map((text) => JSON.stringify(text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '""',
      '"\\ud83d"',
      '"\\ud83d\\ude00"',
      '"\\u0041"',
      '"\\x"',
      '"a\tb"',
      '"é"',
      'null',
      '"a","b":"c"',
      '3',
      '"',
    ),
  },
)

const counts = fc.oneof(fc.nat(20).map(String), fc.constantFrom('0', '01', '1.5', '-1', '1e3', '12345678901234567890'))
const once = fc.constantFrom(
  '"id":"c1",',
  '"id":"c2",',
  '"id":"e\\u0301",',
  '',
  '"z 1":2,',
  '"metadata":{"password":"p"},',
)
const behind = fc.constantFrom('', ',"model":"real"', ',"model":"real","service_tier":"é","x":{"type":"y"}')

const chatPiece = fc
  .record({
    once,
    behind,
    words,
    counts,
    obfuscation: words,
    index: fc.constantFrom('0', '0', '0', '1'),
    key: fc.constantFrom('content', 'content', 'content', 'refusal', 'reasoning', 'role', 'audio'),
    delta: fc.constantFrom('', '', '', '"role":"assistant",', '"content":"x",', '"tool_calls":[{"index":0,"id":"t"}],'),
    choice: fc.constantFrom(
      '',
      '',
      '',
      ',"finish_reason":null',
      ',"finish_reason":"stop"',
      ',"logprobs":{"content":[{"token":"t"}]}',
    ),
  })
  .map(
    (part) =>
      `{${part.once}"created":${part.counts},"choices":[{"index":${part.index},"delta":{${part.delta}"${part.key}":${part.words}}${part.choice}}],"obfuscation":${part.obfuscation}${part.behind}}`,
  )

const otherChat = fc.constantFrom(
  '[DONE]',
  '',
  '{"choices":[]}',
  '{"choices":[],"usage":{"prompt_tokens":3}}',
  '{"choices":[{"delta":{}}]}',
  '{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}',
)

const otherwise = (data: string, words: string, count: string): string =>
  data
    .replace(/"(content|text|delta)":"(?:[^"\\]|\\.)*"/, (_all, key: string) => `"${key}":${words}`)
    .replace(/"(created|sequence_number)":\d+/, (_all, key: string) => `"${key}":${count}`)

/** Runs of alike events, between others. */
const runsOf = (piece: fc.Arbitrary<string>, other: fc.Arbitrary<string>, fresh: fc.Arbitrary<string>) =>
  fc
    .array(
      fc.oneof(
        { weight: 1, arbitrary: other.map((data) => [data]) },
        { weight: 2, arbitrary: piece.map((data) => [data]) },
        {
          weight: 5,
          arbitrary: fc
            .tuple(piece, fc.array(fresh, { minLength: 1, maxLength: 5 }), counts)
            .map(([data, others, count]) => [data].concat(others.map((each) => otherwise(data, each, count)))),
        },
      ),
      { maxLength: 5 },
    )
    .map((runs) => runs.flat().map((data): StreamEvent => ({ data })))

/** The same protocol, but that every event is read in full: each in a stream that has read all those before it in full. */
function inFull(protocol: { readStream(model: string): (event: StreamEvent) => EventReading }) {
  return (events: readonly StreamEvent[]): readonly Told[] => {
    const read = protocol.readStream('mine')
    const spacer: StreamEvent = { data: '' }
    // Whatever is read between two events, though it be empty, is the end of a mould.
    return readAll((event) => {
      read(spacer)
      return read(event)
    }, events)
  }
}

const alike = (
  protocol: { readStream(model: string): (event: StreamEvent) => EventReading },
  streams: fc.Arbitrary<readonly StreamEvent[]>,
): void => {
  const plainly = inFull(protocol)
  fc.assert(
    fc.property(streams, (events) => {
      expect(readAll(protocol.readStream('mine'), events)).toEqual(plainly(events))
    }),
    { numRuns: 150 },
  )
}

test('a chat completion whose events are moulded is told as one whose events are read in full', () => {
  alike(openAiChat, runsOf(chatPiece, otherChat, words))
})

const textPiece = fc
  .record({ once, behind, words, counts, index: fc.constantFrom('0', '0', '1') })
  .map(
    (part) =>
      `{${part.once}"choices":[{"text":${part.words},"index":${part.index}}],"created":${part.counts}${part.behind}}`,
  )

test('so is a completion', () => {
  alike(openAiCompletions, runsOf(textPiece, otherChat, words))
})

const startOfMessage = [
  '{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","content":[],"model":"real"}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
]

const anthropicPiece = fc
  .record({
    words,
    counts,
    index: fc.constantFrom('0', '0', '0', '0', '1'),
    type: fc.constantFrom('text_delta', 'text_delta', 'text_delta', 'citations_delta', 'thinking_delta'),
    key: fc.constantFrom('text', 'text', 'text', 'citation'),
    behind: fc.constantFrom('', ',"note":"é","n":1'),
  })
  .map(
    (part) =>
      `{"type":"content_block_delta","index":${part.index},"delta":{"type":"${part.type}","${part.key}":${part.words}}${part.behind}}`,
  )

const otherAnthropic = fc.constantFrom(
  '{"type":"ping"}',
  '{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}',
  '{"type":"content_block_stop","index":0}',
  '{"type":"message_delta","delta":{},"usage":{"output_tokens":3}}',
  '{"type":"message_stop"}',
)

const after = (beginning: readonly string[], streams: fc.Arbitrary<readonly StreamEvent[]>) =>
  streams.map((events) => [...beginning.map((data): StreamEvent => ({ data })), ...events])

test('so is a message', () => {
  alike(anthropicMessages, after(startOfMessage, runsOf(anthropicPiece, otherAnthropic, words)))
})

const responsesPiece = fc
  .record({
    words,
    counts,
    obfuscation: words,
    part: fc.constantFrom('0', '0', '0', '1'),
    type: fc.constantFrom(
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'refusal.delta',
      'content_part.added',
    ),
    behind: fc.constantFrom(
      '',
      ',"logprobs":[]',
      ',"logprobs":[{"token":"t"}]',
      ',"part":{"type":"output_text","text":"a"}',
    ),
  })
  .map(
    (part) =>
      `{"type":"response.${part.type}","sequence_number":${part.counts},"item_id":"m1","output_index":0,"content_index":${part.part},"delta":${part.words}${part.behind},"obfuscation":${part.obfuscation}}`,
  )

const otherResponses = fc.constantFrom(
  '{"type":"response.created","response":{"id":"r1","output":[],"model":"real"}}',
  '{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m1","content":[]}}',
  '{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m1","content":[]}}',
  '[DONE]',
)

test('so is a response', () => {
  alike(openAiResponses, runsOf(responsesPiece, otherResponses, words))
})

/** Counts how often it read. */
function counted(over: Partial<Moulding> = {}) {
  let reads = 0
  const compose: Moulding['compose'] = (json) => (edits) => splice(json, edits)
  const read = moulded({
    read({ data }) {
      reads += 1
      const json = new TextEncoder().encode(data)
      const texts = textsOf(jsonEvent(json), ALL_FREE).filter(({ place }) => !place.endsWith('/*'))
      return {
        texts: texts.map((text) => (text.place === '/word' ? Object.assign(text, { lane: 'l' }) : text)),
        ended: [],
        done: false,
        compose: (edits) => splice(json, edits),
      }
    },
    repeatable: (event) => member(event, 'word') !== undefined,
    free: new Set(['n', 'pad']),
    compose,
    ...over,
  })
  return (...events: readonly string[]): number => {
    for (const data of events) read({ data })
    return reads
  }
}

test('of alike events, the first is read', () => {
  expect(counted()('{"word":"a"}', '{"word":"bc"}', '{"word":"d\\ne"}', '{"word":"\\u00e9"}')).toBe(1)
})

test('what is empty, or differs in more than its words, is read; so is what follows it', () => {
  expect(counted()('{"word":"a"}', '{"word":""}', '{"word":"b"}')).toBe(3)
  expect(counted()('{"word":"a","x":1}', '{"word":"a","x":2}')).toBe(2)
  expect(counted()('{"word":"a"}', '{"word":"a" }')).toBe(2)
  expect(counted()('{"word":"a"}', `{"word":"${'b'.repeat(17_000)}"}`)).toBe(2)
})

test('free members are not looked at, as long as they are of the same kind', () => {
  expect(counted()('{"n":1,"word":"a","pad":"x"}', '{"n":20,"word":"b","pad":""}')).toBe(1)
  expect(() => counted()('{"n":1,"word":"a"}', '{"n":01,"word":"b"}')).toThrow()
  expect(counted()('{"n":1,"word":"a"}', '{"n":-1,"word":"b"}')).toBe(2)
})

test('what is not repeatable is read each time', () => {
  expect(counted({ repeatable: () => false })('{"word":"a"}', '{"word":"b"}')).toBe(2)
})
