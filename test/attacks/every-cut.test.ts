// Threat: a provider cuts a stream where it likes. For every protocol and every text of an answer, at every cut: what the
// caller reads is the same, at no moment has more than a credential's public beginning left, and clean text is not kept.
import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Protocol } from '#access/protocol.ts'
import { streamInspection } from '#gateway/inspect-stream.ts'
import { inspectionOf } from '#gateway/inspection.ts'
import { credentialsInspector } from '#inspectors/credentials/credentials.ts'
import { anthropicMessages } from '#protocols/anthropic-messages/anthropic-messages.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import { openAiResponses } from '#protocols/openai-responses/openai-responses.ts'
import { type Cut, type Event, events, type Scriptable } from '../doubles/scripted-provider.ts'
import { AWS_KEY, eventsOf, stringsAt } from './leaks.ts'

const inspector = credentialsInspector({ secrets: () => [] })

/** What leaves after each event, as the caller reads it: the pieces of every text, joined by where they stand. */
function read(protocol: Protocol, script: Scriptable, cut: Cut, pieces: RegExp): readonly string[] {
  const readEvent = protocol.readStream('mine')
  const stream = streamInspection(inspectionOf({ inspector, direction: 'answer', action: 'redact' }))
  const joined: string[] = []
  let text = ''
  for (const event of events(script, cut)) {
    const leaving = stream.take(readEvent(framed(event)))
    expect(leaving.failure).toBeUndefined()
    for (const bytes of leaving.bytes) {
      const sent = eventsOf(new TextDecoder().decode(bytes))
      text += sent.flatMap((each) => stringsAt(each, pieces)).join('')
    }
    joined.push(text)
  }
  return joined
}

const framed = (event: Event) =>
  typeof event === 'string'
    ? { data: event }
    : { data: JSON.stringify(event), ...('type' in event ? { event: String(event.type) } : {}) }

interface Place {
  readonly name: string
  readonly protocol: Protocol
  readonly script: (text: string) => Scriptable
  /** Where a stream's events hold the text. */
  readonly pieces: RegExp
}

const chat = (field: string): Place => ({
  name: `chat, ${field}`,
  protocol: openAiChat,
  script: (text) => ({ protocol: 'openai-chat', choices: [{ [field]: text }] }),
  pieces: new RegExp(`delta/${field}$`),
})

const PLACES: readonly Place[] = [
  chat('content'),
  chat('refusal'),
  chat('reasoning_content'),
  {
    name: 'chat, the second of two choices in turn',
    protocol: openAiChat,
    script: (text) => ({ protocol: 'openai-chat', choices: [{ tokens: '.'.repeat(text.length) }, { content: text }] }),
    pieces: /delta\/content$/,
  },
  {
    name: 'chat, log-probabilities',
    protocol: openAiChat,
    script: (text) => ({ protocol: 'openai-chat', choices: [{ tokens: text }] }),
    pieces: /content\/\d+\/token$/,
  },
  {
    name: 'messages, text',
    protocol: anthropicMessages,
    script: (text) => ({ protocol: 'anthropic-messages', content: [{ type: 'text', text }] }),
    pieces: /delta\/text$/,
  },
  {
    name: 'responses, text',
    protocol: openAiResponses,
    script: (text) => ({ protocol: 'openai-responses', output: [{ type: 'message', text }] }),
    pieces: /^\/delta$/,
  },
  {
    name: 'responses, a summary of reasoning',
    protocol: openAiResponses,
    script: (text) => ({
      protocol: 'openai-responses',
      output: [{ type: 'reasoning', summary: text, encrypted_content: '' }],
    }),
    pieces: /^\/delta$/,
  },
]

const pem = (body: string): string => ['-----BEGIN ', `KEY-----\n${body}\n-----END `, 'KEY-----'].join('PRIVATE ')

