import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { readAnswer, readStream } from './read-answer.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const isName = ({ place, value, lane }: Text): boolean =>
  lane === undefined && place.endsWith('/*') && /^[a-z_]+$/.test(value)

/** `place role lane: value` of the strings, without plain names of members. */
const shown = (texts: Iterable<Text>): readonly string[] =>
  [...texts]
    .filter((each) => !isName(each))
    .map(({ place, role, lane, value }) => `${place} ${role} ${lane ?? '-'}: ${value}`)

const chunk = (...choices: readonly object[]) => ({ data: JSON.stringify({ choices }) })

const message = {
  role: 'assistant',
  content: 'one two',
  refusal: 'no',
  reasoning_content: 'since',
  audio: { id: 'audio_1', data: 'AAAA', transcript: 'heard' },
  function_call: { name: 'f', arguments: '{"a":1}' },
  tool_calls: [
    { id: 'c0', type: 'function', function: { name: 'g', arguments: '{"b":2}' } },
    { id: 'c1', type: 'custom', custom: { name: 'h', input: 'raw' } },
  ],
}

const EXPECTED = [
  '/choices/1/message/role text: assistant',
  '/choices/1/message/content text: one two',
  '/choices/1/message/refusal text: no',
  '/choices/1/message/reasoning_content text: since',
  '/choices/1/message/audio/id text: audio_1',
  '/choices/1/message/audio/data media: AAAA',
  '/choices/1/message/audio/transcript text: heard',
  '/choices/1/message/function_call/name text: f',
  '/choices/1/message/function_call/arguments json: {"a":1}',
  '/choices/1/message/tool_calls/0/id text: c0',
  '/choices/1/message/tool_calls/0/type text: function',
  '/choices/1/message/tool_calls/0/function/name text: g',
  '/choices/1/message/tool_calls/0/function/arguments json: {"b":2}',
  '/choices/1/message/tool_calls/1/id text: c1',
  '/choices/1/message/tool_calls/1/type text: custom',
  '/choices/1/message/tool_calls/1/custom/name text: h',
  '/choices/1/message/tool_calls/1/custom/input text: raw',
]

/** Lanes as the one text that they are; `place role: value`. */
function joined(texts: Iterable<Text>): readonly string[] {
  const all = new Map<string, { head: string; value: string }>()
  for (const each of texts) {
    if (isName(each) || each.value === '') continue
    const { place, role, lane, value } = each
    const key = lane ?? `alone ${all.size}`
    const known = all.get(key)
    if (known) known.value += value
    else all.set(key, { head: `${place} ${role}`, value })
  }
  return [...all.values()].map(({ head, value }) => `${head}: ${value}`)
}

describe('a whole answer', () => {
  test('every string has its place and role', () => {
    const answer = readAnswer(bytes({ choices: [{ message: {} }, { index: 1, message }] }), 'm')
    expect(joined(answer.texts())).toEqual(EXPECTED)
    expect(answer.made).toEqual(['audio_1'])
  })

  test('every string is there, also those that nobody knows, and names', () => {
    const answer = readAnswer(bytes({ choices: [{ message: { content: null, 'my key': [{ x: 'y' }] } }] }), 'm')
    expect([...answer.texts()].map(({ place, value }) => `${place}=${value}`)).toEqual([
      '/choices/0/message/*=my key',
      '/choices/0/message/*/0/*=x',
      '/choices/0/message/*/0/x=y',
    ])
  })

  test('edits leave every other byte, and the name of the model is ours whatever was found in it', () => {
    const body = '{ "model":"secret-1","choices":[{"message":{"content":"a secret-1 b"}}] }'
    const answer = readAnswer(new TextEncoder().encode(body), 'mine')
    const edits = [...answer.texts()].flatMap((each) => {
      const at = each.value.indexOf('secret-1')
      return at < 0 ? [] : each.edits([{ start: at, end: at + 8, with: '[gone]' }])
    })
    expect(text(answer.compose(edits))).toBe('{ "model":"mine","choices":[{"message":{"content":"a [gone] b"}}] }')
  })

  test('encrypted reasoning is sealed, and what stands in its place under another type is not', () => {
    const details = [
      { type: 'reasoning.encrypted', data: 'opaque' },
      { type: 'reasoning.text', data: 'plain' },
    ]
    expect(shown(readAnswer(bytes({ choices: [{ message: { reasoning_details: details } }] }), 'm').texts())).toEqual([
      '/choices/0/message/reasoning_details/0/type text -: reasoning.encrypted',
      '/choices/0/message/reasoning_details/0/data sealed -: opaque',
      '/choices/0/message/reasoning_details/1/type text -: reasoning.text',
      '/choices/0/message/reasoning_details/1/data text -: plain',
    ])
  })
})

