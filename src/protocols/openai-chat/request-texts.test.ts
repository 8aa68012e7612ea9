import { expect, test } from 'bun:test'
import { NO_LIMITS } from '#access/parameters.ts'
import { splice } from '#lib/splice.ts'
import { readRequest } from './read-request.ts'

const encoder = new TextEncoder()

/** `place role label: value` of the strings that are said to be of interest. */
const textsOf = (body: object, ...places: readonly string[]): readonly string[] =>
  [...readRequest(encoder.encode(JSON.stringify({ model: 'm', ...body }))).texts()]
    .filter(({ place }) => places.some((each) => place.startsWith(each)))
    .map(({ place, role, label, value }) => `${place} ${role} ${label ?? '-'}: ${value}`)

const asking = (...content: readonly object[]) => ({ messages: [{ role: 'user', content }] })

test('every turn is read, whoever speaks', () => {
  const messages = [
    { role: 'system', content: 'one', name: 'two' },
    { role: 'developer', content: [{ type: 'text', text: 'three' }] },
    { role: 'user', content: 'four' },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'five' }], refusal: 'six' },
    { role: 'tool', tool_call_id: 'seven', content: 'eight' },
    { role: 'function', name: 'nine', content: 'ten' },
  ]
  const values = [
    ...readRequest(encoder.encode(JSON.stringify({ model: 'm', messages, stop: ['eleven'] }))).texts(),
  ].map(({ place, value }) => `${place} ${value}`)
  for (const expected of [
    '/messages/0/content one',
    '/messages/0/name two',
    '/messages/1/content/0/text three',
    '/messages/2/content four',
    '/messages/3/content/0/refusal five',
    '/messages/3/refusal six',
    '/messages/4/tool_call_id seven',
    '/messages/4/content eight',
    '/messages/5/name nine',
    '/messages/5/content ten',
    '/stop/0 eleven',
  ]) {
    expect(values).toContain(expected)
  }
})

test('arguments of calls are JSON, wherever they stand', () => {
  const messages = [
    {
      role: 'assistant',
      function_call: { name: 'f', arguments: '{"a":1}' },
      tool_calls: [
        { id: 'c', type: 'function', function: { name: 'f', arguments: '{"b":1}' } },
        { id: 'd', type: 'custom', custom: { name: 'f', input: '{"c":1}' } },
      ],
    },
  ]
  expect(textsOf({ messages }, '/messages/0/function_call/arguments')).toEqual([
    '/messages/0/function_call/arguments json -: {"a":1}',
  ])
  expect(textsOf({ messages }, '/messages/0/tool_calls/0/function/arguments')).toEqual([
    '/messages/0/tool_calls/0/function/arguments json -: {"b":1}',
  ])
  expect(textsOf({ messages }, '/messages/0/tool_calls/1/custom/input')).toEqual([
    '/messages/0/tool_calls/1/custom/input text -: {"c":1}',
  ])
})

const image = (url: string) => ({ type: 'image_url', image_url: { url } })
const audio = (data: string) => ({ type: 'input_audio', input_audio: { data, format: 'wav' } })
const file = (file_data: string) => ({ type: 'file', file: { file_data } })
const LONG = 'AAAA'.repeat(300)

test.each([
  ['a picture that the body carries', image('data:image/png;base64,AAAA'), 'image_url/url', ['media']],
  ['a picture elsewhere', image('https://example.com/?key=secret'), 'image_url/url', ['text']],
  ['sound', audio(LONG), 'input_audio/data', ['media']],
  ['sound as short as a key', audio('AKIAIOSFODNN7EXAMPLE'), 'input_audio/data', ['media', 'text']],
  ['sound that is no base64', audio('not base64'), 'input_audio/data', ['text']],
  ['a file', file(LONG), 'file/file_data', ['media']],
  ['a file as a URL', file('data:text/plain,hello'), 'file/file_data', ['media']],
  ['a file that is text', file('hello, world'), 'file/file_data', ['text']],
  ['a picture in another place', { type: 'text', text: 'data:image/png;base64,AAAA' }, 'text', ['text']],
] as const)('%s', (_name, part, place, roles) => {
  const texts = [...readRequest(encoder.encode(JSON.stringify({ model: 'm', ...asking(part) }))).texts()]
  expect(texts.filter((each) => each.place === `/messages/0/content/0/${place}`).map(({ role }) => role)).toEqual([
    ...roles,
  ])
})

test('where people choose names, names say what values are', () => {
  const body = {
    messages: [{ role: 'user', content: 'x' }],
    metadata: { password: 'a' },
    tools: [
      { type: 'function', function: { name: 'b', parameters: { properties: { token: { default: 'c' } } } } },
      { type: 'custom', custom: { name: 'd' } },
    ],
    functions: [{ name: 'e', parameters: { secret: 'f' } }],
    response_format: { type: 'json_schema', json_schema: { name: 'g', schema: { key: 'h' } } },
    surprise: { 'my key': 'i' },
    user: 'j',
  }
  const labels = textsOf(body, '/').filter((each) => / [a-j]$/.test(each))
  expect(labels).toEqual([
    '/metadata/password text password: a',
    '/tools/0/function/name text -: b',
    '/tools/0/function/parameters/properties/token/default text default: c',
    '/tools/1/custom/name text -: d',
    '/functions/0/name text -: e',
    '/functions/0/parameters/secret text secret: f',
    '/response_format/json_schema/name text -: g',
    '/response_format/json_schema/schema/key text key: h',
    '/surprise/* text my key: i',
    '/user text -: j',
  ])
})

test('what is taken out of a body leaves every other byte, and the body can be read again', () => {
  const body = '{ "model":"m", "messages":[ {"role":"user","content":"a \\u006bey b"} ],"n":1 }'
  const bytes = encoder.encode(body)
  const found = [...readRequest(bytes).texts()].find(({ value }) => value === 'a key b')
  const redacted = splice(bytes, found?.edits([{ start: 2, end: 5, with: '[gone]' }]) ?? [])
  expect(new TextDecoder().decode(redacted)).toBe(
    '{ "model":"m", "messages":[ {"role":"user","content":"a [gone] b"} ],"n":1 }',
  )
  expect(readRequest(redacted).parametersUnder(NO_LIMITS)).toEqual({ tools: 0n, logprobs: false, n: 1n })
})