const SECRETS: readonly (readonly [name: string, secret: string, kind: string, visible: number])[] = [
  ['an access key', AWS_KEY, 'aws-access-key', 4],
  ['a token', ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_'), 'github-token', 4],
  ['a private key', pem('MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(4)), 'private-key', 27],
]

const at =
  (...places: readonly number[]): Cut =>
  (text) => {
    const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((one, other) => one - other), text.length]
    return cuts.slice(1).map((end, index) => text.slice(cuts[index], end))
  }

/** Nothing of a credential behind its public beginning, whatever else has left. */
function expectNothingOf(secret: string, visible: number, left: string): void {
  for (let from = visible; from + 8 <= secret.length; from += 4)
    expect(left).not.toContain(secret.slice(from, from + 8))
}

for (const { name, protocol, script, pieces } of PLACES) {
  test.each(SECRETS)(`${name}: %s, cut at every place, and in single characters`, (_name, secret, kind, visible) => {
    const text = `It is ${secret} and no other.`
    const expected = `It is [redacted: ${kind}] and no other.`
    const cuts: Cut[] = [(whole) => Array.from(whole)]
    for (let place = 0; place <= text.length; place += text.length > 150 ? 5 : 1) cuts.push(at(place))
    for (const cut of cuts) {
      const left = read(protocol, script(text), cut, pieces)
      expect(left.at(-1)).toBe(expected)
      for (const moment of new Set(left)) expectNothingOf(secret, visible, moment)
    }
  })

  test(`${name}: cut anywhere, several times`, () => {
    const words = fc.constantFrom(
      'plain words, ',
      AWS_KEY,
      ' ',
      'AKIA',
      'ghp_',
      'naïve 😀 ',
      'key: ',
      'eyJ',
      '-----BEGIN ',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }), (said, places) => {
        const text = said.join('')
        const whole = read(protocol, script(text), at(), pieces).at(-1)
        const wellCut: Cut = (each) => at(...places)(each).map((piece) => piece.toWellFormed())
        // A piece that ends inside a surrogate pair cannot be written in JSON that is read here.
        fc.pre(wellCut(text).join('') === text)
        expect(read(protocol, script(text), wellCut, pieces).at(-1)).toBe(whole)
      }),
      { numRuns: 60 },
    )
  })

  test(`${name}: of prose, no more than a word is kept back`, () => {
    const prose =
      'The quick brown fox jumps over the lazy dog, and goes home. It was a long day; we slept well. '.repeat(4)
    const left = read(protocol, script(prose), (text) => Array.from(text), pieces)
    const lag = left.map((text, index) => index - text.length)
    // Events that hold none of the text come before and behind it, and with a second choice every other one.
    const between = name.includes('two choices') ? left.length / 2 : 8
    expect(Math.max(...lag) - between).toBeLessThan(16)
  })
}

test.each([60, 300, 3_000, 6_000])(
  'a private key in reasoning that is broken off after %p characters and goes on later stays inside',
  (cutAt) => {
    const key = pem('MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(300))
    const readEvent = openAiChat.readStream('mine')
    const stream = streamInspection(inspectionOf({ inspector, direction: 'answer', action: 'redact' }))
    const deltas = [
      { reasoning_content: key.slice(0, cutAt) },
      { content: 'meanwhile' },
      { reasoning_content: key.slice(cutAt) },
    ]
    let left = ''
    let failure: unknown
    for (const delta of deltas) {
      const leaving = stream.take(readEvent({ data: JSON.stringify({ choices: [{ index: 0, delta }] }) }))
      left += leaving.bytes.map((bytes) => new TextDecoder().decode(bytes)).join('')
      failure ??= leaving.failure
    }
    expect(left).not.toContain('MIIEvQIBADAN')
    expect(failure).toMatchObject({ reason: 'content_blocked' })
  },
)

test('arguments leave when they are complete, whatever follows', () => {
  const script: Scriptable = {
    protocol: 'anthropic-messages',
    content: [
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { note: `It is ${AWS_KEY}.` } },
      { type: 'text', text: 'Then a text' },
    ],
  }
  const left = read(anthropicMessages, script, (text) => Array.from(text), /delta\/(?:text|partial_json)$/)
  const complete = left.findIndex((text) => text !== '')
  expect(left[complete]).toBe('{"note":"It is [redacted: aws-access-key]."}')
  // The end of the block, the beginning of the next, and its first word.
  expect(left[complete + 8]).toStartWith('{"note":"It is [redacted: aws-access-key]."}Then')
})

const HALVES = [AWS_KEY.slice(0, 11), AWS_KEY.slice(11)] as const

/** A stream whose texts stand in events that continue nothing. */
function failureOf(protocol: Protocol, sent: readonly object[]): unknown {
  const readEvent = protocol.readStream('mine')
  const stream = streamInspection(inspectionOf({ inspector, direction: 'answer', action: 'redact' }))
  let left = ''
  let failure: unknown
  for (const event of sent) {
    try {
      const leaving = stream.take(readEvent(framed(event)))
      left += leaving.bytes.map((bytes) => new TextDecoder().decode(bytes)).join('')
      failure = leaving.failure
    } catch (refusal) {
      failure = refusal
    }
    if (failure !== undefined) break
  }
  expect(left).not.toContain(HALVES[1])
  return failure
}

test('a snapshot alone, whose parts clients put together, is blocked', () => {
  const content = HALVES.map((text) => ({ type: 'output_text', text, annotations: [] }))
  const output = [{ type: 'message', id: 'item_0', status: 'completed', role: 'assistant', content }]
  const response = { id: 'resp_1', object: 'response', model: 'theirs', status: 'completed', error: null, output }
  expect(failureOf(openAiResponses, [{ type: 'response.completed', sequence_number: 0, response }])).toMatchObject({
    reason: 'content_blocked',
  })
})

test('the parts of a message that has just begun and the block that follows are read as one', () => {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'theirs', stop_reason: null }
  const begun = {
    ...message,
    content: [{ type: 'text', text: HALVES[0] }],
    usage: { input_tokens: 1, output_tokens: 1 },
  }
  const failure = failureOf(anthropicMessages, [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: HALVES[1] } },
    { type: 'content_block_stop', index: 0 },
  ])
  expect(failure).toBeDefined()
})