describe('a stream', () => {
  test('in pieces, its texts are those of the whole answer, in the same places', () => {
    const read = readStream('m')
    const events = [
      chunk({ index: 0, delta: {} }),
      chunk({ index: 1, delta: { role: 'assistant', content: 'one' } }),
      chunk({ index: 0, delta: {} }, { index: 1, delta: { content: ' two', refusal: 'n' } }),
      chunk({ index: 1, delta: { refusal: 'o', reasoning_content: 'sin' } }),
      chunk({ index: 1, delta: { reasoning_content: 'ce', audio: { id: 'audio_1', data: 'AAAA', transcript: 'he' } } }),
      chunk({ index: 1, delta: { audio: { transcript: 'ard' }, function_call: { name: 'f', arguments: '{"a"' } } }),
      chunk({ index: 1, delta: { function_call: { arguments: ':1}' } } }),
      chunk({
        index: 1,
        delta: { tool_calls: [{ index: 0, id: 'c0', type: 'function', function: { name: 'g', arguments: '' } }] },
      }),
      chunk({ index: 1, delta: { tool_calls: [{ index: 0, function: { arguments: '{"b"' } }] } }),
      chunk({
        index: 1,
        delta: { tool_calls: [{ index: 1, id: 'c1', type: 'custom', custom: { name: 'h', input: 'r' } }] },
      }),
      chunk({
        index: 1,
        delta: {
          tool_calls: [
            { index: 1, custom: { input: 'aw' } },
            { index: 0, function: { arguments: ':2}' } },
          ],
        },
      }),
    ].map((event) => read(event))
    const texts = joined(events.flatMap((event) => event.texts))
    expect([...texts].sort()).toEqual([...EXPECTED].sort())
    expect(events.flatMap(({ made }) => made ?? [])).toEqual(['audio_1'])
  })

  test('each choice has lanes of its own, and they end with it', () => {
    const read = readStream('m')
    const first = read(chunk({ index: 0, delta: { content: 'a' } }, { index: 1, delta: { content: 'b' } }))
    expect(shown(first.texts)).toEqual([
      '/choices/0/message/content text 0/delta/content: a',
      '/choices/1/message/content text 1/delta/content: b',
    ])
    expect(first.ended).toEqual([])
    const reasons = { index: 1, delta: { refusal: 'c' }, finish_reason: 'stop' }
    expect(read(chunk(reasons)).ended).toEqual(['1/delta/content', '1/delta/refusal'])
    expect(read(chunk({ index: 0, delta: {}, finish_reason: '' })).ended).toEqual([])
    expect(read(chunk({ index: 0, delta: {}, finish_reason: 'length' })).ended).toEqual(['0/delta/content'])
  })

  test('a string that nobody knows is a lane, and so is a name, an id or a role; a type is not', () => {
    const delta = { role: 'r', type: 't', id: 'i', name: 'n', thought: [{ 'my key': 'x' }] }
    const first = [0, 1, 2].map((index) => ({ index, delta: {} }))
    expect(shown(readStream('m')(chunk(...first, { index: 3, delta })).texts)).toEqual([
      '/choices/3/message/role text 3/delta/role: r',
      '/choices/3/message/type text -: t',
      '/choices/3/message/id text 3/delta/id: i',
      '/choices/3/message/name text 3/delta/name: n',
      '/choices/3/message/thought/0/* text -: my key',
      '/choices/3/message/thought/0/* text 3/delta/thought/0/my key: x',
    ])
  })

  test('keys that are told alike are lanes apart', () => {
    const { texts } = readStream('m')(chunk({ delta: { 'a 1': 'x', 'a 2': 'y' } }))
    const lanes = texts.flatMap(({ lane }) => lane ?? [])
    expect(lanes).toEqual(['0/delta/a 1', '0/delta/a 2'])
  })

  test.each([
    ['goes on behind its end', [{ delta: { content: 'a' }, finish_reason: 'stop' }, { delta: { content: 'b' } }]],
    ['an index that is no number', [{ index: '0', delta: { content: 'a' } }]],
    ['an index below zero', [{ index: -1, delta: {} }]],
    ['an index beyond all answers', [{ index: 128, delta: {} }]],
    ['a tool call with such an index', [{ delta: { tool_calls: [{ index: 0.5, function: { arguments: '' } }] } }]],
  ])('%s: it cannot be passed on', (_name, choices) => {
    const read = readStream('m')
    expect(() => {
      for (const choice of choices) read(chunk(choice))
    }).toThrow(Refusal)
  })

  test('what is empty may follow the end: some servers tell usage so', () => {
    const read = readStream('m')
    read(chunk({ delta: { content: 'a' }, finish_reason: 'stop' }))
    expect(shown(read(chunk({ delta: { role: 'assistant', content: '' } })).texts)).toEqual([
      '/choices/0/message/role text 0/delta/role: assistant',
      '/choices/0/message/content text -: ',
    ])
  })
})

describe('log-probabilities', () => {
  const token = (value: string) => ({ token: value, logprob: -1, bytes: null, top_logprobs: [] })

  test('are read as the text that their tokens make, streamed or not', () => {
    const content = [token('my se'), token('cret')]
    const whole = readAnswer(bytes({ choices: [{ message: {}, logprobs: { content, refusal: [token('n')] } }] }), 'm')
    expect(shown(whole.texts())).toEqual([
      '/choices/0/logprobs/content text -: my secret',
      '/choices/0/logprobs/refusal text -: n',
    ])
    const read = readStream('m')
    read(chunk({ index: 0, delta: {} }, { index: 1, delta: {} }))
    const events = content.map((each) => read(chunk({ index: 2, delta: {}, logprobs: { content: [each] } })))
    expect(shown(events.flatMap(({ texts }) => texts))).toEqual([
      '/choices/2/logprobs/content text 2/logprobs/content: my se',
      '/choices/2/logprobs/content text 2/logprobs/content: cret',
    ])
    const end = read(chunk({ index: 2, delta: {}, logprobs: null, finish_reason: 'stop' }))
    expect(end.ended).toEqual(['2/logprobs/content'])
  })

  test('of the older shape are read, too', () => {
    const logprobs = { tokens: ['my se', 'cret'], top_logprobs: [{ 'my se': -1 }, { cret: -1 }] }
    expect(shown(readAnswer(bytes({ choices: [{ message: {}, logprobs }] }), 'm').texts())).toEqual([
      '/choices/0/logprobs text -: my secret',
      '/choices/0/logprobs text -: my secret',
    ])
  })
})

describe('what leaves of an event', () => {
  const edit = (data: string, find: string) => {
    const event = readStream('mine')({ data })
    const edits = event.texts.flatMap((each) => {
      const at = each.value.indexOf(find)
      return at < 0 ? [] : each.edits([{ start: at, end: at + find.length, with: '[gone]' }])
    })
    return (notices: readonly { readonly kind: string; readonly place: string }[]): string =>
      text(event.compose(edits, notices))
  }
  const notice = { kind: 'aws-access-key', place: '/choices/0/message/content' }

  test('edits, the name of the model, and a notice at which clients do not look', () => {
    expect(edit('{"model":"h", "choices":[{"delta":{"content":"\\u0061 key b"}}] }', 'key')([notice])).toBe(
      'data: {"model":"mine", "choices":[{"delta":{"content":"a [gone] b"}}] ,"sallyport":{"redacted":[{"kind":"aws-access-key","place":"/choices/0/message/content"}]}}\n\n',
    )
  })

  test('a provider does not speak for the gate', () => {
    expect(edit('{"choices":[],"sallyport":{"redacted":"key"}}', 'key')([notice])).toBe(
      'data: {"choices":[],"sallyport":{"redacted":[{"kind":"aws-access-key","place":"/choices/0/message/content"}]}}\n\n',
    )
  })

  test('without anything to change, the very same bytes', () => {
    expect(edit('{ "choices" : [ ] }', 'key')([])).toBe('data: { "choices" : [ ] }\n\n')
  })
})
